"""A registry that does not tell tasks apart: one request takes another one's row back."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from tests.proofs.conftest import Running, Start

RULE = "async_scope_not_task_local"
WRONG = "All requests share one session"
RIGHT = "Each task has its own"
KEYS = "Through a function, and keys that are the same for all"
CHILDREN = "Child tasks write for themselves"


def _shop(start: Start, heading: str) -> Running:
    shop = start(RULE, heading)
    shop["models"].Base.metadata.create_all(create_engine("sqlite:///shop.db"))
    return shop


def _saved(shop: Running) -> list[str]:
    with Session(create_engine("sqlite:///shop.db")) as session:
        return list(session.scalars(select(shop["models"].Order.note)))


@pytest.mark.parametrize(("heading", "saved"), [(WRONG, []), (RIGHT, ["paid"])])
def test_a_row_that_was_committed_is_gone_unless_each_task_has_its_session(
    start: Start, heading: str, saved: list[str]
) -> None:
    shop = _shop(start, heading)

    async def run() -> None:
        refused = asyncio.Event()

        async def pay() -> None:
            await refused.wait()

        async def refuse() -> None:
            await asyncio.sleep(0)
            raise ValueError

        async def place_refused() -> None:
            try:
                await shop["orders"].place("refused", refuse)
            except ValueError:
                refused.set()

        await asyncio.gather(shop["orders"].place("paid", pay), place_refused())

    asyncio.run(run())

    assert _saved(shop) == saved


@pytest.mark.parametrize("name", ["ByThread", "ByName", "ByLoop", "Same"])
def test_five_tasks_have_one_session(start: Start, name: str) -> None:
    registry = start(RULE, KEYS)["db"].__dict__[name]

    async def session() -> int:
        return id(registry())

    async def run() -> set[int]:
        return set(await asyncio.gather(*(session() for _ in range(5))))

    assert len(asyncio.run(run())) == 1


@pytest.mark.parametrize(("name", "expected"), [("add_all", []), ("add_one_by_one", ["first", "second"])])
def test_what_child_tasks_add_is_not_committed(start: Start, name: str, expected: list[str]) -> None:
    shop = _shop(start, CHILDREN)

    async def run() -> None:
        await getattr(shop["orders"], name)()
        await shop["db"].engine.dispose()

    asyncio.run(run())

    assert _saved(shop) == expected
