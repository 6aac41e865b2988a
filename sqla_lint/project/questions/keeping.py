"""Entities that are kept for longer than their session: what a cache keeps of a function, module variables, containers
that all requests share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...facts.schema import Attr, Call, Expr, Items, Name
from ...knowledge.caches import AS_IT_IS, METHODS
from ...knowledge.sqlalchemy import SESSIONS
from ...model import Confidence
from ..modules import last_name
from ..summary import Kept
from ..values import UNKNOWN, Path, Values

if TYPE_CHECKING:
    from ..reading.reading import Reading

CERTAIN, LIKELY, POSSIBLE = Confidence.CERTAIN, Confidence.LIKELY, Confidence.POSSIBLE
_OWN = ("fresh", "param", "injected")
_DETACHES = frozenset({"expunge", "expunge_all", "make_transient"})


def returned(r: Reading, at: int, values: Values) -> None:
    """A function returns these; its decorator may keep them."""
    for decorator in r.unit.definition.decorators:
        if _keeps(r, decorator.func if isinstance(decorator, Call) else decorator):
            for entity, path in _loaded(r, values):
                sure = CERTAIN if path.root == "fresh" else LIKELY
                keep(r, Kept(at, entity, last_name(decorator), "cache", sure))


def _keeps(r: Reading, decorator: Expr) -> bool:
    """Whether a decorator is one that keeps what the function returns, as it is or as a copy of it."""
    if r.symbol(decorator) in AS_IT_IS:
        return True
    known = isinstance(decorator, Attr) and any(decorator.name == name for _, name in METHODS)
    found = r.project.module_value(r.module, decorator) if known else ()
    return any(value.type.kind == "libmethod" and value.type.name in METHODS for value in found)


def published(r: Reading, symbol: str, values: Values, holder: str) -> None:
    """These become a module variable, or an attribute of a class; in a loop of a script only until the next turn."""
    if holder == "default" or r.at < 0 or (r.loop and r.unit.kind == "module"):
        return
    for entity, path in _loaded(r, values):
        keep(r, Kept(r.at, entity, symbol, holder, _sure(path)))


def stored(r: Reading, path: Path, values: Values, at: int) -> None:
    """These become members of a container."""
    shared = holder(r, path)
    if not shared or at < 0:
        return
    name = path.attrs[-1] if path.attrs else str(path.key)
    for entity, path in _loaded(r, values):
        keep(r, Kept(at, entity, name, shared, _sure(path)))


def holder(r: Reading, path: Path) -> str:
    """Whether a module or a class has a container for all, "" for neither."""
    return "module" if _is_of_module(r, path) else "class" if _is_of_class(r, path) else ""


def _sure(path: Path) -> Confidence:
    """How sure it is that an entity was loaded: one that the function was given may be new."""
    return POSSIBLE if path.root == "param" else LIKELY


def _is_of_module(r: Reading, path: Path) -> bool:
    """Whether it is a variable of a module: what belongs to one may be an entity's."""
    return path.root == "global" and not path.attrs and r.names.variable(str(path.key)) is not None


def _is_of_class(r: Reading, path: Path) -> bool:
    """Whether a field of `self`, `cls` or a class is the one that the class's body has filled, for all instances alike;
    one that a subclass has of its own is only declared there."""
    whole = ".".join((str(path.key), *path.attrs)) if path.root == "global" else ""
    if r.unit.klass is not None and path[:2] == ("param", 0):
        whole = ".".join((r.unit.klass.symbol, *path.attrs))
    symbol, _, name = whole.rpartition(".")
    if r.classes.unit(symbol) is None:
        return False
    init = r.classes.method(symbol, "__init__")
    if init is not None and Path("param", 0, (name,)) in r.project.summary(init).heap:
        return False
    if any(name in r.classes.body(one) for one in r.classes.subclasses(symbol)):
        return False
    return any(_is_container(bind.value) for bind in r.classes.body(symbol).get(name, ()))


def _is_container(value: Expr | None) -> bool:
    """Whether a class's body makes a container itself; what a call makes may be made for each instance."""
    empty = isinstance(value, Call) and isinstance(value.func, Name) and value.func.id in ("dict", "list", "set")
    return isinstance(value, Items) or empty


def is_empty(value: Expr | None) -> bool:
    """Whether a container is made with nothing in it yet, whatever is said to come into it."""
    return _is_container(value) and not (
        value.of if isinstance(value, Items) else isinstance(value, Call) and value.args
    )


def keep(r: Reading, found: Kept) -> None:
    r.kept_entities.setdefault((found.at, found.holder), found)


def called(r: Reading, call: Call) -> None:
    """An entity is taken out of its session on purpose: it is kept as what it is."""
    if last_name(call.func) in _DETACHES:
        r.belonging.detaches = True


def _is_new(r: Reading, path: Path) -> bool:
    """Whether it was made, and no session has got it."""
    plan = r.plans.get(path)
    return plan is not None and plan.how == "made" and plan.session == UNKNOWN


def _loaded(r: Reading, values: Values) -> Iterator[tuple[str, Path]]:
    """The entities among these values, or among their members, that were not made here. Nothing is told of one that on
    another way is new, and that no session has got there: what is kept where none was found."""
    if r.belonging.detaches or any(_is_new(r, value.path) for value in values):
        return
    for value in values:
        kind = value.type
        if kind.kind == "many":
            members = r.element((value,))
        elif kind.kind == "instance":
            members = (value,)
        else:
            continue
        for one in members:
            name = str(one.type.name)
            if (
                one.type.kind == "instance"
                and one.sure >= LIKELY
                and one.path.root in _OWN
                and one.path not in r.belonging.instances
                and not _is_new(r, one.path)
                and r.classes.is_entity(name)
                and name not in SESSIONS
            ):
                yield name, one.path
