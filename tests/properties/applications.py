"""Small applications together with their answer: one planted defect, and the same application without it.

A `Plan` says what is planted and how the application is built; a `Look` says what its locals and aliases are called.
Every application is meant to run as well as to be read: `test_applications.py` runs some of them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from hypothesis import strategies as st

GLOBAL = "SQA101"
NOT_CLOSED = "SQA105"
REPOSITORY = "SQA201"
INSIDE_BEGIN = "SQA205"
SHARED = "SQA301"
RETURNED = "SQA401"
RULES = (GLOBAL, NOT_CLOSED, REPOSITORY, INSIDE_BEGIN, SHARED, RETURNED)

DEEPEST = 5
NESTED = 3
"""Objects inside each other between the entry and the session: access paths are followed for three attributes."""
IMPORTS = ("absolute", "relative", "aliased", "module", "submodule", "re-export", "star", "local", "typing")
TAKES = ("position", "keyword", "self", "base")
LAYOUTS = ("flat", "src", "namespace")
ENTRIES = ("opens", "depends", "annotated")
SESSION_TYPES = ("plain", "aliased", "module", "string")
SHAPES = {
    GLOBAL: ("bound", "object", "stored"),
    NOT_CLOSED: ("never", "happy path", "early return"),
    REPOSITORY: ("direct", "helper", "base", "flag"),
    INSIDE_BEGIN: ("factory", "session", "provider"),
    SHARED: ("gather", "star", "pending", "group", "task"),
    RETURNED: ("entity", "list", "dict"),
}
REPAIRS = {
    GLOBAL: ("with",),
    NOT_CLOSED: ("with", "finally"),
    REPOSITORY: ("flush",),
    INSIDE_BEGIN: ("flush",),
    SHARED: ("in turn", "own session"),
    RETURNED: ("response model", "annotation", "built"),
}

_MARK = "  #!"
_FOLDERS = {
    "flat": ("", "shop"),
    "src": ("src/", "shop"),
    "namespace": ("src/", "acme.shop"),
    "second": ("src/", "store"),
}
_PACKAGES = ("services", "ordering", "billing", "pricing", "shared", "workflow")
_LEAVES = ("orders", "flow", "steps", "core", "logic", "work")
_FUNCTIONS = ("arrange", "settle", "advance", "confirm", "prepare", "finish")
_CLASSES = ("Arranger", "Settler", "Advancer", "Confirmer", "Preparer", "Finisher")


@dataclass(frozen=True, slots=True)
class Defect:
    """One planted defect: the line it must be reported on, and the definition (or module variable) it is about."""

    rule: str
    path: str
    line: int
    symbol: str


@dataclass(frozen=True, slots=True)
class Application:
    """The files of a project by path, and everything that is wrong in them."""

    files: dict[str, str]
    defects: tuple[Defect, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """One callable of the chain below the entry.

    `takes` says how it gets the session: by position, by keyword, on `self`, or on `self` by the constructor of a base
    class in another module. `imported` says how its caller imports it; `annotated` whether it says what it returns.
    """

    takes: str
    imported: str
    annotated: bool = True

    @property
    def is_class(self) -> bool:
        return self.takes in ("self", "base")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is planted, and how the application around it is built.

    `links` are the callables between the entry and the effect, the last one holding the effect; with none the effect
    stands in the entry. `fan` is the link that starts the tasks of a shared session, -1 for the entry. `composed` hands
    objects rather than sessions to constructors. `openers` counts the helpers between a session's factory and its user.
    """

    rule: str
    shape: str
    repair: str
    links: tuple[Link, ...] = ()
    is_async: bool = False
    layout: str = "flat"
    entry: str = "opens"
    composed: bool = False
    session_type: str = "plain"
    attribute: str = "session"
    home: str = "repositories"
    imported: str = "absolute"
    openers: int = 0
    fan: int = -1
    noise: int = 0
    decoys: bool = False
    extra: tuple[tuple[int, int], ...] = ()
    """More calls: from a link, at the end of its body, to a link or, when negative, to a function that does nothing."""


@dataclass(frozen=True, slots=True)
class Look:
    """What does not matter: names of locals and parameters, and what import aliases are called."""

    session: str = "session"
    key: str = "key"
    result: str = "result"
    alias: str = "used"


@dataclass(slots=True)
class _File:
    name: str
    package: bool
    imports: list[str] = field(default_factory=list)
    typing: list[str] = field(default_factory=list)
    body: list[str] = field(default_factory=list)

    def add_import(self, line: str) -> None:
        if line not in self.imports:
            self.imports.append(line)

    def add_typing(self, line: str) -> None:
        self.add_import("from typing import TYPE_CHECKING")
        if line not in self.typing:
            self.typing.append(line)

    def define(self, *lines: str) -> None:
        self.body += ["", "", *lines]

    def render(self) -> str:
        lines = [*self.imports]
        if self.typing:
            lines += ["", "if TYPE_CHECKING:", *(f"    {line}" for line in self.typing)]
        body = self.body[1:] if self.body and not self.body[0] and not lines else self.body
        lines += body
        return "".join(f"{line}\n" for line in lines).lstrip("\n")


def indented(lines: Iterable[str], by: int = 4) -> list[str]:
    return [" " * by + line if line else line for line in lines]


class _Writer:
    """Writes one application; `broken` says with or without the defect."""

    def __init__(self, plan: Plan, look: Look, broken: bool) -> None:
        self.plan = plan
        self.look = look
        self.broken = broken
        self.folder, self.top = _FOLDERS[plan.layout]
        self.files: dict[str, _File] = {}

    # -- files and imports --

    def file(self, name: str) -> _File:
        """The module of this name below the application's package, with the packages above it."""
        whole = f"{self.top}.{name}"
        if whole not in self.files:
            self.files[whole] = _File(whole, False)
            if self.plan.layout != "namespace":
                parts = whole.split(".")
                for length in range(1, len(parts)):
                    self.package(".".join(parts[:length]))
        return self.files[whole]

    def package(self, whole: str) -> _File:
        if whole not in self.files:
            self.files[whole] = _File(whole, True)
        return self.files[whole]

    def use(self, into: _File, style: str, module: str, name: str, where: str = "call") -> tuple[str, list[str]]:
        """How `into` says `name`, and what the function that says it must import itself.

        `where` is call, class (needed while the module is loaded) or annotation.
        """
        target = f"{self.top}.{module}"
        owner, _, leaf = target.rpartition(".")
        if style == "local" and where == "call":
            return name, [f"from {target} import {name}"]
        if style == "typing" and where == "annotation":
            into.add_typing(f"from {target} import {name}")
            return f'"{name}"', []
        if style == "relative":
            into.add_import(f"from {self._relative(into, target)} import {name}")
        elif style == "aliased":
            alias = f"{name}_{self.look.alias}" if name[0].islower() else f"{name}{self.look.alias.title()}"
            into.add_import(f"from {target} import {name} as {alias}")
            return alias, []
        elif style == "module":
            into.add_import(f"import {target}")
            return f"{target}.{name}", []
        elif style == "submodule":
            alias = f"{owner.rpartition('.')[2]}_{leaf}_{self.look.alias}"
            into.add_import(f"from {owner} import {leaf} as {alias}")
            return f"{alias}.{name}", []
        elif style == "re-export":
            self.package(owner).add_import(f"from .{leaf} import {name}")
            into.add_import(f"from {owner} import {name}")
        elif style == "star":
            into.add_import(f"from {target} import *")
        else:
            into.add_import(f"from {target} import {name}")
        return name, []

    def _relative(self, into: _File, target: str) -> str:
        here = into.name.split(".")[:-1]
        there = target.split(".")
        shared = 0
        while shared < min(len(here), len(there) - 1) and here[shared] == there[shared]:
            shared += 1
        return "." * (len(here) - shared + 1) + ".".join(there[shared:])

    # -- words that depend on sync or async --

    def waits(self, expr: str) -> str:
        return f"await {expr}" if self.plan.is_async else expr

    @property
    def def_(self) -> str:
        return "async def" if self.plan.is_async else "def"

    @property
    def with_(self) -> str:
        return "async with" if self.plan.is_async else "with"

    @property
    def session_class(self) -> tuple[str, str]:
        return ("sqlalchemy.ext.asyncio", "AsyncSession") if self.plan.is_async else ("sqlalchemy.orm", "Session")

    def session_type(self, into: _File, style: str = "") -> str:
        """The annotation of a session in this file."""
        module, name = self.session_class
        style = style or self.plan.session_type
        if style == "aliased":
            into.add_import(f"from {module} import {name} as Database{self.look.alias.title()}")
            return f"Database{self.look.alias.title()}"
        if style == "module":
            owner, _, leaf = module.rpartition(".")
            into.add_import(f"from {owner} import {leaf} as sa_{leaf}")
            return f"sa_{leaf}.{name}"
        if style == "string":
            into.add_typing(f"from {module} import {name}")
            return f'"{name}"'
        into.add_import(f"from {module} import {name}")
        return name

    def order(self, into: _File) -> str:
        """The mapped class, as this file says it."""
        return self.use(into, "absolute", "tables.orders", "Order")[0]

    # -- what every application has --

    def database(self) -> None:
        db = self.file("storage.db")
        if self.plan.is_async:
            db.add_import("from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine")
            made = ['engine = create_async_engine("sqlite+aiosqlite:///shop.db")']
            made += ["SessionLocal = async_sessionmaker(engine, expire_on_commit=False)"]
        else:
            db.add_import("from sqlalchemy import create_engine")
            db.add_import("from sqlalchemy.orm import sessionmaker")
            made = ['engine = create_engine("sqlite:///shop.db", connect_args={"check_same_thread": False})']
            made += ["SessionLocal = sessionmaker(engine)"]
        db.body += ["", *made]
        for number in range(self.plan.openers):
            here = self.file(self._opener(number + 1)[0])
            inner, local = self.use(here, self.plan.imported, *self._opener(number))
            kind = self.session_type(here)
            here.define(f"def open_session_{number + 1}() -> {kind}:", *indented([*local, f"return {inner}()"]))
        if self.plan.entry != "opens":
            self.provider(db)

    def _opener(self, number: int) -> tuple[str, str]:
        return (f"storage.opening_{number}", f"open_session_{number}") if number else ("storage.db", "SessionLocal")

    def provider(self, db: _File) -> None:
        """`get_session` and its annotated alias."""
        kind = "AsyncIterator" if self.plan.is_async else "Iterator"
        db.add_import(f"from collections.abc import {kind}")
        session = self.session_type(db, "plain")
        inside = self.plan.rule == INSIDE_BEGIN and self.plan.shape == "provider"
        factory = "SessionLocal.begin()" if inside else "SessionLocal()"
        name = self.look.session
        block = [f"{self.with_} {factory} as {name}:", f"    yield {name}"]
        db.define(f"{self.def_} get_session() -> {kind}[{session}]:", *indented(block))
        if self.plan.entry == "annotated":
            db.add_import("from typing import Annotated")
            db.add_import("from fastapi import Depends")
            db.define(f"SessionDep = Annotated[{session}, Depends(get_session)]")

    def tables(self) -> None:
        base = self.file("tables.base")
        base.add_import("from sqlalchemy.orm import DeclarativeBase")
        base.define("class Base(DeclarativeBase):", "    pass")
        orders = self.file("tables.orders")
        orders.add_import("from sqlalchemy.orm import Mapped, mapped_column")
        name, _ = self.use(orders, self.plan.imported, "tables.base", "Base", "class")
        orders.define(
            f"class Order({name}):",
            '    __tablename__ = "purchase_order"',
            "",
            "    id: Mapped[int] = mapped_column(primary_key=True)",
            "    sku: Mapped[str]",
        )

    def noise(self) -> None:
        """Functions and look-alikes that have nothing to do with the defect."""
        files = [self.files[name] for name in sorted(self.files) if not self.files[name].package]
        for number in range(self.plan.noise):
            home = files[number % len(files)]
            home.define(f"def rounded_{number}(amount: float) -> float:", f"    return round(amount, {number})")
        if not self.plan.decoys:
            return
        mirrors = self.file("clients.mirrors")
        mirrors.add_import("import sqlite3")
        mirrors.define("class GitRepository:", "    def commit(self) -> None:", "        pass")
        mirrors.define(
            "class OffsetRepository:",
            "    def __init__(self, git_repo: GitRepository, connection: sqlite3.Connection) -> None:",
            "        self.git_repo = git_repo",
            "        self.connection = connection",
            "",
            "    def store(self) -> None:",
            "        self.git_repo.commit()",
            "        self.connection.commit()",
        )
        http = self.file("clients.http")
        http.add_import("import requests")
        http.define("session = requests.Session()")
        http.define("def fetch(url: str) -> bytes:", "    return session.get(url).content")

    # -- the chain --

    def place_of(self, index: int) -> tuple[str, str, str]:
        """The module, name and method ("" for a function) of a link."""
        link = self.plan.links[index]
        last = index == len(self.plan.links) - 1
        if (last and self.plan.rule in (REPOSITORY, RETURNED)) or (last and self.plan.home == "crud"):
            return f"{self.plan.home}.orders", *(("OrderRepository", "store") if link.is_class else ("store_order", ""))
        module = f"{_PACKAGES[index]}.{_LEAVES[index]}"
        return module, *((_CLASSES[index], "run") if link.is_class else (_FUNCTIONS[index], ""))

    def call(self, into: _File, index: int, session: str, key: str, style: str = "") -> tuple[str, list[str]]:
        """A call of a link with this session, and what the caller must import itself."""
        link = self.plan.links[index]
        module, name, method = self.place_of(index)
        said, local = self.use(into, style or link.imported, module, name)
        if not link.is_class:
            given = f"{session}, {key}" if link.takes == "position" else f"{key}, {self.look.session}={session}"
            return f"{said}({given})", local
        if not self.plan.composed:
            return f"{said}({session}).{method}({key})", local
        made = f"{said}({session})"
        for outer in range(index + 1, len(self.plan.links)):
            inner_name, inner_local = self.use(into, self.plan.links[outer].imported, *self.place_of(outer)[:2])
            made = made.replace(f"({session})", f"({inner_name}({session}))")
            local = [*local, *inner_local]
        return f"{made}.{method}({key})", local

    def call_next(self, into: _File, index: int, session: str, key: str) -> tuple[str, list[str]]:
        """A call of the link after this one, from inside this one."""
        if self.plan.composed and index >= 0:
            return f"self.inner.{self.place_of(index + 1)[2]}({key})", []
        return self.call(into, index + 1, session, key)

    def chain(self) -> None:
        for index in range(len(self.plan.links)):
            self.link(index)

    def link(self, index: int) -> None:
        link = self.plan.links[index]
        last = index == len(self.plan.links) - 1
        module, name, method = self.place_of(index)
        here = self.file(module)
        key = self.look.key
        session = f"self.{self.plan.attribute}" if link.is_class else self.look.session
        body, extra = self.effect(here, index, session) if last else self.passing(here, index, session)
        body = [*body[:-1], *self.more_calls(here, index, session), body[-1]]
        said = f" -> {self.returned(here)}" if link.annotated else ""
        flag = ", commit: bool = True" if last and self.plan.rule == REPOSITORY and self.plan.shape == "flag" else ""
        if not link.is_class:
            kind = self.session_type(here)
            takes = f"{session}: {kind}, {key}: int{flag}"
            if link.takes == "keyword":
                takes = f"{key}: int{flag}, *, {session}: {kind}"
            here.define(f"{self.def_} {name}({takes}){said}:", *indented(body))
            for lines in extra:
                here.define(*lines)
            return
        methods = [[f"{self.def_} {method}(self, {key}: int{flag}){said}:", *indented(body)], *extra]
        bases, constructor = self.constructor(here, index)
        lines = [f"class {name}{bases}:"]
        for number, one in enumerate([*constructor, *methods]):
            lines += [""] * bool(number) + indented(one)
        here.define(*lines)

    def more_calls(self, here: _File, index: int, session: str) -> list[str]:
        """Calls that the plan adds to a link."""
        found: list[str] = []
        for caller, callee in self.plan.extra:
            if caller != index:
                continue
            if callee < 0:
                name, local = self.use(here, self.plan.imported, "clients.clock", "tick")
                clock = self.file("clients.clock")
                if not clock.body:
                    clock.define("def tick() -> int:", "    return 1")
                found += [*local, f"{name}()"]
            else:
                call, local = self.call(here, callee, session, self.look.key, "local")
                found += [*(local if callee != index else []), self.waits(call)]
        return found

    def constructor(self, here: _File, index: int) -> tuple[str, list[list[str]]]:
        """The bases of a link's class, and the constructor it writes itself."""
        link = self.plan.links[index]
        last = index == len(self.plan.links) - 1
        if self.plan.composed and not last:
            style = self.plan.links[index + 1].imported
            inner, _ = self.use(here, style, *self.place_of(index + 1)[:2], "annotation")
            return "", [[f"def __init__(self, inner: {inner}) -> None:", "    self.inner = inner"]]
        takes = [
            f"def __init__(self, {self.look.session}: {{}}) -> None:",
            f"    self.{self.plan.attribute} = {self.look.session}",
        ]
        if link.takes == "self":
            return "", [[takes[0].format(self.session_type(here)), takes[1]]]
        module, name = ("storage.holder", "SessionHolder")
        if last and self.plan.rule == REPOSITORY:
            module, name = (f"{self.plan.home}.base", "BaseRepository")
        new = f"{self.top}.{module}" not in self.files
        base = self.file(module)
        if new:
            kind = self.session_type(base)
            base.define(f"class {name}:", *indented([takes[0].format(kind), takes[1]]))
            if name == "BaseRepository" and self.plan.shape == "base":
                order = self.order(base)
                save = [f"{self.def_} save(self, order: {order}) -> None:", *indented(self.ends(base))]
                base.body += ["", *indented(save)]
        said, _ = self.use(here, link.imported, module, name, "class")
        return f"({said})", []

    def ends(self, here: _File) -> list[str]:
        """The end of a repository's transaction, or the flush that belongs there."""
        session = f"self.{self.plan.attribute}"
        verb = "commit" if self.broken else "flush"
        return [f"{session}.add(order)", self.waits(f"{session}.{verb}()") + self.mark]

    @property
    def mark(self) -> str:
        return _MARK if self.broken else ""

    def returned(self, here: _File) -> str:
        if self.plan.rule != RETURNED:
            return "int"
        order = self.order(here)
        return f"list[{order}]" if self.plan.shape == "list" else f"{order} | None"

    def passing(self, here: _File, index: int, session: str) -> tuple[list[str], list[list[str]]]:
        """The body of a link that only goes on to the next one."""
        call, local = self.call_next(here, index, session, self.look.key)
        if self.plan.rule == SHARED and index == self.plan.fan:
            own, _ = self.call_next(here, index, "own", self.look.key)
            return [*local, *self.tasks(here, call, own)], []
        if index % 2:
            return [*local, f"{self.look.result} = {self.waits(call)}", f"return {self.look.result}"], []
        return [*local, f"return {self.waits(call)}"], []

    def effect(self, here: _File, index: int, session: str) -> tuple[list[str], list[list[str]]]:
        """The body of the last link, and functions or methods it needs beside it."""
        match self.plan.rule:
            case "SQA201":
                return self.repository(here, index, session)
            case "SQA205":
                return self.inside(here, session), []
            case "SQA401":
                return self.loads(here, session), []
            case _:
                return self.uses(here, session), []

    def uses(self, here: _File, session: str) -> list[str]:
        here.add_import("from sqlalchemy import func, select")
        counted = f"{session}.scalar(select(func.count()).select_from({self.order(here)}))"
        result = self.look.result
        return [f"{result} = {self.waits(counted)}", f"return {self.look.key} + ({result} or 0)"]

    def adds(self, here: _File, session: str) -> str:
        return f'{session}.add({self.order(here)}(sku="A1"))'

    def inside(self, here: _File, session: str) -> list[str]:
        verb = "commit" if self.broken else "flush"
        return [
            self.adds(here, session),
            self.waits(f"{session}.{verb}()") + self.mark,
            f"return {self.look.key}",
        ]

    def loads(self, here: _File, session: str) -> list[str]:
        if self.plan.shape == "list":
            here.add_import("from sqlalchemy import select")
            found = f"{session}.scalars(select({self.order(here)}).limit({self.look.key}))"
            return [f"return ({self.waits(found)}).all()" if self.plan.is_async else f"return {found}.all()"]
        return [f"return {self.waits(f'{session}.get({self.order(here)}, {self.look.key})')}"]

    def repository(self, here: _File, index: int, session: str) -> tuple[list[str], list[list[str]]]:
        link = self.plan.links[index]
        key, order = self.look.key, self.order(here)
        verb = "commit" if self.broken else "flush"
        end = self.waits(f"{session}.{verb}()") + self.mark
        match self.plan.shape:
            case "base" if link.takes == "base":
                return [self.waits(f'self.save({order}(sku="A1"))'), f"return {key}"], []
            case "helper" if link.is_class:
                helper = [f"{self.def_} _done(self) -> None:", *indented([end])]
                return [self.adds(here, session), self.waits("self._done()"), f"return {key}"], [helper]
            case "helper":
                helper = [f"{self.def_} done({session}: {self.session_type(here)}) -> None:", *indented([end])]
                return [self.adds(here, session), self.waits(f"done({session})"), f"return {key}"], [helper]
            case "flag":
                return [self.adds(here, session), "if commit:", f"    {end}", f"return {key}"], []
        return [self.adds(here, session), end, f"return {key}"], []

    def tasks(self, here: _File, coroutine: str, own: str) -> list[str]:
        """Several tasks on one session, or the same work in turn, or each on a session called `own`."""
        here.add_import("import asyncio")
        key, result = self.look.key, self.look.result
        if not self.broken and self.plan.repair == "own session":
            local, factory = self._factory(here)
            one = [f"async with {factory}() as own:", f"    return await {own}"]
            alone = [f"async def alone({key}: int) -> int:", *indented(one), ""]
            return [*local, *alone, *self._gathered(f"alone({key})")]
        if not self.broken:
            return [f"for {key} in range({key}):", f"    await {coroutine}", f"return {key}"]
        match self.plan.shape:
            case "star":
                loop = f"*({coroutine} for {key} in range({key}))"
                return [f"{result} = await asyncio.gather({loop}){_MARK}", f"return sum({result})"]
            case "pending":
                grow = [f"for {key} in range({key}):", f"    pending.append({coroutine})"]
                return ["pending = []", *grow, f"return sum(await asyncio.gather(*pending)){_MARK}"]
            case "group":
                start = [f"for {key} in range({key}):", f"    group.create_task({coroutine}){_MARK}"]
                return ["async with asyncio.TaskGroup() as group:", *indented(start), f"return {key}"]
            case "task":
                return [
                    f"task = asyncio.create_task({coroutine}){_MARK}",
                    f"await {coroutine}",
                    f"return {key} + await task",
                ]
        return self._gathered(coroutine)

    def _gathered(self, coroutine: str) -> list[str]:
        result = self.look.result
        mark = self.mark
        return [f"{result} = await asyncio.gather({coroutine}, {coroutine}){mark}", f"return sum({result})"]

    def _factory(self, here: _File) -> tuple[list[str], str]:
        """The factory or opener that gives sessions, and what its caller must import itself."""
        name, local = self.use(here, self.plan.imported, *self._opener(self.plan.openers))
        return local, name

    # -- the entry --

    def start(self) -> None:
        """The function at the top: a handler, or a use case that opens its session."""
        if self.plan.rule == REPOSITORY and not self.plan.links:
            return
        handler = self.plan.entry != "opens" or self.plan.rule == RETURNED
        here = self.file("api.orders" if handler else "operations.orders")
        if handler:
            here.add_import("from fastapi import APIRouter")
            here.body += ["", "router = APIRouter()"]
        body, more = self.entered(here)
        decorator = [f'@router.get("/orders/{{{self.look.key}}}"{self.response(here)})'] if handler else []
        takes = ", ".join([f"{self.look.key}: int", *more])
        here.define(*decorator, f"{self.def_} place_order({takes}){self.said(here)}:", *indented(body))

    def response(self, here: _File) -> str:
        if self.plan.rule != RETURNED:
            return ""
        if not self.broken and self.plan.repair == "response model":
            return f", response_model={self.schema(here)}"
        return ""

    def said(self, here: _File) -> str:
        """The handler's return annotation."""
        if self.plan.rule != RETURNED:
            return " -> int"
        if not self.broken and self.plan.repair == "annotation":
            return f" -> {self.schema(here)}"
        return ""

    def schema(self, here: _File) -> str:
        name = self.use(here, "absolute", "api.schemas", "OrderOut")[0]
        whole = {"list": f"list[{name}]", "dict": f"dict[str, {name}]"}.get(self.plan.shape, name)
        schemas = self.file("api.schemas")
        if not schemas.body:
            schemas.add_import("from pydantic import BaseModel, ConfigDict")
            schemas.define(
                "class OrderOut(BaseModel):",
                "    model_config = ConfigDict(from_attributes=True)",
                "",
                "    id: int",
                "    sku: str",
            )
        return whole

    def entered(self, here: _File) -> tuple[list[str], list[str]]:
        """The entry's body, and its parameters besides the key."""
        session = self.look.session
        if self.plan.rule == GLOBAL and self.broken:
            return self.on_global(here), []
        if self.plan.entry != "opens":
            kind = self.session_type(here, "plain")
            if self.plan.entry == "annotated":
                alias, _ = self.use(here, self.plan.imported, "storage.db", "SessionDep", "class")
                takes = [f"{session}: {alias}"]
            else:
                here.add_import("from fastapi import Depends")
                given, _ = self.use(here, self.plan.imported, "storage.db", "get_session", "class")
                takes = [f"{session}: {kind} = Depends({given})"]
            return self.within(here, injected=True), takes
        return self.within(here, injected=False), []

    def within(self, here: _File, injected: bool) -> list[str]:
        """The entry's statements, in the blocks they need."""
        session = self.look.session
        work = self.work(here, session)
        rule, shape = self.plan.rule, self.plan.shape
        if rule == NOT_CLOSED:
            return self.closing(here, work)
        if rule == INSIDE_BEGIN and shape != "provider":
            work = [*work[:-1], self.adds(here, session), work[-1]]
        if injected:
            return [f"{self.with_} {session}.begin():", *indented(work)] if self.begins else work
        local, factory = self._factory(here)
        if rule == INSIDE_BEGIN and shape == "factory" and not self.plan.openers:
            return [*local, f"{self.with_} {factory}.begin() as {session}:", *indented(work)]
        if rule == INSIDE_BEGIN:
            return [*local, f"{self.with_} {factory}() as {session}, {session}.begin():", *indented(work)]
        return [*local, f"{self.with_} {factory}() as {session}:", *indented(work)]

    @property
    def begins(self) -> bool:
        return self.plan.rule == INSIDE_BEGIN and self.plan.shape != "provider"

    def work(self, here: _File, session: str) -> list[str]:
        """What the entry does with its session; the last statement returns."""
        key, result = self.look.key, self.look.result
        if not self.plan.links:
            return self.inline(here, session)
        call, local = self.call_next(here, -1, session, key)
        if self.plan.rule == SHARED and self.plan.fan == -1:
            own, _ = self.call_next(here, -1, "own", key)
            return [*local, *self.tasks(here, call, own)]
        if self.plan.rule == RETURNED:
            return [*local, *self.answers(self.waits(call))]
        done = [f"{result} = {self.waits(call)}"]
        if self.plan.rule == REPOSITORY:
            done.append(self.waits(f"{session}.commit()"))
        return [*local, *done, f"return {result}"]

    def inline(self, here: _File, session: str) -> list[str]:
        match self.plan.rule:
            case "SQA205":
                return self.inside(here, session)
            case "SQA301":
                here.add_import("from sqlalchemy import func, select")
                counted = f"scalar(select(func.count()).select_from({self.order(here)}))"
                return self.tasks(here, f"{session}.{counted}", f"own.{counted}")
            case "SQA401":
                found = self.loads(here, session)[0].removeprefix("return ")
                return self.answers(found)
        return self.uses(here, session)

    def answers(self, found: str) -> list[str]:
        """A handler's answer."""
        result = self.look.result
        built = not self.broken and self.plan.repair == "built"
        match self.plan.shape:
            case "list":
                made = f"[OrderOut.model_validate(one) for one in {result}]"
            case "dict":
                made = f'{{"order": OrderOut.model_validate({result})}}'
                if not built:
                    return [f"{result} = {found}", f'return {{"order": {result}}}{self.mark}']
            case _:
                made = f"OrderOut.model_validate({result})"
        if not built:
            return [f"return {found}{self.mark}"]
        self.schema(self.file("api.orders"))
        return [f"{result} = {found}", f"return {made}"]

    def closing(self, here: _File, work: list[str]) -> list[str]:
        """The entry's work on a session it opens, closed on no path, on some, or on all."""
        session, key = self.look.session, self.look.key
        local, factory = self._factory(here)
        close = self.waits(f"{session}.close()")
        opened = f"{session} = {factory}()"
        early = self.plan.shape == "early return"
        leave = [f"if {key} < 0:", f"    return {key}"] if early else []
        if not self.broken:
            if self.plan.repair == "with":
                return [*local, f"{self.with_} {factory}() as {session}:", *indented([*leave, *work])]
            return [*local, opened, "try:", *indented([*leave, *work]), "finally:", f"    {close}"]
        match self.plan.shape:
            case "never":
                return [*local, opened + _MARK, *work]
            case "early return":
                used = self.uses(here, session)[0]
                return [*local, opened + _MARK, used, *leave, *work[:-1], close, work[-1]]
        return [*local, opened + _MARK, *work[:-1], close, work[-1]]

    def on_global(self, here: _File) -> list[str]:
        """The entry's work on a session that a module keeps."""
        state = self.file("storage.state")
        key, result = self.look.key, self.look.result
        local, factory = self._factory(state)
        shape = self.plan.shape
        if shape == "object" and self.plan.links and self.plan.links[0].is_class:
            made, more = self.call(state, 0, f"{factory}()", key)
            made = made.rpartition(".")[0]
            state.body += ["", *local, *more, f"kept = {made}{_MARK}"]
            kept, mine = self.use(here, self.plan.imported, "storage.state", "kept")
            call = f"{kept}.{self.place_of(0)[2]}({key})"
            return [*mine, f"{result} = {self.waits(call)}", f"return {result}"]
        kind = self.session_type(state, "plain")
        style = self.plan.imported
        if shape == "stored":
            state.body += ["", f"kept: {kind} | None = None"]
            begin = [*local, "global kept", f"kept = {factory}(){_MARK}"]
            state.define("def begin_service() -> None:", *indented(begin))
            style = "module" if style not in ("module", "submodule", "local") else style
        else:
            state.body += ["", *local, f"kept = {factory}(){_MARK}"]
        kept, mine = self.use(here, style, "storage.state", "kept")
        return [*mine, *self.work(here, kept)]

    # -- the whole --

    def write(self) -> Application:
        self.tables()
        self.database()
        self.chain()
        self.start()
        self.noise()
        files: dict[str, str] = {"pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n'}
        defects: list[Defect] = []
        for name in sorted(self.files):
            file = self.files[name]
            path = self.folder + name.replace(".", "/") + ("/__init__.py" if file.package else ".py")
            lines = file.render().split("\n")
            text = "\n".join(line.removesuffix(_MARK) for line in lines)
            for number, line in enumerate(lines, start=1):
                if line.endswith(_MARK):
                    symbol = f"{name}.kept" if self.plan.rule == GLOBAL else symbol_at(name, text, number)
                    defects.append(Defect(self.plan.rule, path, number, symbol))
            files[path] = text
        return Application(files, tuple(defects))


def symbol_at(module: str, text: str, line: int) -> str:
    """The definition a line stands in, as `module.Class.method`; the module itself at its top level."""
    best = module
    pending: list[tuple[ast.AST, str]] = [(ast.parse(text), module)]
    while pending:
        node, name = pending.pop()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                if child.lineno <= line <= (child.end_lineno or child.lineno):
                    best = f"{name}.{child.name}"
                    pending.append((child, best))
            else:
                pending.append((child, name))
    return best


def build(plan: Plan, look: Look = Look(), *, broken: bool = True) -> Application:
    """The application of a plan, with its defect or repaired."""
    return _Writer(plan, look, broken).write()


# -- drawing --


@st.composite
def links(draw: st.DrawFn, fewest: int, most: int, classes: bool) -> tuple[Link, ...]:
    takes = TAKES[2:] if classes else TAKES
    count = draw(st.integers(fewest, most))
    link = st.builds(Link, st.sampled_from(takes), st.sampled_from(IMPORTS), st.booleans())
    return tuple(draw(link) for _ in range(count))


@st.composite
def plans(draw: st.DrawFn, rules: tuple[str, ...] = RULES, deepest: int = DEEPEST) -> Plan:
    """Any plan that makes a working application."""
    rule = draw(st.sampled_from(rules))
    composed = draw(st.booleans())
    chain = draw(links(1 if composed else 0, min(deepest, NESTED) if composed else deepest, composed))
    plan = Plan(
        rule=rule,
        shape=draw(st.sampled_from(SHAPES[rule])),
        repair=draw(st.sampled_from(REPAIRS[rule])),
        links=chain,
        is_async=rule == SHARED or draw(st.booleans()),
        layout=draw(st.sampled_from(LAYOUTS)),
        entry=draw(st.sampled_from(ENTRIES)),
        composed=composed,
        session_type=draw(st.sampled_from(SESSION_TYPES)),
        attribute=draw(st.sampled_from(("session", "_session", "db", "s", "conn_"))),
        home=draw(st.sampled_from(("repositories", "crud"))),
        imported=draw(st.sampled_from(IMPORTS)),
        openers=draw(st.integers(0, 2)),
        fan=draw(st.integers(-1, max(len(chain) - 2, -1))),
        noise=draw(st.integers(0, 3)),
        decoys=draw(st.booleans()),
    )
    return settled(plan)


def settled(plan: Plan) -> Plan:
    """The plan with combinations that make no program, or no defect, replaced by the nearest that do."""
    if plan.rule == NOT_CLOSED:
        plan = replace(plan, entry="opens")
    if plan.rule == RETURNED and plan.entry == "opens":
        plan = replace(plan, entry="depends")
    if plan.rule == INSIDE_BEGIN and plan.shape == "provider" and plan.entry == "opens":
        plan = replace(plan, entry="annotated")
    if plan.rule == GLOBAL and plan.shape == "object" and not (plan.links and plan.links[0].is_class):
        plan = replace(plan, shape="bound")
    if plan.rule == REPOSITORY and not plan.links:
        plan = replace(plan, links=(Link("self", "absolute"),), composed=False)
    if plan.rule == REPOSITORY and plan.shape == "base":
        plan = replace(plan, links=(*plan.links[:-1], replace(plan.links[-1], takes="base")))
    if plan.repair == "own session" and plan.composed:
        plan = replace(plan, repair="in turn")
    return plan


@st.composite
def looks(draw: st.DrawFn) -> Look:
    """Names of locals and aliases."""
    return Look(
        session=draw(st.sampled_from(("session", "db", "s", "conn_", "work"))),
        key=draw(st.sampled_from(("key", "number", "n"))),
        result=draw(st.sampled_from(("result", "answer", "r_"))),
        alias=draw(st.sampled_from(("used", "mine", "x2"))),
    )


@dataclass(frozen=True, slots=True)
class Pair:
    """One plan, to be written with its defect and without."""

    plan: Plan
    look: Look

    @property
    def broken(self) -> Application:
        return build(self.plan, self.look)

    @property
    def repaired(self) -> Application:
        return build(self.plan, self.look, broken=False)


@st.composite
def applications(draw: st.DrawFn, rules: tuple[str, ...] = RULES) -> Pair:
    """A drawn application, broken and repaired."""
    return Pair(draw(plans(rules)), draw(looks()))


# -- layout that means nothing --


def with_comments(text: str) -> str:
    """The same program with a comment and a blank line before, and a comment after, its simple statements."""
    simple = (ast.Assign, ast.AnnAssign, ast.Expr, ast.Return, ast.Import, ast.ImportFrom, ast.With, ast.AsyncWith)
    starts = {node.lineno: node for node in ast.walk(ast.parse(text)) if isinstance(node, simple)}
    lines = []
    for number, line in enumerate(text.split("\n"), start=1):
        node = starts.get(number)
        if node is not None:
            indent = " " * node.col_offset
            lines += ["", f"{indent}# what follows is explained here"]
            if node.end_lineno == number:
                line += "  # and here"
        lines.append(line)
    return "\n".join(lines)


def rewrapped(text: str) -> str:
    """The same program with the arguments of every outermost one-line call on lines of their own."""
    lines = text.split("\n")
    for call in sorted(_outermost_calls(ast.parse(text)), key=lambda call: (-call.lineno, -call.col_offset)):
        given: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
        bare = any(isinstance(arg, ast.GeneratorExp) for arg in given)
        if call.lineno != call.end_lineno or not given or bare or call.end_col_offset is None:
            continue
        line = lines[call.lineno - 1]
        indent = " " * (len(line) - len(line.lstrip()))
        parts = [line[arg.col_offset : arg.end_col_offset] for arg in given]
        opening = line[: call.func.end_col_offset] + "("
        closing = f"{indent})" + line[call.end_col_offset :]
        lines[call.lineno - 1 : call.lineno] = [opening, *(f"{indent}    {part}," for part in parts), closing]
    return "\n".join(lines)


def _outermost_calls(tree: ast.AST) -> list[ast.Call]:
    found: list[ast.Call] = []
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.Call):
            found.append(child)
        else:
            found += _outermost_calls(child)
    by_line: dict[int, ast.Call] = {}
    for call in found:
        by_line.setdefault(call.lineno, call)
    return list(by_line.values())


def windows(text: str) -> str:
    """The same program with Windows line endings and a byte order mark."""
    return "\ufeff" + text.replace("\n", "\r\n")


LAYOUT_CHANGES: dict[str, Callable[[str], str]] = {
    "comments": with_comments,
    "wrapped calls": rewrapped,
    "both": lambda text: with_comments(rewrapped(text)),
    "windows": windows,
}


def reformatted(files: dict[str, str], change: str) -> dict[str, str]:
    """All files with their layout changed."""
    written = LAYOUT_CHANGES[change]
    return {path: written(text) if path.endswith(".py") else text for path, text in files.items()}


def write(root: Path, files: dict[str, str]) -> None:
    """Puts the files below a folder."""
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="")
