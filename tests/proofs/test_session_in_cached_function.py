"""SQA104: what a cache does with Sessions, whether it returns or takes them, run against SQLAlchemy."""

from __future__ import annotations

import asyncio
import gc
import weakref

import httpx
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.proofs.conftest import Running, Start

WRONG = "The booking is confirmed and not there"
RIGHT = "A session for each call"
NEVER = "A cache that never hits"
HITS = "A cache that hits"
DEPENDENCY = "A cached dependency"


def _tours(start: Start, heading: str) -> Running:
    return start("session_in_cached_function", heading)


def _bookings(session: Session, tours: Running) -> int:
    return session.execute(select(func.count()).select_from(tours["models"].Booking)).scalar_one()


def test_a_confirmed_booking_is_not_there(start: Start) -> None:
    tours = _tours(start, WRONG)
    tours["models"].Base.metadata.create_all(tours["db"].engine)

    assert tours["bookings"].book("Ann") == "booked, 9 places left"
    assert tours["bookings"].book("Bob") == "booked, 9 places left"

    with tours["db"].SessionLocal() as session:
        assert _bookings(session, tours) == 0


def test_one_caller_commits_what_another_has_not_decided(start: Start) -> None:
    tours = _tours(start, WRONG)
    tours["models"].Base.metadata.create_all(tours["db"].engine)
    undecided = tours["db"].get_session()
    undecided.add(tours["models"].Booking(name="Ann"))

    tours["db"].get_session().commit()
    undecided.rollback()

    with tours["db"].SessionLocal() as session:
        assert _bookings(session, tours) == 1
    undecided.close()


def test_a_session_for_each_call_keeps_the_bookings(start: Start) -> None:
    tours = _tours(start, RIGHT)
    tours["models"].Base.metadata.create_all(tours["db"].get_engine())

    assert tours["bookings"].book("Ann") == "booked, 9 places left"
    assert tours["bookings"].book("Bob") == "booked, 8 places left"

    with tours["db"].get_factory()() as session:
        assert _bookings(session, tours) == 2


def _with_a_tour(start: Start, heading: str) -> Running:
    tours = _tours(start, heading)
    tours["models"].Base.metadata.create_all(tours["db"].engine)
    with tours["db"].SessionLocal.begin() as session:
        session.add(tours["models"].Tour(name="harbour"))
    return tours


def _left_after_five(tours: Running) -> int:
    """How many of the Sessions that five questions opened are still in memory."""
    opened: list[weakref.ref[Session]] = []
    made = tours["db"].SessionLocal.class_

    class Noted(made):  # type: ignore[valid-type, misc]  # the class that the sessionmaker made
        def __enter__(self) -> Session:
            opened.append(weakref.ref(self))
            return super().__enter__()  # type: ignore[no-any-return]  # that class is not known to mypy

    tours["db"].SessionLocal.class_ = Noted
    assert [tours["tours"].show(1) for _ in range(5)] == ["harbour"] * 5
    gc.collect()
    return sum(reference() is not None for reference in opened)


def test_a_cache_keyed_by_sessions_never_hits_and_keeps_them_all(start: Start) -> None:
    tours = _with_a_tour(start, NEVER)

    assert _left_after_five(tours) == 5

    asked = tours["tours"].name_of.cache_info()
    assert (asked.hits, asked.misses, asked.currsize) == (0, 5, 5)


def test_within_one_session_the_cache_hits_and_is_wrong(start: Start) -> None:
    tours = _with_a_tour(start, NEVER)

    with tours["db"].SessionLocal() as session:
        assert tours["tours"].name_of(session, 1) == "harbour"
        session.get_one(tours["models"].Tour, 1).name = "castle"
        session.commit()

        assert tours["tours"].name_of(session, 1) == "harbour"


def test_a_cache_of_plain_data_hits_and_keeps_no_session(start: Start) -> None:
    tours = _with_a_tour(start, HITS)

    assert _left_after_five(tours) == 0

    asked = tours["tours"].name_of.cache_info()
    assert (asked.hits, asked.misses) == (4, 1)
    assert tours["db"].engine.pool.checkedout() == 0


def test_one_failed_request_fails_every_later_one_of_a_cached_dependency(start: Start) -> None:
    tours = _tours(start, DEPENDENCY)
    tours["models"].Base.metadata.create_all(tours["db"].engine)

    async def requests() -> list[int]:
        transport = httpx.ASGITransport(app=tours["api"].app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://tours") as client:
            names = ["Ann", "Ann", "Bob", "Cid"]
            return [(await client.post("/bookings", params={"name": name})).status_code for name in names]

    assert asyncio.run(requests()) == [201, 500, 500, 500]

    with tours["db"].SessionLocal() as session:
        assert _bookings(session, tours) == 1


def test_a_singleton_keeps_the_session_that_its_container_makes_anew(start: Start) -> None:
    container = start("session_in_cached_function", "A singleton that is given a session")["containers"].Container()

    assert container.session() is not container.session()
    assert container.users().session is container.users().session
    assert container.accounts().users.session is container.accounts().users.session
    assert container.users_of_each().session is not container.users_of_each().session
