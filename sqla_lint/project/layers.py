"""Which part a function plays (handler, task, repository, unit of work ...), with the evidence for it.

Evidence has an order: what the user declared, where the file lies, resolved decorators, what the class defines, what it
inherits, path segments. A name alone never makes a repository: the function must also borrow a session.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from pathspec import GitIgnoreSpec

from ..facts import store
from ..facts.schema import Attr, Body, Branch, Call, Expr, Leave, Lit, Name, Repeat, Test, Yield
from ..knowledge import (
    APPLICATIONS,
    ASIDE,
    BOUNDARIES,
    COMMAND_WORDS,
    DECORATORS,
    ROUTE_WORDS,
    TASK_WORDS,
    VIEWS,
    Verb,
    bases_of,
)
from ..knowledge.answering import PROXIED, SERVICER
from ..knowledge.repositories import REPOSITORIES, STORAGES, TAKES_SESSION
from ..knowledge.starlette import HTTP
from ..knowledge.web import SERVING, SERVING_PARTS
from ..model import Confidence
from .meanings import meaning
from .modules import Module, Unit, last_name
from .parts import mentions, parts
from .values import Type

if TYPE_CHECKING:
    from .project import Project

HANDLER, TASK, COMMAND, MIDDLEWARE, STARTUP = "handler", "task", "command", "middleware", "startup"
REPOSITORY, UNIT_OF_WORK, PROVIDER, MODEL = "repository", "unit-of-work", "provider", "model"
SCRIPT, MIGRATION, TEST, USE_CASE, STARTUP, PLAIN = "script", "migration", "test", "use-case", "startup", ""
DOMAIN = "domain"
"""Never inferred: a folder of that name may be anything."""

BOUNDARY_LAYERS = frozenset(
    {HANDLER, TASK, COMMAND, MIDDLEWARE, UNIT_OF_WORK, PROVIDER, SCRIPT, MIGRATION, TEST, USE_CASE, STARTUP}
)
"""Layers that own the transactions they end."""
OUTSIDE = frozenset({SCRIPT, MIGRATION, TEST})
"""Code that owns everything it does: no rule about scope or ownership speaks there."""
UNHURRIED = OUTSIDE | {COMMAND}
"""Code in which nobody waits for a query."""

_REPOSITORY_FOLDERS = frozenset({"repository", "repositories", "repos", "crud", "cruds", "dao", "daos", "dal"})
_REPOSITORY_FILE = re.compile(r"^(?:repository|repositories|crud|daos?)$|_(?:repository|repo|crud|dao)$")
_REPOSITORY_CLASS = re.compile(
    r"(?:Repository|Repo|DAO|Dao|CRUD|Crud)(?:Base|Mixin|Impl|SQLAlchemy|Async)?$|^(?:Base|Abstract|Generic|Async|SQLAlchemy|Sql)*(?:Repository|Repo|DAO|Dao|CRUD|Crud)(?![a-z])"
)
_ENDS_AS_REPOSITORY = re.compile(r"(?:Repository|Repo|DAO|Dao|CRUD|Crud)(?:Base|Impl)?$")
_OTHER_CLASS = re.compile(r"(?:Service|UseCase|Command|Handler|Controller|Manager|View|Resource|Job|Task|Worker)$")
_OTHER_FOLDERS = frozenset(
    {
        "service",
        "services",
        "api",
        "routers",
        "routes",
        "endpoints",
        "handlers",
        "views",
        "usecases",
        "use_cases",
        "commands",
        "controllers",
    }
)
_WEB_FOLDERS = frozenset({"api", "routers", "routes", "endpoints", "views", "controllers"})
_TEST_FOLDERS = frozenset({"tests", "test", "testing"})
_SCRIPT_FOLDERS = frozenset({"scripts", "examples", "bin", "tools", "notebooks", "benchmarks", "seeds"})
"""Inside a package, `tools` are what the service works with."""


class Role(NamedTuple):
    """A layer, how sure it is, and why. `path` is the HTTP entry (`POST /orders`) of a handler, "" elsewhere."""

    layer: str
    sure: Confidence
    because: tuple[str, ...]
    entry: str = ""
    framework: str = ""
    decorator: Call | None = None


_PLAIN_ROLE = Role(PLAIN, Confidence.LIKELY, ())
"""No evidence for any layer, which is no proof that there is none."""


class Layers:
    """The roles of one project's units, each decided once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._migrations = GitIgnoreSpec.from_lines(project.settings.migrations.paths)
        self._roles: dict[str, Role] = {}
        self._modules: dict[str, Role] = {}
        self._methods: dict[str, set[str]] = {}
        self._views: dict[str, bool] = {}
        self._models: set[str] | None = None

    def of(self, unit: Unit) -> Role:
        """The role of a unit; a nested function without one of its own has that of the function around it."""
        role = self._roles.get(unit.key)
        if role is None:
            role = self._roles[unit.key] = self._decide(unit)
        return role

    def may_handle(self, unit: Unit) -> bool:
        """Whether anything may make a unit a handler: asked of all units, so that few are looked at closely."""
        return bool(
            unit.definition.decorators
            or self._project.settings.layers
            or self._project.registered(unit) is not None
            or (unit.klass is not None and self.is_view(unit.klass.symbol))
        )

    def is_view(self, symbol: str) -> bool:
        """Whether the class is one whose methods a framework calls for requests."""
        found = self._views.get(symbol)
        if found is None:
            line = self._project.classes.line(symbol)
            found = self._views[symbol] = any(ancestor.symbol in VIEWS for ancestor in line)
        return found

    def _decide(self, unit: Unit) -> Role:
        declared = self._declared(unit)
        if declared is not None:
            return declared
        place = self._of_module(unit.module)
        if place.layer:
            return place
        if unit.kind in ("module", "class"):
            return _PLAIN_ROLE
        found = self._by_decorator(unit) or self._by_registration(unit) or self._by_shape(unit)
        if found is not None:
            return found
        klass = unit.klass
        if klass is not None:
            found = self._by_class(unit, klass)
            if found is not None:
                return found
        found = self._by_path(unit) or _command_by_path(unit)
        if found is not None:
            return found
        owner = unit.owner
        if owner is not None and owner.kind in ("function", "lambda"):
            return self.of(owner)
        return _PLAIN_ROLE

    def _declared(self, unit: Unit) -> Role | None:
        for layer, patterns in self._project.settings.layers:
            for pattern in patterns:
                if (
                    fnmatchcase(unit.symbol, pattern)
                    or fnmatchcase(unit.module.name, pattern)
                    or fnmatchcase(unit.module.path, pattern)
                ):
                    return Role(layer, Confidence.CERTAIN, (f"declared: layers.{layer} has {pattern!r}",))
        return None

    def is_test(self, module: Module) -> bool:
        """Whether a file is test code by where it lies."""
        return self._of_module(module).layer == TEST

    def is_apart(self, module: Module) -> bool:
        """Whether a file is of tests or migrations by where it lies."""
        return self._of_module(module).layer in (TEST, MIGRATION)

    def web_folder(self, unit: Unit) -> str:
        """The folder around a function that by its name answers requests, as weak evidence as names are; "" if none."""
        return next((folder for folder in unit.module.path.split("/")[:-1] if folder in _WEB_FOLDERS), "")

    def holds_all(self, unit: Unit) -> bool:
        """Whether mapped classes lie in that folder as well: then it is the application's, and says less."""
        if self._models is None:
            mapped = self._project.classes.is_mapped
            classes = (one for one in self._project.units if one.kind == "class" and mapped(one.symbol))
            self._models = {one.module.path for one in classes}
        before, _, _ = f"/{unit.module.path}".partition(f"/{self.web_folder(unit)}/")
        top = f"{before}/{self.web_folder(unit)}/"[1:]
        return any(path.startswith(top) for path in self._models)

    def _of_module(self, module: Module) -> Role:
        role = self._modules.get(module.name)
        if role is None:
            role = self._modules[module.name] = self._place(module)
        return role

    def _place(self, module: Module) -> Role:
        if self._migrations.match_file(module.path):
            return Role(MIGRATION, Confidence.CERTAIN, ("declared: migrations.paths",))
        parts = module.path.split("/")
        file = parts[-1].removesuffix(".py")
        for folder in parts[:-1]:
            if folder in _TEST_FOLDERS:
                return Role(TEST, Confidence.CERTAIN, (f"path has {folder}/",))
        if file.startswith("test_") or file.endswith("_test") or file in ("conftest", "tests"):
            return Role(TEST, Confidence.CERTAIN, (f"file {file}.py",))
        names = {
            target.id
            for bind in self._project.names.module_binds(module)
            for target in bind.targets
            if isinstance(target, Name)
        }
        if {"revision", "down_revision"} <= names or (file == "env" and "alembic" in self._imported(module)):
            return Role(MIGRATION, Confidence.CERTAIN, ("Alembic revision or environment",))
        if any(folder in ("migrations", "alembic") for folder in parts[:-1]):
            return Role(MIGRATION, Confidence.LIKELY, ("path of migrations",))
        inside = module.name.split(".")[1:]
        for folder in parts[:-1]:
            if folder in _SCRIPT_FOLDERS and not (folder == "tools" and folder in inside):
                return Role(SCRIPT, Confidence.LIKELY, (f"path has {folder}/",))
        if file == "__main__" or (self._runs_itself(module) and not self._serves(module)):
            return Role(SCRIPT, Confidence.LIKELY, ("the module runs itself",))
        return _PLAIN_ROLE

    def _imported(self, module: Module) -> set[str]:
        return {one.module.split(".")[0] for one in module.facts.header.imports}

    def _runs_itself(self, module: Module) -> bool:
        if b"__name__" not in bytes(module.facts.bodies[0]):
            return False
        return any(
            isinstance(stmt, Branch)
            and any(isinstance(arm.test, Test) and Name("__name__") in arm.test.of for arm in stmt.arms)
            for stmt in store.body(module.facts, 0)
        )

    def _serves(self, module: Module) -> bool:
        """Whether a module that runs itself is a service all the same: an application started for development, or a
        worker that never ends."""
        return any(
            one.module.split(".")[0] in SERVING or f"{one.module}.{one.name}".startswith(SERVING_PARTS)
            for one in module.facts.header.imports
        ) or any(_never_ends(unit.body) for unit in self._project.names.units_in(module.name))

    def _by_decorator(self, unit: Unit) -> Role | None:
        for decorator in unit.definition.decorators:
            role = self._decorated(unit.module, decorator)
            if role is not None:
                return role
        return None

    def _decorated(self, module: Module, decorator: Expr) -> Role | None:
        call = decorator if isinstance(decorator, Call) else None
        func = call.func if call is not None else decorator
        symbol = self._project.names.dotted(module, func)
        if symbol in self._project.settings.library.handler_decorators:
            return Role(
                HANDLER, Confidence.CERTAIN, (f"decorated with {symbol} (library.handler-decorators)",), decorator=call
            )
        if symbol in DECORATORS:
            layer, framework = DECORATORS[symbol]
            entry = _entry(symbol.rpartition(".")[2], call) if layer == HANDLER else ""
            return Role(layer, Confidence.CERTAIN, (f"decorated with {symbol}",), entry, framework, call)
        if not isinstance(func, Attr):
            return None
        for value in self._project.module_value(module, func.of):
            kind = value.type
            if kind.kind != "instance":
                continue
            for ancestor in self._project.classes.line(str(kind.name)):
                for name in bases_of(ancestor.symbol):
                    known = BOUNDARIES.get((name, func.name))
                    if known is not None:
                        layer, framework = known
                        entry = _entry(func.name, call) if layer == HANDLER else ""
                        return Role(
                            layer, Confidence.CERTAIN, (f"decorated with {name}.{func.name}",), entry, framework, call
                        )
        if call is not None and func.name in ROUTE_WORDS and _first_text(call).startswith("/"):
            because = (f"decorated with .{func.name}({_first_text(call)!r})",)
            return Role(HANDLER, Confidence.LIKELY, because, _entry(func.name, call), "", call)
        if func.name in TASK_WORDS:
            return Role(TASK, Confidence.LIKELY, (f"decorated with .{func.name}",))
        if func.name in COMMAND_WORDS:
            return Role(COMMAND, Confidence.LIKELY, (f"decorated with .{func.name}",))
        return None

    def _by_registration(self, unit: Unit) -> Role | None:
        """A function that some call hands to a framework."""
        found = self._project.registered(unit)
        if found is None:
            return None
        return Role(found.layer, Confidence.CERTAIN, (found.because,), found.entry, found.framework)

    def _by_shape(self, unit: Unit) -> Role | None:
        """A generator that hands out a session is a provider, `main` is a command."""
        definition = unit.definition
        if definition.is_generator:
            kinds = {value.type for value in self._project.summary(unit).yields}
            if any(self._project.classes.session_kind(kind) for kind in kinds):
                return Role(PROVIDER, Confidence.CERTAIN, ("yields a session",))
        manages = "asynccontextmanager" in unit.decorators or (definition.is_async and definition.is_generator)
        if manages and self._takes_application(unit):
            return Role(STARTUP, Confidence.LIKELY, ("a context manager around an application",))
        if not unit.decorators.isdisjoint(("contextmanager", "asynccontextmanager")) and not self._is_part(unit):
            return Role(PROVIDER, Confidence.LIKELY, ("a context manager",))
        if definition.name == "on_startup":
            return Role(STARTUP, Confidence.LIKELY, ("called on_startup",))
        if definition.name == "main" and unit.klass is None:
            return Role(COMMAND, Confidence.LIKELY, ("function main",))
        names = [param.name for param in definition.params]
        if (
            unit.klass is not None
            and definition.name in ("dispatch", "__call__")
            and (names[1:] == ["request", "call_next"] or names[1:] == ["scope", "receive", "send"])
        ):
            return Role(MIDDLEWARE, Confidence.CERTAIN, (f"{definition.name}({', '.join(names[1:])})",))
        return self._by_what_it_takes(unit, names)

    def _by_what_it_takes(self, unit: Unit, names: list[str]) -> Role | None:
        """A responder, which its framework knows by its name and its class, or a function of AWS Lambda."""
        name, klass = unit.definition.name, unit.klass
        if klass is None:
            proxied = names == ["event", "context"] and mentions(unit.body, PROXIED)
            return Role(HANDLER, Confidence.LIKELY, (f"{name}(event, context)",), "", "lambda") if proxied else None
        verb = name.removeprefix("on_").split("_")[0]
        if names[1:3] == ["req", "resp"] and name.startswith("on_") and verb in HTTP:
            return Role(HANDLER, Confidence.LIKELY, (f"{name}(req, resp)",), verb.upper(), "falcon")
        bases = [last_name(base.value) for base in klass.definition.bases]
        if names[1:] == ["request", "context"] and any(base.endswith(SERVICER) for base in bases):
            return Role(HANDLER, Confidence.LIKELY, (f"{klass.definition.name} is a {SERVICER}",), name, "grpc")
        return None

    def _is_part(self, unit: Unit) -> bool:
        """Whether a block is a part of what its class does: it hands out nothing, and is no transaction either, which
        would be committed at its end or else rolled back."""
        yields = [part for part in parts(unit.body) if isinstance(part, Yield)]
        if unit.klass is None or any(part.of not in (None, Lit(None)) for part in yields):
            return False
        return not {Verb.COMMIT, Verb.ROLLBACK} <= {key.verb for key in self._project.summary(unit).effects}

    def _by_class(self, unit: Unit, klass: Unit) -> Role | None:
        project = self._project
        symbol = klass.symbol
        methods = self._methods_of(symbol)
        if {"commit", "rollback"} <= methods:
            return Role(UNIT_OF_WORK, Confidence.CERTAIN, (f"{klass.definition.name} defines commit and rollback",))
        enters = {"__exit__", "__aexit__"} & methods and {"__enter__", "__aenter__"} & methods
        if enters and self.has_session(symbol):
            return Role(UNIT_OF_WORK, Confidence.LIKELY, (f"{klass.definition.name} is a context manager",))
        for ancestor in project.classes.line(symbol):
            view = VIEWS.get(ancestor.symbol)
            if view is not None:
                name = unit.definition.name
                answers = any(fnmatchcase(name, pattern) for pattern in view.methods)
                entry = "" if not answers else name if "_" in name else name.upper()
                base = (f"{klass.definition.name} is a {ancestor.symbol}",)
                return Role(HANDLER, Confidence.LIKELY, base, entry, view.framework)
        if project.classes.is_mapped(symbol):
            return Role(MODEL, Confidence.CERTAIN, (f"{klass.definition.name} is mapped",))
        mapped = next((name for name in project.classes.subclasses(symbol) if project.classes.is_mapped(name)), "")
        if mapped:
            because = f"{klass.definition.name} is a base of the mapped {mapped.rpartition('.')[2]}"
            return Role(MODEL, Confidence.CERTAIN, (because,))
        name = unit.definition.name
        for ancestor in project.classes.line(symbol):
            if name in STORAGES.get(ancestor.symbol, ()):
                return Role(USE_CASE, Confidence.LIKELY, (f"{ancestor.symbol}.{name} has stored when it returns",))
        taker = self._takes_session(symbol)
        line = [ancestor.symbol.rpartition(".") for ancestor in project.classes.line(symbol)]
        named = next(
            (
                name
                for module, _, name in line
                if _REPOSITORY_CLASS.search(name) or (taker and f"{module}.{name}" in REPOSITORIES)
            ),
            "",
        )
        if not named:
            entity = self._entity_of(symbol) if taker and not _OTHER_CLASS.search(klass.definition.name) else ""
            if entity and not _OTHER_FOLDERS & set(unit.module.path.split("/")[:-1]):
                return Role(REPOSITORY, Confidence.LIKELY, (taker, entity))
            return None
        if taker:
            because = f"{klass.definition.name} is a {named}" if named != klass.definition.name else f"class {named}"
            return Role(REPOSITORY, Confidence.LIKELY, (because, taker))
        if self._by_path(unit) is not None:
            return self._by_path(unit)
        if self._session_parameter(unit) or (_ENDS_AS_REPOSITORY.search(named) and self._works_on_sessions(symbol)):
            return Role(REPOSITORY, Confidence.LIKELY, (f"class {named}", "its methods work on a session"))
        return Role(REPOSITORY, Confidence.POSSIBLE, (f"class name {named}",))

    def _methods_of(self, symbol: str) -> set[str]:
        """The names that a class and its ancestors define."""
        found = self._methods.get(symbol)
        if found is None:
            names = self._project.names
            found = self._methods[symbol] = {
                name
                for ancestor in self._project.classes.line(symbol)
                if (unit := names.by_symbol.get(ancestor.symbol)) is not None
                for name in names.children(unit)
            }
        return found

    def has_session(self, symbol: str) -> bool:
        """Whether a method of a class does anything to a session."""
        for method in self._project.classes.methods(symbol):
            summary = self._project.summary(method)
            on_sessions = any(key.verb not in ASIDE for key in summary.effects)
            if on_sessions or summary.opened or summary.events or summary.hands_over:
                return True
        return False

    def _works_on_sessions(self, symbol: str) -> bool:
        """Whether a method of a class does anything to a session itself."""
        methods = self._project.classes.methods(symbol)
        return any(one.verb not in ASIDE for method in methods for one in self._project.summary(method).events)

    def _takes_session(self, symbol: str) -> str:
        """Whose constructor takes a session: the evidence, or ""."""
        project = self._project
        for ancestor in project.classes.line(symbol):
            if ancestor.symbol in TAKES_SESSION:
                return f"{ancestor.symbol.rpartition('.')[2]} takes a session"
        init = project.classes.method(symbol, "__init__")
        name = project.classes.takes_session(symbol)
        if name and init is not None and init.klass is not None:
            return f"{init.klass.definition.name} takes a session ({name})"
        return ""

    def _entity_of(self, symbol: str) -> str:
        """The entity that a class, or one below it, is generic over or names as its model: the evidence, or ""."""
        classes = self._project.classes
        for name in (symbol, *classes.subclasses(symbol)):
            kinds = [kind.name for kind in classes.bindings(Type("class", name)).values()]
            for bound in ("model", "model_class", "entity"):
                field = classes.field(name, bound)
                kinds += [value.type.name for value in field.values] if field is not None else []
            for kind in kinds:
                if isinstance(kind, str) and classes.is_mapped(kind):
                    return f"{name.rpartition('.')[2]} is about the entity {kind.rpartition('.')[2]}"
        return ""

    def _takes_application(self, unit: Unit) -> bool:
        return any(
            kind.kind == "instance" and kind.name in APPLICATIONS
            for param in unit.definition.params
            for kind in meaning(self._project, unit.module, param.annotation).types
        )

    def _session_parameter(self, unit: Unit) -> bool:
        return any(
            self._project.classes.session_kind(value.type)
            for name, values in self._project.summary(unit).env.items()
            for value in values
            if value.path.root == "param" and not value.path.attrs
        )

    def _by_path(self, unit: Unit) -> Role | None:
        parts = unit.module.path.split("/")
        file = parts[-1].removesuffix(".py")
        if _REPOSITORY_FILE.search(file):
            return Role(REPOSITORY, Confidence.LIKELY, (f"module {unit.module.name}",))
        for folder in reversed(parts[:-1]):
            if folder in _OTHER_FOLDERS:
                return None
            if folder in _REPOSITORY_FOLDERS:
                return Role(REPOSITORY, Confidence.LIKELY, (f"path has {folder}/",))
        return None


def _command_by_path(unit: Unit) -> Role | None:
    parts = unit.module.path.removesuffix(".py").split("/")
    return Role(COMMAND, Confidence.LIKELY, ("path has cli",)) if "cli" in parts else None


def _first_text(call: Call) -> str:
    for arg in call.args:
        if arg.name in ("", "path", "rule") and isinstance(arg.value, Lit) and isinstance(arg.value.value, str):
            return arg.value.value
    return ""


def _entry(verb: str, call: Call | None) -> str:
    path = _first_text(call) if call is not None else ""
    return f"{verb.upper() if verb not in ('route', 'api_route') else 'ANY'} {path}".strip()


def _never_ends(body: Body) -> bool:
    """Whether a loop goes on for ever, and nothing in it says otherwise."""
    return any(
        isinstance(part, Repeat)
        and part.target is None
        and part.head == Lit(True)
        and not any(isinstance(inner, Leave) and inner.kind in ("break", "return") for inner in parts(part.body))
        for part in parts(body)
    )
