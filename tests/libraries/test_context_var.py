"""Sessions in a ContextVar, run: what a task inherits, and who commits what the context lends."""

from __future__ import annotations

import contextvars
import sys

import pytest

from tests.libraries.conftest import REFUSED, Start, meets, run

COMMITS = "commit_in_repository/context_var"
SHARES = "session_shared_across_tasks/context_var"


@pytest.mark.parametrize(
    ("heading", "kept"),
    [
        ("A repository commits what it read from the context", ["first"]),
        ("The scope that set the session commits it", []),
    ],
)
def test_half_of_a_sign_up_stays_where_the_repository_commits(start: Start, heading: str, kept: list[str]) -> None:
    shop = start(COMMITS, heading)

    with pytest.raises(Exception, match=REFUSED):
        shop["services"].sign_up("first", object())
    assert shop.emails() == kept


def test_the_scope_stores_both_of_its_customers(start: Start) -> None:
    shop = start(COMMITS, "The scope that set the session commits it")

    shop["services"].sign_up("first", "second")

    assert shop.emails() == ["first", "second"]


def test_a_property_of_the_base_class_lends_the_session_of_the_context(start: Start) -> None:
    shop = start(COMMITS, "Through a property of the base class")
    with shop["db"].SessionLocal() as session:
        shop["db"].set_session(session)
        customers = shop["repositories.customers"].Customers()

        assert customers.session is session
        customers.add("first")
        session.rollback()
    assert shop.emails() == ["first"]


def test_gathered_functions_meet_on_the_session_of_their_context(start: Start) -> None:
    shop = start(SHARES, "Two gathered functions read the session of one context")

    assert meets(shop["dashboard"].counts, shop["db"].engine)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="asyncio.TaskGroup")
def test_tasks_of_a_group_meet_on_the_session_of_their_context(start: Start) -> None:
    shop = start(SHARES, "Repositories whose property reads the context")

    assert meets(shop["dashboard"].counts, shop["db"].engine)


@pytest.mark.parametrize("heading", ["Each task sets a session of its own", "One reader after the other"])
def test_a_session_for_each_task_or_one_task_for_the_session(start: Start, heading: str) -> None:
    shop = start(SHARES, heading)["example"]

    assert run(shop.counts, shop.engine) == [0, 0]


def test_the_default_of_a_variable_is_one_session_for_all_contexts(start: Start) -> None:
    shop = start("global_session/context_var", "A session as the default of a ContextVar")
    variable = shop["example"].current_session

    assert contextvars.Context().run(variable.get) is contextvars.Context().run(variable.get)


def test_a_request_leaves_no_session_in_the_variable(start: Start) -> None:
    shop = start("global_session/context_var", "A ContextVar that each request sets")["example"]

    with shop.request_session() as session:
        assert shop.current_session.get() is session
    assert shop.current_session.get() is None
