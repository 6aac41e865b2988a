"""What the parameters of a function are where it begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...facts.schema import Attr, Call, Expr, Lit, Name
from ...knowledge.sqlalchemy import FACTORIES, MAKERS, SESSION
from ...knowledge.web import REQUESTS
from ...model import Confidence
from .. import meanings
from ..listeners import OF_MAPPERS, OF_SESSIONS, first
from ..modules import Unit
from ..questions import lost
from ..summary import Hinted
from ..values import ANY, NONE, NOTHING, Path, Type, Value, Values, instance

if TYPE_CHECKING:
    from .reading import Reading

CERTAIN, LIKELY = Confidence.CERTAIN, Confidence.LIKELY


def begin(r: Reading) -> None:
    """The locals with which the body begins."""
    definition = r.unit.definition
    klass = r.unit.klass
    hints = r.project.hints.get(r.unit.key, {})
    for index, param in enumerate(definition.params):
        path = Path("param", index)
        if index == 0 and klass is not None and not r.unit.is_static:
            kind = "class" if r.unit.is_classmethod else "instance"
            variables = tuple(Type("variable", name) for name in r.classes.variables(klass))
            r.env[param.name] = (Value(path, Type(kind, klass.symbol, variables), CERTAIN),)
            continue
        r.env[param.name] = _parameter(r, index, path, hints)
        r.hear("takes", param.at, r.env[param.name], REQUESTS)
    if definition.name == "__init__" and klass is not None:
        for param in definition.params[1:]:
            r.heap[Path("param", 0, (f"@{param.name}",))] = r.env[param.name]


def _parameter(r: Reading, index: int, path: Path, hints: Mapping[Hinted, Type]) -> Values:
    param = r.unit.definition.params[index]
    said = meanings.meaning(r.project, r.module, param.annotation)
    if param.default is not None and said.provider is None and not said.bare:
        given = meanings.dependency(r.project, r.module, param.default)
        if given is not None:
            said = given._replace(types=said.types)
    provided = r.project.provisions.parameter(r.unit, index, said)
    if provided is not None:
        r.idling.doubtful |= not provided.reads
        provided.teach(r)
        r.belonging.sources.update(provided.belongs)
        r.plans = {**r.plans, **provided.plans}
        r.frames += provided.frames
        if provided.values:
            r.injected.update(
                (str(value.path.key), index) for value in provided.values if value.path.root == "injected"
            )
            if provided.name:
                r.injected.setdefault(provided.name, index)
            return provided.values
    kinds = tuple(kind for kind in said.types if kind != NONE and kind != ANY)
    if param.kind == "star":
        return tuple(Value(path, Type("many", "", (kind,)), CERTAIN) for kind in kinds) or (
            Value(path, Type("many"), CERTAIN),
        )
    if param.kind == "kwargs":
        for name, kind in hints.items():
            if isinstance(name, str):
                r.heap[path.attr(f"[{name}]")] = (Value(path.attr(f"[{name}]"), kind, LIKELY),)
        return (Value(path, Type("many"), CERTAIN),)
    if index == first(r.unit) and not kinds and not OF_SESSIONS.isdisjoint(r.project.listeners.of(r.unit)):
        return (Value(path, Type("instance", SESSION), CERTAIN),)
    if index == first(r.unit) + 2 and not kinds and not OF_MAPPERS.isdisjoint(r.project.listeners.of(r.unit)):
        target = r.project.listeners.target(r.unit)
        if r.classes.is_entity(target):
            return (Value(path, Type("instance", target), CERTAIN),)
    passed = r.project.given(r.unit, index)
    if passed and all(kind.kind == "callable" for kind in kinds):
        return tuple(Value(path, kind, LIKELY) for kind in passed)
    lent = r.project.injected(r.unit).get(index)
    if lent is not None:
        r.frames += lent.frames
        if lent.lends:
            lost.lent_to(r, path, param.at, lent.lends)
        if lent.values and not kinds:
            return tuple(Value(path, value.type, LIKELY) for value in lent.values)
    hint = hints.get(index)
    if hint is not None and all(
        r.classes.session_kind(kind) == SESSION or (kind.kind == "callable" and hint.name in MAKERS) for kind in kinds
    ):
        said_so = tuple(Value(path, kind, LIKELY) for kind in kinds if r.classes.session_kind(kind) == SESSION)
        r.mixing.disputed.update(value.path for value in said_so)
        return (*said_so, Value(path, hint, LIKELY))
    if not any(kind.kind == "instance" for kind in kinds):
        kinds = r.project.known_parameter(r.unit, param.name) or _default(r, param.default) or kinds
    if not kinds and isinstance(param.default, Call):
        return _made(r, path, param.default) or (Value(path, ANY, CERTAIN),)
    return tuple(Value(path, kind, CERTAIN) for kind in kinds) or (Value(path, ANY, CERTAIN),)


def flags(unit: Unit) -> frozenset[Path]:
    """The parameters of a constructor that say what its object does and does not do."""
    if unit.definition.name != "__init__":
        return frozenset()
    return frozenset(
        Path("param", index)
        for index, param in enumerate(unit.definition.params)
        if param.annotation == Name("bool") or param.default in (Lit(True), Lit(False))
    )


def _default(r: Reading, default: Expr | None) -> tuple[Type, ...]:
    """A factory of sessions, where the default of a parameter is one."""
    if isinstance(default, Call) and r.symbol(default.func) not in FACTORIES:
        return ()
    values = r.project.module_value(r.module, default) if isinstance(default, (Name, Attr, Call)) else NOTHING
    return tuple(value.type for value in values if value.type.name in FACTORIES)


def _made(r: Reading, path: Path, default: Call) -> Values:
    """What a parameter is likely of, as its default is: the class of the project that this makes an object of."""
    made = (value.type.name for value in r.project.module_value(r.module, default.func) if value.type.kind == "class")
    return tuple(Value(path, instance(str(one)), LIKELY) for one in made if r.classes.unit(str(one)) is not None)
