"""Classes across files: bases, method resolution, attributes by evidence, mapped and Pydantic classes."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from ..facts.schema import Attr, Bind, Call, Expr, Index, Items, Lit, Name
from ..knowledge import CLASSES, bases_of
from ..knowledge.loading import QUERIED, QUERIED_TYPES
from ..knowledge.sqlalchemy import AS_DATACLASS, DECLARATIVE, QUERY, REGISTRIES, SESSIONS, session_named
from ..knowledge.sqlmodel import SQLMODEL
from ..model import Confidence
from . import meanings
from .asking import BELOW, Memo
from .modules import Module, Unit, last_name
from .relations import RELATIONSHIPS, Backed, lazy, made_by
from .values import (
    ANY,
    NONE,
    NOTHING,
    OWN,
    UNKNOWN,
    Path,
    Type,
    Value,
    Values,
    cap,
    instance,
    join,
    queried,
    replace_variables,
)

if TYPE_CHECKING:
    from .mapping import Mapped
    from .names import Names
    from .project import Project

_MOST_MIXED = 8
FEW = 3
"""So many mapped classes may be meant by one name; where more are, any is."""
_DATACLASS = frozenset({"dataclass", "mapped_as_dataclass"})
_MAKES_BASE = frozenset({"as_declarative", "as_declarative_base"})
"""Decorators that make a class the base of mapped classes."""
_PYTHON = frozenset({*sys.stdlib_module_names, "typing_extensions"})
_ENTITIES = frozenset({DECLARATIVE, SQLMODEL})


class Ancestor(NamedTuple):
    """One class of a resolution order: its symbol, and its type variables as the subclass bound them."""

    symbol: str
    bound: tuple[tuple[str, Type], ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A name of a class: a method (`unit`), or values; `owner` is the class that has it."""

    owner: str
    unit: Unit | None = None
    values: Values = NOTHING
    shared: bool = False
    """The values live on the class itself (bound in its body)."""
    parts: Mapping[Path, Values] = field(default_factory=dict)
    """Fields of objects among the values, which the class's methods made: paths from those objects."""


class Classes:
    """Answers about classes of one project, each computed once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._lines: Memo[str, tuple[Ancestor, ...]] = Memo(project.asking)
        self.in_line: set[str] = set()
        self._above: Memo[str, frozenset[str]] = Memo(project.asking)
        self._mixed: Memo[tuple[str, str], bool] = Memo(project.asking)
        self._alike: Memo[tuple[str, str], bool] = Memo(project.asking)
        self.mapped: Memo[tuple[str, str], Mapped | None] = Memo(project.asking)
        self.renewing: Memo[str, bool] = Memo(project.asking)
        """What `mapping` has worked out."""
        self.telling: Memo[Type, bool] = Memo(project.asking)
        """Whether what is of a type can matter to a session, see `heap`."""
        self._methods: Memo[tuple[str, str], Unit | None] = Memo(project.asking)
        self._bindings: Memo[Type, dict[str, Type]] = Memo(project.asking)
        self._sessions: Memo[str, str] = Memo(project.asking)
        self._written: Memo[Unit, dict[str, list[Unit]]] = Memo(project.asking)
        self._mapped: Memo[str, bool] = Memo(project.asking)
        self._shared: Memo[str, str] = Memo(project.asking)
        self._entities: Memo[str, bool] = Memo(project.asking)
        self._takers: Memo[str, str] = Memo(project.asking)
        self._stand_ins: Memo[str, list[str]] = Memo(project.asking)
        self._binds: Memo[str, dict[str, list[Bind]]] = Memo(project.asking)
        self._fields: Memo[tuple[str, str], Field | None] = Memo(project.asking)
        self._named: Memo[str, dict[Type, str]] = Memo(project.asking)
        self._below: dict[str, list[str]] | None = None

    @property
    def names(self) -> Names:
        return self._project.names

    def unit(self, symbol: str) -> Unit | None:
        unit = self._project.names.by_symbol.get(symbol)
        return unit if unit is not None and unit.kind == "class" else None

    def is_known(self, symbol: str) -> bool:
        """Whether the class is one of the project, or one of a library that the linter knows or is told about."""
        return symbol in CLASSES or self.unit(symbol) is not None or bool(self._declared(symbol))

    def line(self, symbol: str) -> tuple[Ancestor, ...]:
        """The class and its ancestors, nearest first; libraries' classes with their known bases."""
        return self._lines.get(symbol, self._line)

    def _line(self, symbol: str) -> tuple[Ancestor, ...]:
        if symbol in self.in_line:  # a class below itself
            self._project.asking.unfinished += 1
            return (Ancestor(symbol, ()),)
        self.in_line.add(symbol)
        seen = self._project.asking.unfinished
        found = tuple(self._ancestors(symbol))
        self.in_line.discard(symbol)
        if not self.in_line:
            self._project.asking.unfinished = seen
        return found

    def _ancestors(self, symbol: str) -> list[Ancestor]:
        unit = self.unit(symbol)
        declared = [Ancestor(name, ()) for name in self._declared(symbol)]
        if unit is None:
            return [*(Ancestor(name, ()) for name in bases_of(symbol)), *declared]
        if not _MAKES_BASE.isdisjoint(unit.decorators):
            declared.append(Ancestor(DECLARATIVE, ()))
        found: dict[str, Ancestor] = {symbol: Ancestor(symbol, ())}
        for base in self.bases(unit):
            bound = self._bound(base)
            if not bound and base.args and self.unit(base.name) is None:
                bound = (("", base.args[0]),)
            for ancestor in self.line(base.name):
                merged = tuple((name, replace_variables(kind, dict(bound))) for name, kind in ancestor.bound)
                if ancestor.symbol == base.name:
                    merged = bound
                if ancestor.symbol in found:
                    earlier = found.pop(ancestor.symbol)
                    merged = merged or earlier.bound
                found[ancestor.symbol] = Ancestor(ancestor.symbol, merged)
        if DECLARATIVE not in found and self._names_its_table(symbol) and any(map(self._is_elsewhere, found)):
            declared.append(Ancestor(DECLARATIVE, ()))
        return [*found.values(), *declared]

    def _names_its_table(self, symbol: str) -> bool:
        binds = self.body(symbol)
        return "__table__" in binds or any(
            isinstance(bind.value, Lit) and isinstance(bind.value.value, str) for bind in binds.get("__tablename__", ())
        )

    def _is_elsewhere(self, symbol: str) -> bool:
        """Whether a class is of a package that is not known, which may keep the base of mapped classes."""
        return not self.is_known(symbol) and symbol.partition(".")[0] not in _PYTHON

    def _declared(self, symbol: str) -> tuple[str, ...]:
        """What the settings say a class is: a session, or a base of mapped classes."""
        library = self._project.settings.library
        if symbol in library.session_types:
            return (session_named(symbol),)
        return (DECLARATIVE,) if symbol in library.base_classes else ()

    def bases(self, unit: Unit) -> list[Type]:
        """The base classes as written, each as a class type with its type arguments."""
        found = []
        for arg in unit.definition.bases:
            if arg.name == "":
                found.extend(self.base(unit.module, arg.value))
        return found

    def base(self, module: Module, expr: Expr) -> list[Type]:
        """What a base class expression stands for."""
        if isinstance(expr, Index):
            keys = expr.key.of if isinstance(expr.key, Items) else (expr.key,)
            args = tuple((meanings.meaning(self._project, module, key).types or (ANY,))[0] for key in keys)
            return [Type("class", kind.name, args) for kind in self.base(module, expr.of)]
        symbol = self._project.names.dotted(module, expr)
        if symbol:
            if self.unit(symbol) is not None:
                return [Type("class", symbol)]
            if self._project.names.variable(symbol) is None and not isinstance(expr, Attr):
                return [Type("class", symbol)]
        values = self._project.module_value(module, expr)
        kinds = [value.type for value in values if value.type.kind == "class" and value.type.name]
        if kinds:
            return kinds
        return [Type("class", symbol)] if symbol and self._project.names.variable(symbol) is None else []

    def _bound(self, base: Type) -> tuple[tuple[str, Type], ...]:
        unit = self.unit(base.name)
        if unit is None or not base.args:
            return ()
        return tuple(zip(self.variables(unit), base.args, strict=False))

    def variables(self, unit: Unit) -> list[str]:
        """The type variables of a generic class, in order."""
        if unit.definition.typevars:
            return [f"{unit.symbol}.{name}" for name in unit.definition.typevars]
        found: list[str] = []
        for arg in unit.definition.bases:
            if isinstance(arg.value, Index):
                keys = arg.value.key.of if isinstance(arg.value.key, Items) else (arg.value.key,)
                generic = last_name(arg.value.of) in ("Generic", "Protocol")
                names = [
                    kind.name
                    for key in keys
                    for kind in meanings.meaning(self._project, unit.module, key).types
                    if kind.kind == "variable"
                ]
                if generic:
                    return names
                found.extend(name for name in names if name not in found)
        return found

    def bindings(self, kind: Type) -> dict[str, Type]:
        """What every type variable of a class's ancestors is bound to for this type."""
        return self._bindings.get(kind, self._bound_by)

    def _bound_by(self, kind: Type) -> dict[str, Type]:
        bound: dict[str, Type] = {}
        unit = self.unit(kind.name)
        if unit is not None and kind.args:
            bound.update(zip(self.variables(unit), kind.args, strict=False))
        for ancestor in self.line(kind.name):
            for name, inner in ancestor.bound:
                bound.setdefault(name, replace_variables(inner, bound))
        for declared, given in self.named(kind.name).items():
            if declared.kind == "variable":
                bound.setdefault(declared.name, instance(given))
        return bound

    def named(self, symbol: str) -> dict[Type, str]:
        """The mapped classes that a class binds to attributes of which an ancestor declares no more than `type[Base]`,
        by what that is; not where two attributes are declared so, and not the same is bound to them."""
        return self._named.get(symbol, self._names)

    def _names(self, symbol: str) -> dict[Type, str]:
        declared: dict[str, Type] = {}
        for ancestor in self.line(symbol)[1:]:
            unit = self.unit(ancestor.symbol)
            for name, binds in self.body(ancestor.symbol).items() if unit is not None else ():
                said = next((bind.annotation for bind in binds if isinstance(bind.annotation, Index)), None)
                kinds = meanings.meaning(self._project, unit.module, said).types if unit is not None and said else ()
                if len(kinds) == 1 and kinds[0].kind == "class":
                    declared[name] = instance(str(kinds[0].name)) if kinds[0].name else kinds[0].args[0]
        given = {name: self._given(symbol, name) for name in declared}
        found: dict[Type, str] = {}
        for kind in declared.values():
            names = {given[name] for name, one in declared.items() if one == kind}
            if len(names) == 1 and names != {str(kind.name)} and self.is_entity(next(iter(names))):
                found[kind] = names.pop()
        return found

    def _given(self, symbol: str, name: str) -> str:
        """The class that the nearest one in a line binds to an attribute by its name; "" when it does not."""
        for ancestor in self.line(symbol):
            unit, binds = self.unit(ancestor.symbol), self.body(ancestor.symbol).get(name, ())
            for bind in binds if unit is not None else ():
                if isinstance(bind.value, (Name, Attr)) and unit is not None:
                    values = self._class_value(unit, name, bind)
                    return str(values[0].type.name) if len(values) == 1 and values[0].type.kind == "class" else ""
        return ""

    def seen_as(self, kind: Type, owner: str) -> Type:
        """A type as one of the library class that it inherits from, with the argument it was given there."""
        if kind.args or kind.name == owner or kind.kind != "instance":
            return kind
        bound = next((dict(one.bound).get("") for one in self.line(str(kind.name)) if one.symbol == owner), None)
        return instance(owner, bound) if bound is not None else kind

    def is_a(self, symbol: str, names: frozenset[str]) -> bool:
        return not names.isdisjoint(self._above.get(symbol, self._in_and_above))

    def _in_and_above(self, symbol: str) -> frozenset[str]:
        return frozenset(ancestor.symbol for ancestor in self.line(symbol))

    def akin(self, one: str, other: str) -> bool:
        """Whether what is said to be of one of these classes may be of the other: one is below the other, or one is ""
        and not known."""
        return not one or not other or self.is_a(one, frozenset({other})) or self.is_a(other, frozenset({one}))

    def may_be(self, symbol: str, other: str) -> bool:
        """Whether what is of one class may be of another one, of the project, which is below it, or mixed into one that
        is."""
        return self._alike.get((symbol, other), self._may_be)

    def _may_be(self, key: tuple[str, str]) -> bool:
        symbol, below = key
        if self.is_a(symbol, frozenset({below})):
            return symbol == below
        return self.is_a(below, frozenset({symbol})) or self.is_mixed_into(below, symbol)

    def shared(self, symbol: str) -> str:
        """The library class whose instances a framework hands to others, which this class is; "" when it is none."""
        return self._shared.get(symbol, self._shared_as)

    def _shared_as(self, symbol: str) -> str:
        line = (ancestor.symbol for ancestor in self.line(symbol))
        return next((name for name in line if name in CLASSES and CLASSES[name].shares), "")

    def session_kind(self, kind: Type) -> str:
        """The session or registry class that a type is an instance of; "" when it is none."""
        return self._sessions.get(kind.name, self._session) if kind.kind == "instance" else ""

    def _session(self, symbol: str) -> str:
        line = (ancestor.symbol for ancestor in self.line(symbol))
        return next((name for name in line if name in SESSIONS or name in REGISTRIES), "")

    def stands_for_others(self, kind: Type) -> bool:
        """Whether a class of the project looks for what it does not have in another object."""
        return kind.kind == "instance" and self.method(str(kind.name), "__getattr__") is not None

    def is_mixed_into(self, symbol: str, base: str) -> bool:
        """Whether a class of the project lends its methods to classes that have this base."""
        return self._mixed.get((symbol, base), self._is_mixed)

    def _is_mixed(self, key: tuple[str, str]) -> bool:
        symbol, base = key
        if self.unit(symbol) is None:
            return False
        return any(self.is_a(sub, frozenset({base})) for sub in self.subclasses(symbol)[:_MOST_MIXED])

    def owner_beside(self, symbol: str, method: str) -> str:
        """The library class that gives the classes that this one of the project is mixed into a method; "" when none
        does."""
        if self.unit(symbol) is None:
            return ""
        line = (one.symbol for sub in self.subclasses(symbol)[:_MOST_MIXED] for one in self.line(sub))
        return next((owner for owner in line if owner in CLASSES and method in CLASSES[owner].methods), "")

    def is_mapped(self, symbol: str) -> bool:
        """Whether the class is an entity: it has a declarative base and is mapped to a table."""
        return self._mapped.get(symbol, self._is_mapped)

    def takes_session(self, symbol: str) -> str:
        """The name of the argument by which a class of the project is given a session; "" when it takes none."""
        return self._takers.get(symbol, self._taken)

    def _taken(self, symbol: str) -> str:
        init = self.method(symbol, "__init__")
        if init is None:
            return ""
        for name, values in self._project.summary(init).received:
            for value in values:
                received = value.path.root in ("param", "injected") and not value.path.attrs
                if received and self.session_kind(value.type):
                    return name
        return ""

    def is_entity(self, symbol: str) -> bool:
        """Whether instances of a class are entities, or may be: a mapped class or a base of such."""
        return self._entities.get(symbol, lambda name: self.is_a(name, _ENTITIES) and self.unit(name) is not None)

    def _is_mapped(self, symbol: str) -> bool:
        unit = self.unit(symbol)
        if unit is None:
            return False
        if not unit.decorators.isdisjoint(("mapped", "mapped_as_dataclass")):
            return True
        line = [ancestor.symbol for ancestor in self.line(symbol)]
        if "sqlmodel.SQLModel" in line:
            return any(
                arg.name == "table" and arg.value == Lit(True)
                for name in line
                if (found := self.unit(name)) is not None
                for arg in found.definition.bases
            )
        if DECLARATIVE not in line:
            return False
        binds = self.body(symbol)
        if any(isinstance(bind.value, Lit) and bind.value.value is True for bind in binds.get("__abstract__", ())):
            return False
        if DECLARATIVE in [base.name for base in self.bases(unit)]:
            named = bool(
                {"__tablename__", "__table__"} & set(binds)
            ) or "__tablename__" in self._project.names.children(unit)
            return named or any(_is_mapped(bind) for found in binds.values() for bind in found)
        return True

    def allows_extra(self, symbol: str) -> bool:
        """Whether a schema keeps what it is given beyond its fields, by the nearest class that says something of it."""
        for ancestor in self.line(symbol):
            unit = self.unit(ancestor.symbol)
            if unit is None:
                continue
            config = self._project.names.children(unit).get("Config")
            binds = self.body(ancestor.symbol).get("model_config", ())
            said: list[Expr | None] = [arg.value for arg in unit.definition.bases if arg.name == "extra"]
            said += [value for bind in binds if (value := said_under(bind.value, "extra")) is not None]
            said += [bind.value for bind in self.body(config.symbol).get("extra", ())] if config is not None else []
            if said:
                return said[0] == Lit("allow") or (isinstance(said[0], Attr) and said[0].name == "allow")
        return False

    def is_dataclass(self, symbol: str) -> bool:
        """Whether the class is made a dataclass, by SQLAlchemy or by Python."""
        for ancestor in self.line(symbol):
            unit = self.unit(ancestor.symbol)
            if ancestor.symbol == AS_DATACLASS or (unit is not None and not unit.decorators.isdisjoint(_DATACLASS)):
                return True
        return False

    def body(self, symbol: str) -> dict[str, list[Bind]]:
        """The names bound or annotated in a class body."""
        return self._binds.get(symbol, self._bound_in)

    def _bound_in(self, symbol: str) -> dict[str, list[Bind]]:
        table: dict[str, list[Bind]] = {}
        unit = self.unit(symbol)
        for stmt in unit.body if unit is not None else ():
            if isinstance(stmt, Bind):
                for target in stmt.targets:
                    if isinstance(target, Name):
                        table.setdefault(target.id, []).append(stmt)
        return table

    def subclasses(self, symbol: str) -> list[str]:
        """All project classes below this one, sorted."""
        self._project.asking.log[f"{BELOW}{symbol}"] = None
        if self._below is None:
            below: dict[str, list[str]] = {}
            with self._project.asking.apart():
                for name, unit in self._project.names.by_symbol.items():
                    if unit.kind == "class":
                        for ancestor in self.line(name)[1:]:
                            below.setdefault(ancestor.symbol, []).append(name)
            self._below = {name: sorted(found) for name, found in below.items()}
        return self._below.get(symbol, [])

    def below(self, symbol: str) -> list[str]:
        """The classes whose instances may stand for this one: subclasses, for a protocol all that have its methods."""
        return self._stand_ins.get(symbol, self._standing_in)

    def _standing_in(self, symbol: str) -> list[str]:
        found = self.subclasses(symbol)
        unit = self.unit(symbol)
        if unit is not None and any(last_name(arg.value) == "Protocol" for arg in unit.definition.bases):
            wanted = set(self._project.names.children(unit))
            found = sorted({*found, *self._having(wanted, symbol)}) if wanted else found
        return found

    def _having(self, wanted: set[str], protocol: str) -> Iterator[str]:
        first = min(wanted)
        for other in self._project.names.named(first):
            klass = other.klass
            if klass is None or klass.symbol == protocol:
                continue
            if any(last_name(arg.value) == "Protocol" for arg in klass.definition.bases):
                continue
            if wanted <= set(self._project.names.children(klass)):
                yield klass.symbol

    def methods(self, symbol: str) -> Iterator[Unit]:
        """The methods of a class and of those above it; overridden ones too, which a subclass may call."""
        for ancestor in self.line(symbol):
            unit = self.unit(ancestor.symbol)
            inner = self._project.names.children(unit).values() if unit is not None else ()
            yield from (method for method in inner if method.kind == "function")

    def method(self, symbol: str, name: str) -> Unit | None:
        """The project method that an instance of the class would run."""
        return self._methods.get((symbol, name), self._method)

    def _method(self, key: tuple[str, str]) -> Unit | None:
        symbol, name = key
        for ancestor in self.line(symbol):
            unit = self.unit(ancestor.symbol)
            if unit is not None:
                found = self._project.names.child(unit, name)
                if found is not None:
                    return found
        return None

    def field(self, symbol: str, name: str) -> Field | None:
        """What `instance.name` is; see `_field`. A mixin may read what only the classes it is mixed into have. Answers
        that rest on finished summaries are kept."""
        return self._fields.get((symbol, name), self._found)

    def _found(self, key: tuple[str, str]) -> Field | None:
        symbol, name = key
        found = self._field(symbol, name)
        if found is None and not name.startswith("__") and self.unit(symbol) is not None:
            return self._lent(symbol, name)
        return found

    def _lent(self, symbol: str, name: str) -> Field | None:
        """What a class reads of itself that only the classes it is mixed into have: likely what the first of them
        defines as a method or stores."""
        for sub in self.subclasses(symbol)[:_MOST_MIXED]:
            for ancestor in self.line(sub):
                unit = self.unit(ancestor.symbol)
                inner = self._project.names.child(unit, name) if unit is not None else None
                if inner is not None and inner.kind == "function":
                    return Field(ancestor.symbol, inner)
            stored, parts = self._stored(sub, name)
            if stored:
                return Field(sub, None, cap(stored, Confidence.LIKELY), parts=parts)
        return None

    def _named_below(self, symbol: str, name: str) -> Values:
        """The class that an attribute leaves to subclasses to name: likely what all that they name have in common, or
        each of a few that are mapped."""
        common: list[str] = []
        named: dict[str, None] = {}
        for sub in self.subclasses(symbol):
            unit, binds = self.unit(sub), self.body(sub).get(name, ())
            for value in self._class_value(unit, name, binds[-1]) if unit is not None and binds else NOTHING:
                line = [one.symbol for one in self.line(str(value.type.name))] if value.type.kind == "class" else []
                common = [one for one in common if one in line] if common else line
                named[str(value.type.name)] = None
                if not common:
                    return NOTHING
        shared = [one for one in common if self.unit(one) is not None][:1]
        each = len(named) <= FEW and all(map(self.is_mapped, named))
        kinds = (Type("class", one) for one in (named if each else shared))
        return tuple(Value(Path("global", symbol, (name,)), kind, Confidence.LIKELY) for kind in kinds)

    def _field(self, symbol: str, name: str) -> Field | None:
        """What `instance.name` is, by evidence: a method, an annotation, a value bound in the body, a store."""
        line = self.line(symbol)
        declared: tuple[str, Values] | None = None
        for ancestor in line:
            unit = self.unit(ancestor.symbol)
            if unit is None:
                continue
            inner = self._project.names.child(unit, name)
            if inner is not None:
                return self._of_method(unit, inner)
            for bind in self.body(ancestor.symbol).get(name, ()):
                if isinstance(bind.value, Call) and last_name(bind.value.func) in RELATIONSHIPS:
                    kinds, sure = self._relationship(unit, name, bind.value, bind.annotation)
                    values = tuple(_declared(ancestor.symbol, name, kind, sure) for kind in kinds)
                    if bind.annotation is None and values:
                        return Field(ancestor.symbol, None, values)
                    declared = declared or ((ancestor.symbol, values) if values else None)
                    continue
                if bind.annotation is not None and declared is None:
                    kinds = meanings.meaning(self._project, unit.module, bind.annotation).types
                    bound = self.bindings(Type("class", symbol))
                    kinds = tuple(replace_variables(kind, bound) for kind in kinds)
                    if kinds:
                        path = Path("global", ancestor.symbol, (name,))
                        values = tuple(Value(path, kind, Confidence.CERTAIN) for kind in kinds)
                        declared = (ancestor.symbol, values)
                if bind.value == Lit(None) and bind.annotation is not None and _is_vague(declared):
                    below = self._named_below(symbol, name)
                    if below and not self._stored(symbol, name)[0]:
                        return Field(ancestor.symbol, None, below, True)
                if bind.value is not None and bind.annotation is None:
                    values = self._class_value(unit, name, bind)
                    stored, parts = self._stored(symbol, name) if _are_none(values) else (NOTHING, {})
                    if stored:
                        return Field(symbol, None, join(values, stored), parts=parts)
                    if _are_none(values):
                        values = join(values, self._named_below(symbol, name))
                    if values:
                        return Field(ancestor.symbol, None, values, True)
        stored, parts = self._stored(symbol, name)
        if stored:
            return Field(symbol, None, stored, parts=parts)
        if declared is not None:
            return Field(declared[0], None, declared[1])
        backed = self.backed(symbol, name)
        if backed is not None and backed.many is not None:
            made = _related(instance(backed.target), backed.many, QUERIED.get(backed.lazy, ""))
            return Field(backed.owner, None, (_declared(backed.owner, name, made, Confidence.LIKELY),))
        for ancestor in line:
            klass = CLASSES.get(ancestor.symbol)
            if klass is not None and name in klass.attributes:
                text = klass.attributes[name]
                if text.startswith((".", "=")) or text.endswith(", T"):
                    return None
                kind = self._project.shape(text, instance(symbol), NOTHING)
                return Field(
                    ancestor.symbol,
                    None,
                    tuple(Value(Path("global", f"{symbol}.{name}"), one, Confidence.CERTAIN) for one in kind),
                )
        return None

    def _class_value(self, unit: Unit, name: str, bind: Bind) -> Values:
        values = self._project.module_value(unit.module, bind.value) if bind.value is not None else NOTHING
        path = Path("global", f"{unit.symbol}.{name}")
        return tuple(value._replace(path=path) for value in values)

    def backed(self, symbol: str, name: str) -> Backed | None:
        """The relationship of an entity that `backref` of another class makes."""
        return self._project.relations.backed(symbol, name) if self.is_entity(symbol) else None

    def _of_method(self, unit: Unit, method: Unit) -> Field:
        """A method, or the relationship that it makes for each class that has it."""
        made, name = made_by(method), method.definition.name
        if made is not None and last_name(made.func) in RELATIONSHIPS:
            kinds, sure = self._relationship(unit, name, made, method.definition.returns)
            if kinds:
                return Field(unit.symbol, None, tuple(_declared(unit.symbol, name, kind, sure) for kind in kinds))
        return Field(unit.symbol, method)

    def _relationship(
        self, unit: Unit, name: str, call: Call, annotation: Expr | None
    ) -> tuple[tuple[Type, ...], Confidence]:
        """What a relationship is: what its annotation says, else the class that it leads to, or many of it."""
        how = QUERIED.get(lazy(call.args), "")
        if isinstance(annotation, Index):
            how = QUERIED_TYPES.get(last_name(annotation.of), how)
        relations = self._project.relations
        one = next((one for one in relations.own(unit.symbol) if one.name == name), None)
        target = one.target if one is not None else ""
        kinds = meanings.meaning(self._project, unit.module, annotation).types
        told = [str(inner.name) for kind in kinds for inner in (kind, *kind.args) if inner.kind == "instance"]
        if any(not target or self.is_entity(symbol) for symbol in told):
            shown = [_related(kind.args[0], True, how) if how and kind.kind == "many" else kind for kind in kinds]
            return tuple(shown), Confidence.CERTAIN
        first = next((arg.value for arg in call.args if arg.name in ("", "argument")), None)
        found = (instance(target),) if target else meanings.meaning(self._project, unit.module, first).types
        many = one is None or relations.is_many(one) is not False
        return tuple(_related(kind, many, how) for kind in found) or kinds, Confidence.LIKELY

    def _writers(self, unit: Unit) -> dict[str, list[Unit]]:
        """The methods of a class by the attributes that they assign."""
        found: dict[str, list[Unit]] = {}
        for method in self._project.names.children(unit).values():
            for name in method.definition.stores:
                found.setdefault(name, []).append(method)
        return found

    def _stored(self, symbol: str, name: str) -> tuple[Values, dict[Path, Values]]:
        """Values that the class's methods assign to the attribute, relative to the instance, and their own fields: what
        a container has got in any of the methods is a member of it."""
        found: list[Values] = []
        parts: dict[Path, Values] = {}
        members: list[Values] = []
        back: dict[str, Values] = {}
        known = True
        seen: set[str] = set()
        for ancestor in self.line(symbol):
            unit = self.unit(ancestor.symbol)
            if unit is None:
                continue
            for method in self._written.get(unit, self._writers).get(name, ()):
                if method.definition.name in seen:
                    continue
                seen.add(method.definition.name)
                heap = self._project.summary(method).heap
                by_name = heap.get(Path("global", unit.symbol, (name,)), NOTHING)
                values = join(heap.get(Path("param", 0, (name,)), NOTHING), by_name)
                found.append(tuple(_relative(method, value, name) for value in values))
                bases = {value.path[:2] for value in values if value.path.root == "fresh"}
                for path, inner in heap.items() if bases else ():
                    if path.attrs and path[:2] in bases:
                        parts[path] = tuple(_relative(method, value, name) for value in inner)
                member = Path("param", 0, (name, "*"))
                put = tuple(value for value in heap.get(member, NOTHING) if value.path != member)
                members.append(tuple(_somewhere(one) for one in put))
                known &= all(
                    value.path == UNKNOWN or (value.path.root == "fresh" and not value.path.attrs) for value in put
                )
                for part, inner in _leading_back(method, heap, put):
                    back[part] = join(back.get(part, NOTHING), inner)
        if any(members):
            for value in join(*found):
                if value.path.root == "fresh" and value.type.kind == "many":
                    path = value.path.attr("*")
                    parts[path] = join(parts.get(path, NOTHING), *members)
                    parts.update((path.attr(part), inner) for part, inner in back.items() if known)
        return join(*found), parts


def _related(target: Type, many: bool, how: str) -> Type:
    """What leads to one entity, to a collection, or `how` it is asked for."""
    if not many:
        return target
    return instance(how, target) if how else Type("many", "", (target,))


def _declared(owner: str, name: str, kind: Type, sure: Confidence) -> Value:
    return Value(Path("global", owner, (queried(name) if kind.name == QUERY else name,)), kind, sure)


def said_under(expr: Expr | None, name: str) -> Expr | None:
    """What a call or a dict that is written out says under a name."""
    match expr:
        case Call(_, args):
            return next((arg.value for arg in args if arg.name == name), None)
        case Items("dict", of):
            return next((value for key, value in zip(of[::2], of[1::2], strict=False) if key == Lit(name)), None)
    return None


def _is_mapped(bind: Bind) -> bool:
    if isinstance(bind.value, Call) and last_name(bind.value.func) in ("mapped_column", "Column", *RELATIONSHIPS):
        return True
    return isinstance(bind.annotation, Index) and last_name(bind.annotation.of) == "Mapped"


def _relative(method: Unit, value: Value, name: str) -> Value:
    """A stored value as seen from outside the method: its constructor's argument is the instance's `@argument`, and a
    method of the instance stays its own. In a part, which has no name, so do the instance and its attributes."""
    path = value.path
    if path == OWN and (value.type.kind == "method" or not name):
        return value
    if not name and path.root == "param" and path.key == 0 and len(path.attrs) == 1:
        return value
    if path.root == "param" and path.key and method.definition.name == "__init__" and not path.attrs:
        return value._replace(path=Path("param", 0, (f"@{method.definition.params[path.key].name}",)))
    if path.root in ("param", "free", "unknown", "const"):
        return value._replace(path=Path("param", 0, (name,)))
    return value


def _somewhere(value: Value) -> Value:
    """A member that a method has put into a container, of which only the type is known elsewhere."""
    return value._replace(path=UNKNOWN)


def _leading_back(method: Unit, heap: Mapping[Path, Values], put: Values) -> Iterator[tuple[str, Values]]:
    """The fields of what a method makes and puts into a container of its object, which hold that or what it holds."""
    made = {value.path for value in put}
    for path, values in heap.items() if made else ():
        if len(path.attrs) == 1 and Path(path.root, path.key) in made:
            held = tuple(_relative(method, value, "") for value in values)
            if all(value.path.root == "param" and value.path.attrs != ("",) for value in held):
                yield path.attrs[0], held


def _is_vague(declared: tuple[str, Values] | None) -> bool:
    """Whether an annotation says nothing of an attribute, as `Any` does."""
    return declared is None or all(value.type == ANY for value in declared[1])


def _are_none(values: Values) -> bool:
    """Whether a class says no more of an attribute than that it is not there yet."""
    return bool(values) and all(value.type == NONE for value in values)
