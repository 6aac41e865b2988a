"""Units of work, run: who ends the transaction, and what their repositories share."""

from __future__ import annotations

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from tests.libraries.conftest import REFUSED, Start, meets, raised, run

COMMITS = "commit_in_repository/unit_of_work"
SHARES = "session_shared_across_tasks/unit_of_work"
UNDOES = "rollback_in_repository/injected"


@pytest.mark.parametrize(
    ("heading", "kept"),
    [
        ("A repository that commits its unit of work", ["first"]),
        ("A repository that reaches the session of its unit of work", ["first"]),
        ("A repository that the unit of work lends its session", ["first"]),
        ("The use case commits its unit of work", []),
    ],
)
def test_a_commit_in_a_repository_keeps_half_of_a_sign_up(start: Start, heading: str, kept: list[str]) -> None:
    shop = start(COMMITS, heading)

    assert raised(lambda: shop["services"].sign_up("first", object()), shop["uow"].engine)
    assert shop.emails() == kept


def test_the_commit_of_the_use_case_stores_all(start: Start) -> None:
    shop = start(COMMITS, "The use case commits its unit of work")

    run(lambda: shop["services"].sign_up("first", "second"), shop["uow"].engine)

    assert shop.emails() == ["first", "second"]


def test_a_unit_of_work_that_commits_on_exit_stores_all_or_nothing(start: Start) -> None:
    shop = start(COMMITS, "A unit of work beside the repositories commits on exit")

    with pytest.raises(Exception, match=REFUSED):
        shop["services"].sign_up("first", object())
    assert shop.emails() == []
    shop["services"].sign_up("first", "second")
    assert shop.emails() == ["first", "second"]


@pytest.mark.parametrize("heading", ["Two repositories of one unit of work", "A unit of work passed to both branches"])
def test_branches_meet_on_the_session_of_their_unit_of_work(start: Start, heading: str) -> None:
    shop = start(SHARES, heading)

    assert meets(shop["dashboard"].counts, shop["uow"].engine)


def test_a_unit_of_work_for_each_branch_is_a_session_for_each(start: Start) -> None:
    shop = start(SHARES, "A unit of work for each branch")

    assert run(shop["dashboard"].counts, shop["uow"].engine) == [0, 0]


def test_a_rollback_in_a_repository_loses_what_its_request_wrote(start: Start) -> None:
    shop = start(UNDOES, "A repository that dishka builds rolls its request back")

    async def sign_up() -> list[bool]:
        async with shop["ioc"].container() as request:
            customers = await request.get(shop["repositories"].Customers)
            assert customers.session is await request.get(AsyncSession)
            return [await customers.add("first"), await customers.add("second", table="nowhere")]

    assert run(sign_up, shop["ioc"].engine) == [True, False]
    assert shop.emails() == []


def test_a_rollback_of_the_unit_of_work_loses_what_the_use_case_wrote(start: Start) -> None:
    shop = start(UNDOES, "A repository that rolls its unit of work back")

    run(lambda: shop["services"].sign_up("first", "second"), shop["uow"].engine)

    assert shop.emails() == []


def test_a_savepoint_loses_one_statement(start: Start) -> None:
    shop = start(UNDOES, "A savepoint undoes one statement")

    shop["services"].sign_up("first", "second")

    assert shop.emails() == ["first"]


def test_leaving_a_unit_of_work_loses_nothing_that_was_committed(start: Start) -> None:
    shop = start(UNDOES, "A unit of work rolls back when it is left")

    run(lambda: shop["services"].sign_up("first"), shop["uow"].engine)

    assert shop.emails() == ["first"]
