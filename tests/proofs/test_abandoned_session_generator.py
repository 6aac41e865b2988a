"""SQA120: what an abandoned generator leaves undone, run against SQLAlchemy."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.exc import TimeoutError
from sqlalchemy.orm import Session

from tests.proofs.conftest import Running, Start

WRONG = "The second call waits for the first"
RIGHT = "A context manager made of it"
SKIPPED = "The commit is skipped"
LATE = "A return out of the loop"
CLOSED = "The event loop closes it"
SORT = "The wrong sort of generator"


def _shop(start: Start, heading: str) -> Running:
    shop = start("abandoned_session_generator", heading)
    engine = create_engine("sqlite:///shop.db")
    shop["models"].Base.metadata.create_all(engine)
    engine.dispose()
    return shop


def test_the_session_of_next_keeps_its_connection(start: Start) -> None:
    shop = _shop(start, WRONG)

    assert shop["jobs"].count_products() == 0
    with pytest.raises(TimeoutError, match="QueuePool limit"):
        shop["jobs"].count_products()


def test_next_closes_the_session_before_its_first_use(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = _shop(start, WRONG)
    seen: list[str] = []
    for name in ("close", "scalar"):
        _watch(monkeypatch, name, seen)

    shop["jobs"].count_products()

    assert seen == ["close", "scalar"]


def _watch(monkeypatch: pytest.MonkeyPatch, name: str, seen: list[str]) -> None:
    done = getattr(Session, name)

    def watched(session: Session, *args: object) -> object:
        seen.append(name)
        return done(session, *args)

    monkeypatch.setattr(Session, name, watched)


def test_a_context_manager_gives_the_connection_back(start: Start) -> None:
    shop = _shop(start, RIGHT)

    assert [shop["jobs"].count_products() for _ in range(3)] == [0, 0, 0]
    assert shop["db"].engine.pool.checkedout() == 0


def test_the_commit_after_the_yield_is_skipped_without_an_error(start: Start) -> None:
    shop = _shop(start, SKIPPED)

    async def run() -> list[int | None]:
        found = []
        for count in (shop["visits"].count_visit, shop["visits"].count_visit_to_the_end):
            await count("/")
            async with shop["db"].SessionLocal() as session:
                found.append(await session.scalar(select(func.count()).select_from(shop["models"].Visit)))
        await shop["db"].engine.dispose()
        return found

    assert asyncio.run(run()) == [0, 1]


@pytest.mark.filterwarnings("ignore")
def test_after_a_return_the_connection_is_still_checked_out(start: Start) -> None:
    shop = _shop(start, LATE)

    async def run() -> None:
        catalogue = shop["catalogue"].Catalogue()
        assert await catalogue.name_of(1) is None
        assert shop["db"].engine.pool.checkedout() == 1
        await shop["db"].engine.dispose()

    asyncio.run(run())


@pytest.mark.filterwarnings("ignore")
def test_the_event_loop_closes_the_session_of_a_dropped_generator(start: Start) -> None:
    shop = _shop(start, CLOSED)

    async def run() -> list[str]:
        await shop["jobs"].add_product("Tea")
        await shop["db"].engine.dispose()
        with shop["db"].PlainSession() as db:
            db.add(shop["models"].Product(id=1, name="Coffee"))
            db.commit()
        await shop["jobs"].rename_product(1, "Mocha")
        with shop["db"].PlainSession() as db:
            return list(db.scalars(select(shop["models"].Product.name)))

    assert asyncio.run(run()) == ["Coffee"]


def test_next_fails_on_an_asynchronous_generator(start: Start) -> None:
    example = start("abandoned_session_generator", SORT)["example"]

    with pytest.raises(TypeError, match="'async_generator' object is not an iterator"):
        asyncio.run(example.count_orders())
