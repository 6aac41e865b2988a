"""The schema of audits for programs, against what is printed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.audit.by_hand import APP
from tests.audit.schema import schema_text
from tests.commands import Shell
from tests.reference import AUDIT
from tests.runs import write

LEAKY = Path(__file__).resolve().parent.parent.parent / "fixtures/projects/leaky_shop"
SCHEMA = json.loads(AUDIT.read_text("utf-8"))
IGNORED = APP["app/base.py"].replace("commit()", "commit()  # sqla: ignore[commit-in-repository] for a while")


def validate(whole: Any) -> None:
    jsonschema.validate(whole, SCHEMA, jsonschema.Draft202012Validator)


def test_it_is_current() -> None:
    """If not: `python -m tests.reference` writes it."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert AUDIT.read_text("utf-8") == schema_text()


@pytest.mark.parametrize(
    "files",
    [
        {},
        APP,
        {**APP, "app/base.py": IGNORED, "app/bad.py": "def f(:\n", "requirements.txt": "sqlalchemy>=2\n"},
        {**APP, "sqla-lint.toml": "ignore = ['commit-in-repository']"},
    ],
)
def test_an_audit_is_one(shell: Shell, tmp_path: Path, files: Mapping[str, str]) -> None:
    write(tmp_path, files)
    validate(json.loads(shell("audit", "--format", "json").out))


def test_an_audit_with_errors_is_one(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, APP)
    ran = shell("audit", "gone.py", "--format", "json")
    whole = json.loads(ran.out)
    assert (ran.code, bool(whole["errors"])) == (2, True)
    validate(whole)


def test_an_audit_of_a_whole_service_is_one_and_every_part_is_in_it(shell: Shell) -> None:
    whole = json.loads(shell("audit", str(LEAKY), "--format", "json", "--no-cache").out)
    validate(whole)
    parts = ("rules", "causes", "paths", "packages", "ownership", "unseen", "findings", "next")
    assert all(whole[key] for key in parts)
    assert any(one["fix"] for one in whole["findings"])


def test_what_is_not_said_there_is_refused(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, APP)
    whole = json.loads(shell("audit", "--format", "json").out)
    changes: tuple[dict[str, Any], ...] = (
        {"more": 1},
        {"version": 2},
        {"rules": [{}]},
        {"summary": {}},
        {"findings": [{}]},
    )
    for change in changes:
        with pytest.raises(jsonschema.ValidationError):
            validate({**whole, **change})
