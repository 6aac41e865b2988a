"""SQA217: how many statements a list costs with a commit after the read, run against SQLAlchemy."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

from tests.proofs.conftest import Start

WRONG = "Users that are fetched twice"
RIGHT = "The block ends the transaction"


@pytest.mark.parametrize(("heading", "selects"), [(WRONG, 21), (RIGHT, 1)])
def test_each_user_is_fetched_again(start: Start, heading: str, selects: int) -> None:
    app = start("commit_on_read_path", heading)
    user, engine = app["models"].User, app["db"].engine
    app["models"].Base.metadata.create_all(engine)
    with app["db"].SessionLocal.begin() as session:
        session.add_all(user(name=f"user {number}") for number in range(20))

    sent: list[str] = []

    @event.listens_for(engine, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    assert len(app["users"].names()) == 20
    assert len(sent) == selects
    assert all(one.startswith("SELECT") for one in sent)
