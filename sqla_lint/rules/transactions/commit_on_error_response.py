"""A commit around a request that does not look at the response."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge import Verb
from ...knowledge.flask import AFTERWARDS
from ...model import Claim, Confidence, Severity
from ...project import Project, Unit
from ...project.layers import MIDDLEWARE
from ...project.parts import mentions
from ...project.summary import Event
from ..registry import rule

_STATUS = frozenset({"status_code", "status", "status_int", "ok", "is_error", "is_success", "is_client_error", "code"})
"""What tells how a request was answered."""


@rule("SQA221", on=Event, severity=Severity.WARNING, default=False)
def commit_on_error_response(unit: Unit, event: Event, project: Project) -> Iterator[Claim]:
    """Yields a claim for a commit of a middleware, or of a hook after the request, that no status decides."""
    if event.verb is not Verb.COMMIT or event.asks == "test" or not _is_around(unit, project):
        return
    if event.asks and mentions(unit.body, _STATUS):
        return
    if not _is_of_the_request(unit, event, project):
        return
    yield Claim(
        spot=unit.spot(event.at),
        symbol=unit.symbol,
        message=f"`{event.text}` commits what a request did whose answer is an error",
        confidence=min(event.sure, Confidence.LIKELY) if event.path.root == "injected" else event.sure,
        label="the status of the response is not asked for",
        why="a handler that answers 4xx or 5xx without an exception has its half-done work stored",
        help="commit only if the status of the response is below 400, and roll back otherwise",
        legs=(unit.symbol,),
    )


def _is_around(unit: Unit, project: Project) -> bool:
    """Whether a function runs around a request, or after it."""
    role = project.layers.of(unit)
    return role.layer == MIDDLEWARE or (role.framework == "flask" and bool(unit.decorators & AFTERWARDS))


def _is_of_the_request(unit: Unit, event: Event, project: Project) -> bool:
    """Whether the handlers work on this session: it is everybody's, or it was put where they find it."""
    if event.path.root in ("global", "injected"):
        return True
    slots = project.summary(unit).slots
    return event.path.root == "fresh" and any(project.classes.session_kind(kind) for _, kind in slots)
