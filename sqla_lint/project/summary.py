"""What a function does, for all its callers: frozen, and relative to its own parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from ..facts.schema import Call
from ..knowledge import Verb
from ..knowledge.payloads import PAYLOAD
from ..model import Confidence
from .values import NOTHING, UNKNOWN, Constant, Path, Type, Value, Values


class Literal(NamedTuple):
    """A condition on a parameter: `test` is "none" (is None) or "true" (is truthy), `holds` whether it must be so.
    With a `name` it is on a keyword in `**kwargs`, and on its `default` where that is not given; or, where `test` is
    "missing", on whether it is given at all."""

    param: int
    test: str
    holds: bool
    name: str = ""
    default: Constant = None


Guard = tuple[Literal, ...]
_MOST_LITERALS = 4


def both(left: Guard, right: Guard) -> Guard:
    """The condition under which two hold; of many literals the first are kept."""
    return (*left, *(one for one in right if one not in left))[:_MOST_LITERALS]


class Asked(NamedTuple):
    """A question to what a function, or its object, was made with: `path` is a variable of the function around it, or
    an attribute of the object; `test` and `holds` are as in `Literal`."""

    path: Path
    test: str
    holds: bool


class Frame(NamedTuple):
    """A block that an event stands in: `kind` is begin, savepoint, lock, or commit when the session is committed at its
    end; `path` the session or lock; `at` its call
    in the unit `where`; `guard` the condition under which it is there at all, when a generator hands it out. `through`
    are the calls (unit, offset) by which it reached the function that the event stands in."""

    kind: str
    path: Path
    where: str
    at: int
    text: str
    guard: Guard = ()
    through: tuple[tuple[str, int], ...] = ()
    asked: tuple[Asked, ...] = ()
    """Where it depends on what the generator was made with."""


class Event(NamedTuple):
    """Something a function itself does to a session: `kind` is the session's class, `loop` counts the loops around,
    `attempts` are the `try` statements around, each by a number of its own, the innermost last; `by_library` when a
    repository library does it, unasked or asked by a keyword. Of one in an exception handler `failed` says that what
    failed is a flush or commit of its session, `raises` that the handler always ends with an exception, `read_after`
    that the handler reads an attribute of an entity after it. `asks` is "test" when a test that is not about a
    parameter decides whether it happens, "state" when that asks whether there is a transaction, "request" when it asks
    what the request is or what there is to write."""

    verb: Verb
    path: Path
    kind: str
    at: int
    text: str
    receiver: str
    guard: Guard
    frames: tuple[Frame, ...]
    loop: int
    sure: Confidence
    attempts: tuple[int, ...] = ()
    by_library: bool = False
    failed: bool = False
    raises: bool = False
    read_after: bool = False
    asks: str = ""
    asked: bool = False
    """A test or an exception decides whether it is done."""
    provided: bool = False
    """A `with` block around it, in this function, hands the session out."""


class Key(NamedTuple):
    """An effect as callers see it."""

    verb: Verb
    path: Path
    guard: Guard


class Rank(NamedTuple):
    """The best way an effect comes about: fewest calls first; `via` is the callee's key, "" when done right here;
    `locked` when a lock is held then, `fatal` when it is a commit after which the function always raises."""

    depth: int
    via: str
    at: int
    sure: Confidence
    kind: str
    locked: bool = False
    fatal: bool = False


class Carried(NamedTuple):
    """One effect that an edge carries: the callee's key and the caller's key for it."""

    inner: Key
    outer: Key


class Edge(NamedTuple):
    """A call of a project function that carries effects on a session; `receiver` is the class it is called on; `caught`
    says that an exception from it may end here."""

    at: int
    callee: str
    source: Call | str
    sure: Confidence
    how: str
    receiver: str
    carried: tuple[Carried, ...]
    caught: bool = False


class Breach(NamedTuple):
    """An effect on a session inside a block that owns its transaction: `via` is "" when done right here; `last` says
    that nothing more happens to the session inside the block, on no way on from there; `raises` that every way on
    leaves the block by an exception."""

    frame: Frame
    verb: Verb
    path: Path
    at: int
    text: str
    via: str
    inner: Key | None
    sure: Confidence
    last: bool = False
    raises: bool = False
    failed: bool = False
    """A rollback in the handler of the flush or commit that failed: the database has rolled back already."""


class Step(NamedTuple):
    """Something that happens to a session at `at`, here or through the function `via`, to which it is `inner`.

    `what` says why it matters later: "commit" when a callee decides to commit, "savepoint" when one is begun and no
    block ends it, "failure" when its exception is caught here and the transaction stays failed, "left" when the callee
    has caught it, "timeout" when a timeout may have cancelled it, "sent" when something is sent to others after a
    write, "passed" when the callee has written and sent, "lent" when a `yield` hands the session out, "closed" when a
    callee closes it, "finished" when a `finally` does, and nothing after that. `slight` says that little is lost by a
    failure: it was a read before which nothing was written, or came out of much else that a broad handler catches.
    """

    verb: Verb
    path: Path
    at: int
    text: str
    via: str
    inner: Key | None
    guard: Guard
    sure: Confidence
    what: str = ""
    slight: bool = False
    klass: str = ""
    """The class that `self` must be of for it, because a method below overrides another's."""
    unwritten: bool = False
    """A read, and nothing was written before it that it could have had to flush."""


class Sequel(NamedTuple):
    """Two things that happen to a session on one way through a function, and should not happen one after another."""

    first: Step
    then: Step


class Raw(NamedTuple):
    """A transaction ended or begun past the session that has it: `word` is COMMIT, ROLLBACK or BEGIN; `connection` says
    that it is done by a method of the session's connection, not by SQL text."""

    at: int
    text: str
    path: Path
    word: str
    connection: bool
    sure: Confidence


class Decided(NamedTuple):
    """What Python works out although it is meant for the database: `op` is the operator, `text` the whole, `call` the
    name of what gets it, "" where it is kept for later. `comes` says what becomes of it: the constant "false" or
    "true", "raises", "keeps" (only the part `kept` is left) or "binds" (the operator `kept` goes first); "" if nobody
    knows. `truth` is what Python finds when it asks whether it is true. `kind` is what the first operand is, `constant`
    says that the last is None, True or False, `fits` that the operators of SQL can take the place of Python's."""

    at: int
    op: str
    text: str
    call: str
    comes: str
    kept: str
    truth: str
    kind: str
    constant: bool
    fits: bool
    sure: Confidence


class Unwrapped(NamedTuple):
    """SQL that is executed as a string: `how` is "literal" where it stands there, "value" where it is one elsewhere,
    "built" where it is made of others; `kind` is the class that it is given to, `plain` says that it needs no values.
    """

    at: int
    text: str
    kind: str
    how: str
    plain: bool
    sure: Confidence


class Early(NamedTuple):
    """The first write in a `try` that sends nothing to the database, and an error of the database that is caught."""

    step: Step
    error: str


class Lost(NamedTuple):
    """A session opened at `at` that ends without a commit; `step` is the first thing written in it."""

    at: int
    path: Path
    kind: str
    step: Step
    sure: Confidence


class Commit(NamedTuple):
    """A commit whose moment callers may regret, right here or by a call (`via` is the callee's key then).

    `after` are the places of commits of the same session that may come before it on one path; `over` is what a loop
    goes through that does it for each row, `loop` the number of that loop; `streams` is the result of the same session
    that a loop around it fetches in parts and goes on with; `half` says that it stands in a `finally`
    which an exception reaches, and what the `try` had done to the session by then: "read" (and more, for all that is
    known), "used" or "written"; `passing` that it is done although an exception leaves the `with` block that the
    function is around.
    """

    at: int
    text: str
    path: Path
    kind: str
    via: str
    inner: Key | None
    guard: Guard
    sure: Confidence
    after: tuple[int, ...] = ()
    over: str = ""
    loop: int = 0
    half: str = ""
    passing: bool = False
    idle: bool = False
    """Nothing but reads has come before it."""
    streams: str = ""
    caught: bool = False
    """An exception of what is called ends in its turn of the loop, and the next turn follows."""

    @property
    def regrets(self) -> bool:
        """Whether there is anything to say about its moment."""
        return bool(self.after or self.over or self.half or self.passing or self.idle or self.streams)


class Use(NamedTuple):
    """A session that a coroutine will do I/O on; `kind` is the session's class, `locked` says that a lock is held."""

    path: Path
    kind: str
    sure: Confidence
    locked: bool = False


class Race(NamedTuple):
    """Awaitables started together at `at` in the unit `where`, and the sessions each will use.

    Paths of parameters may turn out to be one session in a caller. `calls` are the branches' own offsets, `chain` the
    calls (caller, offset, callee) that lead from the function that knows to the one that starts them.
    """

    where: str
    at: int
    text: str
    branches: tuple[tuple[Use, ...], ...]
    calls: tuple[int, ...]
    chain: tuple[tuple[str, int, str], ...] = ()
    threads: bool = False
    """The branches run in threads, not in tasks of one event loop."""


class Spawn(NamedTuple):
    """Work started at `at` in the unit `where` that still runs, or has yet to begin, when the function is left.

    `how` is task, thread, background (runs when the response has been sent), stream (runs while it is sent) or slot
    (runs again and again, in the loop of a window); `uses` are the sessions it will use; `block` says that it outlives
    a `with` block that closes its session. `chain` is as in `Race`.
    """

    where: str
    at: int
    text: str
    how: str
    uses: tuple[Use, ...]
    chain: tuple[tuple[str, int, str], ...] = ()
    block: bool = False
    guard: Guard = ()
    sometimes: bool = False
    """Started under a condition: it may well be one and the same work each time."""
    work: int = -1
    """Its key in the unit, where callers know some of what runs in it; -1 where they do not."""
    brought: tuple[Path, ...] = ()
    """What it runs and only callers know."""
    handed: bool = False
    """The caller gets it, and may await it."""


class Outlived(NamedTuple):
    """A session that ends before work it was handed to: `name` is what the code calls it."""

    spawn: Spawn
    path: Path
    name: str
    kind: str
    sure: Confidence


class Join(NamedTuple):
    """Awaitables that only the caller knows, started together at `at`; several of them are made by what `calls` are."""

    at: int
    paths: tuple[Path, ...]
    calls: tuple[Path, ...] = ()


class Stall(NamedTuple):
    """A call that keeps its thread waiting for the database: `path` is the session or connection when the caller gave
    it, else unknown; `kind` is its class, `via` the function that waits, "" when it is done right here, and `inner` the
    path and the guard of the call in it that does. `kept` is the object that was asked first and keeps the answer."""

    path: Path
    guard: Guard
    kind: str
    at: int
    text: str
    via: str
    depth: int
    sure: Confidence
    inner: tuple[Path, Guard] | None = None
    kept: Path | None = None


class Wait(NamedTuple):
    """A call that waits for something that is not the database, and says for what; `via` is the function that does, ""
    when it is done right here."""

    at: int
    text: str
    what: str
    via: str = ""


class Hold(NamedTuple):
    """A wait while the transaction of a session is open, and the step that has begun it."""

    wait: Wait
    step: Step
    sure: Confidence


class Own(NamedTuple):
    """A session that a function opens at `at` and uses itself: `maker` is the factory, engine or function that has made
    it, `via` the callee that opens it, "" when it is done right here; `writes` that it may have something to store."""

    maker: Path
    at: int
    text: str
    via: str
    guard: Guard
    sure: Confidence
    writes: bool


class Twin(NamedTuple):
    """A session that is used (`then`) while another one has an open transaction, which `first` has begun: `at` is where
    one of them is opened, or used; `of_first` and `of_then` are what has made them, UNKNOWN when only others know."""

    at: int
    text: str
    first: Step
    then: Step
    of_first: Path
    of_then: Path
    sure: Confidence


class Linger(NamedTuple):
    """A session that an endless loop uses at `at`, and that no turn of it gives back; `wait` is what a turn waits
    for meanwhile."""

    at: int
    text: str
    path: Path
    kind: str
    sure: Confidence
    wait: Wait | None = None


class Kept(NamedTuple):
    """An entity that is kept for longer than its session: `holder` is cache, module or class, `name` the decorator or
    the symbol of the variable."""

    at: int
    entity: str
    name: str
    holder: str
    sure: Confidence


class Foreign(NamedTuple):
    """An entity of the class `entity` that belongs to the session `source` and is given, at `at`, to another, `into`;
    `related` when it comes along with a new entity that refers to it."""

    at: int
    text: str
    entity: str
    source: Path
    into: Path
    related: bool
    sure: Confidence


class Stalled(NamedTuple):
    """What keeps the event loop waiting in one coroutine, in source order."""

    stalls: tuple[Stall, ...]


class Mixup(NamedTuple):
    """A call in which what is synchronous is taken for asynchronous or the other way round, on a `kind` (a class).

    `how` says what is wrong: unawaited (a coroutine that nobody awaits), unentered (a block that nobody enters),
    entered (with `with` instead of `async with`), awaited (what is no coroutine), missing (a method that only the
    synchronous class has), driver and bind (an engine of the other sort; `name` is what it was given), handed (an
    asynchronous session to the plain function `name`, which is made for the other sort)."""

    how: str
    at: int
    text: str
    kind: str
    name: str
    sure: Confidence


class Held(NamedTuple):
    """A session by its class, or a unit of work by its own; `opened` is the key of the method that opened it for the
    object that keeps it, and the place."""

    kind: str
    opened: tuple[str, int] | None = None


class Cached(NamedTuple):
    """Something that keeps what a function returns, set up by a call at `at`: `by` names the cache, `held` is what is
    kept; `takes` is the session parameter that becomes part of the key, "" when it is the result that is kept."""

    at: int
    text: str
    by: str
    held: Held
    takes: str = ""

    @classmethod
    def by_call(cls, at: int, text: str, held: Held) -> Cached:
        """What a call keeps, which is the cache itself."""
        return cls(at, text, text.partition("(")[0], held)


class Registered(NamedTuple):
    """A function handed to a framework, which calls it: the unit's key, its layer, the framework, the entry."""

    unit: str
    layer: str
    framework: str
    entry: str
    because: str


class Overlap(NamedTuple):
    """A race in which two branches use one session; `name` is what the code calls it."""

    race: Race
    path: Path
    name: str
    kind: str
    users: int
    sure: Confidence


class Opened(NamedTuple):
    """A session opened at `at` that some way out of the function leaves open. `exit` is normal, exception, or kept (it
    became a field of the object); `state` is begun when a connection is held there, failing when it is held because a
    commit raised, doubly when it is because something raised that handles another failure, asking when it is because
    the one question for rows failed, dirty when there are writes but no connection yet, idle when it was given back,
    unused before."""

    at: int
    text: str
    path: Path
    exit: str
    state: str
    via: str
    kind: str
    sure: Confidence
    how: str = ""
    """lent when a `yield` has handed it out before, next when it comes from a generator that nobody kept."""


class Abandoned(NamedTuple):
    """A generator that hands out a session and is not run to its end: `callee` is its key, `exit` how the loop over it
    is left (return, break, raise), "yield" when an exception that arrives there does not reach it, "next" when it is of
    the other sort, asynchronous or not, or "anext" when the event loop closes it, and it the session, at the next
    occasion; `skips` says that it would have committed."""

    at: int
    text: str
    callee: str
    exit: str
    kind: str
    skips: bool
    sure: Confidence


class Swallow(NamedTuple):
    """A `yield` at which an exception arrives that `text` then catches and nobody raises again; `kind` is the class of
    the session that is handed out, or that the `try` is about."""

    at: int
    text: str
    kind: str
    sure: Confidence


class Stored(NamedTuple):
    """A session stored where it outlives the function: `target` is the symbol of a module variable, a class's attribute
    or a parameter, or a place on an object of the application, as `holder` says: module, class, default or application
    (then `at` is the statement). `managed` when it is that of a `with` block at module
    level, `keyed` when it is one of several in a dict. `opened` is as in `Held`."""

    target: str
    at: int
    text: str
    path: Path
    kind: str
    sure: Confidence
    managed: bool = False
    holder: str = "module"
    keyed: bool = False
    opened: tuple[str, int] | None = None


class Shared(NamedTuple):
    """A unit of work, of the class `klass`, that is made at `at` and bound where everyone shares it; `target` and
    `holder` as in `Stored`."""

    target: str
    at: int
    klass: str
    holder: str
    sure: Confidence


Hinted = int | str
"""A parameter by its index, or a keyword that `**kwargs` takes."""
Slot = tuple[str, str]
"""A named place on an object that a framework shares: the class (or the variable's symbol) and the name."""


class Fill(NamedTuple):
    """An entity, or rows of one, filled from all of a mapping: whoever made the mapping chose the columns.

    `source` is the mapping: what a client sent, or a parameter of which only the caller knows; `into` the entity. `how`
    is constructor, setattr or values. `where`, `at` and `text` say which call does it, `here` which one does it in this
    function; `chain` is as in `Race`.
    """

    source: Value
    into: Value
    how: str
    where: str
    at: int
    text: str
    here: int
    chain: tuple[tuple[str, int, str], ...] = ()
    guard: Guard = ()
    sure: Confidence = Confidence.CERTAIN

    @property
    def is_known(self) -> bool:
        """Whether it is known to be what a client sent."""
        return self.source.type.kind == PAYLOAD


class Draw(NamedTuple):
    """A session or a connection that is taken from what a module variable holds: an engine, a factory or a registry.

    `source` is the variable's symbol, `kind` its class; `where`, `at` and `text` say which call takes it, `first` and
    `last` which calls of this function are the first and the last to do so. `given` is what the caller alone knows to
    be that variable, when `source` is "".
    """

    source: str
    kind: str
    where: str
    at: int
    text: str
    sure: Confidence
    first: int
    last: int
    given: Path | None = None


class Drawn(NamedTuple):
    """All that a coroutine draws from."""

    draws: tuple[Draw, ...]


class Looped(NamedTuple):
    """A coroutine that runs to its end, at `at`, in an event loop of its own: `draws` is what it takes connections
    from, `loop` counts the loops around, `after` are the places of others that came before on one path; `given` is the
    parameter, or the variable around, that the coroutine is or is made by, when only others know it."""

    at: int
    text: str
    loop: int
    draws: tuple[Draw, ...]
    after: tuple[int, ...] = ()
    given: Path | None = None


class Exported(NamedTuple):
    """What goes to another process, at `at`, and should not: `what` is entity or session (an engine or a connection
    too), `kind` its class, `field` the symbol of the field of a sent object that holds it. `how` is what takes it
    there, "" when that is for the function `task` to say, whose method `name` is called."""

    at: int
    text: str
    how: str
    what: str
    kind: str
    field: str
    task: str
    name: str
    sure: Confidence


class Web(NamedTuple):
    """Something of HTTP in a function: `how` is raises (an HTTP error), calls (what always raises one), takes (a
    request, as a parameter) or reads (the current one, wherever in the function). `name` is the class of the error or
    request; `at` the statement, the call, the parameter, or the function's own name."""

    how: str
    at: int
    name: str
    sure: Confidence


class Returned(NamedTuple):
    """A `return` with what it returns."""

    at: int
    values: Values


class Invocation(NamedTuple):
    """A call of something that only the caller knows: a parameter or an enclosing function's variable."""

    path: Path
    at: int
    positional: tuple[Values, ...]
    keywords: tuple[tuple[str, Values], ...]
    frames: tuple[Frame, ...]
    rest: tuple[Path, ...] = ()
    spread: tuple[Path, ...] = ()
    apart: bool = False
    """It runs in another thread, or later."""
    within: tuple[Path, ...] = ()
    """Sessions of this function that a block around the call closes, when what it gives is returned."""
    work: int = -1
    """The key of the work in which it runs, a thread or a slot; -1 for none, or where nobody knows which."""
    commits: tuple[Frame, ...] = ()
    """What commits a session of this function once the call has returned, whatever that gives."""
    kept: Path | None = None
    """The object that keeps the answer, and calls only once for it."""


class Stale(NamedTuple):
    """What made an entity expire: `how` is commit, rollback, expire, expire_all, failure (of a flush that is not
    rolled back yet) or undone (by a function that raised), at `at` in the unit `where`. `beside` a commit, which the
    settings may have keep everything, is what an exception did on another way here. `each` says that the turns of a
    loop do so for one entity after another: some of them, or each before it is read again. `maker` is the module
    variable that holds what has made the session, "" when nobody knows."""

    how: str
    where: str
    at: int
    text: str
    sure: Confidence = Confidence.CERTAIN
    beside: Stale | None = None
    each: bool = False
    maker: str = ""


class Fail(NamedTuple):
    """An effect whose exception leaves a transaction failed when it leaves the function: `anew` when it does so as
    another exception, which only a handler for all takes for one of the database, `slight` when it is a commit that has
    nothing to flush. `klass` and `unwritten` are those of the step."""

    key: Key
    anew: bool
    slight: bool
    klass: str = ""
    unwritten: bool = False


class Told(NamedTuple):
    """What is known of a value: that it is one of these constants, or that it is true when there are none; or that this
    does not hold."""

    constants: frozenset[Constant]
    holds: bool


class Answer(NamedTuple):
    """What a function returns whenever it has done something: `what` is "commit" when that is to commit a session,
    "left" when it is to leave one failed."""

    what: str
    path: Path
    answer: Told


class Undone(NamedTuple):
    """What makes the entities of a session expire when it raises: `verb` is FLUSH or COMMIT, which may fail, or
    ROLLBACK, after which something is raised. At `at` when it was in this function, and `anew` when another exception
    than that of the database is raised. `stored` is what was passed to be stored, and may be new. A commit is `idle` of
    which nobody knows that it has anything to flush: when it fails, all stays as it is."""

    verb: Verb
    path: Path
    guard: Guard
    at: int
    text: str
    sure: Confidence
    anew: bool = False
    stored: tuple[Path, ...] = ()
    idle: bool = False


class Update(NamedTuple):
    """An UPDATE of an entity: `how` it was sent is flush, commit or query, at `at` in the unit `where`. `given` are the
    attributes that have a value since, `old` says that the entity was stored before, which else only the callers know,
    `ended` that a commit came with it or after it."""

    how: str
    where: str
    at: int
    text: str
    given: tuple[str, ...] = ()
    old: bool = True
    ended: bool = False
    sure: Confidence = Confidence.CERTAIN


class Plan(NamedTuple):
    """What is known to be loaded of an entity, or what a statement or a loader option says about it.

    `how` is option, statement, partial (what is added to a statement that only the caller knows), fetched, made (an
    instance that was made and not stored), stored (made, and flushed since), saved (made, and committed since), deleted
    (there, and to be deleted) or received. `loads` are attributes that are loaded, each with the class that it was
    named of ("" when that is not known), `off` those that are left out, `only` the columns that alone are there. `open`
    says that more may be loaded than this knows, `closed` that its session is closed, `again` that it was refreshed.
    `ways` are how rows come: "cursor" when the server keeps them, "parts" when they come part by part, and those of
    `joining`.
    `session` is the session and `kind` its class, `at` the fetch in the unit `where`, `classes` what was fetched.
    `pending` are columns that were set and wait for a flush, "" for one that nobody can name; `passed` are the loader
    options that callers pass, `fixed` columns that the statement compares with one value.
    """

    how: str
    loads: tuple[tuple[str, str], ...] = ()
    open: bool = False
    session: Path = UNKNOWN
    kind: str = ""
    at: int = -1
    where: str = ""
    classes: tuple[str, ...] = ()
    off: tuple[tuple[str, str], ...] = ()
    only: tuple[tuple[str, str], ...] = ()
    stale: Stale | None = None
    closed: bool = False
    again: bool = False
    sure: Confidence = Confidence.CERTAIN
    ways: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    update: Update | None = None
    passed: tuple[Path, ...] = ()
    fixed: tuple[str, ...] = ()
    when: tuple[tuple[tuple[str, str], Guard], ...] = ()
    """Those of `loads` that are there only under a condition on parameters."""

    @property
    def is_open(self) -> bool:
        """Whether more may be loaded than this knows."""
        return self.open or bool(self.passed)


class Ask(NamedTuple):
    """An attribute is read, at `at` in the unit `where`, of an entity that was passed: before anything is done to it
    or, when `after`, after an UPDATE that is one if the entity was stored before. `guard` is the condition on
    parameters; `schema` takes the entity apart, by whatever names, when `name` is "": where `of` is a path, it is a
    class that callers know. `blind` says that only callers know that it is an entity which is validated, or by what."""

    path: Path
    name: str
    after: bool
    where: str
    at: int
    guard: Guard = ()
    schema: str = ""
    of: Path = UNKNOWN
    blind: bool = False


class Thing(NamedTuple):
    """An entity of which it is known what is loaded; `many` says that it is one of several, `known` are the attributes
    that were set here, `field` is the key or the keyword that it was given by to what is shown, "" when it is that.
    `apart` says of several that each was fetched or made by itself, and put beside the others. `again` are the
    attributes that were set or read since it has expired, if it has."""

    entity: str
    many: bool
    plan: Plan
    known: tuple[str, ...]
    field: str = ""
    apart: bool = False
    again: tuple[str, ...] = ()


class Lack(NamedTuple):
    """An attribute of an entity is read at `at` (a call, when `called`) and is not there: `absent` when nothing has
    loaded it, else because the entity has expired or, when `renewed`, an UPDATE has given it a new value.
    `by` is what a callee reads of it; `written` that it is set, and read only when that is written. `name` is "" when a
    template reads something of it."""

    at: int
    called: bool
    entity: str
    name: str
    kind: str
    absent: bool
    thing: Thing
    renewed: bool = False
    by: Ask | None = None
    written: bool = False


class Shown(NamedTuple):
    """Entities that are returned at `at` by what may be a handler (`schema` is "" then), or that the class `schema`,
    for the types `args` if it is generic, is made from there (`through` what is called there), or of which a method of
    theirs, the unit `by`, is called there, row by row, or what is called reads it of each row. `alone` says that the
    schema validates one of the entities itself, and not something that holds them."""

    at: int
    schema: str
    things: tuple[Thing, ...]
    by: str = ""
    args: tuple[Type, ...] = ()
    through: Ask | None = None
    alone: bool = False


class Repeated(NamedTuple):
    """Rows that a joined collection repeats are fetched at `at`, not made unique: by the method `how` or, when it is
    "", by a loop over the result that is made there. `joined` are the collections, each with how it is joined (see
    `joining`), `partly` that they are so on some ways only; `text` is what is fetched; the statement was sent at `sent`
    in the unit `where`."""

    at: int
    how: str
    text: str
    joined: tuple[str, ...]
    partly: bool
    where: str
    sent: int
    sure: Confidence


class Factory(NamedTuple):
    """A factory of sessions or a session by itself: `keeps` is yes when its entities do not expire with a commit, no
    when they do, "" when nobody can tell; `autocommit` how sure it is that its engine commits each statement by
    itself, None when nothing says so."""

    at: int
    asynchronous: bool
    keeps: str
    autocommit: Confidence | None = None
    flushes: bool = True
    """Their queries write first what is set of entities."""
    single: bool = False
    """It is a session by itself."""


class Setting(NamedTuple):
    """A setting of a pool: `how` is said, default, assumed (the default if it is a server that is connected to, as
    nothing denies), unknown, or none where the pool has no such thing; `text` is what is written where nobody knows."""

    how: str
    value: Constant = None
    text: str = ""


class Pool(NamedTuple):
    """The pool of an engine that is made at a call of `maker`: `driver` is that of its URL, "" when that is not known;
    `database` is sqlite or server, "" for not known.

    `holder` stands for the variable, attribute or function by which others get the engine; those with one holder are
    made one instead of the other. `kept` says that the engine outlives the function that makes it."""

    at: int
    maker: str
    driver: str
    database: str
    klass: Setting
    size: Setting
    overflow: Setting
    timeout: Setting
    pre_ping: Setting
    recycle: Setting
    isolation: Setting
    holder: str
    kept: bool

    @property
    def name(self) -> str:
        """What people call it by: the last name of its holder, that of a function with its parentheses."""
        return self.holder.partition("@")[0].rpartition(".")[2]


TEACHES, REGISTERS, JUDGED, CALLS, STALLS, INJECTED = 1, 2, 4, 8, 16, 32
"""What a summary has to say to those who look through all of them: types and functions that were given to parameters
or stored on shared objects, functions handed to a framework, something that rules subscribe to, edges, what rules judge
of coroutines alone, parameters that a framework fills."""


class Flagged(NamedTuple):
    """Something of this path and type is here only where a flag says so, and no more than possible where the default of
    that decides against it; `sure` is how sure it is where `literal` holds. Of what is made `in_turns` callers are told
    only what a list of it is made of."""

    path: Path
    type: Type
    literal: Literal
    sure: Confidence
    in_turns: bool


class Summary(msgspec.Struct, frozen=True, array_like=True):
    """Everything that callers and rules may know of a function without reading its body."""

    effects: Mapping[Key, Rank] = msgspec.field(default_factory=dict)
    returns: Values = NOTHING
    yields: Values = NOTHING
    yield_frames: tuple[Frame, ...] = ()
    heap: Mapping[Path, Values] = msgspec.field(default_factory=dict)
    last: Mapping[Path, Verb] = msgspec.field(default_factory=dict)
    events: tuple[Event, ...] = ()
    edges: tuple[Edge, ...] = ()
    breaches: tuple[Breach, ...] = ()
    sequels: tuple[Sequel, ...] = ()
    fails: tuple[Fail, ...] = ()
    undoes: tuple[Undone, ...] = ()
    queued: tuple[Path, ...] = ()
    """Sessions that callers know in which something was left to the next flush, and entities of which only they know
    the session."""
    leaves: tuple[Step, ...] = ()
    """Failures that are caught: the function ends as if nothing were, and the transaction stays failed."""
    answers: tuple[Answer, ...] = ()
    sent: tuple[Step, ...] = ()
    """What was sent to others while sessions that the caller knows had been written in, and are not committed."""
    vouched: Mapping[Key, tuple[Path, ...]] = msgspec.field(default_factory=dict)
    """Of what is sent: the sessions that the function answers for itself, since it had ended their transactions before,
    or written in them."""
    mends: Mapping[Path, bool] = msgspec.field(default_factory=dict)
    """Sessions that are rolled back or closed, and not only where something has failed; and whether that is only in
    some case, or after a commit."""
    unsaved: tuple[Path, ...] = ()
    """Of a function that commits: the sessions of callers, and entities of theirs, in which something is still to be
    committed when it has ended."""
    scopes: tuple[Path, ...] = ()
    """Sessions of callers that blocks here begin and end, with all that stands in them."""
    begun: tuple[Step, ...] = ()
    """What has begun transactions that are still open, in sessions that the caller knows."""
    commits: tuple[Commit, ...] = ()
    lost: tuple[Lost, ...] = ()
    raws: tuple[Raw, ...] = ()
    early: tuple[Early, ...] = ()
    decided: tuple[Decided, ...] = ()
    unwrapped: tuple[Unwrapped, ...] = ()
    lends: Mapping[Path, str] = msgspec.field(default_factory=dict)
    """Sessions opened here that are passed to what only the caller knows, and end with nothing else committing them,
    with their classes."""
    makes: Mapping[Path, str] = msgspec.field(default_factory=dict)
    """Sessions made here that callers get, by their class; not those that somebody here commits."""
    overlaps: tuple[Overlap, ...] = ()
    races: tuple[Race, ...] = ()
    spawns: tuple[Spawn, ...] = ()
    joins: tuple[Join, ...] = ()
    outlived: tuple[Outlived, ...] = ()
    stalls: tuple[Stall, ...] = ()
    """What its callers wait for too; of a coroutine, what its event loop waits for."""
    mixups: tuple[Mixup, ...] = ()
    waits: tuple[Wait, ...] = ()
    """One that stands for all."""
    pauses: tuple[Wait, ...] = ()
    """Likewise, of those and of what waits for an answer, where nothing has failed."""
    holds: tuple[Hold, ...] = ()
    twins: tuple[Twin, ...] = ()
    owned: tuple[Own, ...] = ()
    makers: tuple[tuple[Path, Path], ...] = ()
    """Sessions made here, or got from callees, and what has made them: a factory, an engine or a function."""
    lingers: tuple[Linger, ...] = ()
    kept: tuple[Kept, ...] = ()
    foreign: tuple[Foreign, ...] = ()
    belongs: tuple[tuple[Path, Path], ...] = ()
    """Entities that are handed out, and the sessions that they were loaded with."""
    cached: tuple[Cached, ...] = ()
    registered: tuple[Registered, ...] = ()
    binds: tuple[tuple[str, Values], ...] = ()
    """What the variables of the module are bound to that the function says are global."""
    slots: tuple[tuple[Slot, Type], ...] = ()
    """What was stored on objects that a framework shares: requests, applications, context variables."""
    opened: tuple[Opened, ...] = ()
    swallows: tuple[Swallow, ...] = ()
    abandoned: tuple[Abandoned, ...] = ()
    stored: tuple[Stored, ...] = ()
    shared: tuple[Shared, ...] = ()
    returned: tuple[Returned, ...] = ()
    web: tuple[Web, ...] = ()
    fills: tuple[Fill, ...] = ()
    exported: tuple[Exported, ...] = ()
    draws: tuple[Draw, ...] = ()
    disposed: tuple[str, ...] = ()
    """Module variables whose engine is disposed of here."""
    looped: tuple[Looped, ...] = ()
    lacks: tuple[Lack, ...] = ()
    shown: tuple[Shown, ...] = ()
    repeated: tuple[Repeated, ...] = ()
    asks: tuple[Ask, ...] = ()
    factories: tuple[Factory, ...] = ()
    pools: tuple[Pool, ...] = ()
    fed: tuple[tuple[Path, str], ...] = ()
    """Sessions made here, or got from callees, whose engine commits each statement by itself, and by which factory."""
    plans: Mapping[Path, Plan] = msgspec.field(default_factory=dict)
    """What is loaded of entities that are handed out, and of those that were passed, when the function ends."""
    preloads: tuple[tuple[str, str], ...] = ()
    """What loader options of its statements load, each with the class it was named of: for whoever has such entities in
    the same session."""
    invokes: tuple[Invocation, ...] = ()
    besides: tuple[Invocation, ...] = ()
    """Others of the same places, which count for what runs in a thread or a slot."""
    injected: Mapping[str, int] = msgspec.field(default_factory=dict)
    """Parameters that a framework fills, by the key of what it injects; a plain call fills them itself."""
    hints: tuple[tuple[str, Hinted, Type], ...] = ()
    given: tuple[tuple[str, int, Type], ...] = ()
    """Functions that were passed to a constructor: (constructor, parameter, function). Others call what they are passed
    while they run, and say so in `invokes`."""
    flagged: tuple[Flagged, ...] = ()
    held: Mapping[Path, tuple[Frame, ...]] = msgspec.field(default_factory=dict)
    """Context managers in what is returned, and the transaction blocks that are open inside them."""
    never: bool = False
    """A plain function that never returns: all its ways out are exceptions."""
    contained: bool = False
    """Nothing that it calls can raise out of it."""
    hands_over: tuple[Path, ...] = ()
    """Sessions opened here that the caller gets open, in what is returned."""
    lets_go: tuple[Path, ...] = ()
    """Parameters that are stored or passed where nobody can follow."""
    unclear: tuple[Path, ...] = ()
    """Sessions, and what may hold one, with which something is done that may be a write."""
    env: Mapping[str, Values] = msgspec.field(default_factory=dict)
    proves: tuple[tuple[int, tuple[Type, ...]], ...] = ()
    """Of what classes parameters are whenever the function returns; with anything else it raises."""
    unresolved: tuple[tuple[str, str], ...] = ()
    """Calls on what is called like a session and is not known to be one: (what was called, why)."""

    @property
    def doing(self) -> tuple[object, ...]:
        """What callers can tell apart of what the function does: not where in it, nor through whom."""
        return (
            {key: (rank.depth, rank.sure, rank.kind, *rank[-2:]) for key, rank in self.effects.items()},
            self.yield_frames,
            self.last,
            self.fails,
            self.scopes,
            self.undoes,
            self.queued,
            self.answers,
            tuple((step.verb, step.path, step.guard, step.sure, step.slight) for step in self.leaves),
            tuple((step.path, step.guard, step.sure) for step in self.sent),
            self.vouched,
            self.mends,
            self.unsaved,
            tuple((step.path, step.guard, step.sure) for step in self.begun),
            self.races,
            self.spawns,
            self.joins,
            tuple(stall._replace(at=-1, text="", via="", inner=None) for stall in self.stalls),
            tuple(wait.what for wait in (*self.waits, *self.pauses)),
            tuple(one.step.path for one in self.holds),
            tuple(one.first.path for one in self.twins),
            tuple(one._replace(text="", via="") for one in self.owned),
            self.held,
            self.never,
            self.contained,
            self.errors,
            self.hands_over,
            self.injected,
            self.slots,
            tuple((one.source, one.into, one.how, one.guard, one.sure) for one in self.fills if not one.is_known),
            tuple(one._replace(first=-1, last=-1) for one in self.draws),
            self.disposed,
            tuple(one.given for one in self.looped),
        )

    @property
    def passing(self) -> tuple[object, ...]:
        """What callers can tell apart of what the function passes on: values, fields, callbacks."""
        return (
            self.returns,
            self.yields,
            self.heap,
            self.binds,
            self.invokes,
            self.besides,
            self.lends,
            self.lets_go,
            self.plans,
            self.asks,
            self.belongs,
            self.preloads,
            self.flagged,
            self.handed_fed,
            self.unclear,
            self.handed_makers,
            self.proves,
        )

    @property
    def handed_fed(self) -> tuple[tuple[Path, str], ...]:
        """Those of `fed` that the caller gets."""
        handed = {value.path for value in (*self.returns, *self.yields)} if self.fed else set()
        return tuple(one for one in self.fed if one[0] in handed)

    @property
    def handed_makers(self) -> tuple[tuple[Path, Path], ...]:
        """Those of `makers` that the caller may get."""
        if not self.makers:
            return ()
        handed = {value.path for values in (self.returns, self.yields, *self.heap.values()) for value in values}
        return tuple(one for one in self.makers if one[0] in handed)

    @property
    def errors(self) -> tuple[str, ...]:
        """The HTTP errors with which a function that never returns ends."""
        return tuple(one.name for one in self.web if one.how in ("raises", "calls")) if self.never else ()

    @property
    def says(self) -> int:
        """Which of `TEACHES`, `REGISTERS`, `JUDGED`, `CALLS`, `STALLS` and `INJECTED` there is, added up."""
        judged = (
            *(self.events, self.breaches, self.sequels, self.commits, self.overlaps, self.outlived, self.cached),
            *(self.opened, self.stored, self.web, self.mixups, self.swallows, self.abandoned, self.shared),
            *(self.fills, self.exported, self.looped, self.lacks, self.shown, self.factories),
            *(self.repeated, self.lingers, self.kept, self.foreign, self.holds, self.twins, self.pools),
        )
        return (
            bool(self.hints or self.given or self.slots) * TEACHES
            + bool(self.registered) * REGISTERS
            + (any(judged) or any((self.lost, self.raws, self.early, self.decided, self.unwrapped))) * JUDGED
            + bool(self.edges) * CALLS
            + bool(self.stalls or self.draws) * STALLS
            + bool(self.injected) * INJECTED
        )

    @property
    def received(self) -> tuple[tuple[str, Values], ...]:
        """The locals that are what the function was given, nothing of it."""
        return tuple(
            (name, values)
            for name, values in self.env.items()
            if any(value.path.root in ("param", "injected") and not value.path.attrs for value in values)
        )


EMPTY = Summary()
