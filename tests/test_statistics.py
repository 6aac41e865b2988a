"""`--statistics`: findings counted by rule."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sqla_lint.report.formats import FORMATS
from tests.commands import Shell
from tests.runs import write
from tests.test_cli import LEAKY

FILES = {**LEAKY, "app/more.py": LEAKY["app/db.py"], "app/bad.py": "def f(:\n"}


def test_the_most_frequent_rule_stands_first(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, FILES)
    said = shell("--statistics")
    lines = ["     2  SQA101  global-session", "     1  SQA001  syntax-error", "3 findings (3 errors) in 3 of 5 files"]
    assert (said.code, said.out.splitlines()) == (1, lines)


def test_programs_get_the_same_counts(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, FILES)
    said = shell("--statistics", "--format", "json")
    whole = json.loads(said.out)
    assert said.code == 1
    assert whole["statistics"] == [
        {"code": "SQA101", "name": "global-session", "findings": 2},
        {"code": "SQA001", "name": "syntax-error", "findings": 1},
    ]
    assert whole["summary"] == json.loads(shell("--format", "json").out)["summary"]
    assert (whole["version"], whole["errors"]) == (1, [])


def test_what_went_wrong_is_in_it(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, FILES)
    said = shell("app", "gone.py", "--statistics", "--format", "json")
    assert said.code == 2
    assert json.loads(said.out)["errors"] == [{"path": "gone.py", "message": "no such file or folder"}]


@pytest.mark.parametrize("name", [name for name, one in FORMATS.items() if not one.for_people and name != "json"])
def test_other_formats_are_refused(shell: Shell, tmp_path: Path, name: str) -> None:
    write(tmp_path, FILES)
    said = shell("--statistics", "--format", name)
    assert (said.code, said.out) == (2, "")
    assert said.err == f"sqla-lint: error: --statistics is a text or JSON, which {name} is not\n"


def test_a_report_beside_it_is_whole(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, FILES)
    assert shell("--statistics", "--format", "json", "-o", "json:whole.json").code == 1
    assert len(json.loads((tmp_path / "whole.json").read_text())["findings"]) == 3
