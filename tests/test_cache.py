"""What runs remember: facts of files, and whole runs. Nothing remembered may ever change what is said."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sqla_lint import __version__, cli
from sqla_lint.engine import record
from sqla_lint.engine.cache import FOLDER, Cache
from tests.runs import write

FILES = {
    "pyproject.toml": '[project]\nname = "shop"\n',
    "app/__init__.py": "",
    "app/db.py": """\
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

engine = create_engine("sqlite://")
session = Session(engine)
""",
    "app/clean.py": "x = 1\n",
    "app/deep/__init__.py": "",
    "app/deep/more.py": "from app.db import session\n\n\ndef save():\n    session.commit()\n",
}
MAY_BE_IMPORTED = {"sqla_lint", "sqla_lint.engine", "sqla_lint.engine.cache", "sqla_lint.engine.record"}
"""What a run may import that answers from a record, beyond these of Python and what they import themselves; the hashes
only where a stamp is too young to tell."""
FROM_PYTHON = "os, sys, time, sqlite3, zlib, collections.abc, hashlib"

Run = Callable[..., tuple[int, bytes]]
Again = Callable[..., tuple[int | None, bytes]]


def old(root: Path) -> None:
    """Makes everything in a folder look as if it was written a minute ago, which stamps can tell from now."""
    then = time.time() - 60
    for path in sorted(root.rglob("*")):
        os.utime(path, (then, then))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "outer" / "shop"
    write(root, FILES)
    old(tmp_path)
    monkeypatch.chdir(root)
    for name in record.ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    return root


@pytest.fixture
def lint(capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    def call(*args: str) -> tuple[int, bytes]:
        with pytest.raises(SystemExit) as stop:
            cli.main(["check", *args])
        assert isinstance(stop.value.code, int)
        return stop.value.code, capfdbinary.readouterr().out

    return call


@pytest.fixture
def again(capfdbinary: pytest.CaptureFixture[bytes]) -> Again:
    def call(*args: str) -> tuple[int | None, bytes]:
        code = record.replay(["check", *args])
        return code if code >= 0 else None, capfdbinary.readouterr().out

    return call


class TestRecord:
    def test_the_answer_is_given_again(self, project: Path, lint: Run, again: Again) -> None:
        first = lint()
        assert first[0] == 1
        assert again() == first
        assert again() == first

    def test_next_to_nothing_is_imported(self, project: Path, lint: Run) -> None:
        lint()
        show = (
            f"import {FROM_PYTHON}, __future__; before = set(sys.modules); from sqla_lint.engine.record import replay;"
            "assert replay(['check']) == 1; print(*sorted(set(sys.modules) - before), file=sys.stderr)"
        )
        done = subprocess.run([sys.executable, "-c", show], capture_output=True, text=True, check=False)
        # The question holds whether the output is a terminal, the interpreter and the folder: all as in this process.
        assert done.returncode == 0, done.stderr
        assert set(done.stderr.split()) <= MAY_BE_IMPORTED

    def test_the_command_answers_from_it(self, project: Path) -> None:
        command = [sys.executable, "-X", "importtime", "-m", "sqla_lint", "check"]
        first = subprocess.run(command, capture_output=True, check=False)
        second = subprocess.run(command, capture_output=True, check=False)
        assert (first.returncode, first.stdout) == (second.returncode, second.stdout) == (1, first.stdout)
        assert b"libcst" in first.stderr
        assert b"libcst" not in second.stderr
        assert b"click" not in second.stderr

    @pytest.mark.parametrize(
        "args", [(), ("--statistics",), ("--format", "json"), ("-o", "sarif:-"), ("app",), ("app/db.py",)]
    )
    def test_every_format_and_path(self, project: Path, lint: Run, again: Again, args: tuple[str, ...]) -> None:
        assert again(*args) == (None, b"")
        first = lint(*args)
        assert again(*args) == first

    def test_a_touched_file_with_the_same_content_is_the_same(self, project: Path, lint: Run, again: Again) -> None:
        first = lint()
        os.utime(project / "app/db.py")
        assert again() == first

    def test_what_others_write_into_ignored_folders_of_ours_is_nothing(
        self, project: Path, lint: Run, again: Again
    ) -> None:
        first = lint()
        (project / "app/__pycache__").mkdir()
        assert again() == first


def edit(root: Path) -> None:
    (root / "app/clean.py").write_text("x = 2\n")


def edit_with_old_times(root: Path) -> None:
    path = root / "app/clean.py"
    times = path.stat()
    path.write_text("x = 2\n")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def create(root: Path) -> None:
    (root / "app/deep/new.py").write_text("y = 1\n")


def delete(root: Path) -> None:
    (root / "app/deep/more.py").unlink()


def rename(root: Path) -> None:
    (root / "app/clean.py").rename(root / "app/clear.py")


def move_folder(root: Path) -> None:
    (root / "app/deep").rename(root / "app/deeper")


def set_settings(root: Path) -> None:
    (root / "pyproject.toml").write_text('[tool.sqla-lint]\nignore = ["SQA101"]\n')


def own_settings(root: Path) -> None:
    (root / "sqla-lint.toml").write_text('ignore = ["SQA101"]\n')


def settings_above(root: Path) -> None:
    (root.parent / "sqla-lint.toml").write_text('ignore = ["SQA101"]\n')


def ignore(root: Path) -> None:
    (root / ".gitignore").write_text("deep/\n")


def ignore_below(root: Path) -> None:
    (root / "app/.gitignore").write_text("deep/\n")


def repository(root: Path) -> None:
    (root.parent / ".git").mkdir()


def package_above(root: Path) -> None:
    (root / "__init__.py").write_text("")


def replace_by_folder(root: Path) -> None:
    (root / "app/clean.py").unlink()
    (root / "app/clean.py").mkdir()


CHANGES = (
    *(edit, edit_with_old_times, create, delete, rename, move_folder, set_settings, own_settings, settings_above),
    *(ignore, ignore_below, repository, package_above, replace_by_folder),
)


class TestNoticed:
    """Whatever a run rests on: when it changes, the run is run."""

    @pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
    def test_on_disk(self, project: Path, lint: Run, again: Again, change: Callable[[Path], None]) -> None:
        first = lint()
        assert again() == first
        change(project)
        assert again() == (None, b"")

    @pytest.mark.parametrize("name", record.ENVIRONMENT)
    def test_environment(
        self, project: Path, lint: Run, again: Again, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        lint()
        monkeypatch.setenv(name, "1")
        assert again() == (None, b"")

    @pytest.mark.parametrize("name", record.AGENTS)
    def test_a_coding_agent_that_reads(
        self, project: Path, lint: Run, again: Again, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        for_people = lint()
        monkeypatch.setenv(name, "1")
        assert again() == (None, b"")
        for_agents = lint()
        assert for_agents != for_people
        assert again() == for_agents
        monkeypatch.delenv(name)
        assert again() == for_people

    def test_a_repository_around_the_project(self, project: Path, lint: Run, again: Again) -> None:
        assert b"file=app/db.py" in lint("--format", "github")[1]
        write(project.parent, {".git/HEAD": ""})
        assert again("--format", "github") == (None, b"")
        assert b"file=shop/app/db.py" in lint("--format", "github")[1]

    def test_arguments_and_folder(
        self, project: Path, lint: Run, again: Again, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lint()
        assert again("--select", "all") == (None, b"")
        monkeypatch.chdir(project / "app")
        assert again() == (None, b"")

    def test_a_settings_file_that_was_named(self, project: Path, lint: Run, again: Again) -> None:
        extra = project.parent / "extra.toml"
        extra.write_text('ignore = ["SQA101"]\n')
        old(project.parent)
        first = lint("--config", str(extra))
        assert again("--config", str(extra)) == first
        extra.write_text("ignore = []\n")
        assert again("--config", str(extra)) == (None, b"")

    def test_the_linter_itself(self, project: Path, lint: Run, again: Again, monkeypatch: pytest.MonkeyPatch) -> None:
        lint()
        cache = Cache(str(project / FOLDER), create=False)
        data = cache.run(record.question(["check"]))
        assert data is not None
        watched = {path for _, path, _, _ in record._decode(data)[2]}
        own = Path(cli.__file__).parent
        assert {str(path) for path in own.rglob("*.py")} | {str(path) for path in own.rglob("*.md")} <= watched
        monkeypatch.setattr(record, "__version__", "9.9")
        assert again() == (None, b"")

    def test_another_day_where_a_suppression_ends(
        self, project: Path, lint: Run, again: Again, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = project / "app/db.py"
        mark = "  # sqla: fixme[global-session] until 2999-01-31\n"
        path.write_text(path.read_text().replace("Session(engine)\n", f"Session(engine){mark}"))
        first = lint()
        assert again() == first
        monkeypatch.setattr(time, "strftime", lambda _: "2999-02-01")
        assert again() == (None, b"")


class TestNotRecorded:
    def test_a_run_that_cannot_be_trusted(self, project: Path, lint: Run, again: Again) -> None:
        assert lint("app", "gone")[0] == 2
        assert again("app", "gone") == (None, b"")

    def test_a_run_that_writes_files(self, project: Path, lint: Run, again: Again) -> None:
        lint("-o", "json:report.json")
        assert again("-o", "json:report.json") == (None, b"")

    def test_a_run_without_a_cache(self, project: Path, lint: Run, again: Again) -> None:
        lint("--no-cache")
        assert not (project / FOLDER).exists()
        lint()
        assert again("--no-cache") == (None, b"")

    def test_settings_that_change_while_it_runs(
        self, project: Path, lint: Run, again: Again, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from sqla_lint.engine import run

        check_linked = run.check_linked

        def slow(*args: object, **named: object) -> object:
            set_settings(project)
            return check_linked(*args, **named)  # type: ignore[arg-type]  # whatever it was called with

        monkeypatch.setattr(run, "check_linked", slow)
        lint()
        assert again() == (None, b"")


class TestFacts:
    def test_only_what_changed_is_read(self, project: Path, lint: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        from sqla_lint.engine import outcome, read

        seen: list[bytes] = []
        read_one = outcome.read_one

        def counted(data: bytes, package: bool) -> object:
            seen.append(data)
            return read_one(data, package)

        monkeypatch.setattr(read, "read_one", counted)
        first = lint()
        assert len(seen) == 5
        seen.clear()
        edit(project)
        assert lint() == first
        assert seen == [b"x = 2\n"]

    def test_another_reader_reads_anew(self, project: Path, lint: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        from sqla_lint.engine import read

        lint()
        edit(project)
        monkeypatch.setattr(read, "reader", lambda: b"another")
        facts, found = Cache.facts, list[dict[bytes, bytes]]()

        def counted(self: Cache, keys: Iterable[bytes]) -> dict[bytes, bytes]:
            found.append(facts(self, keys))
            return found[-1]

        monkeypatch.setattr(Cache, "facts", counted)
        lint()
        assert found == [{}]

    def test_a_damaged_entry_is_not_there(self, project: Path, lint: Run) -> None:
        first = lint()
        with sqlite3.connect(database(project)) as db:
            db.execute("UPDATE facts SET data = substr(data, 1, 8) || x'00' || substr(data, 10)")
            db.execute("DELETE FROM runs")
        assert lint() == first

    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(st.sampled_from(CHANGES[:6]), max_size=4))
    def test_what_is_remembered_changes_nothing(
        self, project: Path, lint: Run, changes: list[Callable[[Path], None]]
    ) -> None:
        for path in project.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        write(project, FILES)
        for change in [*changes, edit]:
            try:
                change(project)
            except FileNotFoundError:
                continue
            assert lint() == lint("--no-cache")


def database(project: Path) -> Path:
    return project / FOLDER / __version__ / "cache.db"


class TestTrouble:
    """Whatever is wrong with the cache: the run goes on, and says so when asked."""

    def told(self, capfd: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stop:
            cli.main(["check", *args])
        out, err = capfd.readouterr()
        assert isinstance(stop.value.code, int)
        return stop.value.code, out, err

    @pytest.fixture
    def good(self, project: Path, capfd: pytest.CaptureFixture[str]) -> tuple[int, str]:
        code, out, err = self.told(capfd)
        assert (code, err) == (1, "")
        return code, out

    def expect(self, good: tuple[int, str], capfd: pytest.CaptureFixture[str], why: str) -> None:
        assert record.replay(["check"]) < 0
        assert self.told(capfd) == (*good, "")
        edit(Path())
        code, out, err = self.told(capfd, "--verbose")
        assert (code, out) == good
        assert err.startswith("sqla-lint: note: nothing is remembered: ")
        assert why in err
        assert len(err.splitlines()) == 1

    def test_no_database(self, project: Path, good: tuple[int, str], capfd: pytest.CaptureFixture[str]) -> None:
        database(project).write_bytes(b"no database" * 1000)
        assert record.replay(["check"]) < 0
        assert not database(project).exists()
        assert self.told(capfd, "--verbose") == (*good, "")
        assert database(project).exists()

    def test_a_truncated_database(
        self, project: Path, good: tuple[int, str], capfd: pytest.CaptureFixture[str]
    ) -> None:
        with open(database(project), "r+b") as file:
            file.truncate(9000)
        assert record.replay(["check"]) < 0
        assert self.told(capfd)[:2] == good
        assert self.told(capfd)[:2] == good

    def test_locked(self, project: Path, good: tuple[int, str], capfd: pytest.CaptureFixture[str]) -> None:
        edit(project)
        other = sqlite3.connect(database(project), isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        try:
            self.expect(good, capfd, "locked")
        finally:
            other.close()

    @pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
    def test_read_only(self, project: Path, good: tuple[int, str], capfd: pytest.CaptureFixture[str]) -> None:
        edit(project)
        database(project).parent.chmod(0o500)
        try:
            self.expect(good, capfd, "read")
        finally:
            database(project).parent.chmod(0o700)

    def test_a_file_in_its_place(self, project: Path, capfd: pytest.CaptureFixture[str]) -> None:
        (project / FOLDER).write_text("mine")
        code, _, err = self.told(capfd, "-v")
        assert code == 1
        assert "nothing is remembered" in err
        assert (project / FOLDER).read_text() == "mine"

    def test_full(
        self, project: Path, good: tuple[int, str], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        connect = sqlite3.connect

        def small(*args: object, **options: object) -> sqlite3.Connection:
            db: sqlite3.Connection = connect(*args, **options)  # type: ignore[call-overload]
            db.execute("PRAGMA max_page_count = 1")
            return db

        for index in range(40):
            (project / f"app/more{index}.py").write_text(f"x = [{', '.join(map(str, range(index, 2000)))}]\n")
        monkeypatch.setattr(sqlite3, "connect", small)
        assert "full" in self.told(capfd, "-v")[2]

    def test_several_at_once(self, project: Path) -> None:
        command = [sys.executable, "-m", "sqla_lint", "check"]
        running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)]
        answers = {(*one.communicate(), one.returncode) for one in running}
        assert len(answers) == 1
        ((out, err, code),) = answers
        assert (code, err) == (1, b"")
        assert out


class TestFolder:
    def test_it_says_what_it_is(self, project: Path, lint: Run) -> None:
        lint()
        assert (project / FOLDER / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")
        assert (project / FOLDER / ".gitignore").read_text() == "*\n"

    def test_another_place(self, project: Path, lint: Run, again: Again, tmp_path: Path) -> None:
        place = ("--cache-dir", str(tmp_path / "elsewhere"))
        first = lint(*place)
        assert not (project / FOLDER).exists()
        assert again(*place) == first
        assert again(f"--cache-dir={tmp_path / 'elsewhere'}") == (None, b"")

    def test_clean(self, project: Path, lint: Run, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
        lint()
        for said in (b"removed ", b"nothing to remove"):
            with pytest.raises(SystemExit) as stop:
                cli.main(["clean"])
            assert stop.value.code == 0
            assert capfdbinary.readouterr().out.startswith(said)
            assert not (project / FOLDER).exists()

    def test_clean_removes_nothing_else(self, project: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
        with pytest.raises(SystemExit) as stop:
            cli.main(["clean", "--cache-dir", "app"])
        assert stop.value.code == 2
        assert (project / "app/db.py").exists()
