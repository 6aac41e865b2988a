"""An entity in a queue: an old copy is saved, or JSON refuses it."""

from __future__ import annotations

import asyncio
import pickle

import dramatiq
import fakeredis
import pytest
from dramatiq.brokers.stub import StubBroker
from kombu.exceptions import EncodeError
from rq import Queue, SimpleWorker
from sqlalchemy.orm import Session
from taskiq.exceptions import SendTaskError

from tests.proofs.conftest import Running, Start

RULE = "entity_to_task_queue"
WRONG = "The worker saves an old copy"
RIGHT = "The worker loads the row"
TASKS = "Tasks of Celery, dramatiq and taskiq"


def _shop(start: Start, heading: str) -> Running:
    shop = start(RULE, heading)
    models, engine = shop["models"], shop["db"].engine
    models.Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(models.User(id=1, email="old@example.com"))
        session.commit()
    return shop


@pytest.mark.parametrize(("heading", "email"), [(WRONG, "old@example.com"), (RIGHT, "new@example.com")])
def test_the_worker_writes_the_old_address_back_unless_it_loads_the_row(start: Start, heading: str, email: str) -> None:
    shop = _shop(start, heading)
    user, engine = shop["models"].User, shop["db"].engine
    queue = Queue(connection=fakeredis.FakeStrictRedis())

    shop["users"].welcome(1, queue)
    with Session(engine) as session:
        session.get_one(user, 1).email = "new@example.com"
        session.commit()
    SimpleWorker([queue], connection=queue.connection).work(burst=True)

    with Session(engine) as session:
        found = session.get_one(user, 1)
        assert (found.greeted, found.email) == (True, email)


@pytest.fixture
def tasks(start: Start) -> Running:
    """The tasks of three libraries, with brokers in memory."""
    dramatiq.set_broker(StubBroker())
    shop = start(RULE, TASKS)
    shop["jobs"].celery.conf.update(broker_url="memory://")
    return shop


@pytest.mark.parametrize("send", ["greet.delay", "count.send", "close.kiq"])
def test_json_refuses_an_entity(tasks: Running, send: str) -> None:
    user = tasks["models"].User(id=1, email="a@example.com")
    task, _, method = send.partition(".")
    call = getattr(getattr(tasks["jobs"], task), method)

    async def run() -> None:
        sent = call(user)
        if asyncio.iscoroutine(sent):
            await sent

    with pytest.raises((EncodeError, TypeError, SendTaskError)):
        asyncio.run(run())


def test_a_pickled_entity_is_detached(start: Start) -> None:
    shop = _shop(start, RIGHT)
    with Session(shop["db"].engine) as session:
        data = pickle.dumps(session.get_one(shop["models"].User, 1))

    copy = pickle.loads(data)

    assert copy.email == "old@example.com"
    assert copy not in Session(shop["db"].engine)
