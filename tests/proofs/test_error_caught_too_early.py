"""SQA213: where a taken name is refused, run against SQLAlchemy."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from tests.proofs.conftest import Running, Start

WRONG = "A taken name that nobody catches"
RIGHT = "The flush is inside the try"


def _app(start: Start, heading: str) -> Running:
    app = start("error_caught_too_early", heading)
    app["models"].Base.metadata.create_all(app["db"].engine)
    return app


def test_a_handler_around_add_catches_no_refusal(start: Start) -> None:
    users = _app(start, WRONG)["users"]

    assert users.register("Ada")
    with pytest.raises(IntegrityError):
        users.register("Ada")


def test_a_handler_around_the_flush_does(start: Start) -> None:
    users = _app(start, RIGHT)["users"]

    assert users.register("Ada")
    assert not users.register("Ada")
