"""What the version of SQLAlchemy decides, by the project's requirements and by `sqlalchemy-version`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sqla_lint.config import load
from sqla_lint.engine.run import check
from sqla_lint.project.versions import is_before, is_from
from tests.commands import Shell
from tests.pages import pages
from tests.runs import write

DRIVER = """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql://host/shop")
"""


def case_of(rule: str, word: str = "") -> dict[str, str]:
    """The files of a page's first wrong case in which a word stands."""
    page = next(page for page in pages() if page.name == rule)
    wrong = (dict(case.files) for case in page.cases if not case.right)
    return next(files for files in wrong if word in "".join(files.values()))


def findings(root: Path, rule: str, *options: str) -> list[tuple[str, str]]:
    """The confidence of each finding of a rule, and its consequence."""
    plain = (f'select = ["{rule}"]', "min-confidence = possible")
    configuration = load([root], [*(one.replace(" = ", "=") for one in plain), *options])
    report = check(root, [root], configuration.settings)
    assert not report.errors
    return [(one.confidence.word, one.why) for one in report.findings]


@pytest.mark.parametrize(
    ("said", "before", "since"),
    [
        (None, False, False),
        ("", False, False),
        ("==2.0.58", True, False),
        ("2.0", True, False),
        (">=1.4,<2.1", True, False),
        (">=2.1", False, True),
        ("2.1", False, True),
        (">=2.0", False, False),
    ],
)
def test_all_versions_that_are_allowed_count(said: str | None, before: bool, since: bool) -> None:
    assert (is_before(said, (2, 1)), is_from(said, (2, 1))) == (before, since)


@pytest.mark.parametrize(
    ("required", "option", "found"),
    [
        ("", "", ["possible"]),
        ("sqlalchemy==2.0.58", "", ["certain"]),
        ("sqlalchemy==2.1.9", "", []),
        ("sqlalchemy>=2", "", ["possible"]),
        ("sqlalchemy==2.0.58", "2.1", []),
        ("sqlalchemy==2.1.9", ">=1.4,<2.1", ["certain"]),
        ("sqlalchemy==2.1.9", "auto", []),
        ("", "2.0", ["certain"]),
    ],
)
def test_the_setting_overrides_what_is_found(tmp_path: Path, required: str, option: str, found: list[str]) -> None:
    write(tmp_path, {"requirements.txt": required, "pyproject.toml": "", "db.py": DRIVER})
    options = [f"sqlalchemy-version={option}"] if option else []
    assert [sure for sure, _ in findings(tmp_path, "SQA308", *options)] == found


@pytest.mark.parametrize(("version", "count"), [("1.4", 0), ("1.4.54", 0), ("<2", 0), (">=1.4", 1), ("2.0", 1)])
def test_before_2_0_a_session_ends_its_savepoint(tmp_path: Path, version: str, count: int) -> None:
    write(tmp_path, {"pyproject.toml": "", **case_of("session-commit-for-savepoint")})
    assert len(findings(tmp_path, "SQA212", f"sqlalchemy-version={version}")) == count


@pytest.mark.parametrize("rule", ["implicit-io-in-async", "expire-on-commit-in-async", "lazy-load-in-serialization"])
@pytest.mark.parametrize(
    ("version", "raised"),
    [
        ("2.0", "MissingGreenlet"),
        ("2.1", "MissingGreenlet (with aiosqlite a StatementError around it)"),
        (">=2", "MissingGreenlet (with SQLAlchemy 2.1 and aiosqlite a StatementError around it)"),
    ],
)
def test_which_error_is_raised(tmp_path: Path, rule: str, version: str, raised: str) -> None:
    write(tmp_path, {**case_of(rule, "AsyncSession"), "pyproject.toml": ""})
    told = [why for _, why in findings(tmp_path, rule, f"sqlalchemy-version={version}") if "nothing awaits" in why]
    assert told
    assert all(raised in why for why in told)
    assert all(("StatementError" in why) == ("StatementError" in raised) for why in told)


def test_what_is_remembered_hides_no_change(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": "", "sqla-lint.toml": "", "db.py": DRIVER})
    run = ("check", "--min-confidence", "possible", "--select", "SQA308")
    assert shell(*run).code == 1
    write(tmp_path, {"sqla-lint.toml": 'sqlalchemy-version = "2.1"'})
    assert shell(*run).code == 0


def test_an_audit_and_the_first_settings_tell_it(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": "", "requirements.txt": "sqlalchemy==2.0.58", "db.py": DRIVER})
    option = ("--config", "sqlalchemy-version=>=2.1", "--format", "json")
    assert json.loads(shell("audit", *option).out)["requires"] == {"sqlalchemy": ">=2.1"}
    assert 'sqlalchemy-version = ">=2.1"  (--config)' in shell("config", *option[:2]).out.splitlines()
