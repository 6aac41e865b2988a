"""SQA113: what a slow service does to requests that do not need it, run against SQLAlchemy."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from tests.proofs.conftest import Running, Start

WRONG = "A payment inside the transaction"
RIGHT = "The payment between two transactions"


def _pay(shop: Running, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How another request fares while the bank is asked."""
    shop["models"].Base.metadata.create_all(shop["db"].engine)
    with shop["db"].SessionLocal.begin() as session:
        session.add(shop["models"].Invoice(id=1, amount=20))
    others: list[str] = []

    def charge(amount: int) -> bool:
        try:
            with shop["db"].SessionLocal() as other:
                other.execute(text("SELECT 1"))
        except PoolTimeoutError:
            others.append("failed")
        else:
            others.append("answered")
        return True

    monkeypatch.setattr(shop["bank"], "charge", charge)
    shop["service"].pay(1)
    with shop["db"].SessionLocal() as session:
        assert session.get(shop["models"].Invoice, 1).paid
    return others


def test_a_request_finds_no_connection_while_the_bank_is_asked(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _pay(start("session_held_across_io", WRONG), monkeypatch) == ["failed"]


def test_a_request_is_answered_when_the_bank_is_asked_between(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _pay(start("session_held_across_io", RIGHT), monkeypatch) == ["answered"]
