"""One pass over a body: an abstract interpretation that ends in a summary.

State that follows the flow of control (locals, open sessions, running tasks) is copied at branches and joined after
them; what functions say about each other is applied where the call stands, so effects compose in one pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from functools import cached_property
from typing import TYPE_CHECKING

from ...facts.schema import Attr, Body, Call, Expr, Index, Items, Lit, Name, Test
from ...knowledge import CLASSES, ENDS, SENDS, Verb
from ...knowledge.graphql import PACKAGES
from ...knowledge.sqlalchemy import ASKS, ASYNC_RESULT, OUTERMOST_ALWAYS, QUERY, RESULT, ROW, SESSIONS
from ...model import Confidence
from ..archive import Locals
from ..modules import Unit
from ..parts import mentions, parts
from ..questions import (
    answers,
    autocommit,
    belonging,
    changing,
    commits,
    containing,
    decided,
    failing,
    flushing,
    holding,
    idling,
    keeping,
    lacking,
    lending,
    loading,
    loops,
    lost,
    mixing,
    past,
    payloads,
    planning,
    remembering,
    sending,
    steps,
    tasks,
    twins,
    undoing,
    waiting,
)
from ..summary import (
    Ask,
    Breach,
    Decided,
    Early,
    Edge,
    Event,
    Exported,
    Flagged,
    Frame,
    Guard,
    Hinted,
    Invocation,
    Kept,
    Key,
    Literal,
    Opened,
    Overlap,
    Pool,
    Rank,
    Raw,
    Registered,
    Repeated,
    Returned,
    Shared,
    Slot,
    Stall,
    Stored,
    Summary,
    Unwrapped,
    Use,
    Web,
    both,
)
from ..swallowing import attempts, by_decorator
from ..text import render, written
from ..values import (
    ANY,
    CONST,
    NONE,
    NOTHING,
    OTHER,
    UNKNOWN,
    Path,
    Type,
    Value,
    Values,
    at_position,
    clipped,
    instance,
    join,
)
from . import answering, blocks, conditions, excluding, later, parameters, storing, trying
from .evaluate import evaluate
from .heap import exported, holder
from .rounds import Round
from .state import HELD, Done, Ended, Failure, Found, Literals, Open, Past, Plans, Session, State, Under, joined
from .statements import STATEMENTS, starts

if TYPE_CHECKING:
    from ..project import Project

CERTAIN, LIKELY, POSSIBLE = Confidence.CERTAIN, Confidence.LIKELY, Confidence.POSSIBLE
_USES = frozenset({Verb.USE, Verb.READ, Verb.FLUSH, Verb.COMMIT, Verb.ROLLBACK, Verb.CLOSE})


class Reading:
    """Reads one unit. `outer` are the locals of the enclosing function where the unit was defined."""

    def __init__(self, project: Project, unit: Unit, outer: dict[str, Values] | None) -> None:
        # what is read
        self.project = project
        self.classes = project.classes
        self.names = project.names
        self.unit = unit
        self.module = unit.module
        self.outer = outer or {}
        self.imports = project.names.local_imports(unit)
        self.globals: set[str] = set()
        self.taken: dict[str, Values] = {}
        """What the parameters are at the beginning."""
        self.started = False
        """Whether the module is read as what is started, with what it does only then."""

        # what follows the flow of control, see `State`
        self.env: dict[str, Values] = {}
        self.open: Open = {}
        self.running: frozenset[int] = frozenset()
        self.flags: dict[str, Literal] = {}
        self.literals: Literals = {}
        self.under: Under = {}
        self.breaching: frozenset[Ended] = frozenset()
        self.past: frozenset[Past] = frozenset()
        self.done: frozenset[Done] = frozenset()
        self.failed: frozenset[Failure] = frozenset()
        self.ran: frozenset[int] = frozenset()
        self.plans: Plans = {}
        self.flushed: frozenset[Path] = frozenset()
        self.queued: frozenset[Path] = frozenset()
        """Sessions for which something waits that the next flush will send."""

        # what is around the place that is read
        self.guard: Guard = ()
        self.tests: tuple[Expr, ...] = ()
        """The tests that hold, those of parameters and all others."""
        self.told: tuple[Found, ...] = ()
        """What they say of locals."""
        self.doubted: tuple[tuple[str, str], ...] = ()
        """Attributes that a test asks for: they need not be there."""
        self.narrowed = False
        """Whether a test has told the class of a part of a local; the locals have it, by its text."""
        self.frames: tuple[Frame, ...] = ()
        self.contexts: tuple[Path, ...] = ()
        """The application contexts around, by the ambient session of each."""
        self.around: list[tuple[int, Callable[[], None]]] = []
        """The `with` blocks around, each by how many loops there were around it, and what its end commits."""
        self.broke: list[list[State]] = []
        """The states in which each loop around is left by a `break`."""
        self.loop = 0
        """How many loops there are around."""
        self.rounds: list[Round] = []
        self.rounds_begun = 0
        """How many loops there were."""
        self.branching = 0
        """How many arms of branches there are around."""
        self.apart = 0
        """How many functions there are around that only run later, or elsewhere."""
        self.greenlets = 0
        """How many of them `run_sync` runs, where a statement may be sent at any time."""
        self.work = -1
        """The key of the thread or the slot in which the innermost of them runs."""
        self.settled: frozenset[Path] = frozenset()
        """The sessions in which the function that is called commits all that it writes."""
        self.depth = 0
        """How many callbacks there are around."""
        self.collecting: list[list[Use]] = []
        """What is used by each call around, for the task that it may belong to."""
        self.place = -1
        """The statement, or the call in it, at which entities are read."""
        self.spoken = False
        """Whether that is a call."""
        self.at = -1
        """Where something is assigned."""
        self.never = False
        """Whether the last call does not return."""

        # what is known of things
        self.heap: dict[Path, Values] = {}
        self.fresh = 0
        """How many things were made that have no place of their own."""
        self.born: dict[Path, int] = {}
        """How many loops there were around where a thing was made."""
        self.kinds: dict[Path, str] = {}
        """The class of each session that something was done to."""
        self.last: dict[Path, Verb] = {}
        """The last that was done to each."""
        self.taken_for_sessions: set[Path] = set()
        """What only its use tells to be a session."""
        self.managed: dict[Path, Session] = {}
        """Sessions that an object's own block closes."""
        self.carried: set[Path] = set()
        """Sessions that a request carries."""
        self.provided: frozenset[Path] = frozenset()
        """Sessions that a block has handed out."""
        self.entered_frames: dict[Path, tuple[Frame, ...]] = {}
        """The blocks that a context manager is in when it has handed something out."""
        self.owners: dict[Path, Type] = {}
        """Of what type that is in whose field something made elsewhere lies."""
        self.placed: set[tuple[Path, Path, Value]] = set()
        """What has been told of the fields of something that was made elsewhere: of what, where it lies, and in whose
        field."""
        self.properties: dict[tuple[Path, str], Values] = {}
        """What a property has given."""
        self.partials: dict[Path, tuple[Values, tuple[Values, ...], dict[str, Values]]] = {}
        """What a partial calls, and with what."""
        self.chosen: set[Path] = set()
        """What one of several ways, nobody knows which, has given."""
        self.filled: frozenset[Expr] | None = None
        """The places that the body fills; None before somebody asks."""

        # what a question has to remember, and what it finds
        self.answers = answers.Ledger()
        self.autocommit = autocommit.Ledger()
        self.belonging = belonging.Ledger()
        self.blocks = blocks.Ledger()
        self.commits = commits.Ledger()
        self.conditions = conditions.Ledger()
        self.excluding = excluding.Ledger()
        self.failing = failing.Ledger()
        self.happened = past.Ledger()
        self.holding = holding.Ledger()
        self.idling = idling.Ledger()
        self.lending = lending.Ledger()
        self.loading = loading.Ledger()
        self.loops = loops.Ledger()
        self.lost = lost.Ledger()
        self.mixing = mixing.Ledger()
        self.payloads = payloads.Ledger()
        self.tasks = tasks.Ledger()
        self.trying = trying.Ledger()
        self.twins = twins.Ledger()
        self.waiting = waiting.Ledger()

        # what else comes out
        self.returns: Values = NOTHING
        self.yields: Values = NOTHING
        self.yield_frames: tuple[Frame, ...] = ()
        self.handed: dict[Path, Session] = {}
        """Sessions that are returned open."""
        self.gone: set[Path] = set()
        """Callers' sessions that went where nobody can follow."""
        self.effects: dict[Key, Rank] = {}
        self.events: dict[tuple[int, Verb, Path], Event] = {}
        self.edges: dict[tuple[int, str], Edge] = {}
        self.breaches: dict[tuple[int, str, Verb], Breach] = {}
        self.followed: set[Ended] = set()
        """Breaches after which something else is done to the session."""
        self.survived: set[Ended] = set()
        """Breaches after which the block goes on."""
        self.binds: dict[str, Values] = {}
        self.refusing: set[Expr] = set()
        self.raws: dict[int, Raw] = {}
        self.early: dict[int, Early] = {}
        self.decided: dict[int, Decided] = {}
        self.unwrapped: dict[int, Unwrapped] = {}
        self.pursued: set[Past] = set()
        self.stalls: dict[tuple[int, Path, Guard], Stall] = {}
        self.kept_entities: dict[tuple[int, str], Kept] = {}
        self.registered: dict[str, Registered] = {}
        self.slots: dict[Slot, Type] = {}
        self.of_request: dict[Path, Path] = {}
        """Sessions that were stored on a request, each with the place where others find it."""
        self.kept: dict[Path, Opened] = {}
        self.stored: dict[tuple[str, int], Stored] = {}
        self.published: dict[Path, tuple[str, str]] = {}
        """The objects made here that are bound where everyone shares them: the place, and what holds it."""
        self.shared: dict[tuple[str, int], Shared] = {}
        self.returned: dict[int, Returned] = {}
        self.web: dict[tuple[str, int], Web] = {}
        self.exported: dict[tuple[int, str], Exported] = {}
        self.repeated: dict[int, Repeated] = {}
        self.asks: dict[tuple[Path, str, bool], Ask] = {}
        self.flagged: dict[tuple[Path, Type], Flagged] = {}
        self.pools: dict[int, Pool] = {}
        self.vouched: dict[tuple[Key, int, str], frozenset[Path]] = {}
        self.kept_by: Path | None = None
        """What keeps the answer of the callee's call that is done here."""
        self.invokes: dict[int, Invocation] = {}
        self.besides: dict[tuple[int, Path], Invocation] = {}
        self.injected: dict[str, int] = {}
        self.hints: dict[tuple[str, Hinted], Type] = {}
        self.given: set[tuple[str, int, Type]] = set()
        self.unresolved: dict[int, tuple[str, str]] = {}

    # -- the whole unit --

    @cached_property
    def body(self) -> Body:
        """The statements of the unit."""
        return self.unit.body

    @cached_property
    def pieces(self) -> tuple[object, ...]:
        """All that they are made of."""
        return tuple(parts(self.body))

    @cached_property
    def is_swallowed(self) -> bool:
        """Whether a decorator takes for done what the unit raises of the database's errors."""
        return by_decorator(self.project, self.unit)

    def read(self) -> Summary:
        """The summary of the unit."""
        parameters.begin(self)
        self.taken = dict(self.env)
        sending.port(self)
        for race in self.project.provisions.races(self.unit):
            tasks.settle(self, race)
        for value in self.project.provisions.assembled(self):
            self._exercise(value)
        body = attempts(self.project, self.unit, self.body) if self.unit.definition.decorators else self.body
        falls = self.run(body)
        exits = list(self.trying.left[0])
        if self.unit.kind == "module" and starts(body):
            self.tasks.overlaps.update(self._as_started(body))
        if falls:
            past.handed_back(self)
            lost.all_end(self)
            self.tasks.still |= self.running
            self.survived |= self.breaching
            self.commits.lasting |= self.done
            answers.returned(self, None, NOTHING)
            conditions.checked(self)
            exits.append(self.open)
            if self.unit.kind in ("function", "lambda") and not self.unit.definition.is_generator:
                self.returns = join(self.returns, (Value(CONST, NONE, CERTAIN),) if self.returns else NOTHING)
        if self.unit.definition.name == "get_context" and not PACKAGES.isdisjoint(self.project.packages(self.module)):
            storing.share_all(self, "graphql.Context", self.returns)
        for at in self.in_order(self.tasks.still):
            tasks.left_running(self, at)
        for at in self.in_order(self.tasks.handed - self.tasks.still):
            tasks.hand_over(self, at)
        sending.around(self, falls)
        heap = exported(self.heap, (*self.returns, *self.yields), self.classes, parameters.flags(self.unit))
        out = (self.returns, self.yields, *heap.values()) if self.flagged else ()
        handed = {(value.path, value.type) for values in out for value in values}
        return Summary(
            effects=commits.judged(self),
            returns=clipped(self.returns),
            yields=clipped(self._either(self.yields)),
            yield_frames=(*self.yield_frames, *lending.frames(self)),
            heap=heap,
            last=self.last,
            events=tuple(self.events.values()),
            edges=tuple(self.edges.values()),
            breaches=tuple(
                breach._replace(last=key not in self.followed, raises=key not in self.followed | self.survived)
                for key, breach in self.breaches.items()
            ),
            sequels=steps.sequels(self),
            fails=failing.escaping(self),
            undoes=undoing.left(self),
            queued=flushing.queued(self),
            leaves=failing.left_failed(self, falls),
            answers=answers.left(self),
            proves=tuple(self.conditions.proven.items()) if self.conditions.proven else (),
            sent=sending.left(self, falls),
            vouched=sending.vouched(self),
            mends=past.mending(self),
            unsaved=past.unsaved(self, falls),
            scopes=tuple(sorted(self.failing.scopes, key=repr)),
            begun=holding.left(self, falls),
            commits=tuple(commit for commit in self.commits.found.values() if commit.regrets),
            lost=lost.lost(self),
            raws=tuple(self.raws.values()),
            early=tuple(self.early.values()),
            decided=decided.found(self, body),
            unwrapped=tuple(self.unwrapped.values()),
            makes=lost.makes(self),
            lends=lost.lent(self),
            overlaps=tuple(self.tasks.overlaps.values()),
            races=tuple(self.tasks.races.values()),
            spawns=tuple(self.tasks.spawns.values()),
            joins=tuple(self.tasks.joins.values()),
            outlived=tuple(self.tasks.outlived.values()),
            stalls=self._stalls(),
            mixups=tuple(self.mixing.found.values()),
            waits=tuple(self.waiting.waits.values())[:1],
            pauses=holding.pauses(self),
            holds=holding.found(self),
            twins=twins.found(self),
            owned=twins.owned(self),
            makers=twins.makers(self),
            lingers=tuple(self.waiting.lingers.values()),
            kept=tuple(self.kept_entities.values()),
            foreign=tuple(self.belonging.foreign.values()),
            belongs=belonging.handed_out(self),
            cached=tuple(self.tasks.cached.values()),
            registered=tuple(self.registered.values()),
            binds=tuple((name, clipped(values)) for name, values in self.binds.items()),
            slots=tuple(self.slots.items()),
            opened=(*self._leaks(exits), *self._kept()),
            swallows=tuple(self.lending.swallows.values()),
            abandoned=tuple(self.lending.abandoned.values()),
            stored=tuple(self.stored.values()),
            shared=tuple(self.shared.values()),
            returned=tuple(self.returned.values()),
            web=tuple(self.web.values()),
            fills=tuple(self.payloads.fills.values()),
            exported=tuple(self.exported.values()),
            draws=tuple(self.loops.draws.values()),
            disposed=tuple(sorted(self.loops.disposed)),
            looped=tuple(self.loops.looped.values()),
            lacks=tuple(self.loading.lacks.values()),
            shown=tuple(self.loading.shown.values()),
            repeated=tuple(self.repeated.values()),
            asks=tuple(self.asks.values()),
            flagged=tuple(one for one in self.flagged.values() if one[:2] in handed),
            factories=tuple(self.autocommit.factories.values()),
            pools=tuple(self.pools.values()),
            fed=tuple(self.autocommit.fed.items()),
            preloads=tuple(sorted(self.loading.preloads)),
            plans=loading.exported(self, falls, (*self.returns, *self.yields)),
            invokes=tuple(self.invokes.values()),
            besides=tuple(self.besides.values()),
            injected=self.injected,
            hints=tuple((key, index, kind) for (key, index), kind in self.hints.items()),
            given=tuple(sorted(self.given)),
            held={
                value.path: self.entered_frames[value.path]
                for value in self.returns
                if value.type.kind == "generator" and self.entered_frames.get(value.path)
            },
            contained=containing.contains(self.project, self.unit, body),
            never=not falls and not self.trying.returning and self.unit.kind == "function" and self.unit.klass is None,
            hands_over=tuple(sorted(self.handed, key=repr)),
            lets_go=tuple(sorted(self.gone, key=repr)),
            unclear=idling.unclear(self),
            env={name: values for name, values in self.env.items() if "." not in name} if self.narrowed else self.env,
            unresolved=tuple(self.unresolved.values()),
        )

    def _either(self, values: Values) -> Values:
        """What is handed out: one of several things that a test nobody knows chooses is only possible."""
        if len({value.path for value in values}) < 2:
            return values
        return tuple(value._replace(sure=POSSIBLE) if value.path in self.chosen else value for value in values)

    def _stalls(self) -> tuple[Stall, ...]:
        """All that a coroutine waits for; of another function the best known for each session and condition."""
        if self.unit.definition.is_async:
            return tuple(self.stalls.values())
        found: dict[tuple[Path, Guard], Stall] = {}
        for stall in self.stalls.values():
            known = found.get((stall.path, stall.guard))
            if known is None or _weight(stall) < _weight(known):
                found[stall.path, stall.guard] = stall
        return tuple(found.values())

    def _exercise(self, value: Value) -> None:
        """Call what an object can do at once, now that it is known what it was made of."""
        klass = self.classes.unit(str(value.type.name))
        for unit in self.names.children(klass).values() if klass is not None else ():
            if unit.kind == "function" and self.project.summary(unit).races:
                site = (-1, unit.definition.name, CERTAIN, "assembled")
                self.project.calls.method(self, value, unit, (), {}, *site)

    def _kept(self) -> Iterator[Opened]:
        """The sessions that are kept in fields, but for those that the function closes itself."""
        closed = {path for _, verb, path in self.events if verb is Verb.CLOSE} if self.kept else set()
        for field, opened in self.kept.items():
            if closed.isdisjoint(value.path for value in self.heap.get(field, NOTHING)):
                yield opened

    def _leaks(self, exits: Iterable[Open]) -> tuple[Opened, ...]:
        found: dict[tuple[Path, str, str], Opened] = {}
        closed = {path for _, verb, path in self.events if verb is Verb.CLOSE} if self.carried else set()
        for how, opens in (("normal", map(_unasked, exits)), ("exception", self.trying.raised[0])):
            for sessions in opens:
                for path, session in sessions.items():
                    if path in self.carried and path not in closed:
                        continue
                    key = (path, how, session.how)
                    known = found.get(key)
                    if known is None or HELD[session.state] > HELD[known.state]:
                        at, text, via, kind = session.at, session.text, session.via, session.kind
                        found[key] = Opened(at, text, path, how, session.state, via, kind, session.sure, session.how)
        return tuple(found[key] for key in sorted(found, key=repr))

    def hear(self, how: str, at: int, values: Values, words: frozenset[str]) -> None:
        """Remember what of HTTP is met here: instances, or classes, of these."""
        for value in values:
            kind = value.type
            if kind.kind in ("instance", "class") and kind.name and self.classes.is_a(str(kind.name), words):
                self.web.setdefault((how, at), Web(how, at, str(kind.name), value.sure))

    # -- state --

    def save(self) -> State:
        return State(
            dict(self.env),
            self.open,
            self.running,
            dict(self.flags),
            self.literals,
            self.breaching,
            self.past,
            self.under,
            self.done,
            self.failed,
            self.ran,
            self.plans,
            self.flushed,
            len(self.excluding.given),
        )

    def restore(self, state: State) -> None:
        self.env, self.open, self.running, self.flags = dict(state.env), state.open, state.running, dict(state.flags)
        self.literals, self.under = state.literals, state.under
        self.breaching, self.past, self.done, self.failed = state.breaching, state.past, state.done, state.failed
        self.ran = state.ran
        self.plans, self.flushed = state.plans, state.flushed

    def merge(self, states: list[State]) -> None:
        """Become the join of these states; the first one when there is only one."""
        self.restore(states[0] if len(states) == 1 else joined(excluding.told_apart(self, states)))

    def in_order(self, tasks: Set[int]) -> list[int]:
        """These tasks in the order in which they were made."""
        return [at for at in self.tasks.made if at in tasks]

    def next_fresh(self) -> Path:
        self.fresh += 1
        return Path("fresh", f"#{self.fresh}")

    def _as_started(self, body: Body) -> dict[tuple[str, int], Overlap]:
        """The sessions that are shared where the module is started: nobody who imports it knows of the rest."""
        script = Reading(self.project, self.unit, None)
        script.started = True
        parameters.begin(script)
        script.run(body)
        return script.tasks.overlaps

    # -- statements --

    def run(self, body: Body) -> bool:
        """Run statements in order; whether control can go on after them."""
        guard, tests, told = self.guard, self.tests, self.told
        goes_on = True
        for stmt in body:
            goes_on = STATEMENTS[type(stmt)](self, stmt)
            if not goes_on:
                break
        self.guard, self.tests, self.told = guard, tests, told
        return goes_on

    def assign(self, target: Expr, values: Values, value: Expr | None) -> None:
        """Give a target its values; tuples are taken apart."""
        if isinstance(target, Name):
            name = target.id
            excluding.assigned(self, name, value)
            answers.assigned(self, name, value)
            self.flags.pop(name, None)
            if value is not None and isinstance(value, (Test, Name)):
                found = conditions.condition(self, value)
                if found is not None:
                    self.flags[name] = found
            if name in self.globals:
                self.binds[name] = join(self.binds.get(name, NOTHING), values)
            told = NOTHING if keeping.is_empty(value) else values
            if name in self.globals or self.unit.kind == "module":
                storing.publish(self, f"{self.module.name}.{name}", told)
                storing.drawn(self, f"{self.module.name}.{name}", value)
            elif self.unit.kind == "class":
                storing.listed(self, name, values)
                storing.publish(self, f"{self.unit.symbol}.{name}", told, "class")
                storing.drawn(self, f"{self.unit.symbol}.{name}", value, "class")
            for level in self.failing.levels[1:] if self.open else ():
                if any(value.path in self.open for value in values):
                    level.named[name] = join(level.named.get(name, NOTHING), values)
            self.env[name] = values
        elif isinstance(target, Attr):
            owners = self.value(target.of)
            if self.narrowed:
                self.env.pop(render(target), None)
            idling.changed(self, target, owners)
            for of in owners:
                lacking.assigned(self, of, target.name)
                if of.type.kind == "instance" and self.classes.is_entity(str(of.type.name)):
                    failing.changed(self)
                    changing.assigned(self, of, target)
                    belonging.related(self, of, target.name, values, self.at, f"{render(target)} = ...")
                storing.keep(self, of, target.name, values)
                self.store(of.path.attr(target.name), values)
                storing.share(self, of, target.name, values)
                storing.lend(self, of, target.name, values)
                if of.type.kind in ("class", "module"):
                    storing.publish(self, f"{of.type.name}.{target.name}", values, of.type.kind)
                elif of.path in self.published:
                    place, keeper = self.published[of.path]
                    storing.publish(self, place, values, keeper)
                self.let_go(values, into=holder(self.heap, of.path), carried=self._is_of_request(of))
            if not owners:
                self.let_go(values)
        elif isinstance(target, Index):
            by = tuple(value for value in self.value(target.key) if value.type.kind == "coroutine")
            owners = self.value(target.of)
            idling.changed(self, target, owners)
            for of in owners:
                key = f"[{target.key.value}]" if isinstance(target.key, Lit) else "*"
                self.store(of.path.attr("*"), by)
                keeping.stored(self, of.path, values, self.at)
                storing.contained(self, of.path, target.key, values)
                self.store(of.path.attr(key), values)
                storing.share(self, of, self.key(target.key), values)
                self.let_go(values, into=holder(self.heap, of.path), carried=self._is_of_request(of))
            if not owners:
                self.let_go(values)
        elif isinstance(target, Items):
            parts = value.of if isinstance(value, Items) and len(value.of) == len(target.of) else None
            flags = answering.flags(self, target, value) if isinstance(value, Call) else {}
            for index, inner in enumerate(target.of):
                part = parts[index] if parts else None
                given = self.value(part) if part is not None else self.member(values, index)
                self.assign(inner, given, part)
            self.flags.update(flags)

    def symbol(self, expr: Expr) -> str:
        """The symbol of a name or attribute chain, also of one that is imported in the function."""
        if isinstance(expr, Name):
            imported = self.imports.get(expr.id)
            found = self.names.target(self.module, imported) if imported else self.names.lookup(self.module, expr.id)
            return found or expr.id
        return self.names.attribute(self.symbol(expr.of), expr.name) if isinstance(expr, Attr) else ""

    def key(self, expr: Expr) -> str:
        """What a subscript is called: a literal, or the symbol of a variable that stands for one; "" otherwise."""
        return str(expr.value) if isinstance(expr, Lit) else self.names.dotted(self.module, expr)

    def sessions_in(self, values: Values) -> list[tuple[Value, int, str]]:
        """Sessions among these values and in the fields of the objects among them, with the calls that opened them."""
        found: list[tuple[Value, int, str]] = []
        if not self.open and not self.managed:
            return found
        seen: set[Path] = set()
        queue = [(value, 0) for value in values]
        for value, depth in queue:
            if value.path in seen:
                continue
            seen.add(value.path)
            if self.classes.session_kind(value.type) in SESSIONS or value.path in self.open:
                session = self.open.get(value.path) or self.managed.get(value.path)
                if session is not None:
                    found.append((value, session.at, session.text))
            if depth < 3 and value.path.root == "fresh" and value.type.kind != "literal":
                base = value.path[:2]
                for path, inner in self.heap.items():
                    if path[:2] == base and path != value.path:
                        queue.extend((one, depth + 1) for one in inner)
        return found

    def store(self, path: Path, values: Values) -> None:
        """Add values to a field; a field first written is written strongly."""
        if path.root in ("unknown", "const") or not values:
            return
        known = self.heap.get(path)
        self.heap[path] = join(known, values) if known else values

    def let_go(
        self,
        values: Values,
        into: Path = UNKNOWN,
        *,
        to_caller: bool = False,
        only_looks: bool = False,
        carried: bool = False,
    ) -> None:
        """Forget the duty to close sessions that left this function's hands, also inside objects.

        What is stored in an object made here goes where that goes; callers see what is stored in a parameter. What is
        `carried` by a request is still closed here, if it is closed here at all.
        """
        if not values or into.root == "fresh":
            return
        if into == UNKNOWN and not to_caller and not only_looks:
            idling.let_go(self, values)
        if self.waiting.turns:
            waiting.lost(self, values)
        for value in values if self.past else NOTHING:
            holding.over(self, value.path)
        for value in values:
            known = value.path.root in ("param", "free", "injected") and value.type != OTHER
            if known and into.root != "param" and not to_caller:
                self.gone.add(value.path)
            if value.type.kind == "coroutine" and into == UNKNOWN:
                self.tasks.escaped.add(value.type.name)
        lost.leaves(self, values, self.lost.handed if to_caller else self.lost.settled)
        if not self.open:
            return
        for value, _, _ in self.sessions_in(values):
            if carried and value.path in self.open:
                self.carried.add(value.path)
                self.open = {**self.open, value.path: self.open[value.path]._replace(state="begun", asked="")}
            else:
                self.closed(value.path)

    def _is_of_request(self, of: Value) -> bool:
        """Whether this lasts as long as a request."""
        owner = self.classes.shared(str(of.type.name)) if of.type.kind == "instance" else ""
        return bool(owner) and CLASSES[owner].shares in ("request", "response")

    def ended(self, path: Path) -> None:
        """A session's transaction is over: it holds no connection now."""
        if path in self.open:
            self.open = {**self.open, path: self.open[path]._replace(state="idle", asked="")}

    def closed(self, path: Path) -> None:
        if path in self.open:
            self.open = {key: session for key, session in self.open.items() if key != path}

    def assume(self, literal: Literal) -> None:
        """Go on under a condition: sessions that were opened under its opposite do not exist here."""
        self.guard = both(self.guard, (literal,))
        opposite = literal._replace(holds=not literal.holds)
        if any(opposite in session.guard for session in self.open.values()):
            self.open = {path: session for path, session in self.open.items() if opposite not in session.guard}

    def absent(self, names: frozenset[str]) -> None:
        """These locals hold nothing from here on: sessions among their values were not opened on this way."""
        if self.open:
            for path in [value.path for name in names for value in self.env.get(name, NOTHING)]:
                self.closed(path)

    def reopened(self, path: Path) -> None:
        """A session made anew in a loop is another one than the last turn's: tasks that used that go their own way."""
        past.renewed(self, path)
        idling.renewed(self, path)
        if self.running:
            self.running = frozenset(
                at for at in self.running if all(use.path != path for use in self.tasks.made[at].uses)
            )

    def may_raise(self, asked: str = "") -> None:
        """Remember which sessions an exception here would leave open; one while it is cleaned up is too much. `asked`
        says which question for rows it may be that fails, when nothing else can."""
        if self.open and not self.trying.finals:
            known = excluding.open_where(self, self.open, self.literals)
            if asked:
                known = _asking(known, asked)
            if not self.trying.raised[-1] or self.trying.raised[-1][-1] != known:
                self.trying.raised[-1].append(_doubly(known) if self.trying.handling else known)

    def may_fail(self, path: Path) -> None:
        """A commit of this session may raise, and leaves its connection checked out, unless nothing has used it."""
        session = self.open.get(path)
        if session is not None and session.state != "unused":
            self.trying.raised[-1].append({**self.open, path: session._replace(state="failing")})

    @cached_property
    def bound_later(self) -> dict[str, Values]:
        """What a nested function may find bound when it is called, and not yet where it is defined."""
        return later.bound(self)

    def closure(self, unit: Unit) -> Values:
        """A nested function as a value; it takes the sessions it mentions out of this function's hands."""
        self.project.summaries.nest(unit.key, Locals({**self.outer, **self.bound_later, **self.env}))
        if self.lost.opened:
            inner = self.project.summary(unit)
            lost.encloses(self, inner)
            for key in inner.effects:
                if key.path.root == "free" and key.path.key[0] == self.unit.key:
                    self.let_go(self.env.get(key.path.key[1], NOTHING))
        return (Value(Path("closure", unit.key), Type("function", unit.key), CERTAIN),)

    # -- values --

    def value(self, expr: Expr) -> Values:
        """The abstract value of an expression; everything in it that calls is applied."""
        return evaluate(self, expr)

    def awaited(self, values: Values) -> Values:
        """What awaiting these values gives; a task that is awaited no longer runs beside."""
        found = []
        for value in values:
            kind = value.type
            if kind.kind == "coroutine":
                self.running -= {kind.name}
                self.beside(kind.name)
                for inner in kind.args:
                    if inner != ANY:
                        found.append(Value(value.path, inner, value.sure))
            else:
                found.append(value)
        return tuple(found)

    def beside(self, at: int) -> None:
        """A coroutine runs now: sessions that tasks started before it use as well are shared with them."""
        task = self.tasks.made.get(at)
        if task is None or at in self.tasks.started or not self.running:
            return
        for other in tasks.beside(self, at):
            tasks.race(
                self,
                self.tasks.started[other],
                written(self.tasks.made[other].source),
                ((other, self.tasks.made[other]), (at, task)),
            )

    def yielded(self, value: Value) -> Values:
        stored = self.heap.get(value.path.attr("*"))
        if stored:
            return stored
        kinds = dict.fromkeys(kind for kind in value.type.args if kind != OTHER) or value.type.args
        if not kinds and value.path.root == "param":
            kinds = (ANY,)
        return tuple(Value(value.path.attr("*"), kind, value.sure) for kind in kinds)

    def element(self, values: Values) -> Values:
        """A member of these containers."""
        found: list[Values] = []
        for value in values:
            kind = value.type
            if kind.kind in ("many", "generator"):
                found.append(self.yielded(value))
            elif kind.kind == "instance" and kind.args and self.project.is_result(kind.name):
                held = instance(ROW, kind.args[0]) if kind.name in (RESULT, ASYNC_RESULT) else kind.args[0]
                found.append((Value(value.path.attr("*"), held, value.sure),))
            elif kind.kind == "any":
                path = value.path.attr("*")
                found.append(self.heap.get(path) or (Value(path, ANY, value.sure),))
            elif kind.kind in ("payload", "pairs"):
                found.append(payloads.member(value))
        return join(*found)

    def member(self, values: Values, index: int) -> Values:
        """The member at a position of a tuple, when positions are known."""
        found: list[Values] = []
        for value in values:
            told = at_position(value.type, index)
            at, kinds = told or (index, ())
            path = value.path.attr(f"[{at}]")
            known = self.heap.get(path) or tuple(Value(path, kind, value.sure) for kind in kinds)
            if not known and told is None and value.type == ANY and value.path.attr("*") not in self.heap:
                known = (Value(path, ANY, value.sure),)
            elif not known and told is None:
                known = lacking.row_member(self, value, index) or self.element((value,))
            found.append(known)
        return join(*found)

    # -- effects --

    def touch(
        self, verb: Verb, value: Value, kind: str, at: int, call: Call | str, receiver: str, *, by_library: bool = False
    ) -> None:
        """Record what a call does to a session right here."""
        path = value.path.owner()
        if self._impossible(path):
            return
        verb = self.meant(verb, path, kind)
        self.note(verb, value, kind, at, call, receiver, by_library=by_library)
        if verb is Verb.ROLLBACK and self.trying.handling:
            self.trying.rolled = (at, verb, path)
        if path.root != "unknown":
            self.add_effect(Key(verb, path, self.stands(path)), Rank(0, "", at, value.sure, kind, self.locked))
        self.flow(verb, path, kind, value.sure, at, call, "", None, self.locked, self.guard)

    def stands(self, path: Path) -> Guard:
        """The condition under which a session is used here: everybody's is where a parameter brings none."""
        return both(self.guard, twins.instead(self, path)) if path.root == "global" else self.guard

    def meant(self, verb: Verb, path: Path, kind: str) -> Verb:
        """What this does to a session; before SQLAlchemy 2.0 an end is that of the savepoint, if one has been begun."""
        ends = verb in (Verb.COMMIT, Verb.ROLLBACK) and kind not in OUTERMOST_ALWAYS and self.project.is_new is False
        return Verb.RELEASE if ends and past.is_nested(self, path) else verb

    def note(
        self, verb: Verb, value: Value, kind: str, at: int, call: Call | str, receiver: str, *, by_library: bool = False
    ) -> None:
        """Remember as an event what a call does to a session, without any effect on it."""
        path = value.path.owner()
        text = written(call)
        event = Event(
            verb,
            path,
            kind,
            at,
            text,
            receiver,
            self.guard,
            self.frames,
            self.loop,
            value.sure,
            self.trying.attempts,
            by_library,
            any((one, path) in self.trying.tried for one in self.trying.handling),
            asks="state" if verb is Verb.BEGIN and mentions(self.body, ASKS) else conditions.asks(self),
            asked=bool(self.tests or self.trying.handling),
            provided=path in self.provided,
        )
        self.events[at, verb, path] = event

    def stall(self, stall: Stall) -> None:
        """A call waits for the database in the thread of this function, unless it is done elsewhere."""
        if self.apart or self._impossible(stall.path):
            return
        kept = stall.kept or self.kept_by or remembering.holder(self)
        if kept is not None and kept.root == "global":
            stall = stall._replace(sure=POSSIBLE)
        stall = stall._replace(kept=kept)
        key = (stall.at, stall.path, stall.guard)
        known = self.stalls.get(key)
        if known is None or _weight(stall) < _weight(known):
            self.stalls[key] = stall

    def stalls_whichever(self, at: int) -> None:
        """Each of those that a call may be made on waits for the database: then the call does."""
        for key, stall in self.stalls.items():
            if stall.at == at and stall.sure < LIKELY and stall.kept is None:
                self.stalls[key] = stall._replace(sure=LIKELY)

    def _impossible(self, path: Path) -> bool:
        """Whether the guard says that the parameter the path starts from is None."""
        return path.root == "param" and any(
            one.param == path.key and not one.name and (one.test, one.holds) in (("none", True), ("true", False))
            for one in self.guard
        )

    @property
    def locked(self) -> bool:
        """Whether a lock is held: what is done under it excludes itself."""
        return any(frame.kind == "lock" for frame in self.frames)

    def add_effect(self, key: Key, rank: Rank) -> None:
        if key.path.root in ("fresh", "unknown", "const") or self.is_own(key.path):
            return
        known = self.effects.get(key)
        if known is None or _worth(rank) < _worth(known):
            self.effects[key] = rank

    def flow(
        self,
        verb: Verb,
        path: Path,
        kind: str,
        sure: Confidence,
        at: int,
        source: Call | str,
        via: str,
        inner: Key | None,
        locked: bool,
        guard: Guard,
    ) -> None:
        """Follow an effect through this function's own state: typestate, blocks around it, tasks beside it."""
        idle = verb is Verb.COMMIT and not via and idling.only(self, path)
        idling.happen(self, verb, path)
        self.last[path] = verb
        self.kinds[path] = kind
        if self.waiting.turns:
            waiting.happen(self, verb, path, kind, sure, at, source)
        if not via and (self.plans or verb is Verb.ROLLBACK):
            planning.happen(self, verb, path, kind, at, written(source), via, sure)
        past.happen(self, verb, path, sure, at, source, via, inner, guard)
        if verb is Verb.COMMIT:
            commits.happen(self, path, kind, sure, at, source, via, inner, guard, idle)
            if not via:
                lending.commits_after(self, path, at, written(source))
        elif verb in (Verb.ROLLBACK, Verb.CLOSE):
            commits.undone(self, path, via)
        else:
            commits.tried(self, verb, path)
        if verb in (Verb.FLUSH, Verb.COMMIT):
            self.trying.tried.update(
                (attempt, path) for attempt in self.trying.attempts if attempt not in self.trying.handling
            )
        if self.breaching and verb not in (Verb.ROLLBACK, Verb.CLOSE):
            after = {key for key in self.breaching if self.breaches[key].path == path}
            self.followed |= after
            self.breaching -= after
        if verb in ENDS:
            for frame in self.frames:
                if frame.kind in ("begin", "savepoint") and frame.path == path and set(frame.guard) <= set(self.guard):
                    failed = verb is Verb.ROLLBACK and any(
                        (one, path) in self.trying.tried for one in self.trying.handling
                    )
                    self.breaches[at, via, verb] = Breach(
                        frame, verb, path, at, written(source), via, inner, sure, failed=failed
                    )
                    self.breaching |= {(at, via, verb)}
        if verb in _USES:
            tasks.uses(self, Use(path, kind, sure, locked), at, source)
        if path in self.open:
            session = self.open[path]
            if verb is Verb.CLOSE:
                tasks.outlive(self, path)
                self.closed(path)
            elif verb is Verb.WRITE and session.state != "begun":
                self.open = {**self.open, path: session._replace(state="dirty", asked="")}
            else:
                self.leave_in(path, verb)

    def is_own(self, path: Path) -> bool:
        """Whether a context variable holds what this function, or one it has called, has put there: callers that run it
        in a task of its own do not share it."""
        return path.root == "global" and path.key in self.tasks.own_context

    def leave_in(self, path: Path, verb: Verb) -> None:
        """The state in which the last thing done to a session leaves it, if it is open here."""
        if verb in (Verb.COMMIT, Verb.ROLLBACK):
            self.ended(path)
        elif path in self.open and verb in SENDS:
            self.open = {**self.open, path: self.open[path]._replace(state="begun", asked="")}

    def fetched(self, values: Values) -> None:
        """Where a query is among these, its rows may be fetched: from here on, more than the question can fail."""
        if self.open and any(value.type.name == QUERY for value in values):
            self.open = {
                path: session._replace(asked="") if session.asked == "built" else session
                for path, session in self.open.items()
            }

    def gather(self) -> list[Use]:
        """The list in which what is used from here to `gathered` will be, for the task it may belong to."""
        uses: list[Use] = []
        self.collecting.append(uses)
        return uses

    def gathered(self) -> None:
        """The end of what `gather` began; it counts for those around it too."""
        uses = self.collecting.pop()
        if self.collecting:
            self.collecting[-1].extend(uses)

    def opens(self, path: Path, kind: Type, at: int, text: str, via: str, sure: Confidence) -> Values:
        """A session made by a call; whoever holds it must close it."""
        self.reopened(path)
        self.born[path] = self.loop
        name = self.classes.session_kind(kind)
        if name in SESSIONS:
            where = frozenset(self.told)
            self.open = {**self.open, path: Session("unused", at, text, via, name, sure, self.guard, where=where)}
        return (Value(path, kind, sure),)


def _worth(rank: Rank) -> tuple[bool, int, int, str]:
    return (rank.fatal, -rank.sure, rank.depth, rank.via)


def _doubly(sessions: Open) -> Open:
    """What is left open where something fails while another failure is handled."""
    return {
        path: session._replace(state="doubly") if session.state == "begun" else session
        for path, session in sessions.items()
    }


def _unasked(sessions: Open) -> Open:
    """What is left open where nobody has fetched what the one question would have found."""
    return {
        path: session._replace(state="unused") if session.asked == "built" else session
        for path, session in sessions.items()
    }


def _asking(sessions: Open, asked: str) -> Open:
    """What is left open where a question for rows fails, or what is made on the way to it."""
    return {
        path: session._replace(state="asking") if session.asked == asked else session
        for path, session in sessions.items()
    }


def _weight(stall: Stall) -> tuple[int, bool, int, str]:
    return (-stall.sure, stall.kept is not None, stall.depth, stall.via)
