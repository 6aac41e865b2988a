"""A handler that commits, in a project where others own the transaction."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge import Verb
from ...model import Claim, Severity
from ...project import Project, Unit
from ...project.layers import HANDLER
from ...project.summary import Event
from ...project.traces import short
from ..registry import rule
from .commit_in_repository import is_delegate

_OTHERS = {"service": "its services", "unit-of-work": "its unit of work"}


@rule("SQA206", on=Event, severity=Severity.WARNING, default=False)
def commit_in_handler(unit: Unit, event: Event, project: Project) -> Iterator[Claim]:
    """Yields a claim for a commit in a handler, where the settings say that services or a unit of work commit."""
    owner = _OTHERS.get(project.settings.transactions.owner)
    role = project.layers.of(unit)
    if owner is None or event.verb is not Verb.COMMIT or role.layer != HANDLER or is_delegate(unit, event, project):
        return
    yield Claim(
        spot=unit.spot(event.at),
        symbol=unit.symbol,
        message=f"`{short(unit)}` is a handler and commits; in this project {owner} does",
        confidence=min(event.sure, role.sure),
        label="commits in a handler",
        why="the same use case, run by a task or a command, stores nothing, or two decide what belongs together",
        help=f'leave the commit to {owner}, or declare `transactions.owner = "handler"`',
        role=f"handler ({', '.join(role.because)})",
        entry=role.entry,
        legs=(unit.symbol,),
    )
