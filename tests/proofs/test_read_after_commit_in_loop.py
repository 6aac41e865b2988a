"""SQA225: how many statements a loop over expired entities sends, run against SQLAlchemy."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from tests.proofs.conftest import Start


@pytest.mark.parametrize(("heading", "selects"), [("Fifty-one queries", 51), ("Read first, then commit", 1)])
def test_each_expired_entity_is_fetched_by_itself(start: Start, heading: str, selects: int) -> None:
    shop = start("read_after_commit_in_loop", heading)
    engine, order = shop["db"].engine, shop["models"].Order
    shop["models"].Base.metadata.create_all(engine)
    with shop["db"].SessionLocal.begin() as session:
        session.add_all(order(sku=str(number), state="new") for number in range(50))
    sent: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: sent.append(args[2]))

    assert len(shop["packing"].pack_all()) == 50

    assert len([one for one in sent if one.startswith("SELECT")]) == selects


@pytest.mark.parametrize(("name", "selects"), [("one_by_one", 50), ("at_once", 1), ("undone", 1), ("first", 1)])
def test_what_is_set_of_an_expired_entity_fetches_it_before_it_is_written(
    start: Start, name: str, selects: int
) -> None:
    shop = start("read_after_commit_in_loop", "Set, and committed one by one")
    engine, order = shop["db"].engine, shop["models"].Order
    shop["models"].Base.metadata.create_all(engine)
    with shop["db"].SessionLocal.begin() as session:
        session.add_all(order(state="new") for _ in range(50))
    sent: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: sent.append(args[2]))

    getattr(shop["packing"], name)()

    assert len([one for one in sent if one.startswith("SELECT")]) == selects
