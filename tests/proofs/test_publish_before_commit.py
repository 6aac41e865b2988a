"""SQA211: what a worker finds that is faster than the commit, run against SQLAlchemy and Celery."""

from __future__ import annotations

import pytest

from tests.proofs.conftest import Start

WRONG = "The worker asks for an order that is not there"
RIGHT = "The task goes out when the order is stored"


@pytest.mark.parametrize(("heading", "found"), [(WRONG, ["nothing"]), (RIGHT, ["lamp"])])
def test_a_worker_that_is_at_once_finds_what_is_committed(start: Start, heading: str, found: list[str]) -> None:
    shop = start("publish_before_commit", heading)
    shop["models"].Base.metadata.create_all(shop["db"].engine)
    shop["queue"].celery.conf.task_always_eager = True

    shop["orders"].place("lamp")

    assert shop["tasks"].packed == found
