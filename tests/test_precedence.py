"""Which of several claims about one place speaks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sqla_lint.model import Claim, Confidence, Hop, Spot
from sqla_lint.rules.precedence import settle

PLACE = Spot("app.orders", 10)
CERTAIN, LIKELY, POSSIBLE = Confidence.CERTAIN, Confidence.LIKELY, Confidence.POSSIBLE


def claim(code: str, sure: Confidence, spot: Spot = PLACE) -> Claim:
    return Claim(spot=spot, symbol="app.orders.place", message="", confidence=sure, code=code, name=code.lower())


def said(*claims: Claim) -> list[str]:
    """The codes that stay."""
    return sorted(one.code for one in settle(claims))


def test_the_root_cause_speaks_and_tells_of_the_other() -> None:
    (stays,) = settle([claim("SQA201", CERTAIN), claim("SQA205", CERTAIN)])
    assert stays.code == "SQA205"
    assert stays.because == ("also sqa201 (SQA201)",)


@pytest.mark.parametrize("code", ["SQA101", "SQA102"])
def test_one_session_for_all_is_not_told_to_be_left_open_as_well(code: str) -> None:
    assert said(claim(code, LIKELY), claim("SQA105", LIKELY)) == [code]


def test_claims_about_other_places_stay() -> None:
    assert said(claim("SQA201", CERTAIN), claim("SQA205", CERTAIN, Spot("app.orders", 20))) == ["SQA201", "SQA205"]


@pytest.mark.parametrize(
    ("strong", "weak", "stay"),
    [
        (POSSIBLE, CERTAIN, ["SQA201", "SQA205"]),
        (POSSIBLE, POSSIBLE, ["SQA205"]),
        (LIKELY, CERTAIN, ["SQA205"]),
    ],
)
def test_a_claim_that_is_only_possible_does_not_silence_a_surer_one(
    strong: Confidence, weak: Confidence, stay: list[str]
) -> None:
    assert said(claim("SQA205", strong), claim("SQA201", weak)) == stay


def test_what_a_trace_tells_of_the_cause_is_said_once() -> None:
    read = replace(claim("SQA225", LIKELY, Spot("app.orders", 20)), trace=(Hop(PLACE, "makes it expire", "place"),))
    assert said(read, claim("SQA217", LIKELY)) == ["SQA225"]
    assert said(read, claim("SQA217", LIKELY, Spot("app.orders", 30))) == ["SQA217", "SQA225"]


def test_of_two_claims_of_one_rule_the_surer_stays() -> None:
    (stays,) = settle([claim("SQA201", POSSIBLE), claim("SQA201", CERTAIN)])
    assert stays.confidence is CERTAIN
