"""`--through`: findings that stand elsewhere, and whose trace goes through the files that are asked about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands import Printed, Shell
from tests.runs import write
from tests.test_stdin import COMMITS, HANDLER, SHOP

FILES = {
    **SHOP,
    "app/repositories.py": COMMITS,
    "app/backoffice.py": HANDLER.replace("create_order", "import_order").replace("/orders", "/import"),
    "app/aside.py": "x = 1\n",
}


def found(said: Printed) -> list[dict[str, Any]]:
    findings: list[dict[str, Any]] = json.loads(said.out)["findings"]
    return findings


def test_without_it_a_file_is_asked_about_its_own_findings(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, FILES)
    assert shell("check", "app/handlers.py").code == 0


@pytest.mark.parametrize("path", ["app/handlers.py", "app/backoffice.py"])
def test_what_a_handler_leads_to_is_told_by_the_way_from_it(shell: Shell, tmp_path: Path, path: str) -> None:
    write(tmp_path, FILES)
    said = shell("check", "--through", path, "--format", "json")
    assert said.code == 1
    (one,) = found(said)
    assert (one["name"], one["path"]) == ("commit-inside-begin", "app/repositories.py")
    assert path in [step["path"] for step in one["trace"]]


def test_it_is_the_finding_that_a_whole_check_reports(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, FILES)
    (whole,) = found(shell("check", "--format", "json"))
    (one,) = found(shell("check", "--through", "app/handlers.py", "--format", "json"))
    assert one["fingerprint"] == whole["fingerprint"]


def test_what_does_not_go_through_is_not_told(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, FILES)
    assert shell("check", "--through", "app/aside.py").out == "no findings in 1 file\n"


def test_the_summary_counts_the_files_it_speaks_of(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, FILES)
    assert shell("check", "--through", "app/handlers.py").out.endswith("\n1 finding (1 error) in 1 of 2 files\n")


def test_what_is_known_is_not_told(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, FILES)
    assert shell("baseline", "create").code == 0
    assert shell("check", "--through", "app/handlers.py").code == 0


def test_a_comment_where_it_stands_silences_it(shell: Shell, tmp_path: Path) -> None:
    silent = COMMITS.replace(".commit()", ".commit()  # sqla: ignore[commit-inside-begin] reviewed")
    write(tmp_path, {**FILES, "app/repositories.py": silent})
    assert shell("check", "--through", "app/handlers.py", "--ignore", "commit-in-repository").code == 0
