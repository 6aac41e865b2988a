"""A session that is opened, written in, and ends with nobody having committed it."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.schema import Arg, Attr, Call, Closure, Expr, Leave, Name
from ...knowledge import Verb
from ...model import Claim, Confidence, Hop
from ...project import Project, Unit
from ...project.layers import MIGRATION, TEST
from ...project.parts import parts
from ...project.questions.lost import CONNECTIONS
from ...project.summary import Lost
from ..reaching import Reached, reached
from ..registry import rule
from ..second import is_second


@rule("SQA208", on=Lost)
def missing_commit(unit: Unit, lost: Lost, project: Project) -> Iterator[Claim]:
    """Yields a claim for what is written in a session that its opener lets end without a commit. In a migration Alembic
    commits."""
    if project.layers.of(unit).layer in (TEST, MIGRATION):
        return
    if lost.kind in CONNECTIONS:
        yield from _on_connection(unit, lost, project)
        return
    end = reached(project, unit, lost.step)
    if end is None:
        return
    lent = lost.path.root == "param"
    opened = Hop(
        unit.spot(lost.at), "is given the session that a decorator opens" if lent else "opens the session", unit.symbol
    )
    last = Hop(end.unit.spot(end.at), "writes", end.unit.symbol)
    meant = lost.step.verb is Verb.WRITE
    again = _attaches_again(end, project)
    yield Claim(
        spot=end.steps[0].spot if end.steps else last.spot,
        symbol=unit.symbol,
        message=f"what `{end.text or lost.step.text}` writes is never committed: the session ends without `commit()`",
        confidence=Confidence.POSSIBLE if again else lost.sure if meant else min(lost.sure, Confidence.LIKELY),
        label="written here, and gone when the session is closed",
        why="closing a session rolls its transaction back: no row is stored, and neither error nor warning says so",
        help="commit before the session ends, or open it with `sessionmaker.begin()`, which commits for you",
        entry=project.layers.of(unit).entry,
        because=("what is added may be attached again only to be read",) if again else (),
        trace=(opened, *end.steps, last),
        legs=(unit.symbol,),
    )


def _on_connection(unit: Unit, lost: Lost, project: Project) -> Iterator[Claim]:
    """A claim for what is executed on a connection, which commits by itself before SQLAlchemy 2.0 only."""
    second = is_second(project)
    if second is None:
        return
    spot = unit.spot(lost.step.at)
    sure = second is Confidence.CERTAIN
    yield Claim(
        spot=spot,
        symbol=unit.symbol,
        message=f"what `{lost.step.text}` writes is never committed: the connection ends without `commit()`",
        confidence=min(lost.sure, second),
        label="written here, and gone when the connection is closed",
        why="a connection begins a transaction by itself and rolls it back when it is closed: no row is stored, and "
        "neither error nor warning says so",
        help="commit before the connection is closed, or open it with `engine.begin()`, which commits for you",
        entry=project.layers.of(unit).entry,
        because=() if sure else ("nothing says that SQLAlchemy is 2.0 or newer: 1.4 still committed by itself",),
        trace=(Hop(unit.spot(lost.at), "opens the connection", unit.symbol), Hop(spot, "writes", unit.symbol)),
        legs=(unit.symbol,),
    )


def _attaches_again(end: Reached, project: Project) -> bool:
    """Whether an object that the function was given is added, and something of it is what the function returns."""
    call = next((part for part in parts(end.unit.body) if isinstance(part, Call) and part.at == end.at), None)
    match call:
        case Call(Attr(_, "add"), (Arg("", Name(added)),)):
            given = any(param.name == added for param in end.unit.definition.params)
            return given and any(_tells_of(end.unit, added, part.value, project) for part in _returns(end.unit))
    return False


def _returns(unit: Unit) -> Iterator[Leave]:
    return (part for part in parts(unit.body) if isinstance(part, Leave) and part.kind == "return")


def _tells_of(unit: Unit, name: str, value: Expr | None, project: Project) -> bool:
    """Whether a value is worked out from a local, and more than that local itself."""
    if value is None or value == Name(name):
        return False
    inside = list(parts(value))
    units = project.names.units_in(unit.module.name)
    inside += [part for one in inside if isinstance(one, Closure) for part in parts(units[one.index].body)]
    return Name(name) in inside
