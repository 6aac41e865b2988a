"""SQA306: reads that send a statement which nothing awaits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import IntegrityError, MissingGreenlet, OperationalError, PendingRollbackError, StatementError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from tests.proofs.conftest import Running, Start

RULE = "implicit_io_in_async"
UNLOADED = "What no query has loaded"
BEHIND = "Of a row, or by a proxy"
ELSEWHERE = "In a thread, or after the response"
LOGGED = "In the text of a log"
ASKED = "Loaded only for those who ask"
PASSED = "A function is passed the statement"
LOADED = "The query loads it, or an await does"
ROLLBACK = "After a rollback"
KEPT = "What is needed is kept, or only a savepoint is rolled back"
FAILED = "After a flush that failed"
NEEDED = "What the handler needs is kept"
FINE = "Loaded, set, new or unknown"
Work = Callable[[AsyncSession], Awaitable[Any]]


def _shop(start: Start, heading: str) -> Running:
    shop = start(RULE, heading)
    models = shop["models"]
    engine = create_engine("sqlite:///shop.db")
    models.Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(models.Author(name=name, books=[models.Book(title="One")]) for name in ("Ann", "Bob"))
        session.commit()
    engine.dispose()
    return shop


def _run(shop: Running, work: Work) -> Any:
    """What the work gives in a session of its own; "MissingGreenlet" when that is what it ends with."""

    async def main() -> Any:
        try:
            async with shop["db"].factory() as session:
                return await work(session)
        except (MissingGreenlet, StatementError) as error:
            if isinstance(error, IntegrityError):
                raise
            return "MissingGreenlet" if "greenlet_spawn has not been called" in str(error) else repr(error)
        finally:
            await shop["db"].engine.dispose()

    return asyncio.run(main())


def _failing(session: AsyncSession) -> AsyncSession:
    """The session, whose next flush or commit fails as one does that breaks a constraint."""

    async def fail(*_: Any) -> None:
        raise IntegrityError("INSERT", {}, Exception("constraint"))

    for name in ("flush", "commit"):
        setattr(session, name, fail)
    return session


REPORTS: list[tuple[str, tuple[Any, ...], Any]] = [
    ("titles", ("Ann",), ["One"]),
    ("writer", (1,), "Ann"),
    ("count", (), 3),
    ("create", ("Cid",), 0),
    ("replace", (1, "Two"), "Ann"),
]


@pytest.mark.parametrize(("name", "given", "result"), REPORTS)
def test_what_no_query_has_loaded_cannot_be_read(start: Start, name: str, given: tuple[Any, ...], result: Any) -> None:
    shop = _shop(start, UNLOADED)

    assert _run(shop, lambda session: getattr(shop["reports"], name)(session, *given)) == "MissingGreenlet"


@pytest.mark.parametrize(("name", "given", "result"), REPORTS)
def test_what_is_loaded_can(start: Start, name: str, given: tuple[Any, ...], result: Any) -> None:
    shop = _shop(start, LOADED)

    assert _run(shop, lambda session: getattr(shop["reports"], name)(session, *given)) == result


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("by_name", "MissingGreenlet"),
        ("by_position", "MissingGreenlet"),
        ("by_proxy", "MissingGreenlet"),
        ("names", ["Ann", "Bob"]),
        ("by_name_loaded", [1, 1]),
        ("by_proxy_loaded", ["One"]),
    ],
)
def test_a_row_and_a_proxy_read_what_their_entity_reads(start: Start, name: str, result: Any) -> None:
    shop = _shop(start, BEHIND)
    assert _run(shop, getattr(shop["report"], name)) == result


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("in_thread", "MissingGreenlet"),
        ("heading_in_thread", "Ann"),
        ("loaded_in_thread", "One"),
        ("in_greenlet", "One"),
    ],
)
def test_a_thread_cannot_load_either(start: Start, name: str, result: Any) -> None:
    shop = _shop(start, ELSEWHERE)
    assert _run(shop, getattr(shop["letters"], name)) == result


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("logged", "MissingGreenlet"),
        ("label", "MissingGreenlet"),
        ("logged_author", None),
        ("logged_title", None),
        ("logged_loaded", None),
    ],
)
def test_a_text_reads_what_its_entity_reads(start: Start, name: str, result: Any) -> None:
    shop = _shop(start, LOGGED)
    assert _run(shop, getattr(shop["shelf"], name)) == result


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("of_first", "MissingGreenlet"),
        ("of_first_asked", ["One"]),
        ("of_last", "MissingGreenlet"),
        ("of_last_asked", ["One"]),
        ("of_known", ["One"]),
    ],
)
def test_who_does_not_ask_cannot_read(start: Start, name: str, result: Any) -> None:
    shop = _shop(start, ASKED)
    assert _run(shop, getattr(shop["titles"], name)) == result


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("counts", "MissingGreenlet"),
        ("count", "MissingGreenlet"),
        ("names", ["Ann", "Bob"]),
        ("counts_loaded", [1, 1]),
        ("count_loaded", 1),
    ],
)
def test_a_statement_loads_as_much_wherever_it_is_sent(start: Start, name: str, result: Any) -> None:
    shop = _shop(start, PASSED)
    assert _run(shop, getattr(shop["report"], name)) == result


@pytest.mark.parametrize(("heading", "end"), [(ROLLBACK, "MissingGreenlet"), (KEPT, "ValueError")])
def test_a_rollback_makes_what_was_fetched_expire(start: Start, heading: str, end: str) -> None:
    shop = _shop(start, heading)
    service = shop["service"]

    async def rename(session: AsyncSession) -> Any:
        try:
            return await service.rename(_failing(session), 1, "Eve")
        except ValueError:
            return "ValueError"

    async def remove(session: AsyncSession) -> Any:
        author = await session.get_one(shop["models"].Author, 1)
        try:
            return await service.remove(_failing(session), author)
        except ValueError:
            return "ValueError"

    assert _run(shop, rename) == end
    assert _run(shop, remove) == end


def test_only_a_row_that_is_deleted_again_is_loaded_again(start: Start) -> None:
    rollback, fine = _shop(start, ROLLBACK), _shop(start, FINE)

    async def deleted(session: AsyncSession) -> Any:
        author = fine["models"].Author(name="Cid")
        session.add(author)
        await session.commit()
        commits = [_deadlock, session.commit]
        with patch.object(session, "commit", lambda: commits.pop(0)()):
            return await fine["service"].deleted(session, author.id), len(commits)

    assert _run(fine, deleted) == ("Cid", 0)
    assert _run(rollback, lambda session: rollback["service"].give_up(session, 1)) == "MissingGreenlet"


async def _deadlock() -> None:
    raise OperationalError("DELETE", {}, Exception("deadlock"))


@pytest.mark.parametrize(("heading", "end"), [(ROLLBACK, "MissingGreenlet"), (KEPT, None)])
def test_the_next_turn_reads_what_has_expired(start: Start, heading: str, end: str | None) -> None:
    shop = _shop(start, heading)

    async def add(session: AsyncSession) -> Any:
        service = shop["service"]
        return await service.add_first_books(_failing(session) if heading == ROLLBACK else session)

    assert _run(shop, add) == end


@pytest.mark.parametrize(("name", "end"), [("rename", "Rollback"), ("rename_and_tell", "MissingGreenlet")])
def test_a_flush_that_fails_makes_what_was_fetched_expire(start: Start, name: str, end: str) -> None:
    assert _renamed(start, FAILED, name) == end


@pytest.mark.parametrize("name", ["rename", "rename_and_tell", "add", "rename_at_once"])
def test_what_was_kept_or_refreshed_or_is_new_can_be_read(start: Start, name: str) -> None:
    assert _renamed(start, NEEDED, name) == "ValueError"


def test_the_next_turn_reads_what_a_function_has_made_expire(start: Start) -> None:
    shop = _authors(start, FAILED)

    assert _run(shop, lambda session: shop["service"].rename_all(session, "b")) == "MissingGreenlet"


def _authors(start: Start, heading: str) -> Running:
    shop = start(RULE, heading)
    models = shop["models"]
    engine = create_engine("sqlite:///shop.db")
    models.Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([models.Author(name="Bo"), models.Author(name="Bob")])
        session.commit()
    engine.dispose()
    return shop


def _renamed(start: Start, heading: str, name: str) -> Any:
    """How it ends when an author is given the name of another."""
    shop = _authors(start, heading)

    async def work(session: AsyncSession) -> Any:
        try:
            return await getattr(shop["service"], name)(session, *([1] if name != "add" else []), "Bob")
        except PendingRollbackError:
            return "Rollback"
        except ValueError:
            return "ValueError"

    return _run(shop, work)


def test_what_is_fine_runs(start: Start) -> None:
    shop = _shop(start, FINE)
    service = shop["service"]
    calls: list[tuple[str, tuple[Any, ...], Any]] = [
        ("mapped_so", (1,), 0),
        ("new", ("Cid",), 0),
        ("given", ("Dan",), 3),
        ("back", (), ["Ann", "Bob"]),
        ("by_function", (1,), 1),
        ("either", (1, True), 1),
        ("either", (1, False), 0),
        ("refreshed", (1,), 1),
        ("awaited", (1,), 1),
        ("again", (1,), 1),
        ("of_nobody", (), True),
        ("in_a_thread_of_its_own", (1,), 1),
        ("columns", (1,), "One"),
    ]

    def call(name: str, given: tuple[Any, ...]) -> Work:
        return lambda session: getattr(service, name)(session, *given)

    for name, given, result in calls:
        assert _run(shop, call(name, given)) == result
    assert _run(shop, lambda session: service.rolled_back(_failing(session), "Cid")) == "Cid"


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("get_titles", "MissingGreenlet"),
        ("everything", "MissingGreenlet"),
        ("after_a_rollback", "MissingGreenlet"),
        ("name_only", {"name": "Ann"}),
        ("loaded", {"name": "Ann", "titles": ["One"]}),
        ("refreshed", ["One"]),
        ("committed", []),
        ("preloaded", ["One"]),
    ],
)
def test_a_function_that_is_passed_an_entity_reads_it_no_better(start: Start, name: str, result: Any) -> None:
    shop = _shop(start, "A function reads it of what it is passed")
    assert _run(shop, lambda session: getattr(shop["api"], name)(1, session)) == result


def test_an_entity_that_its_session_has_is_not_loaded_again(start: Start) -> None:
    shop = _shop(start, "A function reads it of what it is passed")

    async def work(session: AsyncSession) -> Any:
        return await shop["api"].first_of(session, await session.get_one(shop["models"].Author, 1))

    assert _run(shop, work) == "Ann"
