"""Files read by an executor of the user's."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sqla_lint import cli
from tests.runs import write

FACTORY = """\
from concurrent.futures import Executor, Future, ThreadPoolExecutor

used = []


class Here(Executor):
    def submit(self, call, /, *args, **kwargs):
        used.append(args)
        future = Future()
        future.set_result(call(*args, **kwargs))
        return future


class Broken(Here):
    def submit(self, call, /, *args, **kwargs):
        future = Future()
        future.set_exception(OSError("the cluster is gone"))
        return future


def threads():
    return ThreadPoolExecutor(2)


def nothing():
    return None


number = 1
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    root = tmp_path / "shop"
    write(root, {"sqla-lint.toml": "", "app/__init__.py": "", "app/db.py": SESSION, "app/more.py": "x = 1\n"})
    write(tmp_path / "installed", {"far_away.py": FACTORY})
    monkeypatch.chdir(root)
    monkeypatch.syspath_prepend(tmp_path / "installed")
    yield root
    for name in ("far_away", "near"):
        sys.modules.pop(name, None)


SESSION = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

session = Session(create_engine("sqlite://"))
"""


def check(capfd: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        cli.main(["check", "--no-cache", *args])
    out, err = capfd.readouterr()
    assert isinstance(stop.value.code, int)
    return stop.value.code, out, err


@pytest.mark.parametrize("name", ["far_away:Here", "far_away:threads", "concurrent.futures:ProcessPoolExecutor"])
def test_any_executor_gives_the_same(project: Path, capfd: pytest.CaptureFixture[str], name: str) -> None:
    code, out, err = check(capfd, "--config", f"executor={name}")
    assert (code, err) == (1, "")
    assert (code, out, err) == check(capfd)


def test_it_is_used(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    check(capfd, "--config", "executor=far_away:Here")
    assert sum(len(loads) for (loads,) in sys.modules["far_away"].used) == 3


def test_when_it_breaks_no_file_is_lost(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code, out, err = check(capfd, "--config", "executor=far_away:Broken")
    assert code == 2
    assert out.count("the cluster is gone") == 3
    assert "the cluster is gone" in err


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("far_away:gone", "cannot be imported"),
        ("gone:gone", "cannot be imported"),
        ("far_away:number", "cannot be called"),
        ("far_away:nothing", "gives a NoneType"),
        ("far_away", "must be MODULE:FACTORY"),
    ],
)
def test_what_cannot_be_used_is_an_error(
    project: Path, capfd: pytest.CaptureFixture[str], name: str, said: str
) -> None:
    code, out, err = check(capfd, "--config", f"executor={name}")
    assert (code, out) == (2, "")
    assert said in err


def test_code_of_the_project_needs_trust(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write(project, {"near.py": FACTORY + "\nopen('ran', 'w').close()\n", "sqla-lint.toml": 'executor = "near:Here"\n'})
    code, out, err = check(capfd)
    assert (code, out) == (2, "")
    assert "executor `near:Here` is code of the project; say --trust-project to run it" in err
    assert not (project / "ran").exists()
    code, out, _ = check(capfd, "--trust-project")
    assert code == 1
    assert "global-session" in out
    assert (project / "ran").exists()


def test_code_installed_in_the_project_s_environment_is_installed(
    project: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(project, {".venv/lib/site-packages/inside.py": FACTORY})
    monkeypatch.syspath_prepend(project / ".venv/lib/site-packages")
    assert check(capfd, "--config", "executor=inside:Here") == check(capfd)
