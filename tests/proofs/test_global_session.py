"""SQA101: what one Session for all requests does to them, run against SQLAlchemy."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from sqlalchemy import create_engine, update
from sqlalchemy.exc import IntegrityError, PendingRollbackError
from sqlalchemy.orm import Session

from tests.proofs.conftest import Running, Start

WRONG = "One failed request fails all the others"
RIGHT = "A session for each call"
ASYNC = "An AsyncSession"
DRAWN = "What a registry gave to one thread"


def _shop(start: Start, heading: str) -> Running:
    shop = start("global_session", heading)
    shop["models"].Base.metadata.create_all(shop["db"].engine)
    shop["users"].create_user("a@example.com")
    return shop


def _rename_elsewhere(shop: Running) -> None:
    with Session(shop["db"].engine) as other:
        other.execute(update(shop["models"].User).values(email="new@example.com"))
        other.commit()


@pytest.mark.filterwarnings("ignore:Session's state has been changed")
def test_one_failed_flush_fails_every_later_call(start: Start) -> None:
    shop = _shop(start, WRONG)
    with pytest.raises(IntegrityError):
        shop["users"].create_user("a@example.com")

    for _ in range(3):
        with pytest.raises(PendingRollbackError):
            shop["users"].email_of(1)
        with pytest.raises(PendingRollbackError):
            shop["users"].create_user("b@example.com")

    shop["db"].session.rollback()
    assert shop["users"].email_of(1) == "a@example.com"


def test_a_row_that_was_read_keeps_its_old_value(start: Start) -> None:
    shop = _shop(start, WRONG)
    kept = shop["db"].session.get(shop["models"].User, 1)
    assert shop["users"].email_of(1) == "a@example.com"

    _rename_elsewhere(shop)

    assert shop["users"].email_of(1) == kept.email == "a@example.com"


def test_a_session_for_each_call_knows_neither(start: Start) -> None:
    shop = _shop(start, RIGHT)
    with pytest.raises(IntegrityError):
        shop["users"].create_user("a@example.com")
    assert shop["users"].email_of(1) == "a@example.com"

    _rename_elsewhere(shop)

    assert shop["users"].email_of(1) == "new@example.com"
    assert shop["users"].create_user("b@example.com") == 2


def test_overlapping_requests_fail_while_the_async_session_connects(start: Start) -> None:
    shop = start("global_session", ASYNC)
    engine = create_engine("sqlite:///shop.db")
    shop["models"].Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(shop["models"].User(email=f"{n}@example.com") for n in range(5))
        session.commit()
    engine.dispose()

    async def overlapping(client: httpx.AsyncClient) -> list[int]:
        answers = await asyncio.gather(*(client.get(f"/users/{1 + n % 5}") for n in range(20)))
        return [answer.status_code for answer in answers]

    async def requests() -> tuple[list[int], list[int]]:
        transport = httpx.ASGITransport(app=shop["api"].app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            first, later = await overlapping(client), await overlapping(client)
        await shop["api"].session.close()
        await shop["api"].engine.dispose()
        return first, later

    first, later = asyncio.run(requests())

    assert sorted(first) == [200] + [500] * 19
    assert later == [200] * 20, "on the connection that is open by now, reads are run one after the other"


def test_what_a_registry_gave_is_one_session_for_all_threads(start: Start) -> None:
    db = start("global_session", DRAWN)["db"]
    db.start()

    with ThreadPoolExecutor(1) as pool:
        found, own = pool.submit(lambda: (db.session, db.of_this_thread())).result()

    assert found is db.session is db.current is db.of_this_thread()
    assert own is not found


def test_a_dict_gives_all_who_have_the_key_one_session(start: Start) -> None:
    sessions = start("global_session", "One for each key")["sessions"]

    assert sessions.of("sqlite://") is sessions.of("sqlite://")
    assert sessions.in_context("sqlite://") is sessions.in_context("sqlite://")


def test_a_thread_has_its_own_where_the_key_is_the_thread(start: Start) -> None:
    sessions = start("global_session", "One for each thread, and a registry that is emptied")["sessions"]
    found = [sessions.of_thread()]
    thread = threading.Thread(target=lambda: found.append(sessions.of_thread()))
    thread.start()
    thread.join()

    assert found[0] is sessions.of_thread()
    assert found[0] is not found[1]
