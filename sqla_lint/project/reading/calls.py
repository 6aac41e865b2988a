"""What a call does: which functions it may run, how arguments meet parameters, how effects pass to the caller."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.schema import Attr, Call, Index, Name
from ...knowledge import CLASSES, FUNCTIONS, SENDS, Klass, Method, Registration, Verb, qt
from ...knowledge.graphql import CONTEXTS, PACKAGES
from ...knowledge.queues import SIGNATURE, SIGNATURES
from ...knowledge.senders import TASK
from ...knowledge.sqlalchemy import (
    ASYNC,
    ASYNC_ENGINE,
    CONNECTION,
    ENGINE,
    FETCHES,
    INSISTS,
    QUERY,
    QUESTIONS,
    REGISTRY,
    SELECT,
    TEXT_OF_ROWS,
)
from ...knowledge.web import ABORTS, HTTP_ERROR, HTTP_ERRORS
from ...model import Confidence
from .. import elsewhere
from ..modules import Unit, last_name
from ..parts import only_compared, parts, returned_at
from ..questions import (
    autocommit,
    belonging,
    changing,
    exporting,
    flushing,
    idling,
    keeping,
    lacking,
    lending,
    loading,
    loops,
    lost,
    mixing,
    options,
    past,
    payloads,
    planning,
    pools,
    raw,
    remembering,
    renewing,
    sending,
    tasks,
    twins,
    unwrapped,
    waiting,
)
from ..summary import Invocation, Literal, Registered, Stall, Use, both
from ..text import render
from ..values import ANY, CONST, NONE, NOTHING, UNKNOWN, Path, Type, Value, Values, constant, instance, join
from . import applying, binding, blocks, conditions, contexts, guessing, making, running, storing
from .arguments import NO_ARGUMENTS, Given, Site, named, positions
from .evaluate import attribute, evaluate, told
from .reading import Reading
from .state import Task

if TYPE_CHECKING:
    from ..project import Project

CERTAIN, LIKELY = Confidence.CERTAIN, Confidence.LIKELY
MOST_OVERRIDES = 8
_SELF = Path("param", 0)
_HELD = ("instance", "many")
_ADDS = frozenset({"append", "add", "appendleft", "insert", "extend", "update", "setdefault"})
_UNTYPED = {
    "param": "a parameter that has no annotation and gets no session from any caller",
    "free": "a variable of an enclosing function",
    "global": "a module variable to which nothing gives a type",
    "fresh": "the result of a call that says nothing of its type",
}
_SHAPES = {
    Call: "the result of a call that is not known",
    Name: "a local to which nothing gives a type",
    Attr: "an attribute of something that is not known",
    Index: "a member of a container",
}
"""Reasons why a receiver is not known to be a session, by where it comes from, or by how it is written."""


class Calls:
    """The calls of one project."""

    def __init__(self, project: Project) -> None:
        self.project = project

    # -- entry --

    def call(self, r: Reading, expr: Call) -> Values:
        """The value of a call expression; its effects are applied to the reading."""
        place, spoken = r.place, r.spoken
        if expr.at >= 0:
            r.place, r.spoken = expr.at, True
        found = self._call(r, expr)
        r.place, r.spoken = place, spoken
        return found

    def _call(self, r: Reading, expr: Call) -> Values:
        func = expr.func
        if isinstance(func, Attr):
            if isinstance(func.of, Call) and func.of.func == Name("super"):
                return self._super(r, expr, func.name)
            receivers = evaluate(r, func.of)
            receivers = tuple(value for value in receivers if value.type != NONE) or receivers
            given = self.arguments(r, expr)
            waiting.called(r, expr, receivers)
            keeping.called(r, expr)
            self._context(r, given)
            if self._is_signal(r, func, receivers):
                return running.run(r, "slot", None, given, Site(expr.at, expr, CERTAIN, ""))
            if not receivers:
                return self.unknown(r, expr, given, "nothing is known of what it is called on")
            if len(receivers) == 1:
                return self.on(r, expr, receivers[0], func, given)
            once = tasks.each_once(receivers)
            found = [self._one_of(r, expr, value, receivers, func, given) for value in once]
            if all(r.classes.session_kind(value.type) not in {"", *ASYNC} for value in receivers):
                r.stalls_whichever(expr.at)
            return join(*found)
        callees = evaluate(r, func)
        given = self.arguments(r, expr)
        waiting.called(r, expr, NOTHING)
        keeping.called(r, expr)
        self._context(r, given)
        site = Site(expr.at, expr, CERTAIN, "")
        if all(value.type.kind in ("any", "none") for value in callees):
            binding.chosen(r, expr, given)
        if not callees:
            return self.unknown(r, expr, given, "nothing is known of what is called")
        found = [self.value(r, value, given, site, expr) for value in callees]
        return found[0] if len(found) == 1 else join(*found)

    def _one_of(self, r: Reading, expr: Call, receiver: Value, receivers: Values, func: Attr, given: Given) -> Values:
        """A method called on one of several values that may be meant: where it is this one, no session is another."""
        hidden = {one.path: r.open[one.path] for one in receivers if one.path in r.open and one.path != receiver.path}
        if hidden:
            r.open = {path: session for path, session in r.open.items() if path not in hidden}
        found = self.on(r, expr, receiver, func, given)
        if hidden:
            r.open = {**r.open, **hidden}
        return found

    def arguments(self, r: Reading, expr: Call) -> Given:
        """Evaluate the arguments in source order."""
        positional: list[Values] = []
        keywords: dict[str, Values] = {}
        rest: list[Path] = []
        spread: list[Path] = []
        poured: Values = NOTHING
        open_ended = False
        for arg in expr.args:
            values = evaluate(r, arg.value)
            if arg.name == "*":
                open_ended = True
                known = [member for value in values for member in positions(r, value.path)]
                outer = [value.path for value in values if value.path.root in ("param", "free")]
                if known or not outer:
                    positional.extend(known or [r.element(values)])
                rest.extend(outer)
            elif arg.name == "**":
                open_ended = True
                poured = (*poured, *payloads.whole(r, values))
                for value in values:
                    for name, held in named(r, value.path).items():
                        keywords.setdefault(name, held)
                    if value.path.root in ("param", "free"):
                        spread.append(value.path)
            elif arg.name:
                keywords[arg.name] = values
            else:
                positional.append(values)
        found = Given(tuple(positional), keywords, open_ended, tuple(rest), tuple(spread), poured)
        payloads.passed(r, expr, found)
        if isinstance(expr.func, Name) and expr.func.id in ("print", "str"):
            told(r, join(*positional))
        return found

    def _context(self, r: Reading, given: Given) -> None:
        """A call that tells a GraphQL schema what its resolvers find in the context."""
        if not given.keywords:
            return
        words = CONTEXTS if not PACKAGES.isdisjoint(self.project.packages(r.module)) else CONTEXTS[:1]
        for word in words:
            for value in given.keywords.get(word, NOTHING):
                found: Values = (value,)
                if value.type.kind in ("function", "method"):
                    site = Site(-1, word, CERTAIN, "injected")
                    found = r.awaited(self.value(r, value, NO_ARGUMENTS, site, None))
                storing.share_all(r, "graphql.Context", found)

    def _is_signal(self, r: Reading, func: Attr, receivers: Values) -> bool:
        """Whether this connects a signal of Qt, which is an attribute of something."""
        return (
            func.name == qt.CONNECT
            and isinstance(func.of, Attr)
            and all(value.type == ANY for value in receivers)
            and not qt.PACKAGES.isdisjoint(self.project.packages(r.module))
        )

    def _super(self, r: Reading, expr: Call, name: str) -> Values:
        given = self.arguments(r, expr)
        klass = r.unit.klass
        if klass is None or not r.unit.definition.params:
            return self.unknown(r, expr, given, "super() outside a method")
        own = r.env.get(r.unit.definition.params[0].name, NOTHING)
        line = r.classes.line(klass.symbol)
        for ancestor in line[1:]:
            unit = r.classes.unit(ancestor.symbol)
            if unit is not None:
                method = r.names.child(unit, name)
                if method is not None and own:
                    site = Site(expr.at, expr, CERTAIN, "super")
                    return applying.apply(r, method, own[0], given, site)
                continue
            klass_data = CLASSES.get(ancestor.symbol)
            if klass_data is not None and name in klass_data.methods and own:
                return self.library(r, expr, own[0], klass_data.methods[name], given, ancestor.symbol)
        r.let_go(given.all())
        if name == "__new__":
            return (Value(Path("fresh", expr.at), instance(klass.symbol), CERTAIN),)
        return NOTHING

    # -- a method on a receiver --

    def on(self, r: Reading, expr: Call, receiver: Value, func: Attr, given: Given) -> Values:
        """A call of `receiver.name(...)`."""
        kind, name = receiver.type, func.name
        if r.lost.connections:
            lost.read(r, (receiver,), name)
        if kind.kind in ("instance", "class") and kind.name:
            symbol = str(kind.name)
            unit = r.classes.method(symbol, name)
            if unit is not None and unit.kind != "class":
                if unit.is_property:
                    return self._values(r, attribute(r, (receiver,), name), given, expr)
                return self.dispatch(r, expr, receiver, unit, given)
            for ancestor in r.classes.line(symbol):
                klass = CLASSES.get(ancestor.symbol)
                if klass is not None and name in klass.methods:
                    return self.library(r, expr, receiver, klass.methods[name], given, ancestor.symbol)
            found = attribute(r, (receiver,), name)
            if found and found[0].type != ANY:
                return self._values(r, found, given, expr)
            owner = r.classes.owner_beside(symbol, name)
            if owner:
                return self.library(r, expr, receiver, CLASSES[owner].methods[name], given, owner)
            if found and r.classes.field(symbol, name) is not None:
                self.remember(r, found[0].path, given, expr.at)
            return self.unknown(r, expr, given, f"{symbol} has no known method {name}", found)
        if kind.kind == "other":
            r.let_go(given.all())
            return NOTHING
        if kind.kind == "many":
            belonging.appended(r, expr, given)
            return self._container(r, receiver, name, given, expr.at)
        if kind.kind == "columns":
            r.let_go(given.all())
            return (receiver,) if name in ("copy", "items") else NOTHING
        if kind.kind == "coroutine":
            mixing.read(r, receiver, name)
            return self._started(r, receiver, name, given, Site(expr.at, expr, receiver.sure, ""))
        if kind.kind == "function":
            exporting.method(r, expr, receiver, given)
            task = r.names.units[str(kind.name)]
            if sending.is_task(task, name):
                sending.publish(r, TASK, expr.at, expr, receiver.sure)
            elif name in SIGNATURES and task.decorators:
                return (Value(Path("fresh", expr.at), instance(SIGNATURE), receiver.sure),)
        if kind.kind == "payload":
            return payloads.part(receiver, name)
        if kind.kind == "generator":
            if name not in ("__next__", "__anext__", "send", "asend"):
                return NOTHING
            return lending.take(r, func.of, (receiver,), expr.at, render(expr), name in ("__anext__", "asend"))
        if kind.kind == "any":
            if name in ("copy", "items") and receiver.path.attrs[-1:] == ("__dict__",):
                return (receiver,)
            self._untyped(r, expr, (receiver,))
            if guessing.is_called_like_session(r, func.of):
                guess = guessing.session(r, receiver, name, given)
                klass = CLASSES[str(guess.type.name)]
                if name in klass.methods:
                    return self.library(r, expr, guess, klass.methods[name], given, str(guess.type.name))
            known = r.heap.get(receiver.path.attr(name))
            if known:
                return self._values(r, known, given, expr)
            tasks.may_use(r, receiver.path.attr(name), expr.at)
            self.remember(r, receiver.path.attr(name), given, expr.at)
            r.let_go(given.all(), only_looks=idling.unknown(r, expr, given, (receiver,)))
            return payloads.keys(receiver, name)
        if kind.kind == "external" and elsewhere.is_session(r.project, str(kind.name)):
            guess = guessing.session(r, receiver, name, given)
            klass = CLASSES[str(guess.type.name)]
            if name in klass.methods:
                return self.library(r, expr, guess, klass.methods[name], given, str(guess.type.name))
        return self._values(r, attribute(r, (receiver,), name), given, expr)

    def _started(self, r: Reading, receiver: Value, name: str, given: Given, site: Site) -> Values:
        """Methods of tasks, threads and futures."""
        if name == "start":
            tasks.start(r, (receiver,), site)
            return NOTHING
        if name in ("result", "join", "get"):
            return r.awaited((receiver,))
        if name == "cancel":
            r.running -= {receiver.type.name}
        r.let_go(given.all())
        return NOTHING

    def _container(self, r: Reading, receiver: Value, name: str, given: Given, at: int) -> Values:
        """Methods of lists, sets and dicts, as far as they move members."""
        path = receiver.path
        idling.mutated(r, receiver, name)
        if name in _ADDS:
            keeping.stored(r, path, given.all(), at)
        if name in ("append", "add", "appendleft", "put_nowait"):
            r.store(path.attr("*"), given.all())
        elif name == "insert":
            r.store(path.attr("*"), join(*given.positional[1:]))
        elif name in ("extend", "update"):
            r.store(path.attr("*"), r.element(given.all()))
        elif name in ("pop", "popleft", "setdefault", "get"):
            known, key = constant(given.positional[0]) if given.positional else (False, None)
            if known:
                part = path.attr(f"[{key}]")
                conditions.taken(r, part, name, given.positional)
                found = r.heap.get(part)
                if found or receiver.type == Type("many"):
                    return found or (Value(part, ANY, receiver.sure),)
            return r.element((receiver,))
        elif name in ("values", "copy"):
            return (receiver,)
        elif name == "sort":
            running.of_each(r, given.keywords.get("key", NOTHING), (receiver,), Site(at, name, receiver.sure, ""))
        elif name == "items" and any(value.type.kind in _HELD for value in r.element((receiver,))):
            return running.run(r, "beside-keys", None, Given(((receiver,),), {}), Site(at, name, receiver.sure, ""))
        else:
            return payloads.keys(receiver, name)
        options.unknown_in(r, path, given.positional)
        r.let_go(given.all(), into=path)
        return NOTHING

    def _values(self, r: Reading, callees: Values, given: Given, expr: Call) -> Values:
        site = Site(expr.at, expr, CERTAIN, "")
        if not callees:
            return self.unknown(r, expr, given, "nothing is known of what is called")
        return join(*(self.value(r, callee, given, site, expr) for callee in callees))

    def dispatch(self, r: Reading, expr: Call, receiver: Value, unit: Unit, given: Given) -> Values:
        """A method by the receiver's class, and what subclasses that override it may run instead; `Base.method(self)`
        asks for that of the class."""
        lacking.served(r, receiver, unit, expr.at)
        klass = unit.klass
        exact = klass is None or (receiver.path.root == "fresh" and "abstractmethod" not in unit.decorators)
        explicit = receiver.type.kind == "class" and not (unit.is_static or unit.is_classmethod)
        overrides = [] if exact or explicit else self.project.overrides(str(receiver.type.name), unit)
        if receiver.path == _SELF:
            overrides = [other for other in overrides if self._may_run(other, r.unit)]
        if len(overrides) > MOST_OVERRIDES:
            idling.let_go(r, (receiver, *given.all()))
            overrides = [other for other in overrides if self._matters(other)][:MOST_OVERRIDES]
        sure = LIKELY if overrides else CERTAIN
        how = f"`{unit.definition.name}` is overridden in {len(overrides)} subclasses" if overrides else ""
        found = [applying.apply(r, unit, receiver, given, Site(expr.at, expr, sure, how))]
        for other in overrides:
            reason = f"a subclass may run: {other.symbol}"
            found.append(applying.apply(r, other, receiver, given, Site(expr.at, expr, LIKELY, reason)))
        made = join(*found[1:])
        promised = made and self._is_left_open(unit) and all(ANY not in (one.type, *one.type.args) for one in made)
        return made if promised else join(*found)

    def _is_left_open(self, unit: Unit) -> bool:
        """Whether a method is left to subclasses, and only says what they return."""
        return not unit.body or "abstractmethod" in unit.decorators or self.project.summary(unit).never

    def _may_run(self, other: Unit, unit: Unit) -> bool:
        """Whether an object that has this method may run `unit` on itself: its class has no other one of that name, or
        one that asks for this."""
        klass, name = other.klass, unit.definition.name
        if klass is None or unit.klass is None or unit.is_static:
            return True
        below = (klass.symbol, *self.project.classes.subclasses(klass.symbol))
        own = [self.project.classes.method(symbol, name) for symbol in below]
        return any(one is unit or (one is not None and _asks_above(one, name)) for one in own)

    def _matters(self, unit: Unit) -> bool:
        """Whether a method does something to a session, hands one out, or waits for a database."""
        summary = self.project.summary(unit)
        lends = any(self.project.classes.session_kind(value.type) for value in summary.yields)
        return lends or bool(summary.effects or summary.stalls)

    def method(
        self,
        r: Reading,
        receiver: Value,
        unit: Unit,
        positional: tuple[Values, ...],
        keywords: dict[str, Values],
        at: int,
        text: str,
        sure: Confidence,
        how: str,
    ) -> Values:
        """A method run by something other than a call expression (a property, `with`)."""
        return applying.apply(r, unit, receiver, Given(positional, keywords), Site(at, text, sure, how))

    # -- calling a value --

    def value(self, r: Reading, callee: Value, given: Given, site: Site, expr: Call | None) -> Values:
        """A call of something that is a value: function, class, bound method, instance, partial, parameter."""
        kind = callee.type
        match kind.kind:
            case "function":
                unit = r.names.units[kind.name]
                closure = callee.path if callee.path.root == "fresh" else None
                return applying.apply(r, unit, None, given, site, closure)
            case "method":
                unit = r.names.units[kind.name]
                receiver = Value(callee.path, kind.args[0], callee.sure)
                return applying.apply(r, unit, receiver, given, site)
            case "fitting":
                unit = r.names.units[kind.name]
                receiver = Value(callee.path, kind.args[0], callee.sure)
                how = f"its name fits: {unit.symbol}"
                return applying.apply(
                    r, unit, receiver, given, site._replace(sure=min(site.sure, callee.sure), how=how)
                )
            case "libmethod":
                owner, name = kind.name
                receiver = Value(callee.path, kind.args[0], callee.sure)
                call = expr if expr is not None else Call(Name(name), (), site.at)
                return self.library(r, call, receiver, CLASSES[owner].methods[name], given, owner)
            case "class":
                return making.construct(r, callee, given, site)
            case "libfunction":
                return self.function(r, str(kind.name), given, site)
            case "instance":
                return making.called(r, callee, given, site)
            case "partial" if callee.path in r.partials:
                inner, positional, keywords = r.partials[callee.path]
                merged = Given((*positional, *given.positional), {**keywords, **given.keywords}, given.open_ended)
                found = join(*(self.value(r, one, merged, site, None) for one in inner))
                if callee.path in r.tasks.own_loops:
                    loops.start(r, found, site)
                    return r.awaited(found)
                return found
            case "partial":  # of another function or module: what more it is given there is not known here
                given = given._replace(open_ended=True)
                inner = tuple(Value(callee.path, one, callee.sure) for one in kind.args)
                return join(*(self.value(r, one, given, site, None) for one in inner))
            case "provider":
                symbol, name = kind.name
                user, own = f"{r.unit.symbol}:{site.at}", Path("fresh", site.at)
                provided = self.project.provisions.container(symbol, name, user).made(f"{symbol}.{name}:{user}", own)
                r.heap.update(provided.heap)
                return provided.values
            case "callable":
                self.remember(r, callee.path, given, site.at)
                if not self._lend(r, callee, given):
                    self._hand(r, callee, given)
                path = Path("fresh", site.at)
                return join(*(making.made(r, path, one, site, LIKELY, by_anything=True) for one in kind.args))
            case "any":
                if given.poured:
                    payloads.constructs(r, callee, given, site)
                self.remember(r, callee.path, given, site.at)
                if self._lend(r, callee, given):
                    return NOTHING
                self._hand(r, callee, given, only_looks=expr is not None and idling.unknown(r, expr, given))
                r.may_raise()
                return NOTHING
            case "external":
                idling.external(r, str(kind.name))
                sending.external(r, str(kind.name), site)
        r.let_go(given.all(), only_looks=expr is not None and idling.unknown(r, expr, given))
        r.fetched(given.all())
        r.may_raise("built")
        return NOTHING

    def _lend(self, r: Reading, callee: Value, given: Given) -> bool:
        """Whether a decorator calls what it decorates: that uses the sessions it is passed, and gives them back."""
        if callee.path.root != "free" or not self.project.decorated_by(r.unit):
            return False
        lost.lends(r, given)
        for value in given.all():
            r.leave_in(value.path, Verb.USE)
        r.may_raise()
        return True

    def _hand(self, r: Reading, callee: Value, given: Given, *, only_looks: bool = False) -> None:
        """What is passed to something unknown is out of this function's hands; sessions that a parameter is passed only
        until that returns, as their callers know who it is."""
        lent = lost.lends(r, given) if callee.path.root == "param" and not callee.path.attrs else set()
        r.let_go(given.all(), only_looks=only_looks)
        r.lost.settled -= lent

    def remember(self, r: Reading, path: Path, given: Given, at: int) -> None:
        """A call of something only the caller knows is kept in the summary."""
        if path.root in ("param", "free") and at >= 0:
            keywords = tuple(sorted(given.keywords.items()))
            apart = bool(r.apart)
            within = tuple(value.path for value in given.all() if value.path in r.blocks.within)
            within = within if within and returned_at(r.body, at) else ()
            known = r.invokes.get(at)
            if known is not None:
                r.besides[at, known.path] = known
            r.besides.pop((at, path), None)
            invocation = Invocation(
                path, at, given.positional, keywords, r.frames, given.rest, given.spread, apart, within, r.work
            )
            invocation = invocation._replace(kept=r.kept_by or remembering.holder(r))
            lending.invoked(r, invocation)

    def _untyped(self, r: Reading, expr: Call, receivers: Values, why: str = "") -> None:
        """Remember a call on what is called like a session and is not known to be one, with the reason."""
        func = expr.func
        if isinstance(func, Attr) and guessing.is_called_like_session(r, func.of):
            if not receivers:
                why = _SHAPES.get(type(func.of), why)
            elif receivers[0].type != ANY:
                return
            elif not receivers[0].path.attrs:
                why = _UNTYPED.get(receivers[0].path.root, why)
            elif receivers[0].path.root == "param":
                why = _attribute_of(r, receivers[0])
            else:
                why = f"an attribute of {_UNTYPED.get(receivers[0].path.root, 'something')}"
            r.unresolved[expr.at] = render(expr), why

    def unknown(self, r: Reading, expr: Call, given: Given, why: str, receiver: Values = NOTHING) -> Values:
        """A call that could not be resolved: what it was given is out of this function's hands."""
        self._untyped(r, expr, receiver, why)
        r.let_go(join(given.all(), receiver), only_looks=idling.unknown(r, expr, given, receiver))
        r.may_raise()
        return NOTHING

    # -- libraries --

    def function(self, r: Reading, name: str, given: Given, site: Site) -> Values:
        """A library function."""
        data = FUNCTIONS[name]
        if data.publishes:
            sending.publish(r, data.publishes, site.at, site.source, site.sure)
        if data.registers is not None:
            self.register(r, data.registers, given, site)
        if data.exports:
            exporting.send(r, data.exports, given, site)
        if name in ABORTS:
            r.hear("calls", site.at, (Value(CONST, instance(HTTP_ERROR), CERTAIN),), HTTP_ERRORS)
        if data.runs:
            if data.runs == "decode" or any(value.type.kind in ("function", "method") for value in given.all()):
                r.may_raise()
            return running.run(r, data.runs, None, given, site)
        first = given.positional[0] if given.positional else NOTHING
        for value in first if data.connects else ():
            if value.type.name == ENGINE and isinstance(site.source, Call):
                self._wait(r, site.source, value, ENGINE)
        if data.returns.startswith("="):
            return first if data.returns == "=0" else given.keywords.get(data.returns[1:], NOTHING)
        kinds = autocommit.engine(r, name, given, site, self.project.shape(data.returns, ANY, first))
        mixing.engine(r, name, site)
        pools.made(r, name, site)
        r.fetched(given.all())
        r.may_raise("built")
        path = first[0].path.attr(data.derived) if data.derived and first else Path("fresh", site.at)
        found = tuple(Value(path, kind, CERTAIN) for kind in kinds)
        if data.beside:
            beside = given.keywords.get(data.beside, NOTHING)
            found += tuple(value for value in (*beside, *r.element(beside)) if value.type.kind == "class")
        options.function(r, name, given, site, found)
        return found

    def library(self, r: Reading, expr: Call, receiver: Value, method: Method, given: Given, owner: str) -> Values:
        """A method of a library class on a receiver."""
        if method.function:
            return self.function(r, method.function, given, Site(expr.at, expr, receiver.sure, ""))
        if method.turns is not None and constant(given.keywords.get(method.turns[0], NOTHING)) == (True, True):
            method = CLASSES[owner].methods[method.turns[1]]
        site = Site(expr.at, expr, receiver.sure, "")
        first = given.positional[0] if given.positional else NOTHING
        if method.publishes:
            sending.publish(r, method.publishes, site.at, expr, receiver.sure)
        if method.registers is not None:
            self.register(r, method.registers, given, site)
        if method.exports:
            exporting.send(r, method.exports, given, site)
        mixing.called(r, expr, receiver, method, owner)
        raw.called(r, expr, receiver, owner, given)
        unwrapped.called(r, expr, receiver, owner, given)
        loops.called(r, expr, receiver, owner)
        autocommit.gives(r, receiver, Path("fresh", site.at))
        twins.gives(r, receiver, Path("fresh", site.at))
        payloads.library(r, expr, receiver, given, owner)
        idling.built(r, expr, owner)
        if owner == QUERY:
            changing.queried(r, expr, receiver)
        for value in self._session(r, receiver, method, given) if method.waits else ():
            if value is receiver:
                self._wait(r, expr, value, owner)
            elif value.type.name in (ENGINE, CONNECTION):
                self._wait(r, expr, value, str(value.type.name))
        uses: list[Use] = []
        sessions: Values = NOTHING
        if owner == QUERY and receiver.path.attrs[-1:] == ("query",) and last_name(expr) in FETCHES:
            r.note(Verb.LOAD, receiver, "", expr.at, expr, "")
            sessions = contexts.of_model(r, str(receiver.path.key)) if receiver.path.root == "global" else NOTHING
            for session in sessions:
                r.touch(Verb.READ, session, REGISTRY, expr.at, expr, render(expr.func))
        if method.verb is not None:
            uses = r.gather()
            sessions = self._session(r, receiver, method, given)
            for session in sessions:
                self._act(r, expr, receiver, session, method, given)
            r.gathered()
            if method.session:
                renewing.handed(r, join(*given.positional, *given.keywords.values()))
        if last_name(expr) in INSISTS:
            r.may_raise()
        if method.derived and CLASSES.get(method.returns, Klass()).enters == "savepoint":
            past.nests(r, receiver, method.verb is not None, expr)
        if method.runs:
            return running.run(r, method.runs, receiver, given, site)
        if method.returns == "=0":
            found = first
            loading.called(r, expr, receiver, owner, given, found)
        else:
            path = receiver.path.attr(method.derived) if method.derived else Path("fresh", expr.at)
            kinds = self.project.shape(method.returns, r.classes.seen_as(receiver.type, owner), first)
            if method.derived:
                kinds = tuple(instance(str(kind.name), receiver.type) for kind in kinds)
            if method.returns == "self":
                path = receiver.path
                kinds = autocommit.options(owner, last_name(expr.func), given, kinds)
            found = tuple(Value(path, kind, receiver.sure) for kind in kinds)
            loading.called(r, expr, receiver, owner, given, found)
        if owner in (ENGINE, ASYNC_ENGINE):
            lost.connects(r, receiver, last_name(expr), expr.at, found)
        blocks.made(r, expr, receiver, method, sessions, found)
        belonging.loaded(r, expr, receiver, sessions, given, found)
        if not method.awaits:
            return found
        r.tasks.made[expr.at] = Task(tuple(uses), r.loop, site.source)
        return applying.coroutine(found, expr.at)

    def _wait(self, r: Reading, expr: Call, receiver: Value, owner: str) -> None:
        """A call of a library that waits for the database."""
        if last_name(expr) == "query" and only_compared(r.body, expr.at, FETCHES):
            return
        path = receiver.path.owner()
        if path.root not in ("param", "free") or (path != receiver.path and owner == QUERY):
            plan = planning.plan_of(r, receiver.path) if owner == QUERY and r.mixing.disputed else None
            path = plan.session if plan is not None and plan.session in r.mixing.disputed else UNKNOWN
        r.stall(Stall(path, r.guard, owner, expr.at, render(expr), "", 0, receiver.sure))
        asks = owner == QUERY and last_name(expr) in QUESTIONS
        r.may_raise("built" if asks else "")
        r.fetched((receiver,))

    def _session(self, r: Reading, receiver: Value, method: Method, given: Given) -> Values:
        """The sessions that a method of a library is about."""
        if not method.session:
            return (receiver,)
        if method.session.startswith("."):
            return attribute(r, (receiver,), method.session[1:])
        return given.keywords.get(method.session) or (given.positional[0] if given.positional else NOTHING)

    def _act(self, r: Reading, expr: Call, receiver: Value, session: Value, method: Method, given: Given) -> None:
        """What a library's method does to a session."""
        verb = method.verb
        if verb is None:
            return
        kind = r.classes.session_kind(session.type)
        if not kind and session.type.args:
            kind = r.classes.session_kind(session.type.args[0])
        if method.derived:
            r.may_raise()
        if verb is Verb.COMMIT:
            r.may_fail(session.path.owner())
        text = render(expr.func.of) if isinstance(expr.func, Attr) else ""
        first = given.positional[0] if given.positional else NOTHING
        statement = first or given.keywords.get("statement")
        if verb is Verb.USE and statement:
            if any(CLASSES.get(str(value.type.name), Klass()).writes for value in statement):
                sent = r.flushed, r.queued
                r.touch(Verb.WRITE, session, kind, expr.at, expr, text)
                flushing.sent_at_once(r, sent)
            elif all(value.type.name in (SELECT, TEXT_OF_ROWS) for value in statement):
                verb = Verb.READ
        if method.stores and first and all(value.path in r.belonging.instances for value in first):
            r.touch(Verb.WRITE, session, kind, expr.at, expr, text)
        begins = session.path in r.open and r.open[session.path].state in ("unused", "idle")
        r.touch(verb, session, kind, expr.at, expr, text)
        question = ""
        if verb is Verb.READ and all(value.type.name != TEXT_OF_ROWS for value in statement or ()):
            question = "built" if last_name(expr) == "query" else "sent"
        if begins and question:
            r.open = {**r.open, session.path: r.open[session.path]._replace(asked=question)}
        if verb in SENDS and not method.derived:
            r.may_raise(question)
        if method.commits:
            guard = r.guard
            told = r.heap.get(receiver.path.attr(method.commits), NOTHING)
            asked = given.keywords.get(method.commits, told)
            known, value = constant(asked)
            if asked and not known:
                flag = asked[0].path
                literal = Literal(flag.key, "true", True)
                r.guard = both(guard, (literal,))
                if flag.root != "param" or flag.attrs or literal not in r.guard:
                    r.guard = guard
                    return
            if value if known else asked or method.commits_alone:
                r.touch(Verb.COMMIT, session, kind, expr.at, expr, text, by_library=True)
            r.guard = guard

    def register(self, r: Reading, how: Registration, given: Given, site: Site) -> None:
        """A call that hands a function to a framework makes it a boundary."""
        handed = given.keywords.get(how.keyword, NOTHING)
        if not handed and len(given.positional) > how.position:
            handed = given.positional[how.position]
        known, path = constant(given.positional[0]) if given.positional else (False, None)
        for value in handed:
            if value.type.kind in ("function", "method"):
                key = str(value.type.name)
                because = f"given to `{site.text.partition('(')[0]}`"
                entry = str(path) if known and isinstance(path, str) and how.layer == "handler" else ""
                r.registered[key] = Registered(key, how.layer, how.framework, entry, because)

    # -- project functions --


def _asks_above(unit: Unit, name: str) -> bool:
    """Whether a method asks for that of a class above."""
    return any(isinstance(part, Attr) and part.name == name and part.of != Name("self") for part in parts(unit.body))


def _attribute_of(r: Reading, receiver: Value) -> str:
    own = receiver.path.key == 0 and r.unit.klass is not None
    return "an attribute of self to which nothing gives a type" if own else "an attribute of a parameter without a type"
