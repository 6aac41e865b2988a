"""A DTO made from all columns: the password hash is in the answer."""

from __future__ import annotations

import pytest
from litestar.testing import TestClient

from tests.proofs.conftest import Start

RULE = "dto_without_exclude"
WRONG = "The hash is in the answer"
RIGHT = "What is public is listed"
MORE = "In a decorator, on a controller, in a variable, in marshmallow"
PUBLIC = {"id": 1, "email": "a@example.com"}


@pytest.mark.parametrize(("heading", "private"), [(WRONG, {"password_hash": "pbkdf2$1$x"}), (RIGHT, {})])
def test_the_hash_is_sent_unless_what_is_public_is_listed(start: Start, heading: str, private: dict[str, str]) -> None:
    app = start(RULE, heading)["api"].app

    with TestClient(app) as client:
        assert client.get("/users/1").json() == PUBLIC | private


def test_marshmallow_dumps_the_hash(start: Start) -> None:
    shop = start(RULE, MORE)
    user = shop["models"].User(**PUBLIC, password_hash="x")

    assert shop["schemas"].UserSchema().dump(user) == PUBLIC | {"password_hash": "x"}
