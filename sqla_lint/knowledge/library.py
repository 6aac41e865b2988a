"""The vocabulary in which a library's meaning is written down as data."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple


class Verb(str, Enum):
    """What a call does to a session."""

    BEGIN = "begin"
    USE = "use"
    READ = "read"
    LOAD = "load"
    WRITE = "write"
    FLUSH = "flush"
    COMMIT = "commit"
    ROLLBACK = "rollback"
    CLOSE = "close"
    RELEASE = "release"
    PUBLISH = "publish"
    CHANGE = "change"
    MAY_USE = "may use"


SENDS = frozenset({Verb.USE, Verb.READ, Verb.LOAD, Verb.FLUSH})
"""What sends statements to the database, and begins a transaction where none is open. USE may be anything, READ asks
for rows, LOAD for more of an entity."""
READS = frozenset({Verb.READ, Verb.LOAD})
DIRTIES = frozenset({Verb.WRITE, Verb.CHANGE})
"""What leaves something to write to the next flush."""
WRITES = DIRTIES | {Verb.FLUSH}
FLUSHES = frozenset({Verb.FLUSH, Verb.COMMIT})
"""What sends to the database all that is to be written, and fails where the database will not have it."""
ENDS = frozenset({Verb.COMMIT, Verb.ROLLBACK, Verb.CLOSE})
"""What ends a transaction."""
ASIDE = frozenset({Verb.PUBLISH, Verb.CHANGE, Verb.MAY_USE})
"""What is not done to a session: something is sent, an entity is changed, one of several classes may do something."""


class Registration(NamedTuple):
    """A call that hands a function to a framework: which argument it is, by position and by keyword."""

    layer: str
    framework: str
    position: int
    keyword: str = ""


class Method(NamedTuple):
    """A method of a library class.

    `returns` is a shape (see `Shape`). `derived` names the part of the receiver that the result is: a transaction got
    from a session is that session's, so what is done to it is done to the session. `session` says which session the
    verb is about, or the engine that is waited for: "" the receiver, ".x" its attribute, "db" the first argument,
    which may be given under that name.
    `commits` is a keyword that adds a commit when it is true, or unless it is false where `commits_alone` says so.
    `turns` is a keyword that makes it another method when it is true: the keyword, and that method's name.
    `stores` says that it also writes the entity that it is given, when that is new.
    `awaits` says that a coroutine does it, `waits` that the caller's thread waits for the database meanwhile.
    `publishes` says what it sends to others at once: a "task", a "message", a "mail"; `exports` that what it is given
    goes to another process, and by what.
    """

    verb: Verb | None = None
    returns: str = ""
    derived: str = ""
    awaits: bool = False
    waits: bool = False
    runs: str = ""
    session: str = ""
    commits: str = ""
    commits_alone: bool = False
    turns: tuple[str, str] | None = None
    stores: bool = False
    publishes: str = ""
    registers: Registration | None = None
    exports: str = ""
    function: str = ""
    """The library function that it is another name of, whatever it is called on."""


class Klass(NamedTuple):
    """A library class. `enters` says what `with` does with an instance, see `Enter`; `called` the shape a call of an
    instance returns (a `sessionmaker` called gives a session); `row` is where its type argument comes from; `makes`
    says how its constructor runs what it is given, see `Runs`. `shares` says that others see what is stored on an
    instance: for one "request", until the "response" is sent and its background tasks have run, as long as the
    "application" lives, or in a "variable". `attributes` are shapes by name; one that begins with a dot is a field of
    its own, filled by the constructor's argument of that name, one with an equals sign the instance in another shape.
    `writes` says of a statement that it does. `exports` is as in `Method`, for what the constructor is given; `arg` is
    its keyword for the type argument. `plugs` says that its constructor loads plugins by the names of entry points, and
    under which attribute, or that its members are those: "*"."""

    methods: Mapping[str, Method] = {}
    bases: tuple[str, ...] = ()
    enters: str = ""
    called: str = ""
    attributes: Mapping[str, str] = {}
    row: str = ""
    makes: str = ""
    shares: str = ""
    registers: Registration | None = None
    writes: bool = False
    exports: str = ""
    arg: str = ""
    plugs: str = ""


class Function(NamedTuple):
    """A library function: `returns` is a shape; `runs` says how it runs awaitables or callables given to it; `derived`
    names the part of the first argument that the result is; `publishes` and `exports` are as in `Method`; `beside` is
    the keyword whose classes the result, a class, is made of too. `connects` says that the caller's thread waits for a
    connection where the first argument is an engine."""

    returns: str = ""
    runs: str = ""
    registers: Registration | None = None
    derived: str = ""
    publishes: str = ""
    exports: str = ""
    beside: str = ""
    connects: bool = False


class View(NamedTuple):
    """A library's base class of classes that answer requests: the methods with these names (patterns) do so."""

    framework: str
    methods: tuple[str, ...]


# Shapes: "" nothing known; "pkg.Class" an instance; "class pkg.Class" the class, "class pkg.Class, T" with the
# receiver's type argument beside it; "self" the receiver; "T" the receiver's type argument; "C" an instance of the
# class it is called on; "many S" a container of S; "$0" what argument 0 stands for (an instance of the class, the row
# of a statement); "=0" argument 0 itself, "=x" the argument named x; a type argument follows in brackets:
# "sqlalchemy.engine.Result[$0]".
#
# Enter: "self" the instance itself, closed at the end; "transaction" a block on the session it is derived from;
# "savepoint" likewise; "new" a fresh session in its own transaction block; "tasks" a group that awaits its tasks;
# "lent" the session that it stands for, which is another's, "committed" the same with a commit at the end; "lock"
# branches under it exclude each other; "timeout" cancels what is in it and raises when its time is over,
# "silent-timeout" the same and goes on; "plain" the instance itself, nothing more; "reraises" likewise, but the end of
# a block that does not name it raises again what is handled.
#
# Runs: "gather" all arguments at once; "each" the members of the first argument at once; "task" the first argument
# beside what follows; "start" the first argument called with the rest, beside what follows; "later" the same without
# the first argument; "background" the first argument called with the rest when the response is sent; "slot" the first
# argument called by turns in the loop of a window; "same" the first argument, awaited as it is; "call" the first
# argument called with the rest in a thread, and awaited; "block" the first argument, which is entered in a thread;
# "submit" calls it there and is not awaited; "executor" the same without the first argument; "fan" the first argument
# over the members of the others, in threads; "thread" and "timer" make a thread of a target; "run" starts the thread
# that the receiver is; "configure" tells a factory on what it makes sessions;
# "settle" waits for all that runs; "map" the first argument over the members of the second; "partial" the first
# argument with some arguments given; "enter" as `with` would; "hand" the first argument called with the receiver and
# the rest; "proxy" the first argument called with nothing; "getattr" as the builtin; "member" what was stored under a
# name on the receiver; "never" returns; "next", "anext" and "cast" as Python's own; "cache" keeps what the first
# argument returns; "encode" makes the first argument JSON-ready as it is; "collect" makes a container of the members of
# the first argument; "beside-numbers" gives each a number, "side-by-side" goes through all at once;
# "vars", "asdict", "dict" and "setattr" as Python's own, "set-committed" the last for what shall pass for loaded;
# "jsonify" the first argument as it is, a dataclass as a dict; "render" makes a page of a template and all it is given;
# "text" makes a statement of SQL that is given;
# "page" runs the query that is given, or the statement on the session that is, for rows of a page, "page-later" does so
# in a coroutine, "page-of" cuts the first argument;
# "loop" runs the first argument, "loop-call" calls it with the rest, in an event loop of its own, "to-sync" makes a
# function of it that does; "timed" gives it some time; "decode" reads what a client sent; "dump" makes a dict of a
# schema.
