"""Which entry points a project has, and what is loaded by their names."""

from __future__ import annotations

from pathlib import Path

import pytest

from sqla_lint.engine.entries import entry_points
from tests.commands import Shell
from tests.runs import write

PROJECT = """\
[project.entry-points."shop.carriers"]
post = "app.carriers:Post"
nothing = 3
whole = "app.carriers"
"""
POETRY = '[tool.poetry.plugins."shop.carriers"]\npost = "app.carriers:Post [fast]"\n'
SETUP = "[options.entry_points]\nshop.carriers =\n  post = app.carriers:Post\n  # by hand\n  Shelf=app.carriers:Shelf\n"
PBR = "[metadata]\nname = shop\n\n[entry_points]\nshop.carriers =\n    post = app.carriers:Post\n"
INSTALLED = "[console_scripts]\nshop = app:main\n\n[shop.carriers]\npost = app.carriers:Post\n"
POST = {"post": "app.carriers:Post"}


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("pyproject.toml", PROJECT, POST),
        ("pyproject.toml", POETRY, POST),
        ("pyproject.toml", '[project]\nentry-points = "none"\n', {}),
        ("pyproject.toml", "[project", {}),
        ("setup.cfg", SETUP, {**POST, "Shelf": "app.carriers:Shelf"}),
        ("setup.cfg", PBR, POST),
        ("setup.cfg", "no section", {}),
        ("shop.egg-info/entry_points.txt", INSTALLED, POST),
        ("src/shop.egg-info/entry_points.txt", INSTALLED, POST),
        ("shop-1.0.dist-info/entry_points.txt", INSTALLED, POST),
        ("entry_points.txt", INSTALLED, {}),
    ],
)
def test_a_project_says_which_entry_points_it_has(tmp_path: Path, name: str, text: str, found: dict[str, str]) -> None:
    write(tmp_path, {name: text})

    assert entry_points(tmp_path).get("shop.carriers", {}) == found


def test_what_the_project_says_goes_before_what_is_installed(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": PROJECT, "shop.egg-info/entry_points.txt": INSTALLED.replace("Post", "Old")})

    assert entry_points(tmp_path)["shop.carriers"] == POST


CARRIERS = """\
from carrier_lib import Carrier
from celery import shared_task


@shared_task
def collect(order_id): ...


class Post(Carrier):
    def announce(self, order_id):
        collect.delay(order_id)


class Shelf(Carrier):
    def announce(self, order_id):
        print(order_id)
"""
ORDERS = """\
from sqlalchemy.orm import Session
from stevedore import {manager}


def place(session: Session, order: object, name: str) -> None:
    session.add(order)
    {loaded}.announce(order)
    session.commit()
"""
ONE = 'DriverManager("shop.carriers", {name}, invoke_on_load=True).driver'
CLASS = 'DriverManager("shop.carriers", {name}).driver()'
MANY = 'ExtensionManager("shop.carriers", invoke_on_load=True)[name].obj'
BOTH = "[entry_points]\nshop.carriers =\n    post = app.carriers:Post\n    shelf = app.carriers:Shelf\n"
NONE = "[entry_points]\nshop.carriers =\n    far = other.carriers:Far\n"
RUN = ("check", "--select", "SQA211", "--min-confidence", "possible")


@pytest.mark.parametrize(
    ("loaded", "setup", "found"),
    [
        (ONE.format(name="name"), BOTH, "likely"),
        (ONE.format(name="'post'"), BOTH, "likely"),
        (ONE.format(name="'shelf'"), BOTH, ""),
        (CLASS.format(name="'post'"), BOTH, "likely"),
        (MANY, BOTH, "likely"),
        (ONE.format(name="name"), NONE, ""),
        (ONE.format(name="name"), "", "possible"),
        (CLASS.format(name="'post'"), "", ""),
    ],
)
def test_what_a_manager_loads_is_what_the_project_offers(
    shell: Shell, tmp_path: Path, loaded: str, setup: str, found: str
) -> None:
    orders = ORDERS.format(manager=loaded.partition("(")[0], loaded=loaded)
    files = {"pyproject.toml": "", "app/__init__.py": "", "app/carriers.py": CARRIERS, "app/orders.py": orders}
    write(tmp_path, {**files, "setup.cfg": setup})

    assert shell(*RUN, "--no-cache").code == bool(found)
    assert shell(*RUN[:-1], "likely", "--no-cache").code == (found == "likely")


@pytest.mark.parametrize("file", ["setup.cfg", "shop.egg-info/entry_points.txt"])
def test_what_is_remembered_hides_no_change(shell: Shell, tmp_path: Path, file: str) -> None:
    orders = ORDERS.format(manager="DriverManager", loaded=ONE.format(name="name"))
    write(tmp_path, {"pyproject.toml": "", "app/__init__.py": "", "app/carriers.py": CARRIERS, "app/orders.py": orders})
    shelf = BOTH.replace("Post", "Shelf") if file == "setup.cfg" else INSTALLED.replace("Post", "Shelf")
    write(tmp_path, {file: shelf})
    assert shell(*RUN).code == 0
    write(tmp_path, {file: shelf.replace("Shelf", "Post")})
    assert shell(*RUN).code == 1
