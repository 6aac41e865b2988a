from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqla_lint.engine import baseline
from sqla_lint.engine.fingerprint import fingerprint, normalise
from sqla_lint.model import Confidence, Entry, Finding, Place, Report, Severity, Step
from tests.commands import Printed, Shell
from tests.replay import replay

ROOT = Path(__file__).resolve().parent.parent
TEXT = """\
class Repo:
    def add(self):
        self.session.commit()
        self.session.commit()
"""


def finding(line: int = 3, symbol: str = "app.Repo.add", path: str = "app.py", legs: tuple[str, ...] = ()) -> Finding:
    mark = fingerprint("commit-in-repository", symbol, "self.session.commit()", 0)
    place = Place(path, line, 9, line, 30)
    return Finding(
        *("SQA201", "commit-in-repository", place, symbol, "commits", Severity.ERROR, Confidence.LIKELY, mark),
        legs=legs,
    )


def remembered(*findings: Finding, text: str = TEXT) -> tuple[Entry, ...]:
    return baseline.entries(Report(findings, sources={one.place.path: text for one in findings}))


def compared(known: tuple[Entry, ...], *findings: Finding, text: str = TEXT) -> tuple[int, int, int]:
    """How many are new, known, and gone."""
    found = baseline.compare(findings, known, lambda _: text)
    return len(found.new), len(found.known), len(found.gone)


class TestFindingAgain:
    def test_the_same_finding_is_known(self) -> None:
        assert compared(remembered(finding()), finding()) == (0, 1, 0)

    def test_lines_do_not_matter(self) -> None:
        assert compared(remembered(finding()), finding(5), text=f"\n\n{TEXT}") == (0, 1, 0)

    def test_a_second_one_like_it_is_new(self) -> None:
        assert compared(remembered(finding()), finding(3), finding(4)) == (1, 1, 0)

    def test_one_of_two_is_gone(self) -> None:
        assert compared(remembered(finding(3), finding(4)), finding()) == (0, 1, 1)

    def test_a_moved_module_is_the_same(self) -> None:
        assert compared(remembered(finding()), finding(path="other.py")) == (0, 1, 0)

    def test_a_renamed_function_is_the_same(self) -> None:
        assert compared(remembered(finding()), finding(symbol="app.Repo.insert")) == (0, 1, 0)

    def test_a_class_that_moves_with_its_module_is_the_same(self) -> None:
        assert compared(remembered(finding()), finding(path="new/repo.py", symbol="new.repo.Repo.add")) == (0, 1, 0)

    def test_another_rule_is_new(self) -> None:
        other = replace(finding(), code="SQA207", name="commit-in-model")
        assert compared(remembered(finding()), other) == (1, 0, 1)

    def test_another_source_elsewhere_is_new(self) -> None:
        text = TEXT.replace("self.session.commit()", "self.db.commit()")
        assert compared(remembered(finding()), finding(symbol="app.Other.put", path="b.py"), text=text) == (1, 0, 1)


class TestWays:
    def test_a_new_caller_is_new(self) -> None:
        step = Step(Place("app/api.py", 8, 5, 8, 20), "`ban` calls `Repo.add`", "app.api.ban")
        own = Step(finding().place, "commits", "app.Repo.add", main=True)
        now = replace(finding(legs=("app.api.create", "app.api.ban")), ways=(("app.api.ban", (step, own)),))
        (new,) = baseline.compare([now], remembered(finding(legs=("app.api.create",))), lambda _: TEXT).new
        assert (new.place, new.symbol, new.legs) == (step.place, "app.api.ban", ("app.api.ban",))
        assert [one.main for one in new.trace] == [True, False]
        assert new.fingerprint != now.fingerprint

    @pytest.mark.parametrize(
        ("known", "now", "new"),
        [
            (["a.f"], ["a.f", "a.g"], ["a.g"]),
            (["a.f"], ["a.g"], []),
            (["a.f", "a.g"], ["a.f"], []),
            (["a.C.f"], ["b.C.f"], []),
            (["a.f"], ["b.sub.f"], []),
            (["a.f"], ["b.g"], ["b.g"]),
            (["a.f", "b.g"], ["a.h", "b.g", "b.i"], ["b.i"]),
            ([], ["a.f"], ["a.f"]),
        ],
    )
    def test_which_callers_are_new(self, known: list[str], now: list[str], new: list[str]) -> None:
        assert baseline.new_legs(now, known) == new

    def test_ones_own_name_does_not_matter(self) -> None:
        known = remembered(finding(legs=("app.Repo.add",)))
        assert compared(known, finding(symbol="app.Repo.put", legs=("app.Repo.put",))) == (0, 1, 0)

    @given(st.lists(st.sampled_from(["a.f", "a.g", "b.f", "b.C.f", "c.h"]), max_size=6))
    def test_nobody_is_new_who_was_there(self, legs: list[str]) -> None:
        assert baseline.new_legs(legs, legs) == []


class TestFile:
    def test_a_finding_is_a_line(self) -> None:
        lines = baseline.dump(remembered(finding(3), finding(4))).splitlines()
        assert [line for line in lines if '"rule"' in line] == lines[3:-2]
        assert len(lines[3:-2]) == 2

    def test_what_is_written_is_read(self) -> None:
        known = remembered(finding(legs=("a.f", "b.g")), finding(4))
        assert sorted(baseline.parse(baseline.dump(known))) == sorted(known)
        assert baseline.parse(baseline.dump(())) == ()

    @given(st.text(), st.text(), st.lists(st.text()))
    def test_any_name_survives(self, path: str, symbol: str, legs: list[str]) -> None:
        entry = Entry(path, symbol, "rule", "1:0", "0", "0", tuple(legs))
        assert baseline.parse(baseline.dump([entry])) == (entry,)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "[]",
            "{}",
            '{"version": 1}',
            '{"version": 2, "findings": []}',
            '{"version": 1, "findings": [3]}',
            '{"version": 1, "findings": [{"rule": "a"}]}',
            baseline.dump(remembered(finding())).replace('"legs": []', '"legs": 3'),
        ],
    )
    def test_what_is_no_baseline_is_said_to_be_none(self, text: str) -> None:
        with pytest.raises(baseline.BaselineError):
            baseline.parse(text)


# -- the commands --

SHOP = {
    "pyproject.toml": "[tool.sqla-lint]\n",
    "shop/__init__.py": "",
    "shop/repo.py": """\
from sqlalchemy.orm import Session


class OrderRepository:
    def __init__(self, session: Session) -> None:
        self.session = session

    def save(self, order: object) -> None:
        self.session.add(order)
        self.session.commit()
""",
    "shop/api.py": """\
from fastapi import APIRouter, Depends
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

from shop.repo import OrderRepository

router = APIRouter()
maker = sessionmaker(create_engine("postgresql://"))


def get_session():
    with maker() as session:
        yield session


@router.post("/orders")
def create(session: Session = Depends(get_session)) -> None:
    OrderRepository(session).save(object())
""",
}
CALLER = """

@router.post("/bans")
def ban(session: Session = Depends(get_session)) -> None:
    OrderRepository(session).save(object())
"""


@pytest.fixture
def lint(shell: Shell, tmp_path: Path) -> Shell:
    """The command, in a shop of one committing repository and one handler."""
    for path, text in SHOP.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    return shell


def add_caller(root: Path) -> None:
    with open(root / "shop/api.py", "a") as file:
        file.write(CALLER)


def mend(root: Path) -> None:
    path = root / "shop/repo.py"
    path.write_text(path.read_text().replace("commit()", "flush()"))


def names(said: Printed) -> list[str]:
    return [f"{one['path']}:{one['line']} {one['name']}" for one in json.loads(said.out)["findings"]]


class TestBaseline:
    def test_what_is_there_is_known(self, lint: Shell) -> None:
        assert lint("check").code == 1
        assert lint("baseline", "create").code == 0
        said = lint("check")
        assert (said.code, said.out) == (0, "no findings in 3 files, 1 known before\n")
        assert lint("check", "--no-baseline").code == 1

    def test_a_new_caller_of_what_is_known_is_new(self, lint: Shell, tmp_path: Path) -> None:
        lint("baseline", "create")
        add_caller(tmp_path)
        assert names(lint("check", "--format", "json")) == ["shop/api.py:23 commit-in-repository"]
        assert names(lint("check", "--format", "json", "shop/api.py")) == ["shop/api.py:23 commit-in-repository"]
        assert lint("check", "shop/repo.py").code == 0

    def test_a_new_test_of_it_is_none(self, lint: Shell, tmp_path: Path) -> None:
        lint("baseline", "create")
        (tmp_path / "tests").mkdir()
        (tmp_path / "tests/test_shop.py").write_text(
            "from shop.api import maker\nfrom shop.repo import OrderRepository\n\n\n"
            "def test_save() -> None:\n    with maker() as session:\n        OrderRepository(session).save(object())\n"
        )
        assert lint("check").out == "no findings in 4 files, 1 known before\n"

    def test_update_knows_it_then(self, lint: Shell, tmp_path: Path) -> None:
        lint("baseline", "create")
        add_caller(tmp_path)
        assert lint("baseline", "update").out.endswith("1 finding, 1 new, 0 mended\n")
        assert lint("check").code == 0

    def test_what_is_mended_is_forgotten_where_people_work(self, lint: Shell, tmp_path: Path) -> None:
        lint("baseline", "create")
        mend(tmp_path)
        assert "1 finding of" in lint("check").err
        assert json.loads((tmp_path / ".sqla-lint-baseline.json").read_text())["findings"] == []
        assert lint("check").err == ""

    @pytest.mark.parametrize("variable", ["CI", "PRE_COMMIT"])
    def test_but_not_where_nobody_sits(
        self, lint: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
    ) -> None:
        lint("baseline", "create")
        before = (tmp_path / ".sqla-lint-baseline.json").read_bytes()
        mend(tmp_path)
        monkeypatch.setenv(variable, "1")
        said = lint("check")
        assert (said.code, "prune" in said.err) == (0, True)
        assert (tmp_path / ".sqla-lint-baseline.json").read_bytes() == before

    def test_nor_after_a_run_of_some_rules(self, lint: Shell, tmp_path: Path) -> None:
        lint("baseline", "create")
        mend(tmp_path)
        assert lint("check", "--select", "SQA101").err == ""
        assert "prune" in lint("check", "--select", "SQA201").err
        assert "prune" not in lint("check", "shop/api.py").err

    def test_prune_forgets_and_adds_nothing(self, lint: Shell, tmp_path: Path) -> None:
        lint("baseline", "create")
        mend(tmp_path)
        (tmp_path / "shop/db.py").write_text(
            "from sqlalchemy import create_engine\nfrom sqlalchemy.orm import Session\n\n"
            "session = Session(create_engine('sqlite://'))\n"
        )
        assert lint("baseline", "prune").out.endswith("0 findings, 1 mended\n")
        assert names(lint("check", "--format", "json")) == ["shop/db.py:4 global-session"]

    def test_one_that_is_there_is_not_replaced(self, lint: Shell) -> None:
        lint("baseline", "create")
        said = lint("baseline", "create")
        assert (said.code, "is there already" in said.err) == (2, True)
        assert lint("baseline", "create", "--force").code == 0

    def test_show_lists_it(self, lint: Shell) -> None:
        lint("baseline", "create")
        assert lint("baseline", "show").out == (
            "shop/repo.py  commit-in-repository  shop.repo.OrderRepository.save\n"
            "     1  commit-in-repository\n1 finding\n"
        )

    def test_what_cannot_be_read_is_an_error(self, lint: Shell, tmp_path: Path) -> None:
        (tmp_path / ".sqla-lint-baseline.json").write_text("<<<<<<< HEAD\n")
        said = lint("check")
        assert (said.code, said.out) == (2, "")
        assert "cannot be used as a baseline: it is no JSON" in said.err

    def test_one_that_is_named_must_be_there(self, lint: Shell) -> None:
        said = lint("check", "--config", "baseline=known.json")
        assert (said.code, "known.json cannot be used as a baseline" in said.err) == (2, True)
        assert lint("baseline", "create", "--config", "baseline=known.json").code == 0
        assert lint("check", "--config", "baseline=known.json").code == 0

    def test_an_answer_from_a_record_knows_when_it_changed(self, lint: Shell, tmp_path: Path) -> None:
        lint("baseline", "create")
        assert lint("check").code == 0
        (tmp_path / ".sqla-lint-baseline.json").write_text(baseline.dump(()))
        assert lint("check").code == 1


def git(root: Path, *args: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *who, *args], cwd=root, check=True, capture_output=True)


@pytest.fixture
def repository(lint: Shell, tmp_path: Path) -> Path:
    """The shop as the first commit of a repository."""
    (tmp_path / ".gitignore").write_text(".sqla-lint-cache\n")
    git(tmp_path, "init")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "one")
    return tmp_path


class TestSince:
    def test_a_new_caller_of_an_old_helper_is_all_that_is_new(self, lint: Shell, repository: Path) -> None:
        assert names(lint("check", "--since", "HEAD", "--format", "json")) == []
        add_caller(repository)
        assert names(lint("check", "--since", "HEAD", "--format", "json")) == ["shop/api.py:23 commit-in-repository"]

    def test_it_is_the_same_without_a_cache(self, lint: Shell, repository: Path) -> None:
        add_caller(repository)
        said = lint("check", "--since", "HEAD")
        assert lint("check", "--since", "HEAD", "--no-cache").out == said.out

    def test_what_others_have_mended_meanwhile_is_not_ours(self, lint: Shell, repository: Path) -> None:
        git(repository, "branch", "topic")
        mend(repository)
        git(repository, "commit", "-am", "mended")
        git(repository, "checkout", "topic")
        assert names(lint("check", "--since", "main", "--format", "json")) == []

    def test_a_folder_of_a_repository(self, lint: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        git(tmp_path, "init")
        inner = tmp_path / "services/shop"
        inner.mkdir(parents=True)
        for path in ("pyproject.toml", "shop"):
            (tmp_path / path).rename(inner / path)
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "-m", "one")
        monkeypatch.chdir(inner)
        add_caller(inner)
        assert names(lint("check", "--since", "HEAD", "--format", "json")) == ["shop/api.py:23 commit-in-repository"]

    def test_odd_names_and_links_do_no_harm(self, lint: Shell, repository: Path) -> None:
        (repository / "shop/ü\n.py").write_text("x = 1\n")
        (repository / "shop/link.py").symlink_to("/etc/hostname")
        git(repository, "add", ".")
        git(repository, "commit", "-m", "two")
        assert names(lint("check", "--since", "HEAD", "--format", "json", "shop/api.py")) == []

    def test_a_detached_head_is_fine(self, lint: Shell, repository: Path) -> None:
        git(repository, "checkout", "--detach")
        assert lint("check", "--since", "main").code == 0

    def test_a_shallow_clone_says_what_is_missing(
        self, lint: Shell, repository: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mend(repository)
        git(repository, "commit", "-am", "two")
        clone = repository / "clone"
        git(repository, "clone", "--depth", "1", f"file://{repository}", str(clone))
        monkeypatch.chdir(clone)
        said = lint("check", "--since", "HEAD~1")
        assert (said.code, "the clone is shallow" in said.err) == (2, True)

    def test_what_is_no_commit_and_what_is_no_repository(
        self, lint: Shell, repository: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for ref in ("nope", "--upload-pack=x"):
            said = lint("check", f"--since={ref}")
            assert (said.code, f"`{ref}` names no commit here" in said.err) == (2, True)
        monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(repository.parent))
        (repository / ".git").rename(repository / "gone")
        said = lint("check", "--since", "HEAD")
        assert (said.code, "not a git repository" in said.err) == (2, True)
        monkeypatch.setenv("PATH", "")
        assert "git cannot be run" in lint("check", "--since", "HEAD").err


class TestCi:
    def test_it_reports_what_is_new_and_writes_nothing(self, lint: Shell, repository: Path) -> None:
        lint("baseline", "create")
        before = (repository / ".sqla-lint-baseline.json").read_bytes()
        assert lint("ci").code == 0
        add_caller(repository)
        said = lint("ci")
        assert (said.code, said.out.count("error[commit-in-repository]")) == (1, 1)
        assert (repository / ".sqla-lint-baseline.json").read_bytes() == before

    def test_what_is_mended_must_leave_the_baseline(self, lint: Shell, repository: Path) -> None:
        lint("baseline", "create")
        before = (repository / ".sqla-lint-baseline.json").read_bytes()
        mend(repository)
        said = lint("ci")
        assert (said.code, "baseline prune" in said.err) == (1, True)
        assert (repository / ".sqla-lint-baseline.json").read_bytes() == before

    def test_github_gets_annotations_and_a_summary(
        self, lint: Shell, repository: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        git(repository, "update-ref", "refs/remotes/origin/main", "HEAD")
        add_caller(repository)
        monkeypatch.setenv("GITHUB_ACTIONS", "true")
        monkeypatch.setenv("GITHUB_BASE_REF", "main")
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(repository / "summary.md"))
        said = lint("ci", "--since", "auto")
        assert said.out.count("\n::error file=shop/api.py,line=23,") == 1
        assert "| error | **commit-in-repository**" in (repository / "summary.md").read_text()

    def test_gitlab_names_the_commit(self, lint: Shell, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        add_caller(repository)
        monkeypatch.setenv("GITLAB_CI", "true")
        monkeypatch.setenv("CI_MERGE_REQUEST_DIFF_BASE_SHA", "HEAD")
        assert lint("ci", "--since", "auto", "-o", "gitlab:quality.json").code == 1
        assert len(json.loads((repository / "quality.json").read_text())) == 1

    def test_no_source_commands_azure(self, lint: Shell, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = repository / "shop/repo.py"
        path.write_text(path.read_text().replace("commit()\n", "commit()  ##vso[task.setvariable variable=x]y\n"))
        monkeypatch.setenv("TF_BUILD", "True")
        said = lint("ci")
        assert said.out.count("##vso[task.logissue type=error;sourcepath=shop/repo.py;linenumber=10;") == 1
        assert said.out.count("##") == 1

    def test_auto_must_know_what_to_compare_with(
        self, lint: Shell, repository: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert "none of GitHub Actions" in lint("ci", "--since", "auto").err
        monkeypatch.setenv("GITHUB_ACTIONS", "true")
        said = lint("ci", "--since", "auto")
        assert (said.code, "runs no pull request here" in said.err) == (2, True)


def test_a_process_of_its_own_finds_git(repository: Path) -> None:
    """The installed command, with nothing of this process."""
    add_caller(repository)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "sqla_lint", "check", "--since", "HEAD", "--format", "concise"]
    done = subprocess.run(command, cwd=repository, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("shop/api.py:23:5: commit-in-repository ")
    assert normalise(done.stderr) == ""


def test_a_history_of_edits_hides_little_and_repeats_little() -> None:
    """The limits of what a baseline may get wrong, on a shorter history than `python -m tests.replay` walks."""
    figures = replay(60, 7, (1, 10))
    for one in figures.values():
        assert one.old > 300
        assert one.again <= 0.01 * one.old
        assert one.hidden <= 0.05 * one.new
    assert figures[1].new > 10


class TestCutWays:
    """Comments at the calls that lead to one commit."""

    CALL = "    OrderRepository(session).save(object())\n"
    QUIET = "    OrderRepository(session).save(object())  # sqla: ignore[commit-in-repository] a use case of its own\n"

    def findings(self, lint: Shell) -> list[tuple[str, list[str]]]:
        found = json.loads(lint("check", "--format", "json").out)["findings"]
        return [(one["name"], [step["message"] for step in one["trace"]]) for one in found]

    def test_one_of_two_ways(self, lint: Shell, tmp_path: Path) -> None:
        add_caller(tmp_path)
        path = tmp_path / "shop/api.py"
        first, second = (
            (
                "commit-in-repository",
                ["`get_session` provides the session", f"`{who}` calls `OrderRepository.save`", "commits"],
            )
            for who in ("ban", "create")
        )
        assert self.findings(lint) == [first]
        text = path.read_text()
        path.write_text(text.replace(self.CALL, self.QUIET, 1))
        assert self.findings(lint) == [first]
        head, _, tail = text.rpartition(self.CALL)
        path.write_text(head + self.QUIET + tail)
        assert self.findings(lint) == [second]
        path.write_text(text.replace(self.CALL, self.QUIET))
        assert self.findings(lint) == []

    def test_a_comment_on_the_provider_cuts_all(self, lint: Shell, tmp_path: Path) -> None:
        add_caller(tmp_path)
        path = tmp_path / "shop/api.py"
        opened = "    with maker() as session:\n"
        path.write_text(path.read_text().replace(opened, f"    # sqla: ignore[SQA201] reviewed\n{opened}"))
        assert self.findings(lint) == []
