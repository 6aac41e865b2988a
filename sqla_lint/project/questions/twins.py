"""Sessions of one function, or of what it calls, that are in use at the same time, and what has made each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...facts.schema import Attr, Call, Name
from ...knowledge import ENDS, SENDS, Verb
from ...knowledge.sqlalchemy import ASYNC_ENGINE, ENGINE, FACTORIES, SESSIONS
from ...model import Confidence
from ..dependents import provided_by
from ..reading.arguments import NO_ARGUMENTS, Given, Site
from ..reading.conditions import excluded
from ..reading.state import USED
from ..summary import Guard, Literal, Own, Step, Summary, Twin, both
from ..text import written
from ..values import NONE, NOTHING, UNKNOWN, Path, Type, Value, Values
from .belonging import base, differ

if TYPE_CHECKING:
    from ..modules import Unit
    from ..project import Project
    from ..reading.applied import Applied
    from ..reading.reading import Reading

_ENGINES = frozenset({ENGINE, ASYNC_ENGINE})
_WORKS = SENDS | {Verb.WRITE}
_MOST = 4
LIKELY = Confidence.LIKELY


@dataclass(slots=True)
class Ledger:
    """Which factory the sessions of one function come from."""

    makers: dict[Path, Path] = field(default_factory=dict)
    """What has made each."""
    owned: dict[Path, Own] = field(default_factory=dict)
    """Those that are opened here and do something."""
    alike: set[frozenset[Path]] = field(default_factory=set)
    """Pairs of which one may be another name of the other."""
    found: dict[tuple[Path, Path], Twin] = field(default_factory=dict)
    """Two at a time."""


# -- what makes sessions --


def gives(r: Reading, maker: Value, session: Path) -> None:
    """A factory makes this session."""
    if maker.type.name in FACTORIES and maker.path.root not in ("unknown", "const"):
        r.twins.makers[session] = r.twins.makers.get(maker.path, maker.path)


def made(r: Reading, symbol: str, kind: Type, given: Given, site: Site) -> None:
    """A session, or a factory of sessions, is made: on one engine, when it has no others for some of its tables."""
    makes = symbol in FACTORIES or r.classes.session_kind(kind) in SESSIONS
    if not makes or given.open_ended or "binds" in given.keywords:
        return
    bound = given.keywords.get("bind") or (given.positional[0] if given.positional else ())
    if len(bound) == 1 and bound[0].type.name in _ENGINES and bound[0].path.root not in ("unknown", "const"):
        r.twins.makers[Path("fresh", site.at)] = bound[0].path


def take_over(
    r: Reading, unit: Unit, summary: Summary, applied: Applied, given: Given, site: Site, found: Values
) -> None:
    """A callee hands out a session: what has made it, or the callee itself, when that takes nothing to decide by."""
    known = dict(summary.makers)
    kept = {value.path for values in summary.heap.values() for value in values} if known else set()
    handed = tuple(value for value in (*summary.returns, *summary.yields) if not _is_none(applied, value.path))
    new = all(value.path.root in ("fresh", "unknown") for value in handed)
    for path, made_by in known.items():
        if path in kept or new:
            _gets(r, applied, path, made_by)
    maker = _itself(r, unit, site) if new and given == NO_ARGUMENTS else UNKNOWN
    for value in found if maker != UNKNOWN else NOTHING:
        for one in _inside(r, value):
            if one.path.root == "fresh" and r.classes.session_kind(one.type) in SESSIONS:
                r.twins.makers.setdefault(one.path, maker)


def _itself(r: Reading, unit: Unit, site: Site) -> Path:
    """What stands for a function that makes sessions nobody knows how: its name, or what it is called on here."""
    if unit.owner is None or unit.owner.kind == "module":
        return itself(unit)
    func = site.source.func if isinstance(site.source, Call) else None
    if not isinstance(func, Attr):
        return UNKNOWN
    names = [f"{func.name}()"]
    while isinstance(func.of, Attr):
        func = func.of
        names.insert(0, func.name)
    owners = r.env.get(func.of.id, NOTHING) if isinstance(func.of, Name) else NOTHING
    return _within(owners, tuple(names))


def _within(owners: Values, names: tuple[str, ...]) -> Path:
    """The part of one object that everybody calls the same; UNKNOWN when there may be several."""
    if len({value.path for value in owners}) != 1 or owners[0].path.root not in ("param", "global"):
        return UNKNOWN
    path = owners[0].path
    for name in names:
        path = path.attr(name)
    return path


def _moved(applied: Applied, maker: Path) -> Path:
    """What makes a callee's sessions, as it is known here."""
    found = {value.path for value in applied.path(maker)}
    if len(found) == 1 and (path := found.pop()).root in ("global", "param"):
        return path
    return _within(applied.path(Path("param", maker.key)), maker.attrs) if maker.root == "param" else UNKNOWN


def _inside(r: Reading, value: Value) -> Values:
    """What a generator hands out, or awaiting a coroutine gives."""
    if value.type.kind == "generator":
        return r.yielded(value)
    if value.type.kind == "coroutine":
        return tuple(value._replace(type=kind) for kind in value.type.args)
    return (value,)


def _is_none(applied: Applied, path: Path) -> bool:
    """Whether a parameter that a callee hands out is None here."""
    return path.root == "param" and all(value.type == NONE for value in applied.path(path))


def _gets(r: Reading, applied: Applied, session: Path, maker: Path) -> None:
    moved, path = _moved(applied, maker), applied.fresh(session)
    if UNKNOWN not in (moved, path):
        r.twins.makers[path] = moved


def itself(unit: Unit) -> Path:
    """What makes the sessions that a function makes nobody knows how."""
    return Path("global", f"{unit.symbol}()")


def makers(r: Reading) -> tuple[tuple[Path, Path], ...]:
    """The sessions that were made here or come from callees, with what has made them."""
    sessions = {value.path for value in (*r.returns, *r.yields)}
    sessions.update(value.path for values in r.heap.values() for value in values)
    return tuple((path, maker) for path, maker in r.twins.makers.items() if path in sessions or path in r.kinds)


# -- two at a time --


def happen(r: Reading, step: Step, source: Call | str) -> None:
    """Something happens to a session."""
    path = step.path
    if path.root == "fresh" and path in r.twins.makers and path not in r.autocommit.fed and not r.trying.handling:
        writes = step.verb in (Verb.WRITE, Verb.FLUSH, Verb.COMMIT)
        at, text = _opening(r, (path,)) or (step.at, written(source))
        if step.verb in _WORKS or writes:
            known = r.twins.owned.get(path)
            if known is None or (writes and not known.writes):
                r.twins.owned[path] = Own(r.twins.makers[path], at, text, "", step.guard, step.sure, writes)
    if step.verb in _WORKS and r.past:
        for key in sorted((key for key in r.past if key.what == USED), key=repr):
            _meets(r, key.path, step, r.twins.makers.get(path, UNKNOWN), source)


def _meets(r: Reading, path: Path, then: Step, maker: Path, source: Call | str) -> None:
    """A session is used while another one has an open transaction. After a failure it may well be meant so."""
    begun_by = min((key for key in r.past if key.what == USED and key.path == path), key=repr)
    first, made_by = r.happened.steps[begun_by]
    sure = min(first.sure, then.sure, LIKELY)
    if r.trying.handling or r.apart or r.autocommit.fed.keys() & {path, then.path}:
        return
    if sure < LIKELY or not differ(path, then.path) or excluded(first.guard, then.guard):
        return
    pair = frozenset((base(path), base(then.path)))
    begun = {(key.at, key.via) for key in r.past if key.what == USED and key.path == then.path}
    if (first.at == then.at and not then.via) or (first.at, first.via) in begun:
        r.twins.alike.add(pair)
    makers = r.twins.makers.get(path, UNKNOWN), maker
    if pair in r.twins.alike or any(
        one == UNKNOWN and each.root == "fresh" for one, each in zip(makers, (path, then.path), strict=True)
    ):
        return
    at, text = (None if then.inner is None and then.via else _opening(r, (then.path, path))) or (
        then.at,
        written(source),
    )
    first = first._replace(text=written(made_by))
    r.twins.found.setdefault(
        (base(path), maker), Twin(at, text, first, then._replace(text=written(source)), *makers, sure)
    )


def _opening(r: Reading, paths: tuple[Path, ...]) -> tuple[int, str] | None:
    """The last of the calls here that have opened these sessions."""
    known = [(session.at, session.text) for path, session in r.open.items() if path in paths]
    known += [(step.at, step.text) for steps in r.blocks.closing for step in steps if step.path in paths]
    return max(known, default=None)


def passes(r: Reading, before: frozenset[Path], unit: Unit, summary: Summary, applied: Applied, site: Site) -> None:
    """A callee uses sessions of its own: these had an open transaction before."""
    told = [twin.first.path for twin in summary.twins] + [key.path for key in summary.effects if key.verb in ENDS]
    over = {value.path.owner() for path in told for value in applied.path(path)}
    for own in summary.owned if site.at >= 0 and not r.apart and not r.trying.handling else ():
        decided = applied.guard(own.guard)
        maker = _moved(applied, own.maker)
        if decided is None or maker == UNKNOWN:
            continue
        sure = min(own.sure, site.sure, decided[1])
        guard = both(r.guard, decided[0])
        path = Path("fresh", (site.at, unit.key, own.at))
        r.twins.owned.setdefault(path, Own(maker, site.at, site.text, unit.key, guard, sure, own.writes))
        step = Step(Verb.USE, path, site.at, "", unit.key, None, guard, sure)
        for one in sorted(before - over, key=repr):
            lacking = one.root == "param" and Literal(one.key, "none", True) in guard
            if not lacking and any(key.what == USED and key.path == one for key in r.past):
                _meets(r, one, step, maker, site.source)


def found(r: Reading) -> tuple[Twin, ...]:
    """Those of the function itself, not of what runs beside it."""
    return tuple(twin for twin in r.twins.found.values() if twin.then.at not in r.tasks.aside | r.tasks.escaped)


def owned(r: Reading) -> tuple[Own, ...]:
    """The sessions that the function uses and its callers do not get, one for each that makes some."""
    kept = {value.path for value in (*r.returns, *r.yields)}
    kept |= {value.path for path, values in r.heap.items() if path.root == "param" for value in values}
    ways: dict[Path, Own] = {}
    for path, own in r.twins.owned.items():
        if path not in kept and own.at not in r.tasks.aside | r.tasks.escaped and own.maker.root in ("global", "param"):
            ways.setdefault(own.maker, own._replace(guard=both(own.guard, instead(r, path))))
    return tuple(ways.values())[:_MOST]


def instead(r: Reading, session: Path) -> Guard:
    """The condition under which a local is this session and not the one that a parameter brings."""
    for values in r.env.values():
        if any(value.path == session for value in values):
            given = [value.path for value in values if value.path.root == "param" and not value.path.attrs]
            return tuple(Literal(path.key, "none", True) for path in given[:1])
    return ()


# -- when all is read --


def provided(project: Project, path: Path) -> Path:
    """What has made a session that a framework injects; UNKNOWN when nobody can tell."""
    unit = project.names.by_symbol.get(provided_by(path.key)) if path.root == "injected" and not path.attrs else None
    if unit is None or unit.kind != "function":
        return UNKNOWN
    summary = project.summary(unit)
    handed = {value.path for value in (*summary.yields, *summary.returns) if value.type != NONE}
    if any(one.root not in ("fresh", "unknown") for one in handed):
        return UNKNOWN
    known = {dict(summary.makers).get(one, itself(unit)) for one in handed}
    return known.pop() if len(known) == 1 else itself(unit)


def one_pool(project: Project, one: Path, other: Path) -> bool:
    """Whether two that make sessions make them on one engine for sure."""
    return UNKNOWN not in (one, other) and (one == other or _engine(project, one) == _engine(project, other))


def _engine(project: Project, maker: Path, depth: int = 0) -> Path:
    """The engine behind a factory that a module variable holds."""
    for symbol in _bound(project, maker) if depth < _MOST else ():
        return _engine(project, Path("global", symbol), depth + 1)
    return maker


def _bound(project: Project, maker: Path) -> Iterator[str]:
    variable = project.names.variable(str(maker.key)) if maker.root == "global" and not maker.attrs else None
    if variable is None:
        return
    module, binds = variable
    calls = [bind.value for bind in binds if isinstance(bind.value, Call)]
    if len(calls) != 1 or project.names.dotted(module, calls[0].func) not in FACTORIES:
        return
    named = {arg.name: arg.value for arg in calls[0].args}
    bound = named.get("bind", named.get(""))
    if isinstance(bound, Name) and "binds" not in named:
        symbol = project.names.dotted(module, bound)
        if symbol:
            yield symbol
