"""What caches mean: decorators that keep what a function returns, as it is or as a copy of it.

Sources: documentation of functools, cachetools, async-lru, methodtools, Streamlit (caching), aiocache, fastapi-cache,
Flask-Caching (cached, memoize) and dogpile.cache (region).
"""

from __future__ import annotations

from .library import Function, Klass, Method

_FLASK, _REGION = "flask_caching.Cache", "dogpile.cache.region.CacheRegion"
_KEEPING = {_FLASK: ("cached", "memoize"), _REGION: ("cache_on_arguments", "cache_multi_on_arguments")}

CACHES: dict[str, str] = {
    "functools.lru_cache": "",
    "functools.cache": "",
    "cachetools.cached": "key",
    "cachetools.func.lru_cache": "",
    "cachetools.func.ttl_cache": "",
    "async_lru.alru_cache": "",
    "methodtools.lru_cache": "",
    "streamlit.cache_resource": "",
    "aiocache.cached": "key_builder",
    "fastapi_cache.decorator.cache": "key_builder",
}
AS_IT_IS = frozenset(CACHES) - {"aiocache.cached", "fastapi_cache.decorator.cache"}
"""Those that keep what a function returned as it is, in the memory of the process."""
METHODS = frozenset((symbol, name) for symbol, names in _KEEPING.items() for name in names)
"""Methods of a cache whose decorators keep what a function returned, whatever it is: as it is, or pickled."""
FUNCTIONS: dict[str, Function] = {
    **{name: Function(runs="cache") for name in ("functools.cache", "functools.lru_cache")},
    "dogpile.cache.make_region": Function(_REGION),
}
CLASSES: dict[str, Klass] = {
    _FLASK: Klass(dict.fromkeys(_KEEPING[_FLASK], Method())),
    _REGION: Klass({**dict.fromkeys(_KEEPING[_REGION], Method()), "configure": Method(returns="self")}),
}
ALIASES: dict[str, str] = {"dogpile.cache.region.make_region": "dogpile.cache.make_region"}
