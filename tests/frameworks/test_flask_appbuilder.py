"""Flask-AppBuilder: what exposed methods do with its session, run for real."""

from __future__ import annotations

import pytest

from tests.frameworks.conftest import Start

pytest.importorskip("flask_appbuilder", reason="the extra `appbuilder` cannot be installed beside fastcrud")

TAKEN = "b@example.com"


def test_a_commit_below_the_view_stores_half_of_the_request(start: Start) -> None:
    shop = start("commit_in_repository/flask_appbuilder", "A repository on the session of a Flask-AppBuilder view")
    shop.take(TAKEN)

    assert shop["api"].make_app().test_client().post("/users/").status_code == 500
    assert shop.emails() == ["a@example.com", TAKEN]


def test_exposed_methods_commit_their_own(start: Start) -> None:
    shop = start("commit_in_repository/flask_appbuilder", "A Flask-AppBuilder view is a boundary wherever it lies")
    client = shop["crud.users"].make_app().test_client()

    for path in ("/page/", "/api/v1/plain/", "/api/v1/users/special"):
        assert client.post(path).status_code == 200

    assert shop.emails() == ["page@example.com", "plain@example.com", "special@example.com"]
