"""Decorators that inject a session, run: who commits, who closes, and what a lent session does to them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.exc import InvalidRequestError

from tests.libraries.conftest import REFUSED, Shop, Start, meets, run

COMMITS = "commit_in_repository/session_decorators"


def _half(shop: Shop, function: Any) -> list[str]:
    with pytest.raises(Exception, match=REFUSED):
        function("first", object())
    return shop.emails()


@pytest.mark.parametrize(
    ("heading", "kept"),
    [
        ("A function with a session by keyword commits the one it was lent", ["first"]),
        ("The same functions, and only the decorator commits", []),
        ("A decorator that commits whatever it was lent", ["first"]),
    ],
)
def test_a_commit_of_a_lent_session_keeps_half_of_a_sign_up(start: Start, heading: str, kept: list[str]) -> None:
    shop = start(COMMITS, heading)

    assert _half(shop, shop["services"].sign_up) == kept


@pytest.mark.parametrize(
    ("heading", "kept"),
    [
        ("A decorator that commits only the session it opened", []),
        ("A commit below the outermost call", ["first"]),
    ],
)
def test_the_outermost_call_owns_the_transaction(start: Start, heading: str, kept: list[str]) -> None:
    shop = start(COMMITS, heading)

    assert _half(shop, shop["repositories.customers"].add_two) == kept


def test_the_outermost_call_stores_what_all_calls_wrote(start: Start) -> None:
    shop = start(COMMITS, "A decorator that commits only the session it opened")

    shop["repositories.customers"].add_two("first", "second")
    shop["repositories.customers"].add_customer("third")

    assert shop.emails() == ["first", "second", "third"]


def test_without_a_session_the_decorator_commits_its_own(start: Start) -> None:
    shop = start(COMMITS, "The same functions, and only the decorator commits")

    shop["services"].sign_up("first", "second")
    shop["services"].import_customers("third", "fourth")

    assert shop.emails() == ["first", "second", "third", "fourth"]


def test_branches_meet_on_the_session_they_were_lent(start: Start) -> None:
    shop = start("session_shared_across_tasks/session_decorators", "The injected session is lent to both branches")

    assert meets(shop["queries"].counts, shop["session"].engine)


def test_each_call_has_a_session_of_its_own(start: Start) -> None:
    shop = start("session_shared_across_tasks/session_decorators", "Each call has a session injected")

    assert run(shop["queries"].counts, shop["session"].engine) == [0, 0]


def test_a_commit_inside_the_decorators_block_keeps_half(start: Start) -> None:
    shop = start("commit_inside_begin/session_decorators", "The decorator begins, the function commits")

    with pytest.raises(InvalidRequestError, match="closed transaction"):
        shop["services"].sign_up("first", "second")
    assert shop.emails() == ["first"]


def test_a_flush_inside_the_decorators_block_keeps_all_or_nothing(start: Start) -> None:
    shop = start("commit_inside_begin/session_decorators", "The decorator begins, the function flushes")

    assert _half(shop, shop["services"].sign_up) == []
    shop["services"].sign_up("first", "second")
    assert shop.emails() == ["first", "second"]


@pytest.mark.parametrize(
    ("heading", "left_open"),
    [("A decorator that closes only what went well", 1), ("A decorator that closes on every path", 0)],
)
def test_a_failed_call_leaves_its_connection_in_use(start: Start, heading: str, left_open: int) -> None:
    shop = start("session_not_closed/session_decorators", heading)["example"]

    with pytest.raises(ZeroDivisionError) as caught:
        shop.count("")
    assert shop.engine.pool.checkedout() == left_open
    del caught
