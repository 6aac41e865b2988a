"""Flask-RESTful, Flask-RESTX, Flask-smorest: resources as boundaries, and what they send, run for real; Flask-Classful,
Flask-SocketIO and the contexts of Flask-SQLAlchemy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.frameworks.conftest import Start
from tests.pages import UNSHIPPED, read_page
from tests.running import Cases

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


def test_a_loop_that_commits_keeps_what_came_before_the_refused_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = Cases(tmp_path, monkeypatch)
    views = _laid(cases, "A view class of Flask-Classful")["api"]
    events = _laid(cases, "An event of Flask-SocketIO")["events"]
    for app, db in ((views.app, views.db), (events.app, events.db)):
        with app.app_context():
            db.create_all()

    client = views.app.test_client()
    assert client.post("/products/", json=["a", "b", "a"]).status_code == 500
    assert client.post("/products/import", json={"skus": ["c", "c"]}).status_code == 500
    with views.app.app_context():
        assert [one.sku for one in views.db.session.query(views.Product)] == ["a", "b", "c"]

    socket = events.socketio.test_client(events.app, namespace="/seats")
    with pytest.raises(IntegrityError):
        socket.emit("join", {"numbers": [1, 2, 1]}, namespace="/seats")
    with events.app.app_context():
        assert [one.number for one in events.db.session.query(events.Seat)] == [1, 2]
    cases.end()


def test_each_application_context_has_a_session_of_its_own() -> None:
    app = Flask("shop")
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///:memory:"
    db = SQLAlchemy(app)

    with app.app_context():
        outer = db.session()
        with app.app_context():
            assert db.session() is not outer
            db.session.execute(text("SELECT 1"))
            inner = db.session()
        assert not inner.in_transaction()
        assert db.session() is outer


def _laid(cases: Cases, heading: str) -> dict[str, Any]:
    case = read_page(UNSHIPPED / "commit_in_loop/flask.md").case(heading)
    cases.lay(case)
    return cases.modules(case)
