"""SQA206: what a use case stores that is run without its handler."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.proofs.conftest import Start


@pytest.mark.parametrize(("heading", "stored"), [("Two who commit", 0), ("The service commits", 1)])
def test_a_use_case_without_its_handler_stores_what_it_commits(start: Start, heading: str, stored: int) -> None:
    shop = start("commit_in_handler", heading)
    with shop["deps"].SessionLocal.begin() as session:
        session.execute(text("CREATE TABLE orders (id INTEGER PRIMARY KEY)"))

    with shop["deps"].SessionLocal() as session:
        shop["orders"].place(session)

    with shop["deps"].SessionLocal() as session:
        assert session.scalar(text("SELECT count(*) FROM orders")) == stored
