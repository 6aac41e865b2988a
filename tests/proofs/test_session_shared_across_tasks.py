"""SQA301: what one AsyncSession in several tasks does, and when it does not, run against SQLAlchemy."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.exc import IllegalStateChangeError, InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import NullPool

from tests.proofs.conftest import Running, Start

WRONG = "Two statements at once"
RIGHT = "One session for each task"
PROVISIONING = "This session is provisioning a new connection"
T = TypeVar("T")


def _shop(start: Start, heading: str) -> Running:
    shop = start("session_shared_across_tasks", heading)
    engine = create_engine("sqlite:///shop.db")
    shop["models"].Base.metadata.create_all(engine)
    engine.dispose()
    return shop


def _run(shop: Running, work: Callable[[], Awaitable[T]]) -> T:
    async def main() -> T:
        try:
            return await work()
        finally:
            await asyncio.sleep(0.05)  # a branch that gather left behind ends before its engine does
            await shop["db"].engine.dispose()

    return asyncio.run(main())


async def _together(session: AsyncSession, *branches: Awaitable[Any]) -> list[BaseException]:
    results = await asyncio.gather(*branches, return_exceptions=True)
    return [result for result in results if isinstance(result, BaseException)]


def _raised(error: BaseException | None) -> list[str]:
    """The error and those it hides: leaving `async with` while a branch still runs raises a second one."""
    found = []
    while error is not None:
        found.append(f"{type(error).__name__}: {error}")
        error = error.__context__
    return found


def test_the_first_call_on_a_new_engine_raises(start: Start) -> None:
    shop = _shop(start, WRONG)

    with pytest.raises((InvalidRequestError, IllegalStateChangeError)) as caught:
        _run(shop, shop["dashboard"].counts)

    assert any(PROVISIONING in line for line in _raised(caught.value))


def test_without_a_pool_every_call_raises(start: Start) -> None:
    shop = _shop(start, WRONG)
    engine = create_async_engine("sqlite+aiosqlite:///shop.db", poolclass=NullPool)
    shop["db"].SessionLocal.configure(bind=engine)

    for _ in range(2):
        with pytest.raises((InvalidRequestError, IllegalStateChangeError)) as caught:
            _run(shop, shop["dashboard"].counts)
        assert any(PROVISIONING in line for line in _raised(caught.value))


def test_reads_on_an_idle_connection_pass(start: Start) -> None:
    shop = _shop(start, WRONG)

    async def warm() -> list[int | None]:
        async with shop["db"].SessionLocal() as session:
            await session.scalar(select(func.count()).select_from(shop["models"].Product))
        result: list[int | None] = await shop["dashboard"].counts()
        return result

    assert _run(shop, warm) == [0, 0]


@pytest.mark.filterwarnings("ignore:Usage of the 'Session.add\\(\\)' operation")
def test_flushes_raise_even_on_an_open_connection(start: Start) -> None:
    shop = _shop(start, WRONG)

    async def work() -> list[BaseException]:
        async with shop["db"].SessionLocal() as session:
            await session.scalar(select(func.count()).select_from(shop["models"].Product))

            async def save(name: str) -> None:
                session.add(shop["models"].Product(name=name))
                await session.flush()

            return await _together(session, *(save(name) for name in "abcd"))

    errors = _run(shop, work)

    assert errors
    assert {type(error) for error in errors} == {InvalidRequestError}
    assert "Session is already flushing" in str(errors[0])


@pytest.mark.filterwarnings("ignore:Usage of the 'Session.add\\(\\)' operation")
def test_commits_raise_an_illegal_state_change(start: Start) -> None:
    shop = _shop(start, WRONG)

    async def work() -> list[BaseException]:
        async with async_sessionmaker(shop["db"].engine)() as session:
            await session.scalar(select(func.count()).select_from(shop["models"].Product))

            async def save(name: str) -> None:
                session.add(shop["models"].Product(name=name))
                await session.commit()

            return await _together(session, *(save(name) for name in "abcd"))

    errors = _run(shop, work)

    assert any(isinstance(error, IllegalStateChangeError) for error in errors)


def test_a_session_for_each_task_never_fails(start: Start) -> None:
    shop = _shop(start, RIGHT)
    assert _run(shop, shop["dashboard"].counts) == [0, 0]

    shop["db"].SessionLocal.configure(bind=create_async_engine("sqlite+aiosqlite:///shop.db", poolclass=NullPool))

    assert _run(shop, shop["dashboard"].counts) == [0, 0]


def test_tasks_inherit_the_key_of_a_context_variable(start: Start) -> None:
    report = start("session_shared_across_tasks", "By a registry that goes by a context variable")["report"]

    async def which(registry: Any) -> Any:
        return registry()

    async def run() -> list[bool]:
        report.request.set("one")
        found = []
        for registry in (report.session, report.of_its_own):
            first, second = await asyncio.gather(which(registry), which(registry))
            found.append(first is second)
        await report.engine.dispose()
        return found

    assert asyncio.run(run()) == [True, False]
