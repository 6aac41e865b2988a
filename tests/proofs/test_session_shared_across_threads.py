"""SQA109: what one Session in several threads does; each meeting of the threads is arranged, none is left to luck."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Barrier, Event, Lock
from typing import Any

import pytest
from sqlalchemy import create_engine, event, select
from sqlalchemy.exc import InvalidRequestError, SAWarning
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from tests.proofs.conftest import Running, Start

WRONG = "Deliveries booked in a pool"
RIGHT = "One session for each thread"
PATIENCE = 10


def _shop(start: Start, heading: str) -> Running:
    shop = start("session_shared_across_threads", heading)
    shop["models"].Base.metadata.create_all(shop["db"].engine)
    with shop["db"].SessionLocal.begin() as session:
        session.add_all([shop["models"].Product(id=1, stock=10), shop["models"].Product(id=2, stock=10)])
    return shop


def _stocks(shop: Running) -> list[int]:
    product = shop["models"].Product
    with shop["db"].SessionLocal() as session:
        return list(session.scalars(select(product.stock).order_by(product.id)))


def _in_flush(shop: Running, moment: str, what: Callable[[], object]) -> None:
    """Has every flush do something: `before_flush` it writes, or `after_flush` has written and not ended yet."""
    event.listen(shop["db"].SessionLocal, moment, lambda *_: what())


def _second_during_first(shop: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the second `book` begin inside the flush of the first, which goes on when the second has ended."""
    book, turns, flushing, ended = shop["stock"].book, itertools.count(), Event(), Event()

    def arranged(*args: Any) -> Any:
        if next(turns) == 0:
            return book(*args)
        assert flushing.wait(PATIENCE)
        try:
            return book(*args)
        finally:
            ended.set()

    def hold() -> None:
        flushing.set()
        assert ended.wait(PATIENCE)

    monkeypatch.setattr(shop["stock"], "book", arranged)
    _in_flush(shop, "after_flush", hold)


def test_a_flush_during_another_threads_flush_raises(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = _shop(start, WRONG)
    _second_during_first(shop, monkeypatch)

    with (
        pytest.warns(SAWarning, match="will not result in database updates"),
        pytest.raises(InvalidRequestError, match="Session is already flushing"),
    ):
        shop["stock"].book_all({1: 5, 2: 7})

    assert _stocks(shop) == [10, 10]


def test_a_change_during_another_threads_flush_is_lost_without_an_error(start: Start) -> None:
    shop = _shop(start, WRONG)
    flushing, changed = Event(), Event()

    with shop["db"].SessionLocal() as session, ThreadPoolExecutor() as threads:
        second = session.get_one(shop["models"].Product, 2)

        def change() -> None:
            assert flushing.wait(PATIENCE)
            second.stock += 7
            changed.set()

        def hold() -> None:
            flushing.set()
            assert changed.wait(PATIENCE)

        _in_flush(shop, "after_flush", hold)
        changing = threads.submit(change)
        with pytest.warns(SAWarning, match="will not result in database updates"):
            assert threads.submit(shop["stock"].book, session, 1, 5).result() == 15
        changing.result()
        assert second.stock == 17
        session.commit()

    assert _stocks(shop) == [15, 10]


def test_a_lock_that_one_thread_takes_does_not_keep_the_other_one_out(start: Start) -> None:
    shop = _shop(start, WRONG)
    lock, flushing, ended = Lock(), Event(), Event()

    with shop["db"].SessionLocal() as session, ThreadPoolExecutor() as threads:

        def book_under_lock() -> None:
            with lock:
                shop["stock"].book(session, 1, 5)

        def book() -> None:
            assert flushing.wait(PATIENCE)
            assert lock.locked()
            try:
                shop["stock"].book(session, 2, 7)
            finally:
                ended.set()

        def hold() -> None:
            flushing.set()
            assert ended.wait(PATIENCE)

        _in_flush(shop, "after_flush", hold)

        def run_both() -> None:
            list(map(Future.result, [threads.submit(book_under_lock), threads.submit(book)]))

        with (
            pytest.warns(SAWarning, match="will not result in database updates"),
            pytest.raises(InvalidRequestError, match="Session is already flushing"),
        ):
            run_both()


def test_what_is_changed_outside_of_the_lock_around_the_commit_is_lost(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = start("session_shared_across_threads", "A lock around the commit alone")
    order, ship, turns = shop["models"].Order, shop["shipping"].ship, itertools.count()
    committing, changed = Event(), Event()

    class Watched:
        """The lock, which tells of the second thread that it has changed its order and waits."""

        lock = Lock()

        def __enter__(self) -> None:
            if committing.is_set():
                changed.set()
            self.lock.acquire()

        def __exit__(self, *_: object) -> None:
            self.lock.release()

    def arranged(*args: Any) -> None:
        if next(turns):
            assert committing.wait(PATIENCE)
        ship(*args)

    def hold() -> None:
        committing.set()
        assert changed.wait(PATIENCE)

    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    shop["models"].Base.metadata.create_all(engine)
    with Session(engine, expire_on_commit=False) as session:
        session.add_all([order(id=1, state="new"), order(id=2, state="new")])
        session.commit()
        monkeypatch.setattr(shop["shipping"], "ship", arranged)
        monkeypatch.setattr(shop["shipping"], "lock", Watched())
        event.listen(session, "after_flush", lambda *_: hold())
        with pytest.warns(SAWarning, match="will not result in database updates"):
            shop["shipping"].ship_all(session)

    with Session(engine) as session:
        assert session.scalars(select(order.state).order_by(order.id)).all() == ["shipped", "new"]


def test_a_rollback_in_one_thread_takes_back_anothers_row_without_an_error(start: Start) -> None:
    shop = _shop(start, WRONG)
    booked, rolled_back = Event(), Event()

    with shop["db"].SessionLocal() as session, ThreadPoolExecutor() as threads:

        def book_and_commit() -> int:
            stock: int = shop["stock"].book(session, 1, 5)
            booked.set()
            assert rolled_back.wait(PATIENCE)
            session.commit()
            return stock

        def give_up() -> None:
            assert booked.wait(PATIENCE)
            session.rollback()
            rolled_back.set()

        booking, giving_up = threads.submit(book_and_commit), threads.submit(give_up)
        giving_up.result()
        assert booking.result() == 15

    assert _stocks(shop) == [10, 10]


def test_threads_that_take_turns_on_one_session_do_no_harm(start: Start) -> None:
    shop = _shop(start, WRONG)

    with shop["db"].SessionLocal() as session, ThreadPoolExecutor() as threads:
        assert threads.submit(shop["stock"].book, session, 1, 5).result() == 15
        assert threads.submit(shop["stock"].book, session, 2, 7).result() == 17
        threads.submit(session.commit).result()

    assert _stocks(shop) == [15, 17]


def test_a_session_for_each_thread_flushes_at_the_same_time(start: Start) -> None:
    shop = _shop(start, RIGHT)
    _in_flush(shop, "before_flush", Barrier(2, timeout=PATIENCE).wait)

    assert shop["stock"].book_all({1: 5, 2: 7}) == [15, 17]

    assert _stocks(shop) == [15, 17]


def test_what_a_registry_has_given_once_is_one_session_in_every_thread(start: Start) -> None:
    shop = start("session_shared_across_threads", "A session that a registry has given once")
    seen: dict[str, set[int]] = {}
    for name, store in (("store", shop["store"].Store("sqlite://")), ("registry", shop["store"].Registry("sqlite://"))):
        together = Barrier(2)

        def session_of(store: Any = store, together: Barrier = together) -> int:
            together.wait(PATIENCE)
            session = store.session if isinstance(store.session, Session) else store.session()
            together.wait(PATIENCE)
            return id(session)

        with ThreadPoolExecutor(2) as threads:
            seen[name] = {future.result() for future in [threads.submit(session_of) for _ in range(2)]}
    assert len(seen["store"]) == 1
    assert len(seen["registry"]) == 2
