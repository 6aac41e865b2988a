"""SQA218: what a commit of a session that was given stores, run against SQLAlchemy."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from tests.proofs.conftest import Start

WRONG = "What was not ready is stored too"
RIGHT = "Whoever opens the session commits"


@pytest.mark.parametrize(("heading", "kept"), [(WRONG, 1), (RIGHT, 0)])
def test_what_the_caller_wants_to_take_back_is_stored(start: Start, heading: str, kept: int) -> None:
    site = start("commit_of_borrowed_session", heading)
    models, signup = site["models"], site["signup"]
    models.Base.metadata.create_all(signup.engine)

    with pytest.raises(ValueError, match="a user has a name"):
        signup.sign_up("")

    with signup.SessionLocal() as session:
        assert session.scalar(select(func.count()).select_from(models.User)) == kept
        assert session.scalar(select(func.count()).select_from(models.Visit)) == kept
