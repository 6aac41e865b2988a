"""What dependency-injection containers mean: who provides a value, by type or by a container's attribute, and how long
it lives.

Sources: documentation of dependency-injector (providers, wiring), dishka (provider, scopes, integrations) and injector.
"""

from __future__ import annotations

from .library import Function, Klass, Method

_INTEGRATIONS = (
    "base",
    "fastapi",
    "litestar",
    "starlette",
    "aiohttp",
    "flask",
    "sanic",
    "faststream",
    "arq",
    "celery",
    "click",
    "taskiq",
    "aiogram",
    "strawberry",
)
BY_TYPE = frozenset({"dishka.FromDishka", *(f"dishka.integrations.{name}.FromDishka" for name in _INTEGRATIONS)})
"""Annotations `X[T]` whose value comes from a provider of `T`."""
INJECT = frozenset({"injector.inject"})
"""Decorators whose functions get every annotated argument from a provider of its type."""
PROVIDERS = {"dishka.provide": True, "injector.provider": False, "injector.multiprovider": False}
"""Decorators of functions that provide what they return, and whether all who ask in one scope get the same."""
SOURCES = frozenset({"dishka.provide", "dishka.provide_all"})
SOURCE_WORDS = frozenset({"provide", "provide_all", "bind"})
"""Calls, by symbol or by the name of the method, that provide the classes and functions they are given."""
SOURCE_WORDS = frozenset({"provide", "provide_all", "bind"})
"""Calls, by symbol or by the name of the method, that provide the classes and functions they are given."""
LASTING = frozenset({"injector.singleton", "injector.threadlocal"})
LASTING_SCOPES = frozenset({"APP", "RUNTIME", "singleton", "threadlocal"})
"""What makes a provider keep what it made: decorators, and scopes given to one."""
CONTAINERS = frozenset(
    {"dependency_injector.containers.DeclarativeContainer", "dependency_injector.containers.DynamicContainer"}
)
WIRED = frozenset({"dependency_injector.wiring.Provide", "dependency_injector.wiring.Closing"})
"""Subscripted with a container's attribute, these stand for what it provides."""
FACTORIES = {
    "dependency_injector.providers.Factory": False,
    "dependency_injector.providers.Callable": False,
    "dependency_injector.providers.Coroutine": False,
    "dependency_injector.providers.Resource": True,
    "dependency_injector.providers.Singleton": True,
    "dependency_injector.providers.ThreadSafeSingleton": True,
    "dependency_injector.providers.ContextLocalSingleton": False,
    "dependency_injector.providers.ThreadLocalSingleton": False,
}
"""A container's providers, and whether everybody gets the same object."""

NESTED = frozenset({"dependency_injector.providers.Container"})

CLASSES: dict[str, Klass] = {
    **{name: Klass() for name in CONTAINERS},
    "dependency_injector.providers.Singleton": Klass(makes="cache"),
    "dependency_injector.providers.ThreadSafeSingleton": Klass(makes="cache"),
    **{name: Klass(makes="partial") for name, kept in FACTORIES.items() if not kept},
    "dependency_injector.providers.Resource": Klass(makes="partial"),
    "injector.Module": Klass(),
    "dishka.Provider": Klass(),
    "dishka.AsyncContainer": Klass(
        {"get": Method(runs="resolve", awaits=True)}, enters="plain", called="dishka.AsyncContainer"
    ),
    "dishka.Container": Klass({"get": Method(runs="resolve")}, enters="plain", called="dishka.Container"),
    "injector.Injector": Klass({"get": Method(runs="resolve")}),
}
FUNCTIONS: dict[str, Function] = {
    "dishka.make_async_container": Function("dishka.AsyncContainer"),
    "dishka.make_container": Function("dishka.Container"),
}
ALIASES: dict[str, str] = {"dishka.provider.Provider": "dishka.Provider", "dishka.provider.provide": "dishka.provide"}
FINISHES = frozenset({"litestar", "dishka"})
"""Packages that, like FastAPI, go on after the `yield` of a provider when what it serves has ended."""
