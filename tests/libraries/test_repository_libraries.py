"""FastCRUD and Advanced Alchemy, run: which calls commit, and on whose session."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from advanced_alchemy.exceptions import RepositoryError
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from tests.libraries.conftest import Shop, Start, meets, raised, run

FASTCRUD = "commit_in_repository/fastcrud"
ALCHEMY = "commit_in_repository/advanced_alchemy"


def _ask(app: FastAPI, method: str, path: str, engine: Any, json: Any = None) -> Any:
    async def ask() -> Any:
        async with AsyncClient(transport=ASGITransport(app), base_url="http://shop") as client:
            return await client.request(method, path, json=json)

    return run(ask, engine)


def _with_session(work: Callable[[AsyncSession], Awaitable[Any]]) -> Any:
    """Runs the work on a session that nobody commits but the work."""
    engine = create_async_engine("sqlite+aiosqlite:///shop.db")

    async def main() -> Any:
        async with AsyncSession(engine, expire_on_commit=False) as session:
            return await work(session)

    return run(main, engine)


def test_the_first_create_of_a_service_stays_when_the_second_fails(start: Start) -> None:
    shop = start(FASTCRUD, "A service below the handler creates twice")

    async def sign_up(session: AsyncSession) -> None:
        with pytest.raises(ValueError, match="email"):
            await shop["services"].SignUp(session).run("first", None)

    _with_session(sign_up)

    assert shop.emails() == ["first"]


def test_the_writing_methods_of_fastcrud_commit_by_themselves(start: Start) -> None:
    shop = start(FASTCRUD, "A repository around the library")
    data = shop["repositories"].CustomerData

    def after(work: Callable[[Any], Awaitable[None]]) -> list[str]:
        _with_session(lambda session: work(shop["repositories"].CustomerRepository(session)))
        return shop.emails()

    assert after(lambda customers: customers.add(data(id=1, email="a"))) == ["a"]
    assert after(lambda customers: customers.rename(1, "b")) == ["b"]
    assert after(lambda customers: customers.save(data(id=2, email="c"))) == ["b", "c"]
    assert after(lambda customers: customers.save_all([data(id=3, email="d")])) == ["b", "c", "d"]
    assert after(lambda customers: customers.remove(1)) == ["c", "d"]
    assert after(lambda customers: customers.purge(2)) == ["d"]


def test_with_commit_false_and_in_upsert_multi_fastcrud_commits_nothing(start: Start) -> None:
    shop = start(FASTCRUD, "A repository that does not let the library commit")
    data = shop["repositories"].CustomerData

    async def write(session: AsyncSession) -> int:
        customers = shop["repositories"].CustomerRepository(session)
        await customers.add(data(id=1, email="a"))
        await customers.rename(1, "b")
        await customers.save_all([data(id=2, email="c"), data(id=3, email="d")])
        await customers.remove(1)
        return int(await customers.count())

    assert _with_session(write) == 2
    assert shop.emails() == []
    _with_session(lambda session: shop["services"].sign_up(session, data(id=1, email="a")))
    assert shop.emails() == ["a"]


def test_a_subclass_of_fastcrud_commits_as_its_base_does(start: Start) -> None:
    shop = start(FASTCRUD, "A subclass in crud.py")

    _with_session(lambda session: shop["crud"].customer_crud.register(session, "a"))

    assert shop.emails() == ["a"]


def test_one_create_is_the_handlers_commit(start: Start) -> None:
    shop = start(FASTCRUD, "A handler that creates once")
    api = shop["api"]

    assert _ask(api.app, "POST", "/customers", api.engine, {"email": "a"}).status_code == 200
    assert _ask(api.app, "PUT", "/customers/1", api.engine, {"email": "b"}).status_code == 200
    assert _ask(api.app, "PUT", "/customers/2", api.engine, {"email": "c"}).status_code == 200
    assert shop.emails() == ["b", "c"]


def test_a_task_stores_by_one_create(start: Start) -> None:
    shop = start(FASTCRUD, "A task that opens its own session")

    run(lambda: shop["crud"].import_customer("a"), shop["crud"].engine)

    assert shop.emails() == ["a"]


def test_create_inside_a_begin_block_ends_the_blocks_transaction(start: Start) -> None:
    shop = start("commit_inside_begin/fastcrud", "Two creates inside a begin block")

    errors = raised(lambda: shop["example"].sign_up("first", "second"), shop["example"].engine)

    assert any(isinstance(error, InvalidRequestError) for error in errors)
    assert shop.emails() == ["first"]


def test_creates_without_commit_leave_it_to_the_block(start: Start) -> None:
    shop = start("commit_inside_begin/fastcrud", "Two creates that leave the commit to the block")

    run(lambda: shop["example"].sign_up("first", "second"), shop["example"].engine)

    assert shop.emails() == ["first", "second"]


def test_two_counts_of_fastcrud_meet_on_one_session(start: Start) -> None:
    shop = start("session_shared_across_tasks/fastcrud", "Two counts on one session")
    engine = create_async_engine("sqlite+aiosqlite:///shop.db")

    async def counts() -> None:
        async with AsyncSession(engine) as session:
            await shop["dashboard"].counts(session)

    assert meets(counts, engine)


def test_a_session_for_each_count_of_fastcrud(start: Start) -> None:
    shop = start("session_shared_across_tasks/fastcrud", "A session for each count")
    engine = create_async_engine("sqlite+aiosqlite:///shop.db")

    assert run(lambda: shop["dashboard"].counts(async_sessionmaker(engine)), engine) == [0, 0]


def _unfinished(shop: Shop, module: str) -> list[str]:
    """What stays of a sign-up whose second customer is refused by the database."""

    async def sign_up(session: AsyncSession) -> None:
        with pytest.raises(RepositoryError):
            await shop[module].sign_up(session, "first", object())

    _with_session(sign_up)
    return shop.emails()


def test_auto_commit_in_a_repository_keeps_half_of_a_sign_up(start: Start) -> None:
    assert _unfinished(start(ALCHEMY, "A method of a repository asks for the commit"), "services") == ["first"]


def test_auto_commit_in_a_service_keeps_half_of_a_sign_up(start: Start) -> None:
    assert _unfinished(start(ALCHEMY, "A service of the library asks for the commit"), "usecases") == ["first"]


def test_a_repository_that_flushes_keeps_nothing_of_a_failed_sign_up(start: Start) -> None:
    shop = start(ALCHEMY, "The library flushes and the use case commits")

    assert _unfinished(shop, "services") == []
    _with_session(lambda session: shop["services"].sign_up(session, "first", "second"))
    assert shop.emails() == ["first", "second"]


def test_update_and_delete_commit_when_they_are_told_to(start: Start) -> None:
    shop = start(ALCHEMY, "A method of a repository asks for the commit")

    async def rename(session: AsyncSession) -> None:
        customers = shop["repositories"].CustomerRepository(session=session)
        await customers.register("a")
        await customers.rename(await customers.get(1), "b")

    _with_session(rename)
    assert shop.emails() == ["b"]
    _with_session(lambda session: shop["repositories"].CustomerRepository(session=session).remove(1))
    assert shop.emails() == []


@pytest.mark.parametrize("name", ["CustomerRepository", "SyncCustomerRepository"])
def test_session_is_the_one_that_the_repository_was_built_with(start: Start, name: str) -> None:
    repository = getattr(start(ALCHEMY, "A repository commits its session")["repositories"], name)
    engine = create_async_engine("sqlite+aiosqlite:///shop.db")
    session: Any = AsyncSession(engine)
    session = session if name == "CustomerRepository" else session.sync_session

    assert repository(session=session).session is session


def test_a_constructor_that_is_told_to_commit_commits_each_call(start: Start) -> None:
    shop = start(ALCHEMY, "The constructor is told once")

    _with_session(lambda session: shop["repositories"].Accounts(session).register("a"))

    assert shop.emails() == ["a"]


def test_auto_commit_in_a_handler_stores_its_customer(start: Start) -> None:
    shop = start(ALCHEMY, "A handler whose one call commits")

    assert _ask(shop["api"].app, "POST", "/customers?email=a", shop["api"].engine).status_code == 200
    assert shop.emails() == ["a"]


def test_a_service_opens_and_closes_the_session_of_its_configuration(start: Start) -> None:
    shop = start(ALCHEMY, "A service that opened its session by its configuration")

    run(lambda: shop["jobs"].import_customer("a"), shop["jobs"].config.get_engine())

    assert shop.emails() == ["a"]


def test_a_service_and_a_repository_meet_on_their_session(start: Start) -> None:
    shop = start("session_shared_across_tasks/advanced_alchemy", "Two services on one session")
    engine = create_async_engine("sqlite+aiosqlite:///shop.db")

    async def counts() -> None:
        async with AsyncSession(engine) as session:
            await shop["dashboard"].counts(session)

    assert meets(counts, engine)


def test_services_of_their_own_sessions_count_at_once(start: Start) -> None:
    shop = start("session_shared_across_tasks/advanced_alchemy", "A service for each branch")

    assert run(shop["dashboard"].counts, shop["dashboard"].config.get_engine()) == [0, 0]


@pytest.mark.parametrize(
    ("heading", "sent"),
    [("The entity of a repository", {"id", "email"}), ("A schema made by the service", {"email"})],
)
def test_a_schema_decides_which_columns_leave(start: Start, heading: str, sent: set[str]) -> None:
    shop = start("orm_returned_from_handler/advanced_alchemy", heading)

    async def add(session: AsyncSession) -> None:
        session.add(shop["models"].Customer(email="a"))
        await session.commit()

    _with_session(add)

    assert set(_ask(shop["api"].app, "GET", "/customers/1", shop["api"].engine).json()) == sent


@pytest.mark.parametrize(
    ("heading", "kept"),
    [("A repository of the library rolls back", []), ("A repository of the library with a savepoint", ["first"])],
)
def test_a_rollback_in_a_repository_loses_what_its_caller_wrote(start: Start, heading: str, kept: list[str]) -> None:
    shop = start("rollback_in_repository/advanced_alchemy", heading)

    async def sign_up(session: AsyncSession) -> list[bool]:
        customers = shop["repositories"].CustomerRepository(session=session)
        done = [await customers.register(1, "first"), await customers.register(1, "second")]
        await session.commit()
        return done

    assert _with_session(sign_up) == [True, False]
    assert shop.emails() == kept
