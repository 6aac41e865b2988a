"""SQA701: what a statement gets where Python has worked out the condition, run against SQLAlchemy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Select, create_engine, func, select
from sqlalchemy.orm import Session

from tests.proofs.conftest import Running, Start

WRONG = "Drafts that nobody finds, and a table that is emptied"
RIGHT = "The database is asked"


def _blog(start: Start, heading: str) -> tuple[Running, Session]:
    """Three posts: a draft, one that is visible, and one that is hidden and deleted."""
    blog = start("python_operator_in_filter", heading)
    engine = create_engine("sqlite://")
    blog["models"].Base.metadata.create_all(engine)
    session = Session(engine)
    post, now = blog["models"].Post, datetime(2026, 1, 1)
    session.add(post(title="draft", hidden=False))
    session.add(post(title="news", hidden=False, published_at=now))
    session.add(post(title="old", hidden=True, published_at=now, deleted_at=now))
    session.commit()
    return blog, session


@pytest.mark.parametrize(
    ("heading", "drafts", "visible", "left"),
    [(WRONG, [], [], 0), (RIGHT, ["draft"], ["draft", "news"], 2)],
    ids=["wrong", "right"],
)
def test_what_is_found_and_what_is_left(
    start: Start, heading: str, drafts: list[str], visible: list[str], left: int
) -> None:
    blog, session = _blog(start, heading)
    posts = blog["posts"]
    with session:
        assert [post.title for post in posts.drafts(session)] == drafts
        assert [post.title for post in posts.visible(session)] == visible
        posts.purge(session)
        assert session.scalar(select(func.count()).select_from(blog["models"].Post)) == left


def _where(statement: Select[Any]) -> str:
    """The condition with its values, as the database gets it."""
    condition = statement.whereclause
    assert condition is not None
    return str(condition.compile(compile_kwargs={"literal_binds": True}))


def test_half_of_a_condition_is_dropped(start: Start) -> None:
    accounts = start("python_operator_in_filter", "Half of a condition")["example"]

    assert _where(accounts.of("ann", "gold")) == "accounts.owner = 'ann'"
    assert _where(accounts.either("ann", "gold")) == "accounts.kind = 'gold'"
    assert _where(accounts.without("ann")) == "false"
    with pytest.raises(TypeError, match="Boolean value of this clause"):
        accounts.fails("ann")


def test_both_halves_are_sent(start: Start) -> None:
    accounts = start("python_operator_in_filter", "Both halves reach the database")["example"]

    assert _where(accounts.of("ann", "gold")) == "accounts.owner = 'ann' AND accounts.kind = 'gold'"
    assert _where(accounts.either("ann", "gold")) == "accounts.owner = 'ann' OR accounts.kind = 'gold'"
    assert _where(accounts.rich("ann")) == "accounts.balance > 100 AND accounts.owner = 'ann'"
    assert _where(accounts.without("ann")) == "NOT (accounts.owner = 'ann' OR accounts.closed)"


def test_membership_and_chains_are_worked_out_by_python(start: Start) -> None:
    items = start("python_operator_in_filter", "Membership, chains and what binds tighter")["example"]

    assert _where(items.among([1])) == "false"
    assert _where(items.but([1])) == "true"
    assert _where(items.equal()) == "items.stock = items.least"
    assert _where(items.bound()) == "(items.active AND items.stock) = 1"
    assert _where(items.of_a_table()) == "false"
    with pytest.raises(TypeError, match="Boolean value of this clause"):
        items.between()


def test_conditions_that_are_put_together_first_are_no_better(start: Start) -> None:
    orders = start("python_operator_in_filter", "Conditions that are put together first")["example"]

    assert orders.Order.is_open() is False
    assert _where(orders.Repository().top()) == "false"
    assert _where(orders.search("ann")) == "false"


@pytest.mark.parametrize("customer", [None, "ann"])
def test_what_python_decides_about_its_own_values_is_right(start: Start, customer: str | None) -> None:
    orders = start("python_operator_in_filter", "When it is fine")["example"]
    sent = _where(orders.search(orders.Filter(), customer, False))

    assert sent.startswith("orders.paid AND ")
    assert "AND orders.total > 0 AND" in sent
    assert ("orders.customer = 'ann'" in sent) is (customer is not None)


Make = Callable[[Any], Any]


@pytest.mark.parametrize(
    ("python", "sql", "sent"),
    [
        (lambda post: post.deleted_at is None, lambda post: post.deleted_at.is_(None), "posts.deleted_at IS NULL"),
        (lambda post: post.id in [1, 2], lambda post: post.id.in_([1, 2]), "posts.id IN (1, 2)"),
        (lambda post: post.id not in [1, 2], lambda post: post.id.not_in([1, 2]), "(posts.id NOT IN (1, 2))"),
        (lambda post: not post.hidden, lambda post: ~post.hidden, "NOT posts.hidden"),
    ],
)
def test_an_operator_of_python_gives_a_constant_and_its_method_sql(
    start: Start, python: Make, sql: Make, sent: str
) -> None:
    post = start("python_operator_in_filter", RIGHT)["models"].Post

    assert python(post) in (True, False)
    assert _where(select(post).where(sql(post))) == sent
