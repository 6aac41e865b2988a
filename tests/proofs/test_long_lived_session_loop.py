"""SQA115: what an endless loop on one session sees of the world, run against SQLAlchemy."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.proofs.conftest import Running, Start

WRONG = "A worker that watches a switch"
RIGHT = "Each turn opens its own"


class _EnoughError(Exception):
    """Ends a loop that has no end."""


def _shop(start: Start, heading: str) -> Running:
    shop = start("long_lived_session_loop", heading)
    shop["models"].Base.metadata.create_all(shop["db"].engine)
    with shop["db"].SessionLocal.begin() as session:
        session.add(shop["models"].Switch(id=1, on=False))
    return shop


def _watch(shop: Running, monkeypatch: pytest.MonkeyPatch) -> tuple[list[bool], list[int]]:
    """What three turns report of a switch that is turned on after the first, and how many connections are out of the
    pool while the loop sleeps."""
    seen: list[bool] = []
    checked_out: list[int] = []

    def sleep(seconds: float) -> None:
        checked_out.append(shop["db"].engine.pool.checkedout())
        if len(seen) == 3:
            raise _EnoughError
        with shop["db"].SessionLocal.begin() as session:
            session.get(shop["models"].Switch, 1).on = True

    monkeypatch.setattr(shop["worker"].time, "sleep", sleep)
    report: Callable[[bool], None] = seen.append
    with pytest.raises(_EnoughError):
        shop["worker"].watch(report)
    return seen, checked_out


def test_a_loop_on_one_session_sees_its_first_turn_for_ever(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    seen, checked_out = _watch(_shop(start, WRONG), monkeypatch)

    assert seen == [False, False, False]
    assert checked_out == [1, 1, 1]


def test_a_session_for_each_turn_sees_the_switch(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    seen, checked_out = _watch(_shop(start, RIGHT), monkeypatch)

    assert seen == [False, True, True]
    assert checked_out == [0, 0, 0]
