"""A database error that is caught, and a session that is used on in its failed transaction."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge import FLUSHES, READS, Verb
from ...model import Claim, Confidence, Hop
from ...project import Project, Unit
from ...project.layers import MIGRATION, TEST
from ...project.questions import dialects, pools
from ...project.questions.steps import FAILURE, LEFT
from ...project.summary import Sequel, Step
from ...project.swallowing import WHATEVER, by_retry
from ..expiry import only_asks
from ..reaching import handed_on, whichever
from ..registry import rule

_WHY = {
    True: "after a failed flush every further use of the session raises PendingRollbackError until it is rolled back",
    False: "after a failed statement PostgreSQL refuses every further one until the transaction is rolled back",
}
_HELP = "roll back in the handler, or put the statement into a `session.begin_nested()` block inside the `try`"


@rule("SQA209", on=Sequel)
def swallowed_database_error(unit: Unit, sequel: Sequel, project: Project) -> Iterator[Claim]:
    """Yields a claim for a flush, commit or statement whose error is caught before the session is used again."""
    first, then = sequel
    layer = project.layers.of(unit).layer
    if first.what not in (FAILURE, LEFT) or layer == TEST:
        return
    sequels = project.summary(unit).sequels
    sure = min(whichever(first, (one.first for one in sequels)), whichever(then, (one.then for one in sequels)))
    again = Hop(unit.spot(then.at), "uses the session again", unit.symbol)
    if layer == MIGRATION or (then.slight and (first.via or then.verb is Verb.COMMIT)):
        sure = Confidence.POSSIBLE
    retried = by_retry(project, unit)
    for calls, holder, failed in handed_on(project, unit, first, LEFT, lambda summary: summary.leaves):
        if not _may_flush(failed) and _goes_on(project, holder, failed.at):
            continue
        own = Hop(holder.spot(failed.at), "may fail, and its exception is caught", holder.symbol)
        after = (again,) if again.spot != own.spot else ()
        if retried == WHATEVER and failed.verb not in FLUSHES:
            sure = Confidence.POSSIBLE
        turn = "the next turn" if retried is None else "the next attempt"
        use = f"`{then.text}`" if after else turn
        yield Claim(
            spot=own.spot,
            symbol=holder.symbol,
            message=f"the error of `{failed.text}` is caught without a rollback, and {use} uses the session again",
            confidence=min(sure, _most(project, failed), failed.sure if calls else Confidence.CERTAIN),
            label="its error is caught, the transaction stays failed",
            why=_WHY[failed.verb in FLUSHES],
            help=_HELP,
            entry=project.layers.of(unit).entry,
            trace=(*calls, own, *after),
            legs=(unit.symbol,),
        )


def _may_flush(failed: Step) -> bool:
    """Whether this sends what was written before it, and may have failed in that."""
    return failed.verb in FLUSHES | READS and not failed.slight and not failed.unwritten


def _goes_on(project: Project, unit: Unit, at: int) -> bool:
    """Whether the database is one that goes on with a transaction after a statement that has failed."""
    return dialects.goes_on(unit, at) or pools.only_sqlite(project)


def _most(project: Project, failed: Step) -> Confidence:
    """How sure it is at most that a failure of this leaves the transaction failed: what only asks for rows hardly fails
    unless it has to write something first, and so does a callee's commit of nothing."""
    if failed.verb in FLUSHES and not (failed.slight and failed.via):
        return Confidence.CERTAIN
    asks = failed.verb in READS and only_asks(project)
    return Confidence.POSSIBLE if failed.slight or asks else Confidence.LIKELY
