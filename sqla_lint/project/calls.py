"""What a call does: which functions it may run, how arguments meet parameters, how effects pass to the caller."""

from __future__ import annotations

from collections import ChainMap
from typing import TYPE_CHECKING

from ..facts.schema import Attr, Bind, Call, Index, Leave, Lit, Name
from ..knowledge import ASIDE, CLASSES, FUNCTIONS, RERAISES, SENDS, Klass, Method, Registration, Verb
from ..knowledge.graphql import CONTEXTS, PACKAGES
from ..knowledge.queues import SIGNATURE, SIGNATURES
from ..knowledge.senders import TASK
from ..knowledge.sqlalchemy import (
    ASYNC,
    ASYNC_FACTORY,
    FACTORY,
    FETCHES,
    QUERY,
    REGISTRIES,
    SELECT,
    SESSION,
    SESSIONS,
    TEXT_OF_ROWS,
)
from ..knowledge.sqlmodel import SCHEMA
from ..knowledge.starlette import RESPONSE
from ..knowledge.streaming import STREAMS
from ..knowledge.web import ABORTS, HTTP_ERROR, HTTP_ERRORS
from ..model import Confidence
from . import (
    answers,
    autocommit,
    belonging,
    blocks,
    changing,
    commits,
    conditions,
    exporting,
    failing,
    flushing,
    guessing,
    holding,
    idling,
    keeping,
    lending,
    loading,
    loops,
    lost,
    mixing,
    offered,
    past,
    payloads,
    pools,
    raw,
    remembering,
    renewing,
    sending,
    supplied,
    tasks,
    twins,
    undoing,
    unwrapped,
    waiting,
)
from .applied import Applied
from .arguments import NO_ARGUMENTS, Given, Site, named, positions
from .evaluate import attribute, evaluate
from .heap import kept_by_others
from .meanings import meaning
from .modules import Unit, last_name
from .parts import parts
from .reading import Reading
from .state import USED, Task
from .steps import LEFT
from .summary import (
    Carried,
    Edge,
    Hinted,
    Invocation,
    Key,
    Literal,
    Rank,
    Registered,
    Stall,
    Step,
    Summary,
    Use,
    both,
)
from .text import render
from .values import (
    ANY,
    CONST,
    NONE,
    NOTHING,
    UNKNOWN,
    Path,
    Type,
    Value,
    Values,
    cap,
    constant,
    instance,
    join,
    literal,
    matters,
    members,
)

if TYPE_CHECKING:
    from .project import Project

CERTAIN, LIKELY, POSSIBLE = Confidence.CERTAIN, Confidence.LIKELY, Confidence.POSSIBLE
MOST_OVERRIDES = 8
_DEEPEST_CALLBACK = 5
_HELD = ("instance", "many")
_CALLED = ("function", "method", "class", "partial", "libmethod", "fitting")
_ADDS = frozenset({"append", "add", "appendleft", "insert", "extend", "update", "setdefault"})
_SCHEMAS = frozenset({SCHEMA})
_RESPONSES = frozenset({RESPONSE, "flask.Response"})
_SENT = ("many", "instance", "columns")
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
            if not receivers:
                return self.unknown(r, expr, given, "nothing is known of what it is called on")
            found = [self.on(r, expr, value, func, given) for value in receivers]
            if len(found) == 1:
                return found[0]
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
            self._make(r, expr, given)
        if not callees:
            return self.unknown(r, expr, given, "nothing is known of what is called")
        found = [self.value(r, value, given, site, expr) for value in callees]
        return found[0] if len(found) == 1 else join(*found)

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
                r.share_all("graphql.Context", found)

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
                    return self.apply(r, method, own[0], given, site)
                continue
            klass_data = CLASSES.get(ancestor.symbol)
            if klass_data is not None and name in klass_data.methods and own:
                return self.library(r, expr, own[0], klass_data.methods[name], given, ancestor.symbol)
        r.let_go(given.all())
        return NOTHING

    # -- a method on a receiver --

    def on(self, r: Reading, expr: Call, receiver: Value, func: Attr, given: Given) -> Values:
        """A call of `receiver.name(...)`."""
        kind, name = receiver.type, func.name
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
                self._remember(r, found[0].path, given, expr.at)
            return self.unknown(r, expr, given, f"{symbol} has no known method {name}", found)
        if kind.kind == "other":
            r.let_go(given.all())
            return NOTHING
        if kind.kind == "many":
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
            self._untyped(r, expr, (receiver,))
            if guessing.is_called_like_session(r, func.of):
                guess = guessing.session(r, receiver, name, given)
                klass = CLASSES[str(guess.type.name)]
                if name in klass.methods:
                    return self.library(r, expr, guess, klass.methods[name], given, str(guess.type.name))
            known = r.heap.get(receiver.path.attr(name))
            if known:
                return self._values(r, known, given, expr)
            self._remember(r, receiver.path.attr(name), given, expr.at)
            r.let_go(given.all(), only_looks=idling.unknown(r, expr, given, (receiver,)))
            return payloads.keys(receiver, name)
        return self._values(r, attribute(r, (receiver,), name), given, expr)

    def _started(self, r: Reading, receiver: Value, name: str, given: Given, site: Site) -> Values:
        """Methods of tasks, threads and futures."""
        if name == "start":
            tasks.start(r, (receiver,), site)
            return NOTHING
        if name in ("result", "join", "get"):
            return r.awaited((receiver,))
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
        elif name == "items" and any(value.type.kind in _HELD for value in r.element((receiver,))):
            return tasks.run(r, "beside-keys", None, Given(((receiver,),), {}), Site(at, name, receiver.sure, ""))
        else:
            return payloads.keys(receiver, name)
        loading.unknown_in(r, path, given.positional)
        r.let_go(given.all(), into=path)
        return NOTHING

    def _values(self, r: Reading, callees: Values, given: Given, expr: Call) -> Values:
        site = Site(expr.at, expr, CERTAIN, "")
        if not callees:
            return self.unknown(r, expr, given, "nothing is known of what is called")
        return join(*(self.value(r, callee, given, site, expr) for callee in callees))

    def dispatch(self, r: Reading, expr: Call, receiver: Value, unit: Unit, given: Given) -> Values:
        """A method by the receiver's class, and what subclasses that override it may run instead."""
        loading.served(r, receiver, unit, expr.at)
        klass = unit.klass
        exact = klass is None or (receiver.path.root == "fresh" and "abstractmethod" not in unit.decorators)
        overrides = [] if exact else self.project.overrides(str(receiver.type.name), unit)
        if len(overrides) > MOST_OVERRIDES:
            overrides = []
            idling.let_go(r, (receiver, *given.all()))
        sure = LIKELY if overrides else CERTAIN
        how = f"`{unit.definition.name}` is overridden in {len(overrides)} subclasses" if overrides else ""
        found = [self.apply(r, unit, receiver, given, Site(expr.at, expr, sure, how))]
        for other in overrides:
            reason = f"a subclass may run: {other.symbol}"
            found.append(self.apply(r, other, receiver, given, Site(expr.at, expr, LIKELY, reason)))
        return join(*found)

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
        return self.apply(r, unit, receiver, Given(positional, keywords), Site(at, text, sure, how))

    # -- calling a value --

    def value(self, r: Reading, callee: Value, given: Given, site: Site, expr: Call | None) -> Values:
        """A call of something that is a value: function, class, bound method, instance, partial, parameter."""
        kind = callee.type
        match kind.kind:
            case "function":
                unit = r.names.units[kind.name]
                closure = callee.path if callee.path.root == "fresh" else None
                return self.apply(r, unit, None, given, site, closure)
            case "method":
                unit = r.names.units[kind.name]
                receiver = Value(callee.path, kind.args[0], callee.sure)
                return self.apply(r, unit, receiver, given, site)
            case "fitting":
                unit = r.names.units[kind.name]
                receiver = Value(callee.path, kind.args[0], callee.sure)
                how = f"its name fits: {unit.symbol}"
                return self.apply(r, unit, receiver, given, site._replace(sure=min(site.sure, callee.sure), how=how))
            case "libmethod":
                owner, name = kind.name
                receiver = Value(callee.path, kind.args[0], callee.sure)
                call = expr if expr is not None else Call(Name(name), (), site.at)
                return self.library(r, call, receiver, CLASSES[owner].methods[name], given, owner)
            case "class":
                return self.construct(r, callee, given, site)
            case "libfunction":
                return self.function(r, str(kind.name), given, site)
            case "instance":
                return self._instance(r, callee, given, site)
            case "partial" if callee.path in r.partials:
                inner, positional, keywords = r.partials[callee.path]
                merged = Given((*positional, *given.positional), {**keywords, **given.keywords}, given.open_ended)
                found = join(*(self.value(r, one, merged, site, None) for one in inner))
                if callee.path in r.tasks.own_loops:
                    loops.start(r, found, site)
                    return r.awaited(found)
                return found
            case "provider":
                symbol, name = kind.name
                provided = self.project.provisions.container(symbol, name, f"{r.unit.symbol}:{site.at}")
                r.heap.update(provided.heap)
                return provided.values
            case "callable":
                self._remember(r, callee.path, given, site.at)
                if not self._lend(r, callee, given):
                    r.let_go(given.all())
                path = Path("fresh", site.at)
                return join(*(self.made(r, path, one, site, LIKELY) for one in kind.args))
            case "any":
                if given.poured:
                    payloads.constructs(r, callee, given, site)
                self._remember(r, callee.path, given, site.at)
                if self._lend(r, callee, given):
                    return NOTHING
            case "external":
                idling.external(r, str(kind.name))
                sending.external(r, str(kind.name), site)
        r.let_go(given.all(), only_looks=expr is not None and idling.unknown(r, expr, given))
        r.may_raise()
        return NOTHING

    def _lend(self, r: Reading, callee: Value, given: Given) -> bool:
        """Whether a decorator calls what it decorates: that uses the sessions it is passed, and gives them back."""
        if callee.path.root != "free" or not self.project.decorated_by(r.unit):
            return False
        for value in given.all():
            r.leave_in(value.path, Verb.USE)
        r.may_raise()
        return True

    def _remember(self, r: Reading, path: Path, given: Given, at: int) -> None:
        """A call of something only the caller knows is kept in the summary."""
        if path.root in ("param", "free") and at >= 0:
            keywords = tuple(sorted(given.keywords.items()))
            apart = bool(r.apart)
            r.invokes[at] = Invocation(path, at, given.positional, keywords, r.frames, given.rest, given.spread, apart)

    def made(self, r: Reading, path: Path, kind: Type, site: Site, sure: Confidence) -> Values:
        """A value that a call made, opened when it is a session."""
        if r.classes.session_kind(kind) in SESSIONS:
            lost.opens(r, path, str(kind.name), site.at, r.classes.session_kind(kind), sure)
            return r.opens(path, kind, site.at, site.text, "", sure)
        return (Value(path, kind, sure),)

    def _instance(self, r: Reading, callee: Value, given: Given, site: Site) -> Values:
        symbol = str(callee.type.name)
        unit = r.classes.method(symbol, "__call__")
        if unit is not None:
            return self.apply(r, unit, callee, given, site)
        for ancestor in r.classes.line(symbol):
            klass = CLASSES.get(ancestor.symbol)
            if klass is not None and klass.called:
                if klass.called == "self":
                    return (callee,)
                kinds = self.project.shape(klass.called, callee.type, NOTHING)
                path = Path("fresh", site.at)
                if any(r.classes.session_kind(kind) in ASYNC for kind in kinds):
                    loops.draw(r, callee, ancestor.symbol, site)
                autocommit.gives(r, callee, path)
                twins.gives(r, callee, path)
                return join(*(self.made(r, path, kind, site, callee.sure) for kind in kinds))
        r.let_go(given.all())
        return NOTHING

    def construct(self, r: Reading, callee: Value, given: Given, site: Site) -> Values:
        """An instance of a class: its `__init__` is run on it."""
        symbol = str(callee.type.name)
        if given.poured:
            payloads.constructs(r, callee, given, site)
        if not symbol:
            return NOTHING
        library = CLASSES.get(symbol)
        if library is not None and library.registers is not None:
            self._register(r, library.registers, given, site)
        if library is not None and library.exports:
            exporting.send(r, library.exports, given, site)
        if library is not None and library.makes:
            return tasks.run(r, library.makes, None, given, site)
        path = Path("fresh", site.at)
        kind = Type("instance", symbol, callee.type.args)
        if library is not None and library.plugs:
            return offered.loaded(r, library, Value(path, kind, callee.sure), given)
        if symbol in (FACTORY, ASYNC_FACTORY):
            for value in given.keywords.get("class_", NOTHING):
                if value.type.kind == "class":
                    kind = instance(symbol, instance(str(value.type.name)))
        if library is not None and library.arg:
            args = (value.type for value in given.keywords.get(library.arg, NOTHING) if value.type.kind == "class")
            kind = instance(symbol, *args)
        keeps = symbol in REGISTRIES or symbol in (FACTORY, ASYNC_FACTORY)
        if library is not None and library.shares:
            first = given.positional[0] if given.positional else NOTHING
            held = [named(r, value.path) for value in first]
            for name, values in ChainMap(given.keywords, *held).items():
                r.store(path.attr(name), values)
                r.share(Value(path, kind, callee.sure), name, values)
        elif library is not None and not library.enters and not keeps:
            r.let_go(given.all())
        for name, text in library.attributes.items() if library is not None and not library.shares else ():
            if text.startswith("."):
                r.store(path.attr(name), given.keywords.get(name, NOTHING))
        if r.classes.is_a(symbol, STREAMS):
            tasks.streamed(r, given, site)
        if r.classes.is_a(symbol, _RESPONSES):
            content = given.positional[0] if given.positional else given.keywords.get("content", NOTHING)
            kind = instance(symbol, *dict.fromkeys(value.type for value in content if value.type.kind in _SENT))
        if symbol in SESSIONS and given == NO_ARGUMENTS:
            return (Value(path, kind, callee.sure),)
        mixing.bound(r, symbol, kind, given, site)
        pools.constructed(r, symbol, site)
        loops.made(r, symbol, given, site)
        loading.made(r, symbol, path, given, site)
        if given.keywords and r.classes.is_a(symbol, _SCHEMAS) and not r.classes.is_entity(symbol):
            loading.schema_made(r, symbol, callee.type.args, given, site.at)
        kind = autocommit.made(r, symbol, kind, given, site)
        twins.made(r, symbol, kind, given, site)
        own = self.made(r, path, kind, site, callee.sure)
        lost.joins(r, path, given)
        if path in r.open and lost.is_on_connection(given):
            r.open = {other: session for other, session in r.open.items() if other != path}
        r.born.setdefault(path, r.loop)
        if r.classes.is_entity(symbol):
            r.belonging.instances.add(path)
            idling.let_go(r, given.all())
        elif all(given.positional) and all(given.keywords.values()):
            r.idling.constructed.add(path)
        init = r.classes.method(symbol, "__init__")
        if init is not None:
            self.apply(r, init, own[0], given, site._replace(how=site.how or "constructs"))
        elif r.classes.unit(symbol) is not None:
            self._fields(r, symbol, path, given)
        elif symbol not in RERAISES:
            r.may_raise()
        return own

    def _fields(self, r: Reading, symbol: str, path: Path, given: Given) -> None:
        """Arguments of a class without `__init__` (dataclass, attrs, Pydantic) are its fields."""
        for name, values in given.keywords.items():
            r.store(path.attr(name), values)
        names = [
            name
            for ancestor in reversed(r.classes.line(symbol))
            for name, binds in r.classes.body(ancestor.symbol).items()
            if any(bind.annotation is not None for bind in binds)
        ]
        for name, values in zip(names, given.positional, strict=False):
            r.store(path.attr(name), values)

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
            self._register(r, data.registers, given, site)
        if data.exports:
            exporting.send(r, data.exports, given, site)
        if name in ABORTS:
            r.hear("calls", site.at, (Value(CONST, instance(HTTP_ERROR), CERTAIN),), HTTP_ERRORS)
        if data.runs:
            return tasks.run(r, data.runs, None, given, site)
        first = given.positional[0] if given.positional else NOTHING
        if data.returns.startswith("="):
            return first if data.returns == "=0" else given.keywords.get(data.returns[1:], NOTHING)
        kinds = autocommit.engine(r, name, given, site, self.project.shape(data.returns, ANY, first))
        mixing.engine(r, name, site)
        pools.made(r, name, site)
        r.may_raise()
        path = first[0].path.attr(data.derived) if data.derived and first else Path("fresh", site.at)
        found = tuple(Value(path, kind, CERTAIN) for kind in kinds)
        if data.beside:
            beside = given.keywords.get(data.beside, NOTHING)
            found += tuple(value for value in (*beside, *r.element(beside)) if value.type.kind == "class")
        loading.function(r, name, given, site, found)
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
            self._register(r, method.registers, given, site)
        if method.exports:
            exporting.send(r, method.exports, given, site)
        mixing.called(r, expr, receiver, method, owner)
        raw.called(r, expr, receiver, owner)
        unwrapped.called(r, expr, receiver, owner, given)
        loops.called(r, expr, receiver, owner)
        autocommit.gives(r, receiver, Path("fresh", site.at))
        twins.gives(r, receiver, Path("fresh", site.at))
        payloads.library(r, expr, receiver, given, owner)
        idling.built(r, expr, owner)
        if owner == QUERY:
            changing.queried(r, expr, receiver)
        if method.waits:
            self._wait(r, expr, receiver, owner)
        uses: list[Use] = []
        sessions: Values = NOTHING
        if owner == QUERY and receiver.path.attrs[-1:] == ("query",) and last_name(expr) in FETCHES:
            r.note(Verb.LOAD, receiver, "", expr.at, expr, "")
        if method.verb is not None:
            uses = r.gather()
            sessions = self._session(r, receiver, method, given)
            for session in sessions:
                self._act(r, expr, receiver, session, method, given)
            r.gathered()
            if method.session:
                renewing.handed(r, join(*given.positional, *given.keywords.values()))
        if method.derived and CLASSES.get(method.returns, Klass()).enters == "savepoint":
            past.nests(r, receiver, method.verb is not None, expr)
        if method.runs:
            return tasks.run(r, method.runs, receiver, given, site)
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
        blocks.made(r, expr, receiver, method, sessions, found)
        belonging.loaded(r, expr, receiver, sessions, given, found)
        if not method.awaits:
            return found
        r.tasks.made[expr.at] = Task(tuple(uses), r.loop, site.source)
        return _coroutine(found, expr.at)

    def _wait(self, r: Reading, expr: Call, receiver: Value, owner: str) -> None:
        """A call of a library that waits for the database."""
        path = receiver.path.owner()
        if path.root not in ("param", "free") or (path != receiver.path and owner == QUERY):
            plan = loading.plan_of(r, receiver.path) if owner == QUERY and r.mixing.disputed else None
            path = plan.session if plan is not None and plan.session in r.mixing.disputed else UNKNOWN
        r.stall(Stall(path, r.guard, owner, expr.at, render(expr), "", 0, receiver.sure))
        r.may_raise()

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
        r.touch(verb, session, kind, expr.at, expr, text)
        if verb in SENDS and not method.derived:
            r.may_raise()
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

    def _register(self, r: Reading, how: Registration, given: Given, site: Site) -> None:
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

    def apply(
        self,
        r: Reading,
        unit: Unit,
        receiver: Value | None,
        given: Given,
        site: Site,
        closure: Path | None = None,
    ) -> Values:
        """Run a project function's summary with these arguments: effects, stores, callbacks, result."""
        summary = self.project.summary(unit)
        bound = self.bind(r, unit, receiver, given, site.at)
        applied = Applied(self.project, r, unit, bound, site, receiver, summary.injected, given, closure)
        uses = r.gather()
        held = holding.opened(r) if summary.pauses or summary.owned else frozenset()
        if summary.asks:
            supplied.answer(r, summary, applied, site, after=False)
        if summary.effects or summary.last:
            self._effects(r, unit, summary, applied, site)
            mixing.handed(r, unit, bound, site)
        if summary.stalls:
            self._stalls(r, unit, summary, applied, site)
        if summary.heap:
            self._heap(r, summary, applied)
        if summary.races:
            self._races(r, unit, summary, applied, site)
        if summary.spawns:
            self._spawns(r, unit, summary, applied, site)
        waiting.passes(r, unit, summary, site)
        if summary.pauses:
            holding.passes(r, held, unit, summary, applied, site)
        if summary.owned:
            twins.passes(r, held, unit, summary, applied, site)
        for gathered in summary.joins:
            tasks.joined(r, tuple(applied.path(path) for path in gathered.paths), site)
        r.tasks.own_context.update(name for (name, part), _ in summary.slots if not part)
        for path in summary.lets_go:
            r.let_go(applied.path(path), only_looks=True)
        if summary.makes:
            lost.gets(r, summary, applied, site.at, site.sure)
        idling.take_over(r, unit, summary, applied, bound)
        if summary.queued:
            flushing.take_over(r, summary, applied)
        if summary.undoes:
            undoing.take_over(r, unit, summary, applied, site)
        if summary.leaves:
            past.take_over(r, unit, LEFT, summary.leaves, applied, site)
        if summary.answers:
            answers.take_over(r, unit, summary, applied, site)
        if summary.proves:
            conditions.take_over(r, unit, summary, site.source)
        if summary.sent:
            sending.take_over(r, unit, summary, applied, site)
        if summary.begun:
            past.take_over(r, unit, USED, summary.begun, applied, site)
        if summary.fills:
            payloads.take_over(r, unit, summary, applied, given, site)
        self._invocations(r, summary, applied, site)
        if summary.draws or summary.looped or summary.disposed:
            loops.take_over(r, unit, summary, applied, site)
        for wrapper in self.project.wrappers(unit) if unit.definition.decorators else ():
            outside = self.project.summary(wrapper)
            outer = self.bind(r, wrapper, receiver, given, site.at)
            self._hint(r, wrapper, outer)
            around = Applied(self.project, r, wrapper, outer, site, receiver, {}, given)
            self._effects(r, wrapper, outside, around, site)
            failing.mended_around(r, outside, around, site)
            self._stalls(r, wrapper, outside, around, site)
        r.gathered()
        r.may_raise()
        r.never = summary.never and not unit.definition.is_generator
        if unit.definition.is_async:
            idling.waits(r)
        for error in summary.errors:
            r.hear("calls", site.at, (Value(CONST, instance(error), site.sure),), HTTP_ERRORS)
        self._hint(r, unit, bound)
        r.loading.preloads.update(summary.preloads)
        if summary.plans:
            loading.take_over(r, unit, summary, applied, given)
        if summary.asks:
            supplied.answer(r, summary, applied, site, after=True)
        if summary.fed:
            autocommit.take_over(r, summary, applied)
        if summary.belongs:
            belonging.taken_over(r, summary, applied)
        found = self._result(r, unit, summary, applied, site, tuple(dict.fromkeys(uses)), bound)
        twins.take_over(r, unit, summary, applied, given, site, found)
        for value in found if r.past else NOTHING:
            if value.path.root == "fresh" and r.classes.session_kind(value.type):
                past.renewed(r, value.path)
        return found

    def bind(self, r: Reading, unit: Unit, receiver: Value | None, given: Given, at: int) -> dict[int, Values]:
        """Which parameter gets which values; parameters that are not given are absent."""
        params = unit.definition.params
        bound: dict[int, Values] = {}
        position = extra = 0
        by_class = receiver is not None and receiver.type.kind == "class" and not unit.is_classmethod
        if receiver is not None and not by_class and not unit.is_static:
            own = receiver
            if unit.is_classmethod and receiver.type.kind == "instance":
                own = receiver._replace(type=Type("class", receiver.type.name, receiver.type.args))
            bound[0] = (own,)
            position = 1
        lent = self.project.injected(unit)
        for values in given.positional:
            while position in lent and lent[position].positional:
                position += 1
            if position >= len(params) or params[position].kind in ("keyword", "kwargs"):
                break
            if params[position].kind == "star":
                path = Path("fresh", (unit.key, position))
                r.heap[path.attr(f"[{extra}]")] = values
                r.store(path.attr("*"), values)
                bound[position] = (Value(path, Type("many"), CERTAIN),)
                extra += 1
                continue
            bound[position] = values
            position += 1
        names = {param.name: index for index, param in enumerate(params)} if given.keywords else {}
        for name, values in given.keywords.items():
            index = names.get(name)
            if index is not None and params[index].kind not in ("star", "kwargs"):
                bound[index] = values
            elif params and params[-1].kind == "kwargs":
                path = Path("fresh", (unit.key, "kwargs"))
                r.heap[path.attr(f"[{name}]")] = values
                bound[len(params) - 1] = (Value(path, Type("many"), CERTAIN),)
        for index, injection in lent.items():
            lender = Path("fresh", (at, index))
            bound.setdefault(index, tuple(value._replace(path=lender) for value in injection.values))
        if not given.open_ended:
            for index, param in enumerate(params):
                if index not in bound and isinstance(param.default, Lit):
                    bound[index] = literal(param.default.value)
        return bound

    def _effects(self, r: Reading, unit: Unit, summary: Summary, applied: Applied, site: Site) -> None:
        carried: list[Carried] = []
        unsaved = sending.unsaved(r)
        fails = {fail.key: fail for fail in summary.fails}
        told = sending.kept(r, summary, applied) if r.past else frozenset()
        past.mends_itself(r, summary, applied)
        if told:
            r.past |= told
        if summary.vouched:
            sending.within(r, unsaved, unit, summary, applied, site)
        for key, rank in summary.effects.items():
            decided = applied.guard(key.guard)
            if decided is None:
                continue
            guard, most = decided
            for value in applied.path(key.path):
                verb, path, kind = key.verb, value.path.owner(), r.classes.session_kind(value.type)
                if rank.kind and not (kind == SESSION and rank.kind in ASYNC):
                    kind = rank.kind
                if verb is Verb.CHANGE and not rank.kind:
                    path, kind = changing.holder(r, value)
                if path.root in ("unknown", "const") or value.type == NONE or r._impossible(path):
                    continue
                verb = r.meant(verb, path, kind)
                sure = min(rank.sure, site.sure, most, value.sure)
                outer = Key(verb, path, both(r.guard, guard))
                carried.append(Carried(key, outer))
                locked = rank.locked or r.locked
                r.add_effect(outer, Rank(rank.depth + 1, unit.key, site.at, sure, kind, locked, rank.fatal))
                if verb is Verb.CHANGE:
                    past.happen(r, verb, path, sure, site.at, site.source, unit.key, key, outer.guard)
                    commits.tried(r, verb, path)
                if verb in ASIDE:
                    continue
                r.flow(verb, path, kind, sure, site.at, site.source, unit.key, key, locked, outer.guard)
                if verb is Verb.COMMIT or key.path in summary.mends:
                    past.finishes(r, verb, path)
                if r.plans and not rank.fatal and key.verb is not Verb.ROLLBACK:
                    doubtful = POSSIBLE if outer.guard != r.guard else sure
                    loading.happen(r, verb, path, kind, site.at, site.text, unit.key, doubtful)
                if rank.fatal:
                    r.done -= {(site.at, unit.key, path)}
                if key in fails:
                    fail = fails[key]
                    step = Step(verb, path, site.at, "", unit.key, key, outer.guard, sure, slight=fail.slight)
                    failing.may_fail(r, step, site.source, anew=fail.anew)
        if told:
            r.past |= sending.uncommitted(r, told, summary, applied, carried)
        if unsaved and summary.vouched:
            sending.passed(r, unsaved, unit, summary, applied, site)
        for path, verb in summary.last.items():
            for value in applied.path(path):
                if value.path.owner() in r.last:
                    r.last[value.path.owner()] = verb
                    r.leave_in(value.path.owner(), verb)
        holding.ends_itself(r, summary, applied)
        if carried and site.at >= 0:
            r.edges[site.at, unit.key] = Edge(
                site.at, unit.key, site.source, site.sure, site.how, applied.receiver, tuple(carried)
            )

    def _stalls(self, r: Reading, unit: Unit, summary: Summary, applied: Applied, site: Site) -> None:
        """What a callee waits for, the caller waits for; not for a coroutine or a generator that it only makes."""
        definition = unit.definition
        if definition.is_async or (definition.is_generator and "contextmanager" not in unit.decorators):
            return
        wrappers = self.project.wrappers(unit)
        if wrappers and all(wrapper.definition.is_async for wrapper in wrappers):
            return
        cached = definition.decorators and not definition.params and remembering.is_cached(self.project, unit)
        for stall in summary.stalls:
            decided = applied.guard(stall.guard)
            if decided is None:
                continue
            guard = both(r.guard, decided[0])
            known = applied.path(stall.path) if stall.path != UNKNOWN else (Value(UNKNOWN, ANY, CERTAIN),)
            for value in known:
                if value.type == NONE or r.classes.session_kind(value.type) in ASYNC:
                    continue
                path = value.path.owner() if value.path.root in ("param", "free") else UNKNOWN
                sure = min(stall.sure, site.sure, decided[1], value.sure)
                if stall.via and site.how and stall.sure == site.sure == LIKELY:
                    sure = POSSIBLE
                inner, depth = (stall.path, stall.guard), stall.depth + 1
                kept = remembering.CACHE if cached else remembering.here(applied, stall.kept)
                r.stall(Stall(path, guard, stall.kind, site.at, site.text, unit.key, depth, sure, inner, kept))

    def _races(self, r: Reading, unit: Unit, summary: Summary, applied: Applied, site: Site) -> None:
        """Branches that run at once in the callee share a session if their paths turn out to be one here."""
        for race in summary.races:
            branches = tuple(
                tuple(
                    Use(value.path.owner(), use.kind, min(use.sure, value.sure, site.sure))
                    for use in uses
                    for value in applied.path(use.path)
                    if value.path.root not in ("unknown", "const")
                )
                for uses in race.branches
            )
            chain = ((r.unit.key, site.at, unit.key), *race.chain)
            tasks.settle(r, race._replace(branches=branches, chain=chain))

    def _spawns(self, r: Reading, unit: Unit, summary: Summary, applied: Applied, site: Site) -> None:
        """Work that the callee has started and left runs on beside what follows here."""
        for index, spawn in enumerate(summary.spawns):
            decided = applied.guard(spawn.guard)
            if decided is None:
                continue
            uses = tuple(
                Use(value.path.owner(), use.kind, min(use.sure, value.sure, site.sure))
                for use in spawn.uses
                for value in applied.path(use.path)
                if value.path.root not in ("unknown", "const")
            )
            if uses and site.at >= 0:
                chain = ((r.unit.key, site.at, unit.key), *spawn.chain)
                spawn = spawn._replace(uses=uses, chain=chain, guard=both(r.guard, decided[0]))
                tasks.take_over(r, spawn, tasks.key_of(site.at, index), site)

    def _heap(self, r: Reading, summary: Summary, applied: Applied) -> None:
        for path, values in summary.heap.items():
            if path.root == "param" and path.attrs:
                stored = applied.values(values)
                for base in applied.path(Path("param", path.key)):
                    target = base.path
                    for name in path.attrs:
                        target = target.attr(name)
                    r.store(target, stored)
                    if not path.attrs[0].startswith("@"):
                        r.let_go(stored, into=target)
            elif path.root == "injected":
                r.store(path, values)
            elif path.root == "fresh" and (summary.returns or summary.yields):
                r.store(applied.fresh(path), applied.values(values))
            elif shared := kept_by_others(path, values, summary.returns):
                r.store(path, applied.values(shared))

    def _invocations(self, r: Reading, summary: Summary, applied: Applied, site: Site) -> None:
        if not summary.invokes or r.depth >= _DEEPEST_CALLBACK:
            return
        r.depth += 1
        for invocation in summary.invokes:
            frames = r.frames
            r.frames += applied.frames(invocation.frames)
            r.apart += invocation.apart
            given = applied.given(invocation)
            for callee in applied.path(invocation.path):
                if callee.type.kind in _CALLED:
                    self.value(r, callee, given, Site(site.at, site.source, min(site.sure, LIKELY), "callback"), None)
                elif callee.type.kind in ("any", "callable"):
                    self._remember(r, callee.path, given, site.at)
            r.apart -= invocation.apart
            r.frames = frames
        r.depth -= 1

    def _hint(self, r: Reading, unit: Unit, bound: dict[int, Values]) -> None:
        params = unit.definition.params
        made = unit.definition.name == "__init__"
        for index, values in bound.items():
            if index >= len(params):
                continue
            if params[index].kind == "kwargs":
                for value in values:
                    for name, given in named(r, value.path).items():
                        self._hint_one(r, unit, name, given)
                continue
            if made and len(values) == 1 and values[0].type.kind == "function" and values[0].path.root != "param":
                r.given.add((unit.key, index, values[0].type))
            if params[index].annotation is None:
                self._hint_one(r, unit, index, values)
            else:
                self._hint_one(r, unit, index, self._contradicting(r, unit, index, values))

    def _make(self, r: Reading, expr: Call, given: Given) -> None:
        """A class that is chosen when the program runs makes what its function is said to return: what it is given is
        what `__init__` of the class said, which others are below, is given."""
        kinds = [kind for kind in self.project.declared(r.unit) if kind.kind == "instance"]
        init = r.classes.method(str(kinds[0].name), "__init__") if len(kinds) == 1 and not given.open_ended else None
        if init is None or len(given.positional) >= len(init.definition.params) or not _is_returned(r.unit, expr):
            return
        bound = self.bind(r, init, Value(UNKNOWN, kinds[0], LIKELY), given, expr.at)
        if any(index not in bound and param.default is None for index, param in enumerate(init.definition.params)):
            return
        for index, param in enumerate(init.definition.params[1:], 1):
            for value in bound.get(index, NOTHING) if param.annotation is None else NOTHING:
                if value.sure >= LIKELY and r.classes.is_entity(str(value.type.name)) and value.type.kind == "instance":
                    r.hints[init.key, index] = value.type
        self._hint(r, init, bound)

    def _contradicting(self, r: Reading, unit: Unit, index: int, values: Values) -> Values:
        """An AsyncSession that is passed for a parameter that is annotated as a Session: the annotation is wrong, for
        this caller at least, unless it is the caller that is (see `mixing.handed`); or a registry for one that is
        annotated as a callable: it gives one and the same session."""
        kinds = {r.classes.session_kind(value.type) for value in values}
        if mixing.makes_coroutines(unit, self.project.summary(unit), index):
            kinds = kinds.difference(ASYNC)
        if kinds.isdisjoint(ASYNC) and kinds.isdisjoint(REGISTRIES):
            return NOTHING
        said = meaning(self.project, unit.module, unit.definition.params[index].annotation).types
        wrong = {
            kind
            for kind in kinds
            for one in said
            if (kind in ASYNC and r.classes.session_kind(one) == SESSION)
            or (kind in REGISTRIES and one.kind == "callable" and len(values) == 1)
        }
        return tuple(value for value in values if r.classes.session_kind(value.type) in wrong)

    def _hint_one(self, r: Reading, unit: Unit, which: Hinted, values: Values) -> None:
        for value in values:
            if value.sure >= LIKELY and (
                r.classes.session_kind(value.type)
                or value.type.name in (FACTORY, ASYNC_FACTORY)
                or (value.type.kind == "instance" and r.classes.takes_session(str(value.type.name)))
            ):
                r.hints[unit.key, which] = value.type

    def _result(
        self,
        r: Reading,
        unit: Unit,
        summary: Summary,
        applied: Applied,
        site: Site,
        uses: tuple[Use, ...],
        bound: dict[int, Values],
    ) -> Values:
        definition = unit.definition
        path = Path("fresh", site.at)
        r.born.setdefault(path, r.loop)
        declared = self.project.declared(unit)
        if definition.is_generator:
            r.blocks.generated[path] = uses
            yields = applied.values(summary.yields)
            if all(value.type == ANY for value in yields):
                kinds = tuple(arg for kind in declared if kind.kind == "generator" for arg in kind.args if arg != ANY)
                yields = tuple(Value(path.attr("*"), applied.type(kind), CERTAIN) for kind in kinds) or yields
            if yields:
                r.heap[path.attr("*")] = yields
            held = r.entered_frames.get(path, ())
            r.entered_frames[path] = tuple(dict.fromkeys((*held, *applied.frames(summary.yield_frames))))
            return (Value(path, Type("generator", unit.key, members((yields,))), CERTAIN),)
        found = tuple(value._replace(type=applied.type(value.type)) for value in applied.values(summary.returns))
        known = tuple(value for value in found if value.type not in (ANY, NONE) and value.type.kind != "variable")
        said = tuple(applied.type(kind) for kind in declared if kind not in (ANY, NONE) and kind.kind != "generator")
        said = tuple(kind for kind in said if kind.kind != "variable")
        if not known and said:
            where = next((value.path for value in found if value.path.root not in ("const", "unknown")), path)
            known = tuple(Value(where, kind, CERTAIN) for kind in said)
        found = self._closures(r, unit, applied, cap(known or found, site.sure), site)
        for inner, frames in summary.held.items():
            r.entered_frames[applied.fresh(inner)] = applied.frames(frames)
        for inner in summary.hands_over:
            mapped = applied.fresh(inner)
            for value in found:
                if value.path == mapped:
                    r.opens(mapped, value.type, site.at, site.text, unit.key, site.sure)
        awaitable = definition.is_async or any(value.type.kind == "coroutine" for value in found)
        if not awaitable:
            return found
        if site.at >= 0:
            awaited, unknown = tasks.passed(r, bound) if definition.is_async else ((), ())
            r.tasks.made[site.at] = Task((*uses, *awaited), r.loop, site.source, awaits=unknown)
        if definition.is_async:
            return _coroutine(found, site.at)
        return tuple(
            value._replace(type=Type("coroutine", site.at, value.type.args))
            if value.type.kind == "coroutine"
            else value
            for value in found
        )

    def _closures(self, r: Reading, unit: Unit, applied: Applied, found: Values, site: Site) -> Values:
        """Nested functions among what a call returned keep what the call was given."""
        own_closures = {
            value
            for value in found
            if value.path.root == "closure"
            and value.type.kind == "function"
            and r.names.units[str(value.type.name)].owner is unit
        }
        if not own_closures or site.at < 0:
            return found
        own = Path("fresh", (site.at, "closure"))
        for index, param in enumerate(unit.definition.params):
            values = applied.path(Path("param", index))
            if matters(values):
                r.heap[own.attr(f"%{unit.key}.{param.name}")] = values
        return tuple(value._replace(path=own) if value in own_closures else value for value in found)


def _is_returned(unit: Unit, call: Call) -> bool:
    """Whether what a call gives is what the function returns."""
    made = {
        target.id
        for bind in parts(unit.body)
        if isinstance(bind, Bind) and isinstance(bind.value, Call) and bind.value.at == call.at
        for target in bind.targets
        if isinstance(target, Name)
    }
    ends = (part.value for part in parts(unit.body) if isinstance(part, Leave) and part.kind == "return")
    return any(
        (isinstance(end, Call) and end.at == call.at) or (isinstance(end, Name) and end.id in made) for end in ends
    )


def _attribute_of(r: Reading, receiver: Value) -> str:
    own = receiver.path.key == 0 and r.unit.klass is not None
    return "an attribute of self to which nothing gives a type" if own else "an attribute of a parameter without a type"


def _coroutine(found: Values, at: int) -> Values:
    if not found:
        return (Value(Path("fresh", at), Type("coroutine", at, (ANY,)), CERTAIN),)
    own = Path("fresh", at)
    return tuple(
        Value(own if value.path == CONST else value.path, Type("coroutine", at, (value.type,)), value.sure)
        for value in found
    )
