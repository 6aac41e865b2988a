"""The relationships between mapped classes, as class bodies declare them: what each leads to, and what names what back.

SQLAlchemy looks a class up by its name in a registry, wherever in the project it stands. What is written in another way
than a plain `name = relationship(...)` is known to be there, and nothing more.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from ..facts import store
from ..facts.schema import Arg, Attr, Bind, Call, Closure, Define, Expr, Index, Items, Leave, Lit, Name, Test
from ..knowledge import CLASSES
from ..knowledge.loading import QUERIED
from ..knowledge.sqlalchemy import DECLARATIVE
from ..knowledge.sqlmodel import SQLMODEL
from .asking import BACKED, Memo
from .meanings import parse
from .modules import Module, Unit, last_name
from .parts import parts

if TYPE_CHECKING:
    from .project import Project

RELATIONSHIPS = frozenset({"relationship", "Relationship", "relation"})
"""What makes a relationship, by its last name."""
_COLUMNS = frozenset({"mapped_column", "Column", "Field"})
_ROOTS = frozenset({DECLARATIVE, SQLMODEL})
PLAIN = frozenset({"sqlalchemy", "sqlmodel", "object", "Generic", "Protocol", "ABC", *sys.stdlib_module_names})
"""Packages whose classes have no relationships."""
_DECORATORS = frozenset({"dataclass", "declarative_mixin", "mapped", "mapped_as_dataclass", "total_ordering", "final"})
_HOOKS = frozenset({"__declare_first__", "__declare_last__", "__init_subclass__", "__mapper_cls__", "__table_cls__"})
_ADDS = frozenset({"setattr", "add_property", "add_properties", "map_imperatively", "mapper"})
_NO_CLASSES = frozenset({"Mapped", "WriteOnlyMapped", "DynamicMapped", "None", "Any", "ClassVar", "Annotated"})
_OWN_JOIN = frozenset({"foreign_keys", "primaryjoin", "secondary", "secondaryjoin", "remote_side"})
_LETTING_GO = frozenset({Lit("CASCADE"), Lit("SET NULL"), Lit("SET DEFAULT")})
_EAGER = frozenset({"joined", "False"})
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
"""Where a word begins in the name of a class."""
_WRAPPED = 6
_FAR = 3


Chain = tuple[tuple[str, str], ...]
"""Relationships, each with its class, that lead from one to the next."""


class Relation(NamedTuple):
    """A relationship of the class `owner`: the call that makes it, in the body of `unit`. `target` is the mapped class
    that it leads to, "" when nobody can tell; `said` its name as written. `back` is what `back_populates` names, "" for
    nothing, None when that cannot be told; `backref` what `backref` does. `plain` says that nothing about it is hidden,
    `views` that it writes nothing, `joins` what is said of how its tables are joined."""

    owner: str
    name: str
    unit: Unit
    call: Call
    target: str
    said: str
    back: str | None
    backref: str
    plain: bool
    views: bool
    joins: frozenset[str]
    one: bool | None
    """Whether it is a single entity by what is written beside it; None when that says nothing."""


class Backed(NamedTuple):
    """A relationship that `backref` of another one gives the class `owner`: its name, the class that it leads to,
    whether it is a collection (None when nobody can tell) and what its `lazy` is ("" likewise)."""

    owner: str
    name: str
    target: str
    many: bool | None
    lazy: str


class Found(NamedTuple):
    """What a class has under a name: a relationship, something that is none (`other`), or neither; `known` says that
    nothing else can be there."""

    relation: Relation | None = None
    other: bool = False
    known: bool = True


class Relations:
    """Answers about the relationships of one project, each computed once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._mapped: Memo[str, tuple[str, ...]] = Memo(project.asking)
        self._named: Memo[str, tuple[str, ...]] = Memo(project.asking)
        self._own: Memo[str, tuple[Relation, ...]] = Memo(project.asking)
        self._keys: Memo[str, tuple[tuple[str, str], ...]] = Memo(project.asking)
        self._joined: Memo[str, tuple[Chain, ...]] = Memo(project.asking)
        self._lasts: tuple[list[str], dict[str, list[str]]] = ([], {})
        self._backed: dict[str, tuple[Backed, ...]] | None = None

    # -- classes --

    @property
    def mapped(self) -> tuple[str, ...]:
        """The mapped classes of the project."""
        return self._mapped.get("", lambda _: tuple(filter(self._project.classes.is_mapped, self._below())))

    def _below(self) -> list[str]:
        """What has a declarative base."""
        subclasses = self._project.classes.subclasses
        return list(dict.fromkeys(symbol for root in sorted(_ROOTS) for symbol in subclasses(root)))

    def _called(self, name: str) -> tuple[str, ...]:
        """The mapped classes whose last name this is."""
        below = self._below()
        if self._lasts[0] != below:
            lasts: dict[str, list[str]] = {}
            for symbol in below:
                lasts.setdefault(symbol.rpartition(".")[2], []).append(symbol)
            self._lasts = (below, lasts)
        return tuple(filter(self._project.classes.is_mapped, self._lasts[1].get(name, ())))

    @cached_property
    def naming(self) -> dict[str, list[Relation]]:
        """The relationships that name another side, by its name; only rules ask."""
        found: dict[str, list[Relation]] = {}
        for symbol in self.mapped:
            for one in self.own(symbol):
                if one.back:
                    found.setdefault(one.back, []).append(one)
        return found

    @cached_property
    def reflects(self) -> bool:
        """Whether the project has classes that are made from what stands in a database; only rules ask."""
        modules = self._project.names.modules.values()
        return any(
            "automap" in one.module or one.name in ("automap", "DeferredReflection")
            for module in modules
            for one in module.facts.header.imports
        )

    def family(self, symbol: str) -> frozenset[str]:
        """The classes whose bodies a class and its subclasses are made of."""
        classes = self._project.classes
        below = (symbol, *classes.subclasses(symbol))
        return frozenset(one.symbol for name in below for one in classes.line(name) if classes.unit(one.symbol))

    def related(self, one: str, other: str) -> bool:
        """Whether two mapped classes have a mapped ancestor in common, or may have."""
        classes = self._project.classes
        lines = [
            {base.symbol for base in classes.line(name) if classes.is_mapped(base.symbol)} for name in (one, other)
        ]
        return not lines[0].isdisjoint(lines[1])

    def roots(self, symbol: str) -> frozenset[str]:
        """The bases that hold the registry of a class."""
        classes = self._project.classes
        line = [one.symbol for one in classes.line(symbol)]
        direct = {
            name
            for name in line
            if (unit := classes.unit(name)) is not None and any(base.name in _ROOTS for base in classes.bases(unit))
        }
        return frozenset(name for name in direct if not classes.is_mapped(name)) or frozenset(_ROOTS & set(line))

    # -- relationships --

    def own(self, symbol: str) -> tuple[Relation, ...]:
        """The relationships that the body of a class declares."""
        return self._own.get(symbol, lambda name: tuple(self._declared(name)))

    def _declared(self, symbol: str) -> Iterator[Relation]:
        unit = self._project.classes.unit(symbol)
        for name, binds in self._project.classes.body(symbol).items() if unit is not None else ():
            call = binds[-1].value
            if unit is not None and isinstance(call, Call) and last_name(call.func) in RELATIONSHIPS and call.at >= 0:
                yield self._relation(unit, name, call, binds[-1].annotation, len(binds) == 1)

    def _relation(self, unit: Unit, name: str, call: Call, annotation: Expr | None, alone: bool) -> Relation:
        words = {arg.name: arg.value for arg in call.args if arg.name}
        first = next((arg.value for arg in call.args if arg.name == ""), words.get("argument"))
        said, target = self._target(unit, first, annotation)
        back, ref = words.get("back_populates", Lit("")), words.get("backref", Lit(""))
        if isinstance(ref, Call) and ref.args:
            ref = ref.args[0].value
        hidden = {"**", "*", "sa_relationship", "sa_relationship_args", "sa_relationship_kwargs"}
        return Relation(
            owner=unit.symbol,
            name=name,
            unit=unit,
            call=call,
            target=target,
            said=said,
            back=back.value if isinstance(back, Lit) and isinstance(back.value, str) else _nothing(back),
            backref=ref.value if isinstance(ref, Lit) and isinstance(ref.value, str) else "",
            plain=alone and hidden.isdisjoint(words) and _nothing(ref, text=True) is not None,
            views=words.get("viewonly", Lit(False)) != Lit(False) or "sync_backref" in words,
            joins=frozenset(_OWN_JOIN & set(words)),
            one=_single(annotation, words),
        )

    def _target(self, unit: Unit, first: Expr | None, annotation: Expr | None) -> tuple[str, str]:
        """The name of what a relationship leads to, and the class."""
        if isinstance(first, Closure):
            made = self._returned(unit, first)
            first = made if isinstance(made, (Name, Attr)) else None
        if isinstance(first, Lit) and isinstance(first.value, str):
            return first.value, self.looked_up(unit, first.value)
        if first is not None:
            symbol = self._project.names.dotted(unit.module, first)
            return last_name(first), symbol if self._project.classes.is_mapped(symbol) else ""
        names = list(dict.fromkeys(_leaves(annotation)))
        return (names[0], self.looked_up(unit, names[0])) if len(names) == 1 else ("", "")

    def looked_up(self, unit: Unit, name: str) -> str:
        """The mapped class that a name stands for, in the module or in the registry of a class."""
        classes = self._project.classes
        symbol = self._project.names.dotted(unit.module, parsed) if (parsed := parse(name)) is not None else ""
        if symbol and classes.is_mapped(symbol):
            return symbol
        found = list(self._named.get(name.rpartition(".")[2], self._called))
        found = [one for one in found if f".{one}".endswith(f".{name}")]
        roots = self.roots(unit.symbol)
        found = [one for one in found if not roots or not roots.isdisjoint(self.roots(one))]
        return found[0] if len(found) == 1 else ""

    def is_named(self, name: str) -> bool:
        """Whether anything in the project has this name: a class, a variable, what is imported, or a text; only rules
        ask."""
        last = name.rpartition(".")[2]
        return last in self._all_names

    @cached_property
    def _all_names(self) -> frozenset[str]:
        names = self._project.names
        found = {unit.definition.name for unit in names.units.values()}
        for module in names.modules.values():
            found.update(one.local for one in module.facts.header.imports)
            found.update(one.name for one in module.facts.header.imports)
            for bind in names.module_binds(module):
                found.update(target.id for target in bind.targets if isinstance(target, Name))
                found.update(
                    part.value for part in parts(bind.value) if isinstance(part, Lit) and isinstance(part.value, str)
                )
        return frozenset(found)

    def under(self, symbol: str, name: str) -> Found:
        """What a class has under a name, its own or inherited; only rules ask."""
        classes = self._project.classes
        known = not self.reflects
        for ancestor in classes.line(symbol):
            unit = classes.unit(ancestor.symbol)
            if unit is None:
                known = known and (ancestor.symbol in CLASSES or ancestor.symbol.partition(".")[0] in PLAIN)
                continue
            found = next((one for one in self.own(ancestor.symbol) if one.name == name), None)
            if found is not None:
                return Found(found, known=known)
            binds = classes.body(ancestor.symbol).get(name, ())
            values = [bind.value for bind in binds if bind.value is not None]
            if values and all(isinstance(value, Call) and last_name(value.func) in _COLUMNS for value in values):
                return Found(other=True, known=known)
            if binds or name in self._project.names.children(unit) or _hides(unit, name):
                return Found(known=False)
            known = known and unit.decorators <= _DECORATORS and _HOOKS.isdisjoint(self._project.names.children(unit))
            known = known and all(self._is_told(unit, arg) for arg in unit.definition.bases)
        return Found(known=known and not self._added(symbol, name))

    def _is_told(self, unit: Unit, arg: Arg) -> bool:
        """Whether it is known what a base or a keyword of a class statement brings."""
        if arg.name == "":
            return bool(self._project.classes.base(unit.module, arg.value))
        return arg.name not in ("metaclass", "*", "**")

    def _added(self, symbol: str, name: str) -> bool:
        """Whether a class may get an attribute of this name from somewhere else: by `backref`, or once it is made."""
        family = self.family(symbol)
        for owner in self.mapped:
            for one in self.own(owner):
                if one.backref == name and (one.target in family or not one.target):
                    return True
        last = symbol.rpartition(".")[2]
        for module in self._project.names.modules.values():
            if self._project.names.lookup(module, last) == symbol and _adds(module, last, name):
                return True
        return False

    # -- collections --

    def is_collection(self, symbol: str, name: str) -> bool:
        """Whether a relationship is known to be a collection."""
        for base in self._bodies(symbol):
            found = next((one for one in self.own(base) if one.name == name), None)
            if found is not None:
                return self.is_many(found) is True
            if name in self._project.classes.body(base):
                return False
        backed = self.backed(symbol, name)
        return backed is not None and backed.many is True

    def is_many(self, one: Relation) -> bool | None:
        """Whether a relationship is a collection: by what is written beside it, else by where the foreign key is."""
        if one.one is not None:
            return not one.one
        return True if "secondary" in one.joins else self._keys_lead_here(one)

    def _keys_lead_here(self, one: Relation) -> bool | None:
        """Whether the foreign key is with what a relationship leads to, and leads from there to its owner."""
        if not one.target or not one.plain:
            return None
        if one.owner == one.target:
            return self._is_remote(one) if not one.joins - {"remote_side"} else None
        there = any(self._leads(base, one.target) for base in self._bodies(one.owner))
        back = any(self._leads(base, one.owner) for base in self._bodies(one.target))
        return back if there != back else None

    def _is_remote(self, one: Relation) -> bool | None:
        """Whether the foreign key of a class to itself is on the side that a relationship leads to."""
        said = next((arg.value for arg in one.call.args if arg.name == "remote_side"), None)
        if said is None:
            return True
        said = self._returned(one.unit, said) if isinstance(said, Closure) else said
        named = {_last(part) for part in (said.of if isinstance(said, Items) else (said,))}
        keys = {name for name, _ in self.keys(one.owner)}
        return None if "" in named or (named & keys and named - keys) else bool(named & keys)

    def _returned(self, unit: Unit, closure: Closure) -> Expr | None:
        body = self._project.names.units_in(unit.module.name)[closure.index].body
        last = body[-1] if body else None
        return last.value if isinstance(last, Leave) else None

    def _bodies(self, symbol: str) -> Iterator[str]:
        return (ancestor.symbol for ancestor in self._project.classes.line(symbol))

    def backed(self, symbol: str, name: str) -> Backed | None:
        """The relationship of this name that another class gives this one."""
        found = self.backs(name)
        line = set(self._bodies(symbol)) if found else ()
        return next((one for one in found if one.owner in line), None)

    def backs(self, name: str) -> tuple[Backed, ...]:
        """The relationships of this name that others make by `backref`."""
        self._project.asking.log[f"{BACKED}{name}"] = None
        if self._backed is None:
            with self._project.asking.apart():
                found: dict[str, list[Backed]] = {}
                for owner in self.mapped:
                    for one in self.own(owner):
                        if one.backref and one.target:
                            found.setdefault(one.backref, []).append(self._back(one))
            self._backed = {name: tuple(sorted(backs, key=lambda one: one[:3])) for name, backs in found.items()}
        return self._backed.get(name, ())

    def _back(self, one: Relation) -> Backed:
        ref = next(arg.value for arg in one.call.args if arg.name == "backref")
        args = ref.args if isinstance(ref, Call) else ()
        said = next((arg.value for arg in args if arg.name == "uselist"), None)
        here = True if one.one is False else self._keys_lead_here(one)
        many = None if here is None else not here
        if said is not None or any(arg.name == "**" for arg in args):
            many = said.value if isinstance(said, Lit) and isinstance(said.value, bool) else None
        elif "secondary" in one.joins or lazy(args) in QUERIED:
            many = True
        return Backed(one.target, one.backref, one.owner, many, lazy(args))

    def joined(self, symbol: str) -> tuple[Chain, ...]:
        """The ways from a class to collections that their mappings join: relationships, each with its class."""
        return self._joined.get(symbol, lambda name: tuple(self._joins(name, ())))

    def _joins(self, symbol: str, before: Chain) -> Iterator[Chain]:
        for base in self._bodies(symbol):
            if not any(_is_eager(bind) for binds in self._project.classes.body(base).values() for bind in binds):
                continue
            for one in self.own(base):
                step = (base, one.name)
                if lazy(one.call.args) not in _EAGER or step in before:
                    continue
                many = self.is_many(one)
                if many:
                    yield (*before, step)
                elif many is False and one.target and len(before) < _FAR:
                    yield from self._joins(one.target, (*before, step))

    # -- keys --

    def table(self, symbol: str) -> str:
        """The name of the table of a class, when its own body says it; ""."""
        binds = self._project.classes.body(symbol).get("__tablename__", ())
        value = binds[-1].value if len(binds) == 1 else None
        return value.value if isinstance(value, Lit) and isinstance(value.value, str) else ""

    def keys(self, symbol: str) -> tuple[tuple[str, str], ...]:
        """The foreign keys that columns in the body of a class have: the column, and the table and column it leads to
        ("orders.id")."""
        return self._keys.get(symbol, lambda name: tuple(self._foreign(name)))

    def _foreign(self, symbol: str) -> Iterator[tuple[str, str]]:
        for module, name, said, _ in self._said_keys(symbol):
            yield name, self._column(module, said)

    def _said_keys(self, symbol: str) -> Iterator[tuple[Module, str, Expr, Call]]:
        """The columns in the body of a class that have foreign keys, each with what is written as where it leads, and
        the call in which."""
        unit = self._project.classes.unit(symbol)
        if unit is None:
            return
        methods = self._project.names.children(unit)
        made = ((name, made_by(method)) for name, method in methods.items())
        written = ((name, binds[-1].value) for name, binds in self._project.classes.body(symbol).items())
        for name, value in (*written, *made):
            if not isinstance(value, Call) or last_name(value.func) not in _COLUMNS:
                continue
            for part in parts(value):
                if isinstance(part, Call) and last_name(part.func) == "ForeignKey" and part.args:
                    yield unit.module, name, part.args[0].value, part
            for arg in value.args:
                if arg.name == "foreign_key":
                    yield unit.module, name, arg.value, value

    def _column(self, module: Module, said: Expr) -> str:
        if isinstance(said, Lit) and isinstance(said.value, str):
            return ".".join(said.value.split(".")[-2:])
        if isinstance(said, Attr):
            table = self.table(self._project.names.dotted(module, said.of))
            return f"{table}.{said.name}" if table else ""
        return ""

    def links(self, one: str, other: str) -> tuple[str, ...]:
        """The columns in the body of one class whose foreign keys lead to the table of another."""
        table = self.table(other)
        if not table:
            return ()
        return tuple(dict.fromkeys(name for name, leads in self.keys(one) if leads.rpartition(".")[0] == table))

    def may_go(self, symbol: str) -> bool:
        """Whether a row of a class can always be deleted: the keys that lead to its table say what becomes of the rows
        that have them, and its relationships do not clear these first; only rules ask."""
        table = self.table(symbol)
        clearing = {one.target for one in self.own(symbol) if not _deletes(one.call)}
        return bool(table) and all(
            one not in clearing and any(arg.name == "ondelete" and arg.value in _LETTING_GO for arg in call.args)
            for one in self.mapped
            for module, _, said, call in self._said_keys(one)
            if self._column(module, said).rpartition(".")[0] in ("", table)
        )

    def goes_by(self, symbol: str, name: str, target: str) -> tuple[str, ...]:
        """The columns of a class by which a relationship of it leads to another; only rules ask."""
        relation = self.under(symbol, name).relation
        said = relation and next((arg.value for arg in relation.call.args if arg.name == "foreign_keys"), None)
        if said is None or relation is None:
            return tuple(key for base in self._bodies(symbol) for key in self.links(base, target)) or tuple(
                key for base in self._bodies(symbol) for key in self._constrained(base, self.table(target))
            )
        said = self._returned(relation.unit, said) if isinstance(said, Closure) else said
        line = {base.rpartition(".")[2] for base in self._bodies(symbol)}
        named = (_said_column(part) for part in (said.of if isinstance(said, Items) else (said,)))
        return tuple(column for owner, column in named if column and owner in ("", *line))

    def leads_back(self, symbol: str, target: str) -> bool:
        """Whether a foreign key leads from what a relationship leads to to its class; only rules ask."""
        table = self.table(symbol)
        return any(self.links(base, symbol) or any(self._constrained(base, table)) for base in self._bodies(target))

    def _constrained(self, symbol: str, table: str) -> Iterator[str]:
        """The columns of a class that constraints of its table make foreign keys to another one."""
        binds = self._project.classes.body(symbol).get("__table_args__", ()) if table else ()
        for part in (part for bind in binds if isinstance(bind.value, Items) for part in bind.value.of):
            match part:
                case Call(args=(Arg("", Items(_, columns)), Arg("", Items(_, (Lit(str(leads)), *_))), *_)) if last_name(
                    part
                ) == "ForeignKeyConstraint" and leads.split(".")[-2:-1] == [table]:
                    yield from (_said_column(one)[1] for one in columns)

    def _leads(self, one: str, other: str) -> bool:
        """Whether the body of one class has a foreign key to another, which need not say what its table is called."""
        if self.table(other):
            return bool(self.links(one, other))
        last = other.rpartition(".")[2]
        names = {last.lower(), _WORDS.sub("_", last).lower()}
        for module, _, said, _ in self._said_keys(one):
            if isinstance(said, Lit) and isinstance(said.value, str):
                if not names.isdisjoint(said.value.split(".")[-2:-1]):
                    return True
            elif isinstance(said, Attr) and self._project.names.dotted(module, said.of) == other:
                return True
        return False


def _last(said: Expr | None) -> str:
    """The name of a column, as an attribute or in a text; ""."""
    if isinstance(said, Lit) and isinstance(said.value, str):
        return said.value.strip("[] ").rpartition(".")[2]
    return last_name(said) if isinstance(said, (Name, Attr)) else ""


def _said_column(said: Expr | None) -> tuple[str, str]:
    """The class, "" if it is not said, and the name of a column that is named as an attribute or in a text."""
    if isinstance(said, Lit) and isinstance(said.value, str):
        said = parse(said.value.strip("[] "))
    if isinstance(said, Attr):
        return last_name(said.of), said.name
    return "", said.id if isinstance(said, Name) else ""


def _is_eager(bind: Bind) -> bool:
    call = bind.value
    return isinstance(call, Call) and last_name(call.func) in RELATIONSHIPS and lazy(call.args) in _EAGER


def made_by(method: Unit) -> Call | None:
    """What a method makes for each class that has it: a column or a relationship."""
    last = method.body[-1] if "declared_attr" in method.decorators and method.body else None
    made = last.value if isinstance(last, Leave) else None
    return made if isinstance(made, Call) else None


def _deletes(call: Call) -> bool:
    """Whether what a relationship leads to is deleted with its owner, by its cascade or by the database."""
    return any(arg.name == "passive_deletes" for arg in call.args) or any(
        isinstance(part, Lit) and "delete" in str(part.value) for part in parts(call)
    )


def lazy(args: tuple[Arg, ...]) -> str:
    """What `lazy` of a relationship is; "" when it cannot be told."""
    found = "select"
    for arg in args:
        if arg.name in ("**", "sa_relationship"):
            return ""
        if arg.name == "lazy":
            found = str(arg.value.value) if isinstance(arg.value, Lit) else ""
        if arg.name == "sa_relationship_kwargs":
            if not isinstance(arg.value, Items) or arg.value.kind != "dict":
                return ""
            pairs = arg.value.of
            for key, value in zip(pairs[::2], pairs[1::2], strict=False):
                if key == Lit("lazy"):
                    found = str(value.value) if isinstance(value, Lit) else ""
    return found


def _nothing(said: Expr, text: bool = False) -> str | None:
    return "" if said in (Lit(""), Lit(None)) or (text and isinstance(said, Lit)) else None


def _single(annotation: Expr | None, words: dict[str, Expr]) -> bool | None:
    if words.get("uselist") in (Lit(True), Lit(False)):
        return words["uselist"] == Lit(False)
    if "collection_class" in words:
        return False
    said = annotation
    if isinstance(said, Lit) and isinstance(said.value, str):
        said = parse(said.value)
    for _ in range(_WRAPPED):
        if isinstance(said, Index) and last_name(said.of) in ("Mapped", "Annotated"):
            said = said.key.of[0] if isinstance(said.key, Items) and said.key.of else said.key
        if isinstance(said, Lit) and isinstance(said.value, str):
            said = parse(said.value)
    if said is None:
        return None
    if isinstance(said, Index) and last_name(said.of) in ("Optional", "Union"):
        return not any(isinstance(part, Index) for part in parts(said.key))
    if isinstance(said, Index):
        return False
    return not (isinstance(said, (Name, Attr)) and last_name(said) in ("list", "List", "set", "Set", "Any"))


def _leaves(said: Expr | None) -> Iterator[str]:
    """The names of classes in an annotation, that of the container apart."""
    match said:
        case Lit(str() as text):
            yield from _leaves(parse(text))
        case Name(id) if id not in _NO_CLASSES:
            yield id
        case Attr():
            yield said.name
        case Index(_, key):
            inner = key.of if isinstance(key, Items) else (key,)
            for part in inner[-1:] if last_name(said.of) in ("dict", "Dict", "Annotated") else inner:
                yield from _leaves(part)
        case Test("|", of):
            for part in of:
                yield from _leaves(part)


def _hides(unit: Unit, name: str) -> bool:
    """Whether a class body binds a name elsewhere than at its top, or runs what may."""
    for stmt in unit.body:
        if isinstance(stmt, (Bind, Define)):
            continue
        for part in parts(stmt):
            if isinstance(part, Bind) and any(isinstance(one, Name) and one.id == name for one in part.targets):
                return True
            if isinstance(part, Call) and last_name(part.func) in ("locals", "vars", "exec"):
                return True
    return False


def _adds(module: Module, klass: str, name: str) -> bool:
    """Whether code of a module sets an attribute of this name on a class of this name, or may."""
    for index in range(len(module.facts.header.definitions)):
        for part in parts(store.body(module.facts, index)):
            match part:
                case Bind(targets=targets) if any(
                    isinstance(one, Attr) and one.name == name and last_name(one.of) == klass for one in targets
                ):
                    return True
                case Call(func, args) if last_name(func) in _ADDS and not (
                    len(args) > 1 and isinstance(args[1].value, Lit) and args[1].value != Lit(name)
                ):
                    return True
    return False
