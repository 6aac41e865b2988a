"""Flask-RESTful, Flask-RESTX, Flask-smorest: resources as boundaries, and what they send, run for real."""

from __future__ import annotations

import pytest

from tests.frameworks.conftest import Start

TAKEN = "b@example.com"


@pytest.mark.parametrize(
    ("heading", "path"),
    [
        ("A Flask-RESTful resource", "/users"),
        ("A Flask-RESTX resource of a namespace", "/users/"),
        ("A Flask-smorest view", "/users"),
    ],
)
def test_a_commit_below_the_resource_stores_half_of_the_request(start: Start, heading: str, path: str) -> None:
    shop = start("commit_in_repository/flask_extensions", heading)
    shop.take(TAKEN)

    assert shop["api"].app.test_client().post(path).status_code == 500
    assert shop.emails() == ["a@example.com", TAKEN]


def test_resources_commit_their_own(start: Start) -> None:
    heading = "Resources of Flask extensions are boundaries wherever they lie"
    shop = start("commit_in_repository/flask_extensions", heading)
    client = shop["crud.users"].app.test_client()

    assert [client.post(path).status_code for path in ("/restful/", "/restx/", "/smorest/")] == [200, 200, 204]
    assert shop.emails() == ["restful@example.com", "restx@example.com", "smorest@example.com"]


@pytest.mark.parametrize("path", ["/restful/1", "/restx/1", "/smorest/1"])
def test_an_entity_cannot_be_sent(start: Start, path: str) -> None:
    shop = start("orm_returned_from_handler/flask_extensions", "An entity from a resource that marshals nothing")
    shop.take(TAKEN)
    shop["api"].app.testing = True

    with pytest.raises(TypeError, match="Object of type User is not JSON serializable"):
        shop["api"].app.test_client().get(path)


@pytest.mark.parametrize("path", ["/restful/1", "/restx/1", "/smorest/1"])
def test_what_is_marshalled_is_sent(start: Start, path: str) -> None:
    shop = start("orm_returned_from_handler/flask_extensions", "Resources that marshal an entity")
    shop.take(TAKEN)

    assert shop["api"].app.test_client().get(path).json == {"id": 1, "email": TAKEN}
