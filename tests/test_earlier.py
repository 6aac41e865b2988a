"""What was found in an earlier commit is remembered, and nobody can tell by what is said."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sqla_lint import cli
from sqla_lint.engine import cache, earlier, git
from tests.runs import write
from tests.test_baseline import CALLER, SHOP
from tests.test_baseline import git as run_git
from tests.test_plugins import CLAIM, a_rule, run

Change = Callable[[Path], None]
Count = list[str]


def caller(root: Path) -> None:
    with (root / "shop/api.py").open("a") as file:
        file.write(CALLER)


def mended(root: Path) -> None:
    path = root / "shop/repo.py"
    path.write_text(path.read_text().replace("commit()", "flush()"))


def broken_again(root: Path) -> None:
    path = root / "shop/repo.py"
    path.write_text(path.read_text().replace("flush()", "commit()"))


def committed(root: Path) -> None:
    run_git(root, "add", ".")
    run_git(root, "commit", "--allow-empty", "-m", "more")


def quiet(root: Path) -> None:
    (root / "pyproject.toml").write_text("[tool.sqla-lint]\nignore = ['commit-in-repository']\n")


def loud(root: Path) -> None:
    (root / "pyproject.toml").write_text("[tool.sqla-lint]\nselect = ['all']\n")


def gone_back(root: Path) -> None:
    run_git(root, "stash", "--include-untracked")


CHANGES: tuple[Change, ...] = (caller, mended, broken_again, committed, committed, quiet, loud, gone_back)


def made(root: Path) -> Path:
    """The shop as the first commit of a repository."""
    write(root, SHOP)
    (root / ".gitignore").write_text(".sqla-lint-cache\n")
    run_git(root, "init")
    committed(root)
    run_git(root, "tag", "first")
    return root


def said(root: Path, ref: str, *options: str) -> tuple[int, str, str]:
    before = Path.cwd()
    os.chdir(root)
    try:
        result = CliRunner().invoke(cli.commands, ["check", "--since", ref, *options, "."])
    finally:
        os.chdir(before)
    assert result.exit_code in (0, 1), result.output
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> Count:
    """The commits that are read, one after the other."""
    count: Count = []
    export = git.export

    def counted(root: Path, commit: str, into: Path, wanted: Callable[[str], bool]) -> Path:
        count.append(commit)
        return export(root, commit, into, wanted)

    monkeypatch.setattr(git, "export", counted)
    return count


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return made(tmp_path)


@settings(max_examples=12, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.sampled_from(CHANGES), st.sampled_from(("HEAD", "first"))), min_size=2, max_size=5))
def test_with_and_without_memory_the_same_is_said(steps: list[tuple[Change, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root, remembered = made(Path(folder, "project")), ("--cache-dir", str(Path(folder, "cache")))
        for change, ref in steps:
            change(root)
            plain = said(root, ref, "--no-cache")
            assert [said(root, ref, *remembered) for _ in range(2)] == [plain, plain]


def test_an_earlier_commit_is_read_once(repository: Path, exported: Count) -> None:
    for change in (caller, mended, broken_again):
        change(repository)
        said(repository, "HEAD")
    assert len(exported) == 1
    committed(repository)
    said(repository, "HEAD")
    said(repository, "first")
    assert len(exported) == 2


def test_other_settings_find_other_things_in_it(repository: Path, exported: Count) -> None:
    caller(repository)
    said(repository, "HEAD")
    for options in (["--select", "all"], ["--min-confidence", "possible"], ["--config", "layers.task=['shop.jobs']"]):
        assert said(repository, "HEAD", *options) == said(repository, "HEAD", "--no-cache", *options)
    assert len(exported) == 1 + 3 + 3


@pytest.mark.parametrize("what", ["linter", "Python", "parser"])
def test_another_linter_reads_it_again(
    what: str, repository: Path, exported: Count, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said(repository, "HEAD")
    match what:
        case "linter":
            copy = tmp_path / "elsewhere/sqla_lint/engine/earlier.py"
            copy.parent.mkdir(parents=True)
            copy.write_text("changed = True\n")
            monkeypatch.setattr(earlier, "__file__", str(copy))
        case "Python":
            monkeypatch.setattr(sys, "version", "4.0")
        case _:
            monkeypatch.setattr(earlier, "reader", lambda: b"another")
    said(repository, "HEAD")
    assert len(exported) == 2


def test_what_ends_on_a_date_holds_for_a_day(
    repository: Path, exported: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = repository / "shop/repo.py"
    path.write_text(path.read_text().replace("commit()", "commit()  # sqla: fixme[SQA201] until 2999-01-01"))
    committed(repository)
    for _ in range(2):
        said(repository, "HEAD")
    assert len(exported) == 1
    monkeypatch.setattr(earlier, "_today", lambda: "2998-01-01")
    said(repository, "HEAD")
    assert len(exported) == 2


def test_it_does_not_grow_for_ever(repository: Path, exported: Count, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_MOST_EARLIER", 2)
    for level in ("possible", "likely", "certain"):
        said(repository, "HEAD", "--min-confidence", level)
    said(repository, "HEAD", "--min-confidence", "certain")
    assert len(exported) == 3
    said(repository, "HEAD", "--min-confidence", "possible")
    assert len(exported) == 4


def test_a_plugin_or_helper_that_has_changed_reads_it_again(repository: Path) -> None:
    """The helper is imported when the rule is asked, and so not yet there when what is remembered is looked for."""
    body = "from helping import wanted\n    if wanted in unit.symbol:\n        " + CLAIM
    write(repository, {"rules_here.py": a_rule(body=body), "helping.py": "wanted = 'ban'\n"})
    write(repository, {"sqla-lint.toml": "plugins = ['rules_here']\nselect = ['plugins']\nexclude = ['/*.py']\n"})
    caller(repository)
    committed(repository)
    options = ("check", "--since", "HEAD", "--trust-project", "--format", "concise")
    for word in ("ban", "create", "ban"):
        write(repository, {"helping.py": f"wanted = {word!r}\n"})
        plain = run(repository, *options, "--no-cache")
        assert (plain.code, plain.err) == (0, "")
        assert [run(repository, *options) for _ in range(2)] == [plain, plain]
