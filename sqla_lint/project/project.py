"""What the files mean together: names, classes, summaries, layers, behind one object that rules ask.

Everything is computed on demand and once. Summaries of functions that call each other in a cycle are iterated together
until nothing changes, so that the outcome does not depend on which was asked for first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from functools import cached_property
from hashlib import blake2b
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from ..facts.schema import Attr, Bind, Branch, Call, Define, Expr, Index, Items, Name, Repeat, Stmt, Try, With
from ..knowledge import CUSTOMARY, PARAMETERS
from ..knowledge.queues import SETTINGS, STARTERS
from ..knowledge.sqlalchemy import LIBRARIES, PAGE, QUERY, RESULTS, SESSIONS
from ..model import Confidence
from . import archive, asking, elsewhere, meanings, putting, shown, taking
from .archive import DIGEST, Archive, digest
from .asking import DECORATED, PUT, SLOT, VARIABLE, Asking, Memo
from .classes import FEW, Classes
from .dependents import Dependents
from .layers import BOUNDARY_LAYERS, TEST, Layers
from .listeners import Listeners
from .modules import Module, Unit, last_name
from .names import Names, sort_units
from .parts import calls
from .provisions import Provisions
from .questions import lending, own, unit_of_work
from .reading.arguments import NO_ARGUMENTS, Site
from .reading.calls import Calls
from .reading.evaluate import evaluate
from .reading.reading import Reading
from .relations import Relations
from .requests import Requests
from .shapes import shape
from .summaries import Summaries
from .summary import (
    JUDGED,
    REGISTERS,
    TEACHES,
    Factory,
    Frame,
    Held,
    Hinted,
    Invocation,
    Pool,
    Registered,
    Slot,
    Summary,
)
from .traces import Traces
from .values import ANY, NONE, NOTHING, Path, Type, Value, Values, instance, join

if TYPE_CHECKING:
    from ..config import Settings

V = TypeVar("V")

_LESSONS = 4
"""How often callers may teach their callees types: a context that holds what a request holds takes three."""
_ENCODERS = frozenset({"JSONEncoder", "DefaultJSONProvider", "JSONProvider", "FlaskJSONEncoder"})


class Injection(NamedTuple):
    """What a decorator passes for a parameter, and the transaction blocks of its own that are around the call then;
    `positional` when the caller's arguments move up by one. Before the caller gets what the function returns, `commits`
    are the ends of blocks, or calls, that commit the session in any case, and `closes` says that a block closes it.
    `lends` is the class of a session that the decorator opens and ends whoever calls, and that nothing of its own
    commits."""

    values: Values
    frames: tuple[Frame, ...]
    positional: bool
    commits: tuple[Frame, ...] = ()
    closes: bool = False
    lends: str = ""


class Project:
    """All modules of a run, linked."""

    def __init__(
        self,
        modules: Sequence[Module],
        settings: Settings,
        readings: Archive | None = None,
        requires: Mapping[str, str] = MappingProxyType({}),
        entries: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    ) -> None:
        self.settings = settings
        self.requires = requires
        """What the project says of the versions of its libraries."""
        self.entries = entries
        """The entry points that the project says it has, by group and name."""
        self.is_new = shown.is_new(modules, requires)
        """Whether `commit()` and `rollback()` of a session always end the outermost transaction, and not the innermost
        savepoint; None when nobody knows."""
        self.asking = Asking()
        self.names = Names(modules, self.asking)
        self._readings = readings
        if readings is not None:
            readings.begin()
        self.summaries = Summaries(self, lambda unit, outer: Reading(self, unit, outer).read(), readings)
        self.classes = Classes(self)
        self.calls = Calls(self)
        self.layers = Layers(self)
        self.traces = Traces(self)
        self.dependents = Dependents(self)
        self.listeners = Listeners(self)
        self.requests = Requests(self)
        self.provisions = Provisions(self)
        self.relations = Relations(self)
        self.own_session = ""
        """The class of the project that all its sessions have; "" for none."""
        self.closed_by_takers: frozenset[str] = frozenset()
        """What of unread modules gives sessions that those close who take them."""
        self.bases_elsewhere: frozenset[str] = frozenset()
        """The classes of unread modules below which mapped classes of the project are."""
        self.hints: dict[str, dict[Hinted, Type]] = {}
        self._given: dict[tuple[str, int], tuple[Type, ...]] = {}
        self._slots: dict[Slot, Type] = {}
        self._slot_readers: dict[Slot, set[str]] = {}
        self._registered: dict[str, Registered] | None = None
        self._variables: Memo[str, Values] = Memo(self.asking)
        self._evaluating: set[str] = set()
        self._circles = 0
        self.symbols: Memo[str, Values] = Memo(self.asking)
        self.meanings: Memo[tuple[Module, Expr], meanings.Meaning] = Memo(self.asking)
        self._injected: Memo[str, dict[int, Injection]] = Memo(self.asking)
        self._injecting: set[str] = set()
        self._decorated: dict[str, list[Unit]] = {}
        self._decorators: Memo[Unit, list[Unit]] = Memo(self.asking)
        self._declared: Memo[Unit, tuple[Type, ...]] = Memo(self.asking)
        self._class_parameters: Memo[Unit, tuple[tuple[int, str], ...]] = Memo(self.asking)
        self.silent: Memo[Unit, bool] = Memo(self.asking)
        """Methods that only stand for those of other classes."""
        self._locals: Memo[Unit, frozenset[str]] = Memo(self.asking)
        self._packages: Memo[Module, frozenset[str]] = Memo(self.asking)
        self._overrides: Memo[tuple[str, str], list[Unit]] = Memo(self.asking)
        self._structures: dict[str, bytes] = {}
        self._put: dict[str, frozenset[str]] = {}
        self._run_by: dict[str, Set[str]] = {}

    @property
    def problems(self) -> list[str]:
        """Functions that could not be summarised because of a bug in the linter, each with the error."""
        return [message for _, message in sorted(self.summaries.crashed.items())]

    # -- units --

    @property
    def units(self) -> list[Unit]:
        """Every unit of the project, in a fixed order."""
        return sort_units(self.names.units.values())

    def callee(self, unit: Unit, call: Call) -> Unit | None:
        """The function or class of the project that a call names, or the method of the caller's own object."""
        match call.func:
            case Attr(Name("self" | "cls"), name) if unit.klass is not None:
                return self.classes.method(unit.klass.symbol, name)
            case Name(name) if any(param.name == name for param in unit.definition.params):
                return None
        return self.names.by_symbol.get(self.names.dotted(unit.module, call.func))

    def functions(self) -> list[Unit]:
        return [unit for unit in self.units if unit.kind in ("function", "lambda")]

    def is_result(self, name: object) -> bool:
        return name in (QUERY, PAGE) or name in RESULTS

    def mentions_library(self, module: Module) -> bool:
        """Whether the module imports an ORM library itself."""
        return not LIBRARIES.isdisjoint(self.packages(module))

    def packages(self, module: Module) -> frozenset[str]:
        """The top-level names of everything a module imports, or defines a settings class for."""
        return self._packages.get(module, self._packages_of)

    def _packages_of(self, module: Module) -> frozenset[str]:
        units = self.names.units_in(module.name)
        named = (SETTINGS[one.definition.name] for one in units if one.definition.name in SETTINGS)
        return frozenset((*(one.module.split(".")[0] for one in module.facts.header.imports), *named))

    def known_parameter(self, unit: Unit, name: str) -> tuple[Type, ...]:
        """What a parameter of this name is by custom, in a module that imports the framework whose custom it is."""
        if name not in CUSTOMARY:
            return ()
        packages = self.packages(unit.module)
        kinds = {kind for package in packages if (kind := PARAMETERS.get((package, name)))}
        if len(kinds) != 1:
            return ()
        started = STARTERS.get(kind := kinds.pop())
        if started is not None and unit.definition.name in self._named_by(unit.module, started[0]):
            kind = started[1]
        return (instance(kind),)

    def _named_by(self, module: Module, attribute: str) -> Iterator[str]:
        """The names that classes of a module give to an attribute."""
        for unit in self.names.units_in(module.name):
            for bind in self.classes.body(unit.symbol).get(attribute, ()) if unit.kind == "class" else ():
                yield last_name(bind.value) if bind.value is not None else ""

    def holder(self, unit: Unit, name: str) -> str:
        """The key of the nearest enclosing function that has a local of this name; ""."""
        owner = unit.owner
        while owner is not None and owner.kind != "module":
            if owner.kind in ("function", "lambda") and name in self._locals.get(owner, self._locals_of):
                return owner.key
            owner = owner.owner
        return ""

    def _locals_of(self, unit: Unit) -> frozenset[str]:
        names = {param.name for param in unit.definition.params}
        _bound_names(unit.body, names, self.names, unit)
        return frozenset(names)

    def overrides(self, symbol: str, unit: Unit) -> list[Unit]:
        """Methods of subclasses that would run instead of this one, sorted."""
        found = self._overrides.get((symbol, unit.definition.name), self._overriding)
        return [one for one in found if one is not unit]

    def _overriding(self, key: tuple[str, str]) -> list[Unit]:
        symbol, method = key
        found = []
        for name in self.classes.below(symbol):
            klass = self.classes.unit(name)
            inner = self.names.child(klass, method) if klass is not None else None
            if inner is not None and inner.kind == "function":
                found.append(inner)
        return found

    @cached_property
    def factories(self) -> tuple[tuple[Unit, Factory], ...]:
        """The factories of sessions that the project makes, and who makes each; for judging, when all is known."""
        return tuple(self._judged(lambda summary: summary.factories))

    @cached_property
    def pools(self) -> tuple[tuple[Unit, Pool], ...]:
        """The pools of the engines that the project makes, and who makes each; for judging, when all is known."""
        return tuple(self._judged(lambda summary: summary.pools))

    def _judged(self, found: Callable[[Summary], Sequence[V]]) -> Iterator[tuple[Unit, V]]:
        for key, summary in self.summaries.that_say(JUDGED):
            for one in found(summary):
                yield self.names.units[key], one

    @cached_property
    def serializes_itself(self) -> bool:
        """Whether the project brings a JSON encoder or provider of its own, which may know entities."""
        return any(
            ancestor.symbol.rpartition(".")[2] in _ENCODERS
            for unit in self.names.by_symbol.values()
            if unit.kind == "class"
            for ancestor in self.classes.line(unit.symbol)[1:]
        )

    # -- expressions --

    def module_value(self, module: Module, expr: Expr) -> Values:
        """The value of an expression read at the top of a module."""
        return evaluate(self.reading(module), expr)

    def reading(self, module: Module) -> Reading:
        """A reading of nothing, for expressions at the top of a module."""
        return Reading(self, self.names.units_in(module.name)[0], None)

    def variable_values(self, symbol: str) -> Values:
        """What a module variable may be: every binding of it in its module, its annotation, and where that says nothing
        what functions bind it to that say it is global."""
        if symbol in self._evaluating:
            self._circles += 1
            return self.blocked(VARIABLE, symbol, NOTHING)
        return self._variables.get(symbol, self._variable)

    def _variable(self, symbol: str) -> Values:
        variable = self.names.variable(symbol)
        if variable is None:
            return NOTHING
        module, binds = variable
        self._evaluating.add(symbol)
        found: list[Values] = []
        name = symbol.rpartition(".")[2]
        declared = False
        for bind in binds:
            values = NOTHING
            if bind.value is not None and any(target == Name(name) for target in bind.targets):
                values = self.module_value(module, bind.value)
            values = _telling(values)
            if bind.annotation is not None and not any(value.type.args for value in values):
                said = meanings.meaning(self, module, bind.annotation).types
                known = tuple(
                    Value(Path("global", symbol), kind, Confidence.CERTAIN) for kind in said if kind not in (ANY, NONE)
                )
                if not values or any(kind.args and kind.name == values[0].type.name for kind in said):
                    values = known
                elif any(self.classes.stands_for_others(value.type) for value in values):
                    values = (*values, *known)
                declared |= bool(values)
            found.append(values)
        self._evaluating.discard(symbol)
        self.asking.log.pop(f"{VARIABLE}{symbol}", None)
        if not self._evaluating:  # variables that are made of each other are settled by the one asked for first
            self.asking.unfinished -= self._circles
            self._circles = 0
        for unit in self.names.binders(symbol) if not declared else ():
            found.append(_telling(dict(self.summary(unit).binds).get(name, NOTHING)))
        path = Path("global", symbol)
        joined = join(
            *(
                tuple(
                    value
                    if value.type.kind in ("class", "function", "module", "libfunction", "external")
                    else value._replace(path=path)
                    for value in values
                )
                for values in found
            )
        )
        return joined or (Value(path, ANY, Confidence.CERTAIN),)

    def shape(self, text: str, receiver: Type, first: Values) -> tuple[Type, ...]:
        return shape(self, text, receiver, first)

    def meaning_of(self, module: Module, expr: Expr) -> tuple[Type, ...]:
        return meanings.meaning(self, module, expr).types

    def class_parameters(self, unit: Unit) -> tuple[tuple[int, str], ...]:
        """The parameters that take a class of the project or one below it, `cls` among them: index, and the class."""
        return self._class_parameters.get(unit, self._taking_classes)

    def _taking_classes(self, unit: Unit) -> tuple[tuple[int, str], ...]:
        own = ((0, unit.klass.symbol),) if unit.klass is not None and unit.is_classmethod else ()
        return own + tuple(
            (index, str(kind.name))
            for index, param in enumerate(unit.definition.params)
            if isinstance(param.annotation, Index)
            for kind in meanings.meaning(self, unit.module, param.annotation).types
            if kind.kind == "class" and kind.name
        )

    def declared(self, unit: Unit) -> tuple[Type, ...]:
        """The types of a function's return annotation."""
        return self._declared.get(unit, self._said) if unit.definition.returns is not None else ()

    def _said(self, unit: Unit) -> tuple[Type, ...]:
        returns = unit.definition.returns
        kinds = meanings.meaning(self, unit.module, returns).types
        if not kinds and unit.klass is not None and returns is not None and last_name(returns) == "Self":
            variables = tuple(Type("variable", name) for name in self.classes.variables(unit.klass))
            kinds = (instance(unit.klass.symbol, *variables),)
        return kinds

    # -- what an earlier reading may rest on, beside summaries --

    @property
    def open(self) -> frozenset[str]:
        """What is being worked out: variables, arguments of decorators, providers, lines of classes."""
        return frozenset((*self._evaluating, *self._injecting, *self.provisions.open, *self.classes.in_line))

    def blocked(self, sign: str, name: str, instead: V) -> V:
        """What is answered to a question that is being answered; whoever is told so rests on that."""
        self.asking.unfinished += 1
        self.asking.log[f"{sign}{name}"] = None
        return instead

    def answered(self, unit: Unit, key: str) -> bytes:
        """What stands for the answer to a question of a unit other than for a summary."""
        name = key[1:]
        match key[0]:
            case asking.MODULE:
                return self.structure(name)
            case asking.NAMED:
                return digest([one.key for one in self.names.named(name)])
            case asking.BELOW:
                return digest(self.classes.subclasses(name))
            case asking.BACKED:
                return digest(self.relations.backs(name))
            case asking.OWN:
                return digest(self.own_session)
            case asking.TAKEN:
                return digest(sorted(self.closed_by_takers))
            case asking.ELSEWHERE:
                return digest(sorted(self.bases_elsewhere))
            case asking.PUT:
                return digest(sorted(self.put_into(name)))
            case asking.SLOT:
                owner, _, inner = name.partition("\x1f")
                return digest(self.slot((owner, inner), unit))
            case asking.VARIABLE:
                return digest(name in self._evaluating)
            case asking.DECORATED:
                return digest(name in self._injecting)
            case _:
                return digest(name in self.provisions.open)

    def structure(self, module: str) -> bytes:
        """What stands for what a module says at its top."""
        found = self._structures.get(module)
        if found is None:
            found = self._structures[module] = archive.structure(self.names.modules[module])
        return found

    def code(self, unit: Unit) -> bytes:
        """What stands for the code of a unit and of those it stands in, and for what its module says at its top."""
        whole = blake2b(unit.code, digest_size=DIGEST, key=self.structure(unit.module.name))
        owner = unit.owner
        while owner is not None and owner.kind != "module":
            whole.update(owner.code)
            owner = owner.owner
        return whole.digest()

    def told(self, unit: Unit) -> bytes:
        """What stands for what callers and decorators have taught a unit; empty for nothing."""
        given = [self._given.get((unit.key, index)) for index in range(len(unit.definition.params))]
        hints, decorated = self.hints.get(unit.key), unit.key in self._decorated
        return digest((hints, given, decorated)) if hints or decorated or any(given) else b""

    # -- summaries --

    def summary(self, unit: Unit) -> Summary:
        """What a unit does. Inside a cycle this may be a draft, which is read again until it is final."""
        return self.summaries[unit]

    def summarise(self) -> None:
        """Summarise everything; then again, at most `_LESSONS` times, the functions to which others gave a type."""
        self._prepare()
        for unit in self.units:
            if unit.kind != "class" or unit.definition.calls:
                self.summaries.answer(unit)
        for _ in range(_LESSONS):
            changed = self._take_hints() | self._take_slots() | self._take_given()
            if not changed:
                return
            self.summaries.relearn(changed)

    def take_over(self) -> bool:
        """Instead of `summarise`: take over what an earlier run ended with, if nobody could tell what has changed."""
        return self.summaries.take_over(self._prepare)

    def _prepare(self) -> None:
        """What is worked out before the first reading: what decorators stand around, and what is provided by whom."""
        self.bases_elsewhere = elsewhere.bases_elsewhere(self)
        self.own_session = own.session_class(self)
        self.closed_by_takers = taking.closed_by_takers(self)
        self._wrap()
        self.provisions.prepare()
        if self._readings is not None:
            around = {key: [unit.key for unit in units] for key, units in self._decorated.items()}
            self._readings.prepare(
                self.provisions.tables(),
                (around, self.hints, self.own_session, sorted(self.closed_by_takers), sorted(self.bases_elsewhere)),
            )

    def _take_given(self) -> set[str]:
        """The one function that everybody passes to a constructor, or the few classes of what is passed that has to do
        with sessions: entities to a function, other objects to a constructor. More of them say nothing."""
        found: dict[tuple[str, int], set[Type]] = {}
        for key, summary in self.summaries.that_say(TEACHES):
            if summary.given and not self.layers.is_test(self.names.units[key].module):
                for callee, index, kind in summary.given:
                    found.setdefault((callee, index), set()).add(kind)
        few = {
            where: tuple(sorted(kinds))
            for where, kinds in found.items()
            if _are_few(kinds) and any(map(self._matters, kinds))
        }
        changed = {where[0] for where in few.keys() | self._given.keys() if few.get(where) != self._given.get(where)}
        self._given = few
        return changed

    def _matters(self, kind: Type) -> bool:
        """Whether it is a function, or a class that has to do with sessions: itself, one below it, or what its objects
        hold."""
        if kind.kind != "instance" or self.classes.is_mapped(str(kind.name)):
            return True
        held = [str(kind.name), *self.classes.subclasses(str(kind.name))]
        for symbol in held:
            if self.layers.has_session(symbol):
                return True
            init = self.classes.method(symbol, "__init__")
            for name in init.definition.stores if init is not None else ():
                field = self.classes.field(symbol, name)
                named = {str(one.type.name) for one in field.values if one.type.kind == "instance"} if field else set()
                held += sorted(one for one in named.difference(held) if self.classes.unit(one) is not None)
        return False

    def given(self, unit: Unit, index: int) -> tuple[Type, ...]:
        """What is known to be passed for a parameter: the function or the object of a constructor, or entities."""
        return self._given.get((unit.key, index), ())

    def put_into(self, name: str) -> frozenset[str]:
        """The classes of what the project puts into containers of this name."""
        self.asking.log[f"{PUT}{name}"] = None
        if name not in self._put:
            self._put[name] = putting.put_into(self, name)
        return self._put[name]

    def _take_slots(self) -> set[str]:
        """What was stored on shared objects; the functions that asked for it before it was known."""
        changed: set[str] = set()
        for _, summary in self.summaries.that_say(TEACHES):
            for slot, kind in summary.slots:
                if slot not in self._slots:
                    self._slots[slot] = kind
                    changed |= self._slot_readers.get(slot, set())
        return changed

    def slot(self, slot: Slot, reader: Unit) -> Type | None:
        """What is kept in a named place on an object that a framework shares."""
        self._slot_readers.setdefault(slot, set()).add(reader.key)
        self.asking.log["\x1f".join((f"{SLOT}{slot[0]}", slot[1]))] = None
        return self._slots.get(slot)

    def registered(self, unit: Unit) -> Registered | None:
        """How a function was handed to a framework by a call, when it was. For when everything is summarised."""
        if self._registered is None:
            self._registered = {}
            for _, summary in self.summaries.that_say(REGISTERS):
                for one in summary.registered:
                    self._registered.setdefault(one.unit, one)
        return self._registered.get(unit.key)

    def session_from(self, callee: Value) -> Held | None:
        """The session, or the unit of work, that a call of this value gives, or that what it gives keeps."""
        r = self.reading(next(iter(self.names.modules.values())))
        found = r.awaited(self.calls.value(r, callee, NO_ARGUMENTS, Site(-1, "", Confidence.CERTAIN, ""), None))
        for value in found:
            for one in r.yielded(value) if value.type.kind == "generator" else (value,):
                kind = self.classes.session_kind(one.type)
                if kind in SESSIONS:
                    return Held(kind)
                held = unit_of_work.held_by(self, str(one.type.name)) if one.type.kind == "instance" else None
                if held is not None:
                    return held
        return None

    def _take_hints(self) -> set[str]:
        changed: set[str] = set()
        for _, summary in self.summaries.that_say(TEACHES):
            for callee, index, kind in summary.hints:
                known = self.hints.setdefault(callee, {})
                if index not in known:
                    known[index] = kind
                    changed.add(callee)
        return changed

    def run_only_by(self, unit: Unit, layers: Set[str]) -> bool:
        """Whether everybody known to run a function, through whomever, is of these layers; not when nobody is known, or
        they only run each other."""
        tops = list(self._tops(unit, layers | BOUNDARY_LAYERS, self._runners))
        return bool(tops) and all(self.layers.of(top).layer in layers for top in tops)

    def run_by(self, unit: Unit, layers: Set[str]) -> bool:
        """Whether somebody known to run a function, through whomever, is of these layers."""
        tops = self.tops(unit, layers | BOUNDARY_LAYERS)
        return any(self.layers.of(top).layer in layers for top in tops)

    def tops(self, unit: Unit, layers: Set[str]) -> Iterator[Unit]:
        """Who runs a function, through whomever, up to these layers or to where nobody is known to."""
        return self._tops(unit, layers, self.summaries.runners)

    def _tops(self, unit: Unit, layers: Set[str], runners: Callable[[str], Set[str]]) -> Iterator[Unit]:
        """Who runs a function, through whomever, up to these layers or to where nobody is known to. Its tests are not
        all that run it."""
        queue, seen = [unit.key], {unit.key}
        for key in queue:
            layer = self.layers.of(self.names.units[key]).layer
            above = runners(key) - {key}
            if layer != TEST:
                above = {one for one in above if self.layers.of(self.names.units[one]).layer != TEST}
            if not above or layer in layers:
                yield self.names.units[key]
            else:
                queue.extend(sorted(above - seen))
                seen |= above

    def _runners(self, key: str) -> Set[str]:
        """Who runs a function: of those that have asked what it does those that call something of its name, if any."""
        known = self._run_by.get(key)
        if known is None:
            every = self.summaries.runners(key) - {key}
            name = self.names.units[key].definition.name
            named = (one for one in every if name.encode() in bytes(self.names.units[one].code))
            known = self._run_by[key] = {one for one in named if calls(self.names.units[one].body, name)} or every
        return known

    # -- decorators --

    def injected(self, unit: Unit) -> dict[int, Injection]:
        """Parameters that the unit's own decorators fill in, by index, understood from the decorators' bodies."""
        if not unit.definition.decorators:
            return {}
        if unit.key in self._injecting:
            return self.blocked(DECORATED, unit.key, {})
        self._injecting.add(unit.key)
        found = self._injected.get(unit.key, self._injections)
        self._injecting.discard(unit.key)
        self.asking.log.pop(f"{DECORATED}{unit.key}", None)
        return found

    def _injections(self, key: str) -> dict[int, Injection]:
        unit = self.names.units[key]
        found: dict[int, Injection] = {}
        names = {param.name: index for index, param in enumerate(unit.definition.params)}
        bound = int(unit.klass is not None and not unit.is_static)
        for wrapper in self._standing_around(unit):
            called = wrapper.definition.name == "__call__"
            summary = self.summary(wrapper)
            decorated = [one for one in summary.invokes if one.path.root == "free" or (called and one.path.key == 0)]
            for invocation in decorated:
                more = _added(wrapper, invocation)
                first = bound if called else 0
                given = [(names.get(name, -1), values, False, False) for name, values in invocation.keywords]
                given += [(first + at, values, True, at in more) for at, values in enumerate(invocation.positional)]
                for index, values, positional, added in given:
                    opened = tuple(
                        value
                        for value in values
                        if self.classes.session_kind(value.type) and value.path.root in ("fresh", "injected", "global")
                    )
                    if 0 <= index < len(names) and (opened or added):
                        path = Path("fresh", (wrapper.key, index))
                        frames = tuple(
                            frame._replace(path=Path("param", index), guard=())
                            for frame in invocation.frames
                            if opened and frame.path == opened[0].path
                        )
                        handed = tuple(value._replace(path=path) for value in opened)
                        paths = {value.path for value in opened}
                        after = (frame for frame in invocation.commits if frame.path in paths)
                        commits = (*lending.committing(frames), *after)
                        closes = any(value.path in invocation.within for value in opened)
                        alone = opened == values and len(opened) == len(decorated) == 1
                        lends = summary.lends.get(opened[0].path, "") if alone else ""
                        found[index] = Injection(handed, frames, positional, commits, closes, lends)
        return found

    def _standing_around(self, unit: Unit) -> list[Unit]:
        """The functions that call a decorated one: its wrappers, and the `__call__` of the objects put in its place."""
        found = self.wrappers(unit)
        for maker in self._makers(unit, "class"):
            found.extend(self._calls_of(maker.symbol))
        for maker in self._makers(unit, "function"):
            for value in self.summary(maker).returns:
                if value.type.kind == "instance" and value.path.root == "fresh":
                    found.extend(self._calls_of(str(value.type.name)))
        return found

    def _calls_of(self, symbol: str) -> list[Unit]:
        method = self.classes.method(symbol, "__call__")
        return [] if method is None else [method]

    def wrappers(self, unit: Unit) -> list[Unit]:
        """The functions that stand around this one because of its decorators, innermost last."""
        found: list[Unit] = []
        for maker in self._decorators.get(unit, self._makers):
            found.extend(self._wrappers(maker, 0))
        if any(isinstance(decorator, Call) for decorator in unit.definition.decorators):
            for maker in self._makers(unit, "class"):
                for method in self._calls_of(maker.symbol):
                    found.extend(self._wrappers(method, 0))
        return found

    def _makers(self, unit: Unit, kind: str = "function") -> list[Unit]:
        """The project's own functions, or classes, among a unit's decorators."""
        found = []
        for decorator in unit.definition.decorators:
            symbol = self.names.dotted(unit.module, decorator.func if isinstance(decorator, Call) else decorator)
            maker = self.names.by_symbol.get(symbol)
            if maker is not None and maker.kind == kind:
                found.append(maker)
        return found

    def decorated_by(self, wrapper: Unit) -> list[Unit]:
        """The functions that this one stands around."""
        return self._decorated.get(wrapper.key, [])

    def _wrap(self) -> None:
        """Find what decorators stand around; a wrapper of a method is called with that class's instance."""
        for unit in self.units:
            for wrapper in self.wrappers(unit) if unit.definition.decorators else ():
                self._decorated.setdefault(wrapper.key, []).append(unit)
                if unit.klass is not None and wrapper.definition.params and not unit.is_static:
                    self.hints.setdefault(wrapper.key, {}).setdefault(0, instance(unit.klass.symbol))
        for key in self._decorated:
            self.summaries.drop(key)

    def _wrappers(self, maker: Unit, depth: int) -> list[Unit]:
        """The functions that a decorator returns, through decorator factories."""
        found: list[Unit] = []
        for value in self.summary(maker).returns:
            if value.type.kind == "function" and depth < 3:
                inner = self.names.units[str(value.type.name)]
                if inner.owner is not None and inner.owner.kind == "function":
                    found.append(inner)
                    found.extend(self._wrappers(inner, depth + 1))
        return found


def _telling(values: Values) -> Values:
    """Those that say what a variable is."""
    return tuple(value for value in values if value.type.kind not in ("none", "any", "literal"))


def _added(wrapper: Unit, invocation: Invocation) -> frozenset[int]:
    """The positions that a wrapper fills by itself before it hands on `*args`, beyond its own named parameters."""
    if not invocation.rest:
        return frozenset()
    own = [param for param in wrapper.definition.params if param.kind not in ("star", "keyword", "kwargs")]
    named = len(own) - (wrapper.definition.name == "__call__")
    filled = [
        index
        for index, values in enumerate(invocation.positional)
        if not any(value.path.root == "param" and not value.path.attrs for value in values)
    ]
    more = len(invocation.positional) - named
    return frozenset(filled[:more]) if more > 0 else frozenset()


def _bound_names(body: Sequence[Stmt], names: set[str], table: Names, unit: Unit) -> None:
    for stmt in body:
        match stmt:
            case Bind(targets):
                for target in targets:
                    _target_names(target, names)
            case Branch(arms, orelse):
                for arm in arms:
                    _bound_names(arm.body, names, table, unit)
                _bound_names(orelse, names, table, unit)
            case Repeat(target, _, inner, orelse):
                if target is not None:
                    _target_names(target, names)
                _bound_names(inner, names, table, unit)
                _bound_names(orelse, names, table, unit)
            case With(items, inner):
                for item in items:
                    if item.target is not None:
                        _target_names(item.target, names)
                _bound_names(inner, names, table, unit)
            case Try(inner, handlers, orelse, final):
                for part in (inner, *(handler.body for handler in handlers), orelse, final):
                    _bound_names(part, names, table, unit)
            case Define(index):
                names.add(table.units_in(unit.module.name)[index].definition.name)


def _target_names(target: Expr, names: set[str]) -> None:
    match target:
        case Name(name):
            names.add(name)
        case Items(_, of):
            for inner in of:
                _target_names(inner, names)
        case Attr():
            pass


def _are_few(kinds: Set[Type]) -> bool:
    """Whether all of these may be meant: one function, or a few classes."""
    return len(kinds) == 1 or (len(kinds) <= FEW and all(kind.kind == "instance" for kind in kinds))
