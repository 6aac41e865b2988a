"""The deployment in an audit: the sums, what is unknown, and how both are told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sqla_lint.engine.audited import Audit, Budget, Demand, Server
from sqla_lint.report.audit import page, text, told
from sqla_lint.report.audit.json import render as as_json
from tests.audit.by_hand import audited

DB = """\
import os

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

engine = create_engine("postgresql+psycopg://db/shop", pool_size=8, max_overflow=2)
reader = create_engine(os.environ["READER_URL"], pool_pre_ping=True)
scratch = create_engine("sqlite:///scratch.db")


def ping(url: str) -> None:
    probe = create_engine(url)
    probe.connect()
"""
WEB = "[deployment.web]\ntarget = 'kubernetes'\nreplicas = 3\nprocesses = 2\nmax-connections = 100\n"


def audit(root: Path, settings: str, db: str = DB) -> Audit:
    return audited(root, {"app/__init__.py": "", "app/db.py": db, "sqla-lint.toml": settings})


def budget(root: Path, settings: str, db: str = DB) -> Budget:
    found = audit(root, settings, db).budget
    assert found is not None
    return found


def one(root: Path, settings: str, db: str = DB) -> tuple[Demand, Server]:
    found = budget(root, settings, db)
    (process,), (server,) = found.processes, found.servers
    return process, server


def server_of(pools: str) -> str:
    return f"import os\nfrom sqlalchemy import create_engine\nfrom sqlalchemy.pool import NullPool\n{pools}\n"


class TestSums:
    def test_without_a_deployment_there_is_none(self, tmp_path: Path) -> None:
        assert audit(tmp_path, "").budget is None

    def test_every_worker_may_fill_every_pool(self, tmp_path: Path) -> None:
        process, server = one(tmp_path, WEB)
        assert (process.each, process.every, process.unknown) == (8 + 2 + 5 + 10, 6 * 25, False)
        assert (server.workers, server.wanted, server.limit, server.state) == (6, 150, 100, "over")

    def test_what_is_in_no_sum_says_why(self, tmp_path: Path) -> None:
        found = budget(tmp_path, WEB)
        assert [engine.name for engine in found.engines] == ["engine", "reader"]
        assert {engine.name: engine.left_out for engine in found.left_out} == {
            "scratch": "SQLite: no server is connected to",
            "probe": "ends with the function that makes it",
        }

    def test_an_engine_for_commands_is_none_of_a_service(self, tmp_path: Path) -> None:
        db = "import click\n" + server_of(
            "def made():\n    return create_engine('mysql://')\n\n"
            "@click.command()\ndef vacuum():\n    made().connect()\n"
        )
        assert [one.left_out for one in budget(tmp_path, WEB, db).left_out] == ["ends with a command"]

    def test_what_is_taken_for_granted_is_told(self, tmp_path: Path) -> None:
        told = "a server is connected to, although the URL is not known here: `reader`"
        assert budget(tmp_path, WEB).assumed == (told,)

    def test_how_often_a_function_is_called_is_not_known(self, tmp_path: Path) -> None:
        db = server_of(
            "def make():\n    return create_engine('mysql://')\ndef start():\n    global e\n    e = create_engine('mysql://')"
        )
        assert budget(tmp_path, WEB, db).assumed == ("each process makes one engine, and no more, in `app.db.make`",)

    @pytest.mark.parametrize(("limit", "state"), [(150, "within"), (149, "over"), (0, "undeclared")])
    def test_the_limit(self, tmp_path: Path, limit: int, state: str) -> None:
        settings = WEB.replace("max-connections = 100", f"max-connections = {limit}" if limit else "")
        assert one(tmp_path, settings)[1].state == state

    def test_what_a_setting_hides_is_not_counted_but_named(self, tmp_path: Path) -> None:
        db = server_of(
            "a = create_engine('postgresql://')\nb = create_engine('mysql://', pool_size=int(os.environ['N']))"
        )
        found = budget(tmp_path, WEB, db)
        (process,), (server,) = found.processes, found.servers
        assert (process.each, process.unknown) == (15, True)
        assert (server.wanted, server.state) == (90, "unknown")
        assert found.unknown == ("`b`: pool_size: int(os.environ['N'])",)

    def test_what_is_known_may_be_too_many_already(self, tmp_path: Path) -> None:
        db = server_of(
            "a = create_engine('mysql://', pool_size=99)\nb = create_engine('mysql://', pool_size=os.cpu_count())"
        )
        assert one(tmp_path, WEB, db)[1].state == "over"

    @pytest.mark.parametrize("options", ["pool_size=0", "max_overflow=-1", "poolclass=NullPool"])
    def test_a_pool_without_a_limit(self, tmp_path: Path, options: str) -> None:
        found = budget(tmp_path, WEB, server_of(f"a = create_engine('mysql://', {options})"))
        assert found.engines[0].endless
        assert found.processes[0].endless
        assert found.servers[0].state == "unknown"
        assert "limit" in found.unknown[0]

    def test_no_more_connections_than_threads(self, tmp_path: Path) -> None:
        db = server_of(
            "a = create_engine('mysql://')\n"
            "b = create_engine('mysql://', poolclass=NullPool)\n"
            "c = create_engine('mysql://', pool_size=1, max_overflow=0)"
        )
        process, server = one(tmp_path, f"{WEB}threads = 4\n", db)
        assert (process.each, process.every, process.unknown) == (4 + 4 + 1, 54, False)
        assert server.state == "within"
        assert not budget(tmp_path, f"{WEB}threads = 4\n", db).unknown

    def test_one_engine_of_several_branches_is_one(self, tmp_path: Path) -> None:
        db = server_of(
            "if os.name:\n    a = create_engine('mysql://')\nelse:\n    a = create_engine('mysql://', pool_size=1)"
        )
        assert one(tmp_path, WEB, db)[0].each == 15

    def test_processes_share_what_they_connect_to(self, tmp_path: Path) -> None:
        db = server_of("a = create_engine('mysql://', max_overflow=0)")
        settings = (
            f"{WEB}[deployment.jobs]\nprocesses = 4\nmax-connections = 40\n"
            "[deployment.lambda]\ntarget = 'lambda'\nreplicas = 50\npgbouncer = 'transaction'\nmax-connections = 500\n"
        )
        direct, pooled = budget(tmp_path, settings, db).servers
        assert (direct.processes, direct.wanted, direct.limit, direct.state) == (("web", "jobs"), 50, 40, "over")
        assert (pooled.processes, pooled.wanted, pooled.limit, pooled.state) == (("lambda",), 250, 500, "within")

    def test_a_project_without_engines(self, tmp_path: Path) -> None:
        found = budget(tmp_path, WEB, "")
        assert (found.engines, found.servers[0].wanted) == ((), 0)


class TestTold:
    def test_on_the_screen(self, tmp_path: Path) -> None:
        shown = text.render(audit(tmp_path, WEB))
        assert "Connections of the deployment" in shown
        assert "QueuePool 8 + 2" in shown
        words = " ".join(shown.split())
        assert (
            "web to the server: up to 150 connections of 100: 50 too many; 16 in each of 6 workers would fit" in words
        )
        assert "taken for granted: a server is connected to, although the URL is not known here: `reader`" in words
        assert max(map(len, shown.splitlines())) <= text.WIDTH

    def test_nothing_where_nothing_is_declared(self, tmp_path: Path) -> None:
        made = audit(tmp_path, "")
        assert "Connections" not in text.render(made)
        assert "Connections of the deployment" not in page.render(made)
        assert json.loads(as_json(made))["budget"] is None

    def test_in_json(self, tmp_path: Path) -> None:
        said: dict[str, Any] = json.loads(as_json(audit(tmp_path, WEB)))["budget"]
        assert said["servers"][0] | {"processes": []} == {
            "name": "the server",
            "processes": [],
            "workers": 6,
            "wanted": 150,
            "limit": 100,
            "unknown": False,
            "state": "over",
        }
        engine = said["engines"][0]
        assert (engine["place"]["path"], engine["place"]["line"]) == ("app/db.py", 6)
        assert {one["name"]: (one["how"], one["value"]) for one in engine["settings"]} == {
            "poolclass": ("default", "QueuePool"),
            "pool_size": ("said", 8),
            "max_overflow": ("said", 2),
            "pool_timeout": ("default", 30.0),
            "pool_pre_ping": ("default", False),
            "pool_recycle": ("default", -1),
        }

    def test_a_hostile_name_of_a_process_is_only_text(self, tmp_path: Path) -> None:
        name = "<img src=x onerror=1>\\u001b[2J"
        made = audit(tmp_path, f'[deployment."{name}"]\nmax-connections = 1\n')
        assert "<img" not in page.render(made)
        assert "\x1b" not in text.render(made)

    @pytest.mark.parametrize(
        ("wanted", "limit", "unknown", "words"),
        [
            (9, 3, False, "a to it: up to 9 connections of 3: 6 too many; 1 in each of 2 workers would fit"),
            (9, 1, False, "not even one in each worker would fit, PgBouncer in between may help"),
            (9, 20, False, "up to 9 connections of 20: 11 are left"),
            (1, 20, True, "up to 1 connection, and what is not known, of 20"),
            (0, 20, True, "a to it: a number of connections that is not known, of 20"),
            (0, 0, True, "a to it: a number of connections that is not known; how many there are is not declared"),
            (9, 0, False, "up to 9 connections; how many there are is not declared (max-connections)"),
        ],
    )
    def test_what_comes_of_it(self, wanted: int, limit: int, unknown: bool, words: str) -> None:
        assert words in told.verdict(Server("it", ("a",), 2, wanted, limit, unknown))


def test_the_same_audit_says_the_same(tmp_path: Path) -> None:
    first, second = audit(tmp_path, WEB), audit(tmp_path, WEB)
    assert first.budget == second.budget
    assert page.render(first) == page.render(second)
