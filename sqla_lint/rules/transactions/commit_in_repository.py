"""A repository that commits a session it was given."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import Lit
from ...knowledge import ENDS, Verb
from ...knowledge.sqlalchemy import SESSIONS
from ...model import Change, Claim, Confidence, Hop, Recipe
from ...project import Project, Unit, batches
from ...project.dependents import provided_by
from ...project.layers import BOUNDARY_LAYERS, MODEL, OUTSIDE, REPOSITORY, UNIT_OF_WORK, Role
from ...project.questions.lending import COMMITS
from ...project.summary import Event, Key, Literal
from ...project.text import written
from ...project.traces import Leg, Link, short
from ...project.values import Path
from ..registry import rule

OPENED = "its decorator opens the session, and nobody is known to pass another"
FLUSH = Recipe(Change.CALL_INSTEAD, arguments=("flush",))
"""What is written is sent, and stored by whoever commits."""


@rule("SQA201", on=Event)
def commit_in_repository(unit: Unit, event: Event, project: Project) -> Iterator[Claim]:
    """Yields a claim for a commit that a repository, or a helper it calls, does on a borrowed session."""
    if event.verb is not Verb.COMMIT:
        return
    layer = project.layers.of(unit).layer
    key = Key(Verb.COMMIT, event.path, event.guard)
    if layer == UNIT_OF_WORK or is_delegate(unit, event, project):
        yield from _through_unit_of_work(unit, key, project)
    if is_delegate(unit, event, project):
        return
    if not borrowed(project, unit, event.path) or layer in BOUNDARY_LAYERS or layer == MODEL:
        return
    effect = project.summary(unit).effects.get(key)
    if effect is not None and effect.fatal:
        return  # it keeps what the exception that follows would take back
    legs = unasked(unit, event, project.traces.legs(unit, key), project)
    placed = repository(project, unit, legs) if legs else None
    if placed is None and event.by_library and legs and legs[0].links:
        placed = Role(REPOSITORY, Confidence.LIKELY, ("a repository library commits here",)), legs[0], unit
    if placed is None:
        return
    role, leg, holder = placed
    doubts = list(_doubts(project, unit, event, legs))
    own = Hop(unit.spot(event.at), "commits", unit.symbol)
    entries = ways(own, legs, project)
    yield Claim(
        spot=own.spot,
        symbol=unit.symbol,
        message=f"`{event.text}` ends a transaction that the caller opened",
        confidence=Confidence.POSSIBLE if doubts else sureness(event, role, leg),
        label=_label(project, leg),
        why="what was written is kept even when the rest of the use case fails",
        help=_help(project, leg, unit),
        role=f"repository ({', '.join(role.because)})",
        entry=project.layers.of(leg.entry).entry,
        because=(*because(event, leg, holder, unit), *doubts),
        trace=path_to(own, leg, project),
        legs=tuple(entries),
        ways=tuple(entries.items()),
        fix=FLUSH if legs and all(is_committed_above(project, one) for one in legs) else None,
    )


def _doubts(project: Project, unit: Unit, event: Event, legs: list[Leg]) -> Iterator[str]:
    """Why it may be no use case that this commit ends."""
    if is_opened_for_it(project, unit, event.path, legs):
        yield OPENED
    if batches.is_limited(unit, event.at):
        yield "each turn of its loop stores a batch, so that no transaction lasts long"


def is_committed_above(project: Project, leg: Leg) -> bool:
    """Whether a caller on the way commits the session after the call, or its provider does when all is done."""
    for link in leg.links:
        after = link.caller.spot(link.edge.at).at
        events = project.summary(link.caller).events
        if any(one.verb is Verb.COMMIT and not one.asked and link.caller.spot(one.at).at > after for one in events):
            return True
    if leg.path.root != "injected":
        return False
    provider = project.names.by_symbol.get(provided_by(leg.path.key))
    return provider is not None and any(one.kind == COMMITS for one in project.summary(provider).yield_frames)


def borrowed(project: Project, unit: Unit, path: Path) -> bool:
    """Whether the session at this path was given to the unit: a parameter, `self`'s, injected, or ambient."""
    if path.root in ("fresh", "unknown", "const"):
        return False
    if path.root == "global":
        return True
    if path.root == "param" and path.key == 0 and path.attrs and unit.klass is not None:
        field = project.classes.field(unit.klass.symbol, path.attrs[0])
        if field is not None and field.values and all(value.path.root == "fresh" for value in field.values):
            return False
    return path.root in ("param", "injected", "free")


def is_opened_for_it(project: Project, unit: Unit, path: Path, legs: list[Leg]) -> bool:
    """Whether a decorator opens the session for each call of the function, and nobody is known to pass one."""
    injection = project.injected(unit).get(path.key) if path.root == "param" and not path.attrs else None
    if injection is None or not injection.values:
        return False
    given = (leg.links[-1] for leg in legs if leg.links)
    return all(link.outer.path == Path("fresh", (link.edge.at, path.key)) for link in given)


def is_delegate(unit: Unit, event: Event, project: Project) -> bool:
    """Whether all that a method, or a function of an ambient session, does to sessions is what its name says:
    `def rollback(self): self.session.rollback()`. Who calls it decides."""
    if unit.definition.name != event.verb.value or (unit.klass is None and event.path.root != "global"):
        return False
    summary = project.summary(unit)
    return len(unit.body) == 1 or (not summary.edges and all(one.verb in ENDS for one in summary.events))


def unasked(unit: Unit, event: Event, legs: list[Leg], project: Project) -> list[Leg]:
    """The legs on which the commit is a surprise: under a flag that is off by default, those on which a caller that
    borrows the session too turns it on. A boundary that turns it on owns the commit, for all to see. What a function
    commits without as well is no such flag."""
    for literal in event.guard:
        if _commits_without(project, unit, event, literal):
            continue
        default = Lit(literal.default) if literal.name else unit.definition.params[literal.param].default
        if literal.test == "true" and literal.holds and not (isinstance(default, Lit) and default.value):
            legs = [leg for leg in legs if leg.links and _turned_on_below(leg.links[-1], project)]
    return legs


def _commits_without(project: Project, unit: Unit, event: Event, literal: Literal) -> bool:
    """Whether the function commits elsewhere where one condition of a commit of its own does not hold."""
    otherwise = {*event.guard, literal._replace(holds=not literal.holds)} - {literal}
    return any(
        one.verb is Verb.COMMIT and one.path == event.path and not one.asks and otherwise.issuperset(one.guard)
        for one in project.summary(unit).events
    )


def _turned_on_below(link: Link, project: Project) -> bool:
    layer = project.layers.of(link.caller).layer
    return not link.outer.guard and layer not in BOUNDARY_LAYERS and borrowed(project, link.caller, link.outer.path)


def _through_unit_of_work(unit: Unit, key: Key, project: Project) -> Iterator[Claim]:
    """A repository that ends the transaction by its unit of work, or by a method that is called what it does."""
    for caller, edge in project.traces.callers(unit):
        role = project.layers.of(caller)
        outer = next((one.outer for one in edge.carried if one.inner == key), None)
        if role.layer != REPOSITORY or outer is None or not borrowed(project, caller, outer.path):
            continue
        spot = caller.spot(edge.at)
        yield Claim(
            spot=spot,
            symbol=caller.symbol,
            message=f"`{written(edge.source)}` ends a transaction that the caller opened",
            confidence=min(role.sure, edge.sure),
            label=f"commits through `{short(unit)}`",
            why="what was written is kept even when the rest of the use case fails",
            help="flush here; let the use case that entered the unit of work commit",
            role=f"repository ({', '.join(role.because)})",
            trace=(Hop(spot, f"`{short(caller)}` calls `{short(unit)}`", caller.symbol),),
            legs=(caller.symbol,),
        )


def repository(project: Project, unit: Unit, legs: list[Leg]) -> tuple[Role, Leg, Unit] | None:
    """The repository on the way to the commit: the unit itself, or a caller that borrows the session too."""
    role = project.layers.of(unit)
    if role.layer == REPOSITORY:
        return role, legs[0], unit
    for method in project.decorated_by(unit):
        role = project.layers.of(method)
        if role.layer == REPOSITORY:
            return role, legs[0], method
    for leg in legs:
        for link in leg.links:
            role = project.layers.of(link.caller)
            if role.layer == REPOSITORY and borrowed(project, link.caller, link.outer.path):
                return role, leg, link.caller
    return None


def _label(project: Project, leg: Leg) -> str:
    opener = project.traces.opener(leg)
    if opener is None:
        return "commits a session that was given to it"
    return f"commits the session of `{opener.symbol.rpartition('.')[2]}`"


def _help(project: Project, leg: Leg, unit: Unit) -> str:
    owner = next((link.caller for link in leg.links if link.caller is not unit), None)
    if owner is not None and project.layers.of(leg.entry).layer in BOUNDARY_LAYERS:
        return f"flush here; commit where the use case ends, at the latest in `{short(leg.entry)}`"
    return "flush here; let the use case that opened the session commit"


def sureness(event: Event, role: Role, leg: Leg) -> Confidence:
    """How sure it is that a repository decides another's transaction; behind a flag at most likely."""
    sure = min(event.sure, role.sure, leg.sure)
    return min(sure, Confidence.LIKELY) if event.guard else sure


def path_to(own: Hop, leg: Leg, project: Project) -> tuple[Hop, ...]:
    """The hops from whoever opened the session to the repository's own; none where nobody is known to call it."""
    hops = project.traces.hops(leg)
    return (*hops, own) if hops else ()


def callers(legs: list[Leg], project: Project) -> list[Leg]:
    """The entries to tell of: what only tests and scripts call, or what is only possible, comes in where there is
    nothing else."""
    told = [leg for leg in legs if leg.sure > Confidence.POSSIBLE and project.layers.of(leg.entry).layer not in OUTSIDE]
    return told or legs


def ways(own: Hop, legs: list[Leg], project: Project) -> dict[str, tuple[Hop, ...]]:
    """The trace from each entry to tell of, the best where there are several."""
    found: dict[str, tuple[Hop, ...]] = {}
    for leg in callers(legs, project):
        if leg.entry.symbol not in found:
            found[leg.entry.symbol] = path_to(own, leg, project)
    return found


def because(event: Event, leg: Leg, holder: Unit, unit: Unit) -> Iterator[str]:
    if event.kind not in SESSIONS and event.sure is Confidence.POSSIBLE:
        yield f"`{event.receiver}` is taken for a session by its name"
    if holder is not unit:
        yield f"`{short(holder)}` is the repository"
    for link in leg.links:
        if link.edge.sure < Confidence.CERTAIN and link.edge.how:
            yield link.edge.how
    if event.guard:
        yield "the commit stands under a condition that the caller decides"
