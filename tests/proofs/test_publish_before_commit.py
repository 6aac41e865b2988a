"""SQA211: what a worker finds that is faster than the commit, run against SQLAlchemy and Celery."""

from __future__ import annotations

import pytest
from celery.signals import task_prerun  # type: ignore[import-untyped]  # celery has no types
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from tests.proofs.conftest import Start

WRONG = "The worker asks for an order that is not there"
LISTENER = "A listener of a row sends"
RIGHT = "The task goes out when the order is stored"


@pytest.mark.parametrize(("heading", "found"), [(WRONG, ["nothing"]), (RIGHT, ["lamp"])])
def test_a_worker_that_is_at_once_finds_what_is_committed(start: Start, heading: str, found: list[str]) -> None:
    shop = start("publish_before_commit", heading)
    shop["models"].Base.metadata.create_all(shop["db"].engine)
    shop["queue"].celery.conf.task_always_eager = True

    shop["orders"].place("lamp")

    assert shop["tasks"].packed == found


def test_what_a_listener_of_a_row_sends_is_out_before_the_commit(start: Start) -> None:
    shop = start("publish_before_commit", LISTENER)
    engine = create_engine("sqlite://")
    shop["charts"].Base.metadata.create_all(engine)
    shop["queue"].celery.conf.task_always_eager = True
    drawn: list[int] = []
    task_prerun.connect(receiver := lambda args, **_: drawn.append(args[0]), weak=False)

    with Session(engine) as session:
        session.add(shop["charts"].Chart(id=7))
        session.flush()
        session.rollback()
    task_prerun.disconnect(receiver)

    assert drawn == [7]
