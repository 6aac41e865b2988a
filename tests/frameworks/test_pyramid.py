"""Pyramid: what views, request methods and renderers do with a session and an entity, run for real."""

from __future__ import annotations

import httpx
import pytest
from sqlalchemy.exc import IntegrityError

from tests.frameworks.conftest import Shop, Start

TAKEN = "b@example.com"


def _ask(shop: Shop, path: str, *, method: str = "GET", module: str = "api") -> httpx.Response:
    with httpx.Client(transport=httpx.WSGITransport(app=shop[module].make_app()), base_url="http://shop") as client:
        return client.request(method, path)


@pytest.mark.parametrize(
    "heading",
    ["A session that add_request_method puts on a Pyramid request", "A Pyramid view that add_view registers"],
)
def test_a_commit_below_the_view_stores_half_of_the_request(start: Start, heading: str) -> None:
    shop = start("commit_in_repository/pyramid", heading)
    shop.take(TAKEN)

    with pytest.raises(IntegrityError):
        _ask(shop, "/users", method="POST")

    assert shop.emails() == ["a@example.com", TAKEN]


def test_all_ways_of_registering_make_a_view(start: Start) -> None:
    shop = start("commit_in_repository/pyramid", "A Pyramid view is a boundary wherever it lies")

    for path in ("/function", "/method", "/add-view"):
        assert _ask(shop, path, method="POST", module="crud.users").text == "added"

    assert shop.emails() == ["add-view@example.com", "function@example.com", "method@example.com"]


def test_pyramid_tm_commits_when_the_view_returned(start: Start) -> None:
    shop = start("commit_in_repository/pyramid", "A Pyramid transaction that pyramid_tm commits")

    assert _ask(shop, "/users", method="POST").text == "added"
    assert shop.emails() == ["a@example.com", TAKEN]


def test_pyramid_tm_aborts_when_the_view_raised(start: Start) -> None:
    shop = start("commit_in_repository/pyramid", "A Pyramid transaction that pyramid_tm commits")
    shop.take(TAKEN)

    with pytest.raises(IntegrityError):
        _ask(shop, "/users", method="POST")

    assert shop.emails() == [TAKEN]


def test_an_entity_cannot_be_rendered(start: Start) -> None:
    shop = start("orm_returned_from_handler/pyramid", "An entity for Pyramid's JSON renderer")
    shop.take(TAKEN)

    with pytest.raises(TypeError, match="is not JSON serializable"):
        _ask(shop, "/users/1")


def test_what_is_named_is_rendered(start: Start) -> None:
    shop = start("orm_returned_from_handler/pyramid", "What Pyramid's JSON renderer is told to send")
    shop.take(TAKEN)

    assert _ask(shop, "/emails/1").json() == {"email": TAKEN}
    assert _ask(shop, "/users/1").json() == {"id": 1, "email": TAKEN}
