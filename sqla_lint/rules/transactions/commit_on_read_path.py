"""A commit after nothing but reads."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge.sqlalchemy import ASYNC
from ...model import Claim, Confidence, Hop, Severity
from ...project import Project, Unit
from ...project.layers import HANDLER, OUTSIDE
from ...project.summary import Commit
from ...project.traces import short
from ..expiry import expires
from ..registry import rule


@rule("SQA217", on=Commit, severity=Severity.WARNING, default=False)
def commit_on_read_path(unit: Unit, commit: Commit, project: Project) -> Iterator[Claim]:
    """Yields a claim for a commit of a session that its owner has only read with."""
    role = project.layers.of(unit)
    owns = commit.path.root == "fresh" or role.layer == HANDLER
    if not commit.idle or not owns or role.layer in OUTSIDE or unit.definition.is_generator:
        return
    costly = expires(project, commit.kind in ASYNC)
    own = Hop(unit.spot(commit.at), "commits what was only read", unit.symbol)
    yield Claim(
        spot=own.spot,
        symbol=unit.symbol,
        message=f"`{commit.text}` commits although `{short(unit)}` has only read",
        confidence=min(commit.sure, Confidence.LIKELY if costly else Confidence.POSSIBLE),
        label="nothing to commit",
        why="every entity expires with a commit, and the next read of each sends a SELECT of its own"
        if costly
        else "it costs a round trip, and a SELECT for each entity that is read after it and has expired",
        help="leave it out: a session that only reads ends with its block",
        entry=role.entry,
        trace=(own,),
        legs=(unit.symbol,),
    )
