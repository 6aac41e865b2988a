"""`sqla-lint trace FILE:LINE`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands import Shell
from tests.runs import write
from tests.test_callers import SHOP


@pytest.fixture
def shop(shell: Shell, tmp_path: Path) -> Shell:
    write(tmp_path, SHOP)
    return shell


def test_a_line_is_explained_with_the_ways_to_it(shop: Shell) -> None:
    assert (
        shop("trace", "app/repositories.py:10").out
        == """\
app.repositories.Base.save is repository
  because module app.repositories
self.session.commit(): commit on self.session (certain)
  the session is Session, borrowed (received)
  reached by create_order > Service.place > Orders.place > Base.save (certain)
  reached by nightly > Orders.place > Base.save (certain)
"""
    )


def test_it_is_the_same_for_programs(shop: Shell) -> None:
    whole = json.loads(shop("trace", "app/repositories.py:10", "--format", "json").out)
    assert (whole["path"], whole["line"], whole["layer"]) == ("app/repositories.py", 10, "repository")
    (effect,) = whole["effects"]
    assert (effect["effect"], effect["session"], effect["type"]) == ("commit", "self.session", "Session")
    assert [way["steps"][0] for way in effect["reached_by"]] == ["create_order", "nightly"]
    (call,) = json.loads(shop("trace", "app/services.py:17", "--format", "json").out)["calls"]
    assert call == {
        "callee": "app.repositories.Orders.place",
        "confidence": "certain",
        "carries": [
            {"effect": "commit", "session": "<opened here>"},
            {"effect": "write", "session": "<opened here>"},
        ],
    }
