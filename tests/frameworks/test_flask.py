"""Flask: what views, hooks and `g` do with a session, run for real."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IllegalStateChangeError, IntegrityError, InvalidRequestError

from tests.frameworks.conftest import PROVISIONING, Shop, Start

TAKEN = "b@example.com"


def _ask(shop: Shop, *requests: str, module: str = "api") -> list[int]:
    client = shop[module].app.test_client()
    answers = (client.open(path, method=method) for method, path in (request.split(" ", 1) for request in requests))
    return [answer.status_code for answer in answers]


@pytest.mark.parametrize(
    "heading",
    [
        "A session on g that a hook opens",
        "A session on g that is opened when asked for",
        "The Flask-SQLAlchemy session handed to a repository",
    ],
)
def test_a_commit_below_the_view_stores_half_of_the_request(start: Start, heading: str) -> None:
    shop = start("commit_in_repository/flask", heading)
    shop.take(TAKEN)

    assert _ask(shop, "POST /users") == [500]
    assert shop.emails() == ["a@example.com", TAKEN]


def test_a_commit_in_the_view_stores_all_or_nothing(start: Start) -> None:
    shop = start("commit_in_repository/flask", "A Flask view commits what its repository flushed")
    shop.take(TAKEN)

    assert _ask(shop, "POST /users") == [500]
    assert shop.emails() == [TAKEN]


def test_all_ways_of_registering_make_a_view(start: Start) -> None:
    shop = start("commit_in_repository/flask", "A Flask view is a boundary wherever it lies")
    paths = ("dispatch", "method", "route", "rule")

    assert _ask(shop, *(f"POST /{path}" for path in paths), module="crud.users") == [200] * 4
    assert shop.emails() == [f"{path}@example.com" for path in paths]


def test_a_rollback_below_the_view_loses_its_work_without_error(start: Start) -> None:
    shop = start("rollback_in_repository/flask", "A repository rolls back the session on g")
    shop.take(TAKEN)

    assert _ask(shop, "POST /users") == [200]
    assert shop.emails() == [TAKEN]


def test_a_teardown_commits_or_rolls_back(start: Start) -> None:
    shop = start("rollback_in_repository/flask", "A Flask teardown ends what the request began")
    assert _ask(shop, "POST /users") == [200]
    assert shop.emails() == ["a@example.com"]

    with pytest.raises(IntegrityError):  # the commit of a teardown comes after the response
        _ask(shop, "POST /users")


def test_an_entity_cannot_be_sent(start: Start) -> None:
    shop = start("orm_returned_from_handler/flask", "An entity from a Flask view that a rule registers")
    shop.take(TAKEN)
    assert _ask(shop, "GET /users/1", "GET /lists/1") == [500, 500]

    shop["api"].app.testing = True
    with pytest.raises(TypeError, match="Object of type User is not JSON serializable"):
        _ask(shop, "GET /users/1")


def test_what_is_named_is_sent(start: Start) -> None:
    shop = start("orm_returned_from_handler/flask", "A Flask view that a rule registers and that converts")
    shop.take(TAKEN)
    client = shop["api"].app.test_client()

    assert client.get("/users/1").json == {"id": 1, "email": TAKEN}
    assert client.get("/lists/1").json == [TAKEN]


@pytest.mark.parametrize(
    ("page", "heading", "draft"),
    [
        ("session_on_application_object", "A session in a Flask application's extensions", "POST /draft"),
        ("session_on_class", "A session in the body of a Flask view class", "PUT /users"),
    ],
)
def test_one_request_commits_what_another_left(start: Start, page: str, heading: str, draft: str) -> None:
    shop = start(f"{page}/flask", heading)

    assert _ask(shop, draft, "POST /users") == [200, 200]
    assert shop.emails() == ["a@example.com", "draft@example.com"]


@pytest.mark.parametrize(
    ("page", "heading"),
    [
        ("session_on_application_object", "A factory in a Flask application's extensions"),
        ("session_on_class", "A factory in the body of a Flask view class"),
    ],
)
def test_a_factory_outlives_requests(start: Start, page: str, heading: str) -> None:
    shop = start(f"{page}/flask", heading)

    assert _ask(shop, "POST /users") == [200]
    assert shop.emails() == ["a@example.com"]


def _slow_to_connect(shop: Shop) -> None:
    event.listen(shop["db"].engine, "connect", lambda *_: time.sleep(0.2))


def test_one_session_in_two_threads_raises(start: Start) -> None:
    shop = start("session_shared_across_threads/flask", "The session on g in a pool of threads")
    shop["api"].app.testing = True
    _slow_to_connect(shop)

    with pytest.raises((InvalidRequestError, IllegalStateChangeError), match=PROVISIONING):
        _ask(shop, "GET /")


def test_a_session_for_each_thread_answers(start: Start) -> None:
    shop = start("session_shared_across_threads/flask", "A session for each thread of a Flask view")
    shop.take(TAKEN)
    _slow_to_connect(shop)

    assert shop["api"].app.test_client().get("/").json == [TAKEN, None]
