"""Fixes as the command makes them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from tests.commands import Shell
from tests.runs import write
from tests.test_cli import SCHEMA, lint  # noqa: F401  the fixture

HEAD = """\
from sqlalchemy.ext.asyncio import AsyncSession


"""
UNAWAITED = f"""\
{HEAD}async def save(session: AsyncSession) -> None:
    session.commit()  # at last
"""
AWAITED = UNAWAITED.replace("session.commit", "await session.commit")
UNSURE = f"""\
{HEAD}async def first(session: AsyncSession, query: str) -> object:
    return session.scalars(query).first()
"""
SURE = UNSURE.replace("session.scalars(query)", "(await session.scalars(query))")
PROJECT = {"pyproject.toml": "", "app/a.py": UNAWAITED, "app/b.py": UNSURE, "other/c.py": UNAWAITED}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write(tmp_path, PROJECT)
    return tmp_path


def test_safe_fixes_are_made_and_the_rest_is_reported(lint: Shell, project: Path) -> None:  # noqa: F811
    said = lint("check", "--fix", "app")

    assert said.code == 1
    assert (project / "app/a.py").read_text() == AWAITED
    assert (project / "app/b.py").read_text() == UNSURE
    assert " fix: --fix --unsafe-fixes\n" in said.out
    last = said.out.splitlines()[-1]
    assert last == "1 fixed; 1 finding (1 error) in 1 of 2 files; fixable: 1 by --fix --unsafe-fixes"


def test_files_that_are_not_asked_about_stay(lint: Shell, project: Path) -> None:  # noqa: F811
    lint("check", "--fix", "--unsafe-fixes", "app")

    assert (project / "other/c.py").read_text() == UNAWAITED


def test_all_fixed_is_nothing_to_report(lint: Shell, project: Path) -> None:  # noqa: F811
    said = lint("check", "--fix", "--unsafe-fixes", ".")

    assert (said.code, said.out) == (0, "3 fixed; no findings in 3 files\n")
    assert (project / "app/b.py").read_text() == SURE
    assert lint("check", "--fix", "--unsafe-fixes", ".").out == "no findings in 3 files\n"


def test_the_setting_makes_unsafe_fixes_too(lint: Shell, project: Path) -> None:  # noqa: F811
    assert lint("check", "--fix", "--config", "unsafe-fixes=true", ".").code == 0
    assert (project / "app/b.py").read_text() == SURE


def test_unsafe_fixes_alone_make_nothing_and_say_so(lint: Shell, project: Path) -> None:  # noqa: F811
    said = lint("check", "--unsafe-fixes", ".")

    assert said.code == 2
    assert "--fix makes them" in said.err


def test_a_diff_changes_nothing_and_can_be_applied(lint: Shell, project: Path) -> None:  # noqa: F811
    said = lint("check", "--diff", "--unsafe-fixes", ".")

    assert said.code == 1
    assert said.err == "sqla-lint: 3 findings would be fixed in 3 files\n"
    assert (project / "app/a.py").read_text() == UNAWAITED
    subprocess.run(["git", "apply", "-"], input=said.out.encode(), cwd=project, check=True)
    assert (project / "app/a.py").read_text() == AWAITED
    assert (project / "app/b.py").read_text() == SURE
    assert lint("check", "--diff", "--unsafe-fixes", ".").code == 0


def test_a_diff_is_of_the_bytes_of_a_file(lint: Shell, project: Path) -> None:  # noqa: F811
    latin = f"# coding: latin-1\r\n# caf\xe9\r\n{UNAWAITED}".encode("latin-1")[:-1]
    (project / "app/a.py").write_bytes(latin)
    (project / "app/b.py").unlink()
    (project / "other/c.py").unlink()
    command = [sys.executable, "-m", "sqla_lint", "check", "--diff", "--no-cache", "."]
    printed = subprocess.run(command, cwd=project, capture_output=True, check=False, env=environment()).stdout
    subprocess.run(["git", "apply", "-"], input=printed, cwd=project, check=True)

    assert (project / "app/a.py").read_bytes() == latin.replace(b"session.commit", b"await session.commit")


def test_a_suppressed_finding_is_not_fixed(lint: Shell, project: Path) -> None:  # noqa: F811
    text = UNAWAITED.replace("# at last", "# sqla: ignore[missing-await] on purpose")
    (project / "app/a.py").write_text(text)
    lint("check", "--fix", ".")

    assert (project / "app/a.py").read_text() == text


def test_what_the_baseline_knows_is_not_fixed(lint: Shell, project: Path) -> None:  # noqa: F811
    assert lint("baseline", "create").code == 0
    assert lint("check", "--fix", ".").code == 0

    assert (project / "app/a.py").read_text() == UNAWAITED


def test_nothing_is_fixed_in_a_run_that_is_not_to_be_trusted(lint: Shell, project: Path) -> None:  # noqa: F811
    (project / "app/gone.py").symlink_to("nowhere.py")
    said = lint("check", "--fix", "app", "app/gone.py")

    assert said.code == 2
    assert (project / "app/a.py").read_text() == UNAWAITED


def test_json_has_the_edits(lint: Shell, project: Path) -> None:  # noqa: F811
    whole = json.loads(lint("check", "--format", "json", "app").out)
    jsonschema.validate(whole, SCHEMA)
    safe, unsafe = (finding["fix"] for finding in whole["findings"])

    assert safe == {
        "safe": True,
        "edits": [{"path": "app/a.py", "line": 5, "column": 5, "end_line": 5, "end_column": 5, "text": "await "}],
    }
    assert [edit["text"] for edit in unsafe["edits"]] == ["(await ", ")"]
    fixed = json.loads(lint("check", "--fix", "--format", "json", "app").out)
    assert fixed["summary"]["fixed"] == 1


def test_sarif_has_the_edits(lint: Shell, project: Path) -> None:  # noqa: F811
    run = json.loads(lint("check", "--format", "sarif", "app").out)["runs"][0]
    changes = [change for result in run["results"] for fix in result["fixes"] for change in fix["artifactChanges"]]

    assert changes[0]["artifactLocation"]["uri"] == "app/a.py"
    assert changes[0]["replacements"][0]["insertedContent"] == {"text": "await "}


def test_what_was_fixed_is_not_remembered_as_the_answer(lint: Shell, project: Path) -> None:  # noqa: F811
    assert "3 fixed" in lint("check", "--fix", "--unsafe-fixes", ".").out
    (project / "app/a.py").write_text(UNAWAITED)

    assert "1 fixed" in lint("check", "--fix", "--unsafe-fixes", ".").out
    assert (project / "app/a.py").read_text() == AWAITED


def test_an_unused_disable_goes_with_its_enable(lint: Shell, project: Path) -> None:  # noqa: F811
    (project / "app/a.py").write_text("# sqla: disable[SQA201] generated\nx = 1\n# sqla: enable[SQA201]\ny = 2\n")
    (project / "app/b.py").write_text("z = 3  # sqla: ignore[SQA201, SQA202, SQA203] all of them\n")

    assert lint("check", "--fix", "app").code == 0
    assert (project / "app/a.py").read_text() == "x = 1\ny = 2\n"
    assert (project / "app/b.py").read_text() == "z = 3\n"


def environment() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parent.parent)}
