"""`sqla-lint init`: what is found in a project becomes its first settings."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sqla_lint.config import NEWEST_EDITION, load
from sqla_lint.engine.run import load_catalogue
from tests.commands import Shell
from tests.runs import write

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROJECT = """\
[project]
name = "shop"
dependencies = ["sqlalchemy>=2", "fastapi"]  # kept as it is

[tool.ruff]
line-length   =   100
"""
SHOP = {
    "pyproject.toml": PROJECT,
    "alembic.ini": "",
    "migrations/versions/1_first.py": 'revision = "1"\ndown_revision = None\n',
    "app/__init__.py": "",
    "app/db.py": """\
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

make = sessionmaker(create_engine("sqlite://"))
""",
    "app/store/__init__.py": "",
    "app/store/orders.py": """\
from sqlalchemy.orm import Session


class OrderRepository:
    def __init__(self, session: Session) -> None:
        self.session = session

    def add(self, order: object) -> None:
        self.session.add(order)

    def get(self) -> object:
        return self.session.get(object, 1)
""",
    "app/services/__init__.py": "",
    "app/services/orders.py": """\
from app.db import make
from app.store.orders import OrderRepository


def place() -> None:
    with make() as session:
        OrderRepository(session).add(object())
        session.commit()


def cancel() -> None:
    with make() as session:
        session.commit()


def price() -> int:
    return 1
""",
    "app/api.py": """\
from fastapi import APIRouter

from app.services import orders

router = APIRouter()


@router.post("/orders")
def create() -> None:
    orders.place()


@router.delete("/orders")
def cancel() -> None:
    orders.cancel()


@router.get("/orders")
def price() -> int:
    return orders.price()
""",
}
SECTION = """\

[tool.sqla-lint]
# Found: SQLAlchemy >=2, FastAPI, Alembic in migrations/versions/.
# Who commits: service 2.
# Declared, it is what `commit-in-handler` holds handlers to:
# transactions.owner = "service"
# Rules that come later are no findings here until this is raised:
edition = "2026.11"

[tool.sqla-lint.layers]
# app.store: 3 of 3 functions: OrderRepository takes a session (session), class OrderRepository
repository = ["app.store.**"]
"""


def test_what_is_found_goes_to_the_end_of_pyproject(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, SHOP)
    said = shell("init")
    assert (said.code, said.err) == (0, "")
    assert (tmp_path / "pyproject.toml").read_text() == PROJECT + SECTION


def test_it_says_what_it_has_found_and_what_comes_next(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, SHOP)
    lines = shell("init").out.splitlines()
    assert lines[:5] == [
        "8 files: SQLAlchemy >=2, FastAPI, Alembic in migrations/versions/",
        "handler: app.api (3 of 3 functions: decorated with fastapi.APIRouter.delete, "
        "decorated with fastapi.APIRouter.get)",
        "service: app.services (3 of 3 functions: package services)",
        "repository: app.store (3 of 3 functions: OrderRepository takes a session (session), class OrderRepository)",
        "who commits: service 2",
    ]
    assert "  sqla-lint check              the findings of today" in lines
    assert "      - id: sqla-lint" in [line[4:] for line in lines]


def test_what_it_writes_is_read_and_a_check_runs_with_it(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, SHOP)
    before = shell("check", "--format", "concise")
    assert shell("init").code == 0
    configuration = load([tmp_path])
    load_catalogue().check(configuration)
    assert configuration.settings.layers == (("repository", ("app.store.**",)),)
    assert configuration.origin("layers") == "pyproject.toml:16"
    assert shell("check", "--format", "concise") == before
    assert before.code == 0


def test_the_suggestion_is_a_setting_too(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, SHOP)
    assert shell("init").code == 0
    file = tmp_path / "pyproject.toml"
    file.write_text(file.read_text().replace("# transactions.owner", "transactions.owner"))
    assert load([tmp_path]).settings.transactions.owner == "service"


def test_a_repository_that_is_declared_is_one_for_certain(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, SHOP)
    assert shell("init").code == 0
    assert "OrderRepository.add is repository (declared: layers.repository has" in shell("debug", "layers", ".").out


@pytest.mark.parametrize("path", [".", "app", "app/store"])
def test_the_settings_are_those_of_the_project_around(shell: Shell, tmp_path: Path, path: str) -> None:
    write(tmp_path, SHOP)
    assert shell("init", path).code == 0
    assert (tmp_path / "pyproject.toml").read_text() == PROJECT + SECTION


def test_a_diff_writes_nothing(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, SHOP)
    said = shell("init", "--diff")
    assert said.code == 0
    assert said.out.startswith("--- pyproject.toml\n+++ pyproject.toml\n@@ ")
    assert "\n+[tool.sqla-lint]\n" in said.out
    assert (tmp_path / "pyproject.toml").read_text() == PROJECT


def test_without_a_pyproject_there_is_a_file_of_its_own(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, {path: text for path, text in SHOP.items() if path != "pyproject.toml"} | {".git/HEAD": ""})
    assert shell("init", "--diff").out.startswith("--- /dev/null\n+++ sqla-lint.toml\n")
    assert shell("init").code == 0
    text = (tmp_path / "sqla-lint.toml").read_text()
    assert tomllib.loads(text) == {"edition": NEWEST_EDITION, "layers": {"repository": ["app.store.**"]}}
    assert load([tmp_path]).settings.layers


@pytest.mark.parametrize("files", [{"sqla-lint.toml": ""}, {"pyproject.toml": "[tool.sqla-lint]\n"}])
def test_settings_that_are_there_are_never_touched(shell: Shell, tmp_path: Path, files: dict[str, str]) -> None:
    write(tmp_path, {**SHOP, **files})
    (name,) = files
    for args in (("init",), ("init", "app"), ("init", "--diff")):
        said = shell(*args)
        assert (said.code, said.out) == (2, "")
        assert said.err == f"sqla-lint: error: {tmp_path / name} has settings already: `sqla-lint config` shows them\n"
    assert (tmp_path / name).read_text() == files[name]


@pytest.mark.parametrize(
    ("before", "gap"),
    [
        (b"", b""),
        (b"# nothing but this", b"\n\n"),
        (b"[project]\r\nname = 'x'\r\n", b"\r\n"),
        (b"\xef\xbb\xbf[project]\nname = 'x'\n", b"\n"),
        (b"[tool.other]\na = 1\n\n[[tool.more]]\nb = 2\n", b"\n"),
        (b"tool.other.a = 1\n", b"\n"),
    ],
)
def test_every_byte_that_was_there_stays(shell: Shell, tmp_path: Path, before: bytes, gap: bytes) -> None:
    write(tmp_path, {"x.py": ""})
    file = tmp_path / "pyproject.toml"
    file.write_bytes(before)
    said = shell("init")
    assert (said.code, said.err) == (0, "")
    after = file.read_bytes()
    assert after.startswith(before + gap + b"[tool.sqla-lint]")
    assert after.count(b"\n") == after.count(b"\r\n") or b"\r" not in after
    assert shell("check").code == 0


@pytest.mark.parametrize(
    ("before", "message"),
    [
        ("tool = { other = 1 }\n", "pyproject.toml: cannot take a table `tool.sqla-lint` at its end"),
        ("[project\n", "pyproject.toml: is not TOML: "),
    ],
)
def test_a_file_that_cannot_take_settings_stays(shell: Shell, tmp_path: Path, before: str, message: str) -> None:
    write(tmp_path, {"pyproject.toml": before, "x.py": ""})
    said = shell("init")
    assert said.code == 2
    assert said.err.startswith(f"sqla-lint: error: {message}")
    assert (tmp_path / "pyproject.toml").read_text() == before


def test_a_package_with_other_layers_in_it_is_not_declared(shell: Shell, tmp_path: Path) -> None:
    provider = """

def provide():
    with make() as session:
        yield session
"""
    orders = "from app.db import make\n" + SHOP["app/store/orders.py"] + provider
    write(tmp_path, {**SHOP, "app/store/orders.py": orders})
    assert shell("init").code == 0
    assert load([tmp_path]).settings.layers == ()


def test_a_folder_that_is_not_there_is_refused(shell: Shell) -> None:
    assert shell("init", "nowhere").err == "sqla-lint: error: nowhere is not a folder\n"
