"""How a callee's paths, values and guards read at one call of it: substitution, in one place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ...facts.schema import Lit
from ...knowledge.sqlalchemy import SELECT
from ...model import Confidence
from .. import meanings
from ..modules import Unit
from ..summary import Asked, Flagged, Frame, Guard, Invocation, Literal
from ..values import (
    ALL_COLUMNS,
    ANY,
    NOTHING,
    UNKNOWN,
    Key,
    Path,
    Type,
    Value,
    Values,
    constant,
    instance,
    is_told,
    join,
    literal,
    path_of,
    replace_instances,
    replace_variables,
    row_of,
)
from . import conditions, contexts, fitting
from .arguments import Given, Site, named, positions
from .evaluate import attribute, columns_of

if TYPE_CHECKING:
    from ..project import Project
    from .reading import Reading

CERTAIN, LIKELY, POSSIBLE = Confidence.CERTAIN, Confidence.LIKELY, Confidence.POSSIBLE


class Applied:
    """How a callee's paths, values and guards read at one call of it."""

    def __init__(
        self,
        project: Project,
        r: Reading,
        unit: Unit,
        bound: dict[int, Values],
        site: Site,
        receiver: Value | None,
        injected: Mapping[str, int],
        given: Given,
        closure: Path | None = None,
        flagged: tuple[Flagged, ...] = (),
    ) -> None:
        self._project = project
        self._r = r
        self._unit = unit
        self._bound = bound
        self._site = site
        self._variables: dict[str, Type] | None = None
        self._receiver = receiver
        self._injected = injected
        self._given = given
        self._closure = closure
        self._flagged = {(one.path, one.type): one for one in flagged}
        self._unasked_types: frozenset[Type] | None = None
        self._stands_for = self._classes()
        self._paths: dict[Path, Values] = {}
        self._things: dict[Key, Path] = {}

    def _classes(self) -> dict[str, str]:
        """The classes that were given for parameters of type `type[Base]`, by their base, or that the receiver's class
        names where its base declares that there is one. The `cls` of a class method may be a class that others mix
        with its own."""
        found: dict[str, str] = {}
        if self._receiver is not None:
            named = self._r.classes.named(str(self._receiver.type.name))
            found.update((str(kind.name), given) for kind, given in named.items() if kind.kind == "instance")
        for index, base in self._project.class_parameters(self._unit):
            for value in self._bound.get(index, NOTHING):
                name = str(value.type.name)
                if value.type.kind != "class" or name == base:
                    continue
                mixed = index == 0 and self._unit.is_classmethod and not self._r.classes.is_a(base, frozenset({name}))
                if mixed or self._r.classes.is_a(name, frozenset({base})):
                    found[base] = name
        return found

    @property
    def receiver(self) -> str:
        """The class of what a method is called on; "" when it is no method call."""
        return str(self._receiver.type.name) if self._receiver is not None else ""

    def needs(self, klass: str) -> str | None:
        """The class that `self` of the caller must be of for what the callee does where its own is of `klass`; "" when
        any will do, None where it cannot be."""
        receiver, own, below = self._receiver, self._r.unit.klass, self._unit.klass
        if receiver is None or receiver.type.kind not in ("instance", "class"):
            return ""
        classes = self._r.classes
        if not classes.akin(klass, str(receiver.type.name)):
            return None
        if own is None or below is None or receiver.path != Path("param", 0):
            return ""
        if below.symbol == own.symbol or not classes.is_a(below.symbol, frozenset({own.symbol})):
            return klass
        if not klass:
            return below.symbol
        return klass if classes.akin(klass, below.symbol) else None

    def is_given(self, index: int) -> bool:
        """Whether anything is passed for a parameter, or it has a plain default."""
        return index in self._bound

    def fresh(self, path: Path) -> Path:
        """A thing the callee made, as a thing made by this call."""
        own = self._things.get(path.key)
        if own is None:
            own = self._things[path.key] = self._thing(path.key)
            if own != UNKNOWN:
                self._r.born.setdefault(own, self._r.loop)
        return Path("fresh", own.key, path.attrs) if path.attrs and own != UNKNOWN else own

    def _thing(self, key: Key) -> Path:
        depth, inner = 0, key
        while isinstance(inner, tuple):
            inner, depth = inner[-1], depth + 1
        return Path("fresh", (self._site.at, key)) if depth < 4 else UNKNOWN

    def path(self, path: Path) -> Values:
        """What a path of the callee is here."""
        found = self._paths.get(path)
        if found is None:
            found = self._paths[path] = self._path(path)
        return found

    def _path(self, path: Path) -> Values:
        match path.root:
            case "param" if path.attrs:
                return self._step(self.path(Path("param", path.key, path.attrs[:-1])), path.attrs[-1])
            case "param":
                return self._bound.get(path.key, NOTHING)
            case "free":
                owner, name = path.key
                if owner == self._r.unit.key:
                    return self._walk(self._r.env.get(name, NOTHING), path.attrs)
                if self._closure is not None:
                    known = self._r.heap.get(self._closure.attr(f"%{owner}.{name}"))
                    if known is not None:
                        return self._walk(known, path.attrs)
                return (Value(path, ANY, CERTAIN),)
            case "fresh":
                return (Value(self.fresh(path), ANY, CERTAIN),)
            case "injected" if self._site.how != "injected" and str(path.key) in self._injected:
                return self._walk(self._bound.get(self._injected[str(path.key)], NOTHING), path.attrs)
            case "unknown":
                return NOTHING
        return (Value(contexts.own(self._r, path), ANY, CERTAIN),)

    def _walk(self, values: Values, attrs: tuple[str, ...]) -> Values:
        for name in attrs:
            values = self._step(values, name)
        return values

    def _step(self, values: Values, name: str) -> Values:
        """A part of these values."""
        if not values:
            return NOTHING
        if name == "*":
            return self._r.element(values)
        if name.startswith("@"):
            return join(*(self._argument(value, name) for value in values))
        if name.startswith(fitting.TOLD):
            return self._told(values, int(name.removeprefix(fitting.TOLD)))
        if name[1:-1].isdigit() and any(value.type.kind in ("many", "generator") for value in values):
            return self._r.member(values, int(name[1:-1]))
        if name == ALL_COLUMNS:
            return join(*(columns_of(self._r, value) for value in values))
        if name[0] in "[<":
            return join(
                *(self._r.heap.get(v.path.attr(name)) or (Value(v.path.attr(name), ANY, v.sure),) for v in values)
            )
        return attribute(self._r, values, name)

    def _told(self, values: Values, index: int) -> Values:
        """The attribute whose name is passed for a parameter of the callee."""
        given = self._bound.get(index, NOTHING)
        known, name = constant(given)
        return attribute(self._r, values, str(name)) if known else fitting.told(Given((values, given), {}))

    def _argument(self, value: Value, name: str) -> Values:
        """An object's constructor argument: what was given, or the argument of the subclass that passes it on."""
        known = self._r.heap.get(value.path.field(name))
        if known:
            return known
        if value.type.kind == "instance":
            init = self._r.classes.method(str(value.type.name), "__init__")
            own = init is not None and any(f"@{param.name}" == name for param in init.definition.params)
            if init is not None and init is not self._r.unit:
                stored = self._project.summary(init).heap.get(Path("param", 0, (name,)), NOTHING)
                if len(stored) == 1:
                    inner = stored[0]
                    if inner.path.root == "param" and inner.path.key and not inner.path.attrs:
                        name = f"@{init.definition.params[inner.path.key].name}"
                    elif inner.path.root in ("injected", "global"):
                        return stored
                elif not own:
                    return NOTHING
        return (Value(value.path.attr(name), ANY, value.sure),)

    def values(self, values: Values) -> Values:
        """Values of the callee as values here."""
        if self._flagged:
            values = tuple(self._asked_for(values))
        found: list[Value] = []
        for value in values:
            path, _, sure = value
            kind = self.type(value.type)
            if path.root in ("param", "free", "injected"):
                for one in self.path(path):
                    narrower = self._narrower(one.type, kind)
                    same = narrower is one.type and one.sure <= sure
                    found.append(one if same else Value(one.path, narrower, min(one.sure, sure)))
                if not found and kind != ANY:
                    found.append(Value(UNKNOWN, kind, sure))
            elif path.root == "fresh":
                found.append(Value(self.fresh(path), kind, sure))
                if self._flagged:
                    self._pass_on(Value(path, kind, sure), found[-1])
            else:
                found.append(value if kind is value.type else Value(path, kind, sure))
        return tuple(dict.fromkeys(contexts.here(self._r, tuple(found))))[:8]

    def typed(self, values: Values) -> Values:
        """Values here whose types may still have variables of the callee."""
        kinds = [(value, self.type(value.type)) for value in values]
        return tuple([value if kind is value.type else value._replace(type=kind) for value, kind in kinds])

    def _asked_for(self, values: Values) -> Iterator[Value]:
        """Values of the callee without those that a flag decides against in this call, also as members of a list."""
        for value in values:
            flagged = self._flagged.get((value.path, value.type))
            if flagged is not None and not (flagged.in_turns and value.sure is POSSIBLE):
                decided = self.guard((flagged.literal,))
                if decided is None:
                    continue
                if decided == ((), CERTAIN) and not flagged.in_turns:
                    value = value._replace(sure=flagged.sure)
            if value.type.kind == "many" and value.type.args:
                kept = tuple(kind for kind in value.type.args if kind not in self._unasked())
                value = value._replace(type=value.type._replace(args=kept or value.type.args))
            yield value

    def _pass_on(self, value: Value, here: Value) -> None:
        """A flag of the callee that decides on a value is one of this function where that passes its own."""
        flagged = self._flagged.get((value.path, value.type))
        decided = self.guard((flagged.literal,)) if flagged is not None else None
        if flagged is not None and decided is not None and decided[0]:
            key = here.path, here.type
            self._r.flagged.setdefault(key, Flagged(*key, decided[0][0], flagged.sure, flagged.in_turns))

    def _unasked(self) -> frozenset[Type]:
        """What only comes where a flag decides otherwise than in this call."""
        if self._unasked_types is None:
            against = {one.type: self.guard((one.literal,)) is None for one in self._flagged.values()}
            self._unasked_types = frozenset(kind for kind, is_against in against.items() if is_against)
        return self._unasked_types

    def _narrower(self, known: Type, found: Type) -> Type:
        """The type of what was passed, or what the callee has found it to be where that says more."""
        more = known.name != found.name and conditions.may_be(self._r, known, found)
        return found if known == ANY or more else known

    def given(self, invocation: Invocation) -> Given:
        """The arguments of a callee's callback, with what it unpacks of its own arguments."""
        positional = [self.values(values) for values in invocation.positional]
        keywords = {name: self.values(values) for name, values in invocation.keywords}
        rest: list[Path] = []
        spread: list[Path] = []
        for path in invocation.rest:
            for value in self.path(path):
                positional.extend(positions(self._r, value.path))
                rest.append(value.path)
        for path in invocation.spread:
            for value in self.path(path):
                for name, held in named(self._r, value.path).items():
                    keywords.setdefault(name, held)
                spread.append(value.path)
        return Given(tuple(positional), keywords, True, tuple(rest), tuple(spread))

    def frames(self, frames: tuple[Frame, ...]) -> tuple[Frame, ...]:
        """Blocks of the callee around a callback or a yield, on paths of this function; those that may be absent left
        out."""
        found: list[Frame] = []
        for frame in frames:
            decided = self.guard(frame.guard)
            asked = self._asked(frame.asked)
            if decided is None or decided[1] is not CERTAIN or asked is None:
                continue
            for value in self.path(frame.path):
                if value.path.root != "unknown":
                    through = (*frame.through, (self._r.unit.key, self._site.at))
                    found.append(
                        frame._replace(path=value.path.owner(), guard=decided[0], through=through[:4], asked=asked)
                    )
        return tuple(found)

    def _asked(self, asked: tuple[Asked, ...]) -> tuple[Asked, ...] | None:
        """What the callee asks that it was made with, as far as nobody here knows either; None when it is not so."""
        kept: list[Asked] = []
        for one in asked:
            values = self.path(one.path)
            known, value = constant(values)
            if known and ((value is None) if one.test == "none" else bool(value)) != one.holds:
                return None
            if not known:
                kept.extend(one._replace(path=held.path) for held in values[:1])
        return tuple(kept)

    def type(self, kind: Type) -> Type:
        """A type of the callee with its variables bound by the receiver's class and by class arguments."""
        kind = replace_instances(kind, self._stands_for) if self._stands_for else kind
        if not kind.args and kind.kind != "variable":
            return kind
        variables = list(_variables(kind))
        if not variables:
            return kind
        if self._variables is None:
            self._variables = self._bindings()
        for one in variables:
            path = path_of(one)
            if path is not None and one.name not in self._variables:
                self._variables[one.name] = self._row(path)
        return replace_variables(kind, self._variables)

    def _row(self, path: Path) -> Type:
        """A row of the class that is passed here, or of the statement."""
        values = self.path(path)
        classes = {_instance_of(value.type) for value in values if value.type.kind == "class"}
        classes |= {value.type.args[0] for value in values if value.type.name == SELECT and value.type.args}
        if len(classes) == 1:
            return classes.pop()
        paths = [value.path for value in values if value.type in (ANY, instance(SELECT)) and is_told(value.path)]
        return row_of(paths[0]) if len(paths) == 1 == len(values) else ANY

    def _bindings(self) -> dict[str, Type]:
        bound: dict[str, Type] = {}
        if self._receiver is not None and self._receiver.type.name:
            bound.update(self._r.classes.bindings(self._receiver.type))
        for index, values in self._bound.items():
            params = self._unit.definition.params
            if index >= len(params):
                continue
            said = meanings.meaning(self._project, self._unit.module, params[index].annotation).types
            for kind in said:
                for value in values:
                    if kind.kind == "variable" and value.type.kind == "instance":
                        bound.setdefault(kind.name, value.type)
                    elif kind.kind == "class" and not kind.name and value.type.kind == "class":
                        bound.setdefault(kind.args[0].name, _instance_of(value.type))
        return bound

    def guard(self, guard: Guard) -> tuple[Guard, Confidence] | None:
        """The callee's guard as the caller sees it, and how sure that leaves it; None when it is decided against."""
        kept: list[Literal] = []
        sure = CERTAIN
        for asked in guard:
            verdict = self._decide(asked)
            if verdict is False:
                return None
            if isinstance(verdict, Literal):
                kept.append(verdict)
            elif verdict is None:
                sure = LIKELY
        return tuple(kept), sure

    def _decide(self, asked: Literal) -> bool | Literal | None:
        if asked.test == "missing":
            return self._is_missing(asked)
        asked = self._of_spread(asked)
        values = self._keyword(asked) if asked.name else self._bound.get(asked.param, NOTHING)
        known, value = constant(values)
        if known:
            return ((value is None) if asked.test == "none" else bool(value)) == asked.holds
        if values and all(v.type.kind == "instance" and v.path.root != "param" for v in values):
            return (asked.test == "true") == asked.holds
        if asked.test == "none" and values and all(v.type.kind == "many" and v.path.root == "fresh" for v in values):
            return not asked.holds
        if len(values) == 1:
            own = self._own(values[0].path, asked)
            for held in self._r.guard if own is not None else ():
                if held._replace(holds=asked.holds) == own:
                    return held.holds == asked.holds
            return own
        return None

    def _of_spread(self, asked: Literal) -> Literal:
        """A condition on a parameter that only `**kwargs` of this function may fill, as one on a keyword of them."""
        params = self._unit.definition.params
        if asked.name or asked.param in self._bound or asked.param >= len(params):
            return asked
        param = params[asked.param]
        if not isinstance(param.default, Lit) or self._passed_on(param.name) is None:
            return asked
        return asked._replace(name=param.name, default=param.default.value)

    def _own(self, path: Path, asked: Literal) -> Literal | None:
        """A callee's condition as one on a parameter of this function."""
        if path.root != "param":
            return None
        if not path.attrs:
            return Literal(path.key, asked.test, asked.holds)
        if asked.name and path == self._passed_on(asked.name):
            return asked._replace(param=path.key)
        return conditions.of_keyword(self._r, path, asked.test, asked.holds)

    def _is_missing(self, asked: Literal) -> bool | Literal | None:
        """Whether a callee finds a keyword in its `**kwargs`."""
        if asked.name in self._given.keywords:
            return not asked.holds
        path = self._passed_on(asked.name)
        if path is None:
            return None if self._given.open_ended else asked.holds
        return asked._replace(param=path.key)

    def _keyword(self, asked: Literal) -> Values:
        """What a callee that takes a keyword out of `**kwargs` finds there."""
        if asked.name in self._given.keywords:
            return self._given.keywords[asked.name]
        path = self._passed_on(asked.name)
        if path is None and self._given.open_ended:
            return NOTHING
        named = (param.name for param in self._r.unit.definition.params)
        if path is None or path in self._r.conditions.popped or asked.name in named:
            return literal(asked.default)
        return (Value(path, ANY, CERTAIN),)

    def _passed_on(self, name: str) -> Path | None:
        """A keyword among those that `**kwargs` of this function brings along, where a call passes them on."""
        params = self._r.unit.definition.params
        match self._given.spread:
            case (Path("param", int() as index, ()) as path,) if params[index].kind == "kwargs":
                return path.attr(f"[{name}]")
        return None


def _instance_of(kind: Type) -> Type:
    """What an instance of a class is, which may be one that only the caller knows."""
    return Type("instance", kind.name, kind.args) if kind.name else kind.args[0] if kind.args else ANY


def _variables(kind: Type) -> Iterator[Type]:
    if kind.kind == "variable":
        yield kind
    for arg in kind.args:
        yield from _variables(arg)
