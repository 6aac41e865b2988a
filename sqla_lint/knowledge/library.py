"""The vocabulary in which a library's meaning is written down as data."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple


class Verb(str, Enum):
    """What a call does to a session."""

    BEGIN = "begin"
    USE = "use"
    LOAD = "load"
    WRITE = "write"
    FLUSH = "flush"
    COMMIT = "commit"
    ROLLBACK = "rollback"
    CLOSE = "close"


class Method(NamedTuple):
    """A method of a library class.

    `returns` is a shape (see `Shape`). `derived` names the part of the receiver that the result is: a transaction got
    from a session is that session's, so what is done to it is done to the session.
    """

    verb: Verb | None = None
    returns: str = ""
    derived: str = ""
    awaits: bool = False
    runs: str = ""


class Klass(NamedTuple):
    """A library class. `enters` says what `with` does with an instance, see `Enter`; `of` the shape a call of an
    instance returns (a `sessionmaker` called gives a session); `row` is where its type argument comes from."""

    methods: Mapping[str, Method] = {}
    bases: tuple[str, ...] = ()
    enters: str = ""
    called: str = ""
    attributes: Mapping[str, str] = {}
    row: str = ""


class Function(NamedTuple):
    """A library function: `returns` is a shape; `runs` says how it runs awaitables or callables given to it."""

    returns: str = ""
    runs: str = ""


# Shapes: "" nothing known; "pkg.Class" an instance; "class pkg.Class" the class; "self" the receiver; "T" the
# receiver's type argument; "C" an instance of the class it is called on; "many S" a container of S; "$0" what argument
# 0 stands for (an instance of the class, the row of a statement); "=0" argument 0 itself; a type argument follows in
# brackets: "sqlalchemy.engine.Result[$0]".
#
# Enter: "self" the instance itself, closed at the end; "transaction" a block on the session it is derived from;
# "savepoint" likewise; "new" a fresh session in its own transaction block; "tasks" a group that awaits its tasks;
# "lock" branches under it exclude each other; "plain" the instance itself, nothing more.
#
# Runs: "gather" all arguments at once; "each" the members of the first argument at once; "task" the first argument
# beside what follows; "start" the first argument called with the rest, beside what follows; "same" the first argument,
# awaited as it is; "call" the first argument called with the rest; "map" the first argument over the members of the
# second; "partial" the first argument with some arguments given; "enter" as `with` would; "hand" the first argument
# called with the receiver and the rest; "encode" makes the first argument JSON-ready as it is;
# "collect" makes a container of the members of the first argument.
