"""Who gives a function its arguments when a framework calls it: by a marker, by type, by name, from a container."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from ..facts.schema import OWN_NAME, Attr, Bind, Call, Expr, Index, Items, Lit, Name
from ..knowledge import DECORATORS, canonical
from ..knowledge.containers import (
    CONTAINERS,
    FACTORIES,
    INJECT,
    LASTING,
    LASTING_SCOPES,
    NESTED,
    PROVIDERS,
    SOURCE_WORDS,
    SOURCES,
    WIRED,
)
from ..knowledge.litestar import PROVIDES, SCOPES
from ..knowledge.sqlalchemy import SESSIONS
from ..model import Confidence
from . import meanings
from .asking import PROVIDED, Memo
from .meanings import Meaning
from .modules import Module, Unit, last_name
from .parts import parts
from .questions import idling
from .reading.arguments import NO_ARGUMENTS, Given, Site
from .reading.heap import inside
from .summary import Cached, Frame, Held, Hinted, Plan, Race, Use
from .text import render
from .values import ANY, NONE, NOTHING, Path, Type, Value, Values, instance, join

if TYPE_CHECKING:
    from .project import Project
    from .reading.reading import Reading

CERTAIN = Confidence.CERTAIN
_MADE = frozenset({"fresh", "injected"})
_BY_NAME_OR_TYPE = frozenset({"litestar", "dishka", "injector"})


@dataclass(frozen=True, slots=True)
class Provided:
    """What a dependency gives: its values, their fields, transaction blocks that are open around its use, the sessions
    that making it uses, and the types of parameters that only its maker knows."""

    values: Values = NOTHING
    heap: Mapping[Path, Values] = field(default_factory=dict)
    frames: tuple[Frame, ...] = ()
    uses: tuple[Use, ...] = ()
    hints: Mapping[tuple[str, Hinted], Type] = field(default_factory=dict)
    name: str = ""
    """By what its maker is known."""
    belongs: Mapping[Path, Path] = field(default_factory=dict)
    reads: bool = False
    """Nothing but reads is known to have been done to any session in making it."""
    given: Set[tuple[str, int, Type]] = frozenset()
    """What only its maker passes to constructors."""
    plans: Mapping[Path, Plan] = field(default_factory=dict)
    """What is loaded of the entities that it is."""

    def teach(self, r: Reading) -> None:
        """What is known of its fields, and what its maker knows of parameters, is known to a reading too."""
        r.heap.update(self.heap)
        r.hints.update(self.hints)
        r.given |= self.given

    def made(self, name: str, own: Path) -> Provided:
        """The same, with what is made under this name as `own`: code that calls a provider makes it there and then."""

        def moved(values: Values) -> Values:
            return tuple(value._replace(path=_moved(value.path, name, own)) for value in values)

        heap = {_moved(path, name, own): moved(values) for path, values in self.heap.items()}
        return replace(self, values=moved(self.values), heap=heap)


def _moved(path: Path, name: str, own: Path) -> Path:
    return path._replace(root=own.root, key=own.key) if path.root == "injected" and path.key == name else path


class _Source(NamedTuple):
    """Who provides a type: a function or class, and whether a scope gets one and the same object."""

    value: Value
    shared: bool


class _Named(NamedTuple):
    """What is provided under a name: an expression, and the module it is read in."""

    module: Module
    expr: Expr


class Provisions:
    """The dependencies of one project, each worked out once for everybody who gets the same."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._sources: dict[str, _Source] | None = None
        self._names: dict[str, dict[str, _Named]] | None = None
        self._named_units: set[str] = set()
        self._handlers: set[str] = set()
        self.lasting: dict[str, list[Cached]] = {}
        """Calls by which a container is told to keep a session, by unit."""
        self.open: set[str] = set()
        """What is being made."""
        self._containers: Memo[str, bool] = Memo(project.asking)

    # -- for one parameter --

    def parameter(self, unit: Unit, index: int, said: Meaning) -> Provided | None:
        """What a framework passes for a parameter; None when a caller does."""
        if said.provider is not None or said.bare:
            return self._marked(unit, index, said)
        packages = self._project.packages(unit.module)
        if not said.by_type and packages.isdisjoint(_BY_NAME_OR_TYPE) and unit.key not in self._named_units:
            return None
        kinds = tuple(kind for kind in said.types if kind.kind == "instance")
        if said.by_type or (kinds and index and self._injects(unit)):
            found = [self._by_type(kind, unit.module, unit.symbol) for kind in kinds]
            return found[0] if found else None
        named = self._entry(unit, unit.definition.params[index].name)
        if named is not None:
            return self._from(unit, index, said._replace(provider=named.expr, where=named.module))
        if kinds and self._asks_by_name(unit) and self._project.classes.session_kind(kinds[0]):
            path = Path("injected", f"litestar.{unit.definition.params[index].name}")
            return Provided((Value(path, kinds[0], CERTAIN),), reads=True)
        return None

    def _marked(self, unit: Unit, index: int, said: Meaning) -> Provided:
        where = said.where or unit.module
        if said.provider is not None:
            found = self._wired(unit, where, said.provider)
            if found is not None:
                return found
        return self._from(unit, index, said)

    def _from(self, unit: Unit, index: int, said: Meaning) -> Provided:
        project = self._project
        where = said.where or unit.module
        maker = project.reading(where)
        values = (
            self._made(maker, said.provider)
            if said.provider is not None
            else tuple(
                Value(Path("global", kind.name), Type("class", kind.name, kind.args), CERTAIN)
                for kind in said.types
                if kind.kind == "instance"
            )
        )
        declared = tuple(kind for kind in said.types if kind not in (ANY, NONE))
        for value in values:
            if value.type.kind in ("function", "class", "instance", "method"):
                provider = self._unit(value)
                name = provider.symbol if provider is not None else str(value.type.name)
                if value.type.kind == "class":
                    name = str(value.type.name)
                if not said.cached:
                    name = f"{name}:{unit.symbol}:{index}"
                r = project.reading(unit.module)
                r.heap.update((path, held) for path, held in maker.heap.items() if path[:2] == value.path[:2])
                return self._run(r, value, NO_ARGUMENTS, name, declared)
        symbol = project.names.dotted(where, said.provider) if said.provider is not None else ""
        path = Path("injected", symbol or f"{unit.symbol}:{index}")
        return Provided(tuple(Value(path, kind, CERTAIN) for kind in declared))

    def _made(self, r: Reading, expr: Expr) -> Values:
        """What a provider is, read where it is made, so that what it was made with is known: of a variable that is
        bound once, there."""
        values = r.value(expr)
        variable = r.names.variable(r.symbol(expr)) if isinstance(expr, (Name, Attr)) else None
        binds = variable[1] if variable is not None else ()
        if variable is not None and len(binds) == 1 and isinstance(binds[0].value, Call):
            maker = self._project.reading(variable[0])
            made = maker.value(binds[0].value)
            if [one.type for one in made] == [one.type for one in values]:
                r.heap.update(maker.heap)
                return made
        return values

    def _unit(self, value: Value) -> Unit | None:
        if value.type.kind in ("function", "method"):
            return self._project.names.units[str(value.type.name)]
        if value.type.kind == "instance":
            return self._project.classes.method(str(value.type.name), "__call__")
        return None

    # -- running a provider --

    def _run(self, r: Reading, callee: Value, given: Given, name: str, declared: tuple[Type, ...]) -> Provided:
        """What a provider gives when the framework calls it: what it makes is `injected` under this name."""
        uses = r.gather()
        site = Site(-1, name, CERTAIN, "injected")
        found = r.awaited(self._project.calls.value(r, callee, given, site, None))
        r.gathered()
        frames: tuple[Frame, ...] = ()
        entered: list[Values] = []
        for one in found:
            if one.type.kind == "generator":
                entered.append(r.yielded(one))
                frames += r.entered_frames.get(one.path, ())
            else:
                entered.append((one,))
        base = Path("injected", name)
        kept = join(*entered)
        if declared and not any(one.type.kind not in ("any", "none") for one in kept):
            kept = tuple(Value(base, kind, CERTAIN) for kind in declared)
        rename = {one.path[:2]: base for one in kept if one.path.root == "fresh"}

        def renamed(path: Path) -> Path:
            if path.root != "fresh":
                return path
            to = rename.get(path[:2])
            return Path("injected", to.key, path.attrs) if to else Path("injected", f"{name}#{path.key}", path.attrs)

        heap = {
            renamed(path): tuple(one._replace(path=renamed(one.path)) for one in inner)
            for path, inner in r.heap.items()
        }
        return Provided(
            tuple(one._replace(path=renamed(one.path)) for one in kept),
            heap,
            tuple(frame._replace(path=renamed(frame.path), text=f"{frame.text}") for frame in frames),
            tuple(dict.fromkeys(use._replace(path=renamed(use.path)) for use in uses)),
            r.hints,
            name,
            {renamed(path): renamed(source) for path, source in r.belonging.sources.items()},
            idling.clear(r),
            r.given,
            {
                renamed(one.path): plan._replace(session=renamed(plan.session))
                for one in kept
                if not one.path.attrs and (plan := r.plans.get(one.path)) is not None
            },
        )

    # -- by type --

    def _injects(self, unit: Unit) -> bool:
        """Whether every annotated argument of a function comes from a provider of its type."""
        return any(
            (symbol := self._symbol(unit.module, decorator)) in INJECT or symbol in PROVIDERS
            for decorator in unit.definition.decorators
        )

    def _symbol(self, module: Module, expr: Expr) -> str:
        return canonical(self._project.names.dotted(module, expr.func if isinstance(expr, Call) else expr))

    def by_type(self, r: Reading, kind: Type, scope: Value) -> Values:
        """What a container hands out for a type: shared by those who ask the same scope."""
        found = self._by_type(kind, r.module, r.unit.symbol)
        found.teach(r)
        own = Path(scope.path.root, scope.path.key, (f"[{kind.name}]",))
        return tuple(
            value._replace(path=own) if r.classes.session_kind(value.type) and value.path.root == "injected" else value
            for value in found.values
        )

    def _by_type(self, kind: Type, module: Module, user: str) -> Provided:
        name = str(kind.name)
        source = self.sources().get(name) or self._injected_class(name)
        if name in self.open:
            self._project.asking.log[f"{PROVIDED}{name}"] = None
        if source is None or name in self.open:
            return Provided((Value(Path("injected", name), kind, CERTAIN),))
        self.open.add(name)
        r = self._project.reading(module)
        callee, given = self._arguments(r, source.value, f"{user}:{name}")
        made_by = self._unit(callee)
        key = made_by.symbol if made_by is not None else name
        found = self._run(r, callee, given, key if source.shared else f"{key}:{user}", (kind,))
        self.open.discard(name)
        self._project.asking.log.pop(f"{PROVIDED}{name}", None)
        return found

    def _injected_class(self, symbol: str) -> _Source | None:
        """A class that says itself that its constructor's arguments are to be provided."""
        init = self._project.classes.method(symbol, "__init__")
        if init is None or not self._injects(init):
            return None
        return _Source(Value(Path("global", symbol), Type("class", symbol), CERTAIN), False)

    def _arguments(self, r: Reading, value: Value, user: str) -> tuple[Value, Given]:
        """A provider ready to be called, with the arguments that its annotations ask for."""
        project = self._project
        unit = self._unit(value)
        if value.type.kind == "class":
            unit = project.classes.method(str(value.type.name), "__init__")
        if unit is None:
            return value, NO_ARGUMENTS
        if value.type.kind == "function" and unit.klass is not None and not unit.is_static:
            own = instance(unit.klass.symbol)
            value = Value(Path("injected", unit.klass.symbol), Type("method", unit.key, (own,)), CERTAIN)
        keywords: dict[str, Values] = {}
        for param in unit.definition.params[1 if unit.klass is not None else 0 :]:
            for kind in meanings.meaning(project, unit.module, param.annotation).types:
                if kind.kind == "instance":
                    inner = self._by_type(kind, unit.module, user)
                    inner.teach(r)
                    keywords[param.name] = inner.values
                    break
        return value, Given((), keywords)

    def sources(self) -> dict[str, _Source]:
        """The providers of the project by the type they provide."""
        if self._sources is None:
            self._sources = {}
            for module in self._project.names.modules.values():
                if self._project.packages(module) & {"dishka", "injector"}:
                    self._collect_sources(module, self._sources)
        return self._sources

    def _collect_sources(self, module: Module, found: dict[str, _Source]) -> None:
        project = self._project
        for unit in project.names.units_in(module.name):
            symbols = {self._symbol(module, decorator) for decorator in unit.definition.decorators}
            for decorator in unit.definition.decorators:
                symbol = self._symbol(module, decorator)
                if symbol in PROVIDERS:
                    value = Value(Path("global", unit.symbol), Type("function", unit.key), CERTAIN)
                    shared = PROVIDERS[symbol] or bool(symbols & LASTING)
                    self._add(module, decorator, value, _handed(project.declared(unit)), found, shared)
            for call in _calls(unit.body):
                if self._symbol(module, call.func) in SOURCES or last_name(call.func) in SOURCE_WORDS:
                    self._add_call(unit, call, found)

    def _add_call(self, unit: Unit, call: Call, found: dict[str, _Source]) -> None:
        project, module = self._project, unit.module
        given = [arg.value for arg in call.args if arg.name == ""]
        if last_name(call.func) == "bind":
            to = next((arg.value for arg in call.args if arg.name == "to"), None)
            for kind in meanings.meaning(project, module, given[0]).types if given else ():
                for value in project.module_value(module, to if to is not None else given[0]):
                    self._keep(unit, call, value)
                    self._add(module, call, value, (kind,), found, _lasts(call))
            return
        for expr in given:
            for value in project.module_value(module, expr):
                kinds: tuple[Type, ...] = ()
                if value.type.kind == "class":
                    kinds = (instance(str(value.type.name)),)
                elif value.type.kind == "function":
                    kinds = _handed(project.declared(project.names.units[str(value.type.name)]))
                self._keep(unit, call, value)
                self._add(module, call, value, kinds, found)

    def _keep(self, unit: Unit, call: Call, value: Value) -> None:
        """Remember a call that makes a container keep a session."""
        held = self._project.session_from(value) if _lasts(call) and call.at >= 0 else None
        if held is not None:
            self.lasting.setdefault(unit.key, []).append(Cached.by_call(call.at, render(call), held))

    def _add(
        self,
        module: Module,
        call: Expr,
        value: Value,
        kinds: tuple[Type, ...],
        found: dict[str, _Source],
        shared: bool = True,
    ) -> None:
        for arg in call.args if isinstance(call, Call) else ():
            if arg.name == "provides":
                kinds = meanings.meaning(self._project, module, arg.value).types or kinds
            elif arg.name == "cache" and arg.value == Lit(False):
                shared = False
        for kind in kinds:
            if kind.kind == "instance":
                found.setdefault(str(kind.name), _Source(value, shared))

    # -- from a container's attribute --

    def _wired(self, unit: Unit, module: Module, expr: Expr) -> Provided | None:
        """What `Provide[Container.x]` stands for; None when the expression is no such marker."""
        while isinstance(expr, Index) and self._project.names.dotted(module, expr.of) in WIRED:
            expr = expr.key
            if isinstance(expr, Attr):
                for value in self._project.module_value(module, expr.of):
                    symbol = str(value.type.name)
                    if value.type.kind in ("class", "instance") and self.is_container(symbol):
                        return self.container(symbol, expr.name, unit.symbol)
        return None

    def is_container(self, symbol: str) -> bool:
        return self._containers.get(symbol, lambda name: self._project.classes.is_a(name, CONTAINERS))

    def provider(self, symbol: str, name: str) -> Bind | None:
        """The binding of a container's attribute, when it is a provider."""
        for ancestor in self._project.classes.line(symbol):
            unit = self._project.classes.unit(ancestor.symbol)
            for bind in self._project.classes.body(ancestor.symbol).get(name, ()) if unit is not None else ():
                if isinstance(bind.value, Call) and unit is not None:
                    made = self._symbol(unit.module, bind.value)
                    if made in FACTORIES or made in NESTED:
                        return bind
        return None

    def container(self, symbol: str, name: str, user: str) -> Provided:
        """What a container's provider gives: shared by all when it keeps its object, else made for this user."""
        bind = self.provider(symbol, name)
        key = f"{symbol}.{name}"
        klass = self._project.classes.unit(symbol)
        if key in self.open:
            self._project.asking.log[f"{PROVIDED}{key}"] = None
        if bind is None or not isinstance(bind.value, Call) or klass is None or key in self.open:
            return Provided()
        self.open.add(key)
        call = bind.value
        r = self._project.reading(klass.module)
        uses: list[Values] = []
        keywords: dict[str, Values] = {}
        given = [arg for arg in call.args if arg.name not in ("*", "**")]
        for arg in given[1:]:
            values = self._argument(r, symbol, klass.module, arg.value, f"{user}:{arg.name or len(uses)}")
            if arg.name:
                keywords[arg.name] = values
            else:
                uses.append(values)
        shared = FACTORIES.get(self._symbol(klass.module, call), False)
        callees = self._project.module_value(klass.module, given[0].value) if given else NOTHING
        found = Provided()
        for callee in callees:
            found = self._run(r, callee, Given(tuple(uses), keywords), key if shared else f"{key}:{user}", ())
            break
        self.open.discard(key)
        self._project.asking.log.pop(f"{PROVIDED}{key}", None)
        return found

    def assembled(self, r: Reading) -> Iterator[Value]:
        """The objects that a container makes, as its class is read: nobody else may know what they are made of."""
        symbol = r.unit.symbol
        if r.unit.kind != "class" or not self.is_container(symbol):
            return
        for name in self._project.classes.body(symbol):
            if self.provider(symbol, name) is not None:
                found = self.container(symbol, name, symbol)
                found.teach(r)
                made = [value for value in found.values if value.type.kind == "instance"]
                self._keep_given(r, name, made)
                yield from made

    def _keep_given(self, r: Reading, name: str, made: Iterable[Value]) -> None:
        """A container that makes one object for everybody, and gives it a session that is made for it alone, keeps
        that session."""
        symbol = r.unit.symbol
        bind = self.provider(symbol, name)
        call = bind.value if bind is not None else None
        if not isinstance(call, Call) or not FACTORIES.get(self._symbol(r.module, call), False):
            return
        shared = {f"{symbol}.{other}" for other in self._project.classes.body(symbol)}
        for value in (held for one in made for held in inside(r.heap, one, _MADE)):
            given = self.provider(symbol, str(value.path.key).removeprefix(f"{symbol}.").partition(":")[0])
            kind = self._project.classes.session_kind(value.type)
            if kind in SESSIONS and given is not None and value.path.key not in shared:
                opened = (r.unit.key, given.value.at) if isinstance(given.value, Call) else None
                r.tasks.cached[call.at] = Cached.by_call(call.at, render(call), Held(kind, opened))
                return

    def _argument(self, r: Reading, symbol: str, module: Module, expr: Expr, user: str) -> Values:
        """An argument of a provider: what another provider gives, or a value as it is."""
        inner = Provided()
        if isinstance(expr, Name) and self.provider(symbol, expr.id) is not None:
            inner = self.container(symbol, expr.id, user)
        elif isinstance(expr, Attr) and isinstance(expr.of, Name):
            nested = self.provider(symbol, expr.of.id)
            if nested is not None and isinstance(nested.value, Call) and nested.value.args:
                for value in self._project.module_value(module, nested.value.args[0].value):
                    if value.type.kind == "class" and self.is_container(str(value.type.name)):
                        inner = self.container(str(value.type.name), expr.name, user)
        else:
            return self._project.module_value(module, expr)
        inner.teach(r)
        return inner.values

    # -- by the parameter's name --

    def prepare(self) -> None:
        """Find out whose parameters are provided by name, before any of them is read."""
        self._tables()
        self.sources()

    def tables(self) -> object:
        """Everything that `prepare` has found out, as plain values."""
        names = {
            scope: {name: (one.module.name, one.expr) for name, one in table.items()}
            for scope, table in self._tables().items()
        }
        return self.sources(), names, sorted(self._named_units), sorted(self._handlers), self.lasting

    def _asks_by_name(self, unit: Unit) -> bool:
        self._tables()
        return unit.key in self._named_units

    def _entry(self, unit: Unit, name: str) -> _Named | None:
        """What is provided under this name for a function: by its decorator, its class, or around them."""
        tables = self._tables()
        if unit.key not in self._named_units:
            return None
        scopes = [unit.key, unit.module.name, ""]
        if unit.klass is not None:
            scopes[1:1] = [ancestor.symbol for ancestor in self._project.classes.line(unit.klass.symbol)]
        return next((found for scope in scopes if (found := tables.get(scope, {}).get(name))), None)

    def _tables(self) -> dict[str, dict[str, _Named]]:
        """Names and what is provided under them, by scope: a handler's key, a controller's symbol, a module's name for
        what only its own handlers can have, "" for what stands around them all."""
        if self._names is None:
            self._names = {}
            modules = self._project.names.modules.values()
            for module in [one for one in modules if "litestar" in self._project.packages(one)]:
                for unit in self._project.names.units_in(module.name):
                    self._collect_names(module, unit, self._names)
            for table in self._names.values():
                for named in table.values():
                    for value in self._project.module_value(named.module, named.expr):
                        provider = self._unit(value)
                        if provider is not None:
                            self._named_units.add(provider.key)
        return self._names

    def _collect_names(self, module: Module, unit: Unit, found: dict[str, dict[str, _Named]]) -> None:
        for decorator in unit.definition.decorators:
            if DECORATORS.get(self._symbol(module, decorator), ("", ""))[1] == "litestar":
                self._named_units.add(unit.key)
                self._handlers.add(unit.key)
                for arg in decorator.args if isinstance(decorator, Call) else ():
                    if arg.name == "dependencies":
                        table = self._table(module, arg.value)
                        found.setdefault(unit.key, {}).update(table)
                        found.setdefault(module.name, {}).update(table)
        if unit.kind == "class":
            for bind in self._project.classes.body(unit.symbol).get("dependencies", ()):
                if bind.value is not None:
                    table = self._table(module, bind.value)
                    found.setdefault(unit.symbol, {}).update(table)
                    found.setdefault(module.name, {}).update(table)
        for call in _calls(unit.body):
            if self._symbol(module, call.func) in SCOPES:
                for arg in call.args:
                    if arg.name == "dependencies":
                        found.setdefault("", {}).update(self._table(module, arg.value))

    def _table(self, module: Module, expr: Expr) -> dict[str, _Named]:
        """A display of dependencies by name."""
        if isinstance(expr, Name):
            variable = self._project.names.variable(self._project.names.lookup(module, expr.id))
            expr = next((bind.value for bind in variable[1] if bind.value is not None), expr) if variable else expr
        found: dict[str, _Named] = {}
        if isinstance(expr, Items) and expr.kind == "dict":
            for key, value in zip(expr.of[::2], expr.of[1::2], strict=False):
                if isinstance(key, Lit) and isinstance(key.value, str):
                    provided = isinstance(value, Call) and self._symbol(module, value) in PROVIDES
                    first = value.args[0].value if isinstance(value, Call) and provided and value.args else value
                    found[key.value] = _Named(module, first)
        return found

    def races(self, unit: Unit) -> Iterator[Race]:
        """Dependencies of a handler that its framework works out at the same time, batch by batch."""
        if not self._asks_by_name(unit) or unit.key not in self._handlers:
            return
        levels: dict[int, list[tuple[str, tuple[Use, ...]]]] = {}
        seen: dict[str, int] = {}

        def level(user: Unit, name: str) -> int:
            if name in seen:
                return seen[name]
            named = self._entry(user, name)
            if named is None:
                return -1
            seen[name] = 0
            needs = -1
            for value in self._project.module_value(named.module, named.expr):
                provider = self._unit(value)
                for param in provider.definition.params if provider is not None else ():
                    needs = max(needs, level(provider or user, param.name))
            seen[name] = needs + 1
            made = self._from(user, 0, Meaning((), named.expr, named.module))
            levels.setdefault(needs + 1, []).append((name, made.uses))
            return needs + 1

        for param in unit.definition.params:
            level(unit, param.name)
        for batch in levels.values():
            using = [(name, uses) for name, uses in batch if uses]
            if len(using) > 1:
                text = f"{unit.definition.name}({', '.join(name for name, _ in using)})"
                yield Race(unit.key, OWN_NAME, text, tuple(uses for _, uses in using), tuple(range(-len(using), 0)))


def _lasts(call: Call) -> bool:
    """Whether what is provided lives as long as the application."""
    scopes = (last_name(arg.value) for arg in call.args if arg.name == "scope")
    return any(scope in LASTING_SCOPES for scope in scopes)


def _handed(kinds: tuple[Type, ...]) -> tuple[Type, ...]:
    """What a provider with this return annotation provides."""
    return tuple(arg for kind in kinds for arg in (kind.args if kind.kind == "generator" else (kind,)))


def _calls(body: object) -> Iterator[Call]:
    """Every call in a body."""
    return (part for part in parts(body) if isinstance(part, Call))
