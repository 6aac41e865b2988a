"""What a fix makes of a wrong case, run against SQLAlchemy: the harm that the other proofs show is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.pages import SHIPPED, read_page
from tests.proofs.conftest import Running
from tests.running import Cases
from tests.test_fixes import Laid

Fixed = Callable[[str, str], Running]


@pytest.fixture
def fixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fixed:
    """Imports the case under a heading of a rule's page as all fixes together leave it."""
    cases = Cases(tmp_path / "fixed", monkeypatch)

    def run(rule: str, heading: str) -> Running:
        (path,) = SHIPPED.glob(f"*/{rule}.md")
        page = read_page(path)
        case = page.case(heading)
        changed = {name: data.decode() for name, data in Laid(page, case, tmp_path / "wrong").mend()[2].items()}
        assert changed
        mended = replace(case, files=case.files | changed)
        cases.lay(mended)
        return Running(cases.modules(mended))

    return run


def test_a_session_in_a_block_gives_its_connection_back(fixed: Fixed) -> None:
    shop = fixed("session_not_closed", "The pool is empty after two calls")
    shop["models"].Base.metadata.create_all(shop["db"].engine)

    assert [shop["users"].count_users() for _ in range(10)] == [0] * 10
    assert shop["db"].engine.pool.checkedout() == 0


def test_a_flush_leaves_both_halves_to_the_block(fixed: Fixed) -> None:
    bank = fixed("commit_inside_begin", "Half of a transfer is kept")
    bank["models"].Base.metadata.create_all(bank["db"].engine)

    bank["transfer"].transfer("rent", "savings", 100)

    with bank["db"].SessionLocal() as session:
        assert len(session.scalars(select(bank["models"].Entry)).all()) == 2


def test_a_flush_keeps_nothing_of_a_use_case_that_fails(fixed: Fixed) -> None:
    shop = fixed("commit_in_repository", "The use case fails and the user stays")
    shop["models"].Base.metadata.create_all(shop["db"].engine)

    with pytest.raises(IntegrityError):
        shop["services"].sign_up("a@example.com", plan=None)
    shop["services"].sign_up("a@example.com", plan="basic")

    with shop["db"].SessionLocal() as session:
        assert session.scalar(select(func.count()).select_from(shop["models"].User)) == 1


def test_a_commit_after_the_loop_is_the_only_one(fixed: Fixed) -> None:
    shop = fixed("commit_in_loop", "Half of an order list is stored")
    shop["models"].Base.metadata.create_all(shop["db"].engine)
    seen: list[object] = []
    event.listen(shop["db"].engine, "commit", seen.append)

    shop["services"].add_products([str(number) for number in range(20)])
    with pytest.raises(IntegrityError):
        shop["services"].add_products(["lamp", "chair", "lamp"])

    assert len(seen) == 1
    with shop["db"].SessionLocal() as session:
        assert session.scalar(select(func.count()).select_from(shop["models"].Product)) == 20


def test_an_awaited_commit_stores_the_order(fixed: Fixed) -> None:
    shop = fixed("missing_await", "A commit and a delete that are never run")
    engine = create_engine("sqlite:///shop.db")
    shop["models"].Base.metadata.create_all(engine)

    async def work() -> None:
        await shop["orders"].place(3)
        await shop["db"].engine.dispose()

    asyncio.run(work())

    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(shop["models"].Order)) == 1
    engine.dispose()


def test_a_condition_said_in_sql_is_asked_of_the_database(fixed: Fixed) -> None:
    blog = fixed("python_operator_in_filter", "Drafts that nobody finds, and a table that is emptied")
    post, posts = blog["models"].Post, blog["posts"]
    engine = create_engine("sqlite://")
    blog["models"].Base.metadata.create_all(engine)

    with Session(engine) as session:
        session.add_all([post(title="draft", hidden=False), post(title="old", hidden=True, deleted_at=datetime.now())])
        session.add(post(title="news", hidden=False, published_at=datetime.now()))
        session.commit()
        assert [one.title for one in posts.drafts(session)] == ["draft", "old"]
        assert [one.title for one in posts.visible(session)] == ["draft", "news"]
        posts.purge(session)
        assert session.scalar(select(func.count()).select_from(post)) == 2


def test_a_marked_string_reaches_the_database(fixed: Fixed) -> None:
    health = fixed("raw_string_execute", "A check that says the database is down")["health"]

    assert health.is_up()
    assert health.tables() == 0
