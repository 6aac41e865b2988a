"""The drawn applications are real programs: they parse, and repaired ones start and answer."""

from __future__ import annotations

import ast
import asyncio
import importlib
import inspect
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from tests.properties.applications import (
    LAYOUT_CHANGES,
    RULES,
    Application,
    Link,
    Pair,
    Plan,
    applications,
    build,
    reformatted,
    settled,
    write,
)

CHAIN = (
    Link("position", "local"),
    Link("self", "re-export"),
    Link("keyword", "star"),
    Link("base", "relative", False),
)
COMPOSED = (Link("self", "typing"), Link("self", "submodule"), Link("base", "aliased"))

ANSWERS: dict[str, list[object]] = {
    "SQA201": [2, 2],
    "SQA205": [2, 2],
    "SQA301": [6, 1],
    "SQA401": [[{"id": 1, "sku": "A1"}]] * 2,
}
"""What the two repaired programs of a rule answer for order 2: itself, or itself and the number of orders."""


def plans_of(rule: str) -> list[Plan]:
    """Two plans of a rule that together use most of what a plan can say."""
    shape, repair = {
        "SQA101": ("object", "with"),
        "SQA105": ("happy path", "finally"),
        "SQA201": ("base", "flush"),
        "SQA205": ("provider", "flush"),
        "SQA301": ("gather", "own session"),
        "SQA401": ("list", "annotation"),
    }[rule]
    always = rule == "SQA301"
    first = Plan(rule, shape, repair, CHAIN, always, "flat", "annotated", imported="module", openers=2, fan=1)
    second = Plan(rule, shape, repair, COMPOSED, True, "namespace", "depends", True, "string", imported="typing", fan=1)
    return [settled(first), settled(second)]


@given(applications())
def test_an_application_parses_and_its_repair_has_no_defect(pair: Pair) -> None:
    for application in (pair.broken, pair.repaired):
        for path, text in application.files.items():
            if path.endswith(".py"):
                ast.parse(text)
    assert len(pair.broken.defects) == 1
    assert pair.repaired.defects == ()


@given(applications())
def test_layout_changes_keep_the_program(pair: Pair) -> None:
    for change in LAYOUT_CHANGES:
        for path, text in reformatted(pair.broken.files, change).items():
            if path.endswith(".py"):
                assert ast.dump(ast.parse(text.removeprefix("\ufeff"))) == ast.dump(ast.parse(pair.broken.files[path]))


@pytest.mark.parametrize("rule", RULES)
def test_a_repaired_application_runs(rule: str) -> None:
    answers = [answer_of(build(plan, broken=False)) for plan in plans_of(rule)]
    assert answers == ANSWERS.get(rule, [3, 3])


def answer_of(application: Application) -> object:
    """What the entry of an application answers for order 2, with one order in its database."""
    with tempfile.TemporaryDirectory() as folder, imported_from(Path(folder), application):
        top = "acme.shop" if any("acme" in path for path in application.files) else "shop"
        base = importlib.import_module(f"{top}.tables.base").Base
        orders = importlib.import_module(f"{top}.tables.orders")
        create(base, orders.Order)
        if any(path.endswith("api/orders.py") for path in application.files):
            return asked(importlib.import_module(f"{top}.api.orders").router)
        place_order = importlib.import_module(f"{top}.operations.orders").place_order
        answer = place_order(2)
        return asyncio.run(answer) if inspect.iscoroutine(answer) else answer


def create(base: Any, order: Any) -> None:
    from sqlalchemy import create_engine
    from sqlalchemy.orm import Session

    engine = create_engine("sqlite:///shop.db")
    base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        session.add(order(sku="A1"))
    engine.dispose()


def asked(router: Any) -> object:
    from fastapi import FastAPI
    from fastapi.testclient import TestClient

    app = FastAPI()
    app.include_router(router)
    with TestClient(app) as client:
        response = client.get("/orders/2")
    assert response.status_code == 200, response.text
    answer: object = response.json()
    return answer


@contextmanager
def imported_from(folder: Path, application: Application) -> Iterator[None]:
    """The application on disk and importable, with its folder as the current one; nothing of it stays loaded."""
    write(folder, application.files)
    before, known = os.getcwd(), set(sys.modules)
    source = str(folder / "src" if (folder / "src").exists() else folder)
    os.chdir(folder)
    sys.path.insert(0, source)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        os.chdir(before)
        sys.path.remove(source)
        for name in set(sys.modules) - known:
            if name.partition(".")[0] in ("shop", "acme"):
                del sys.modules[name]
