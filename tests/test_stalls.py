"""What many coroutines wait for, far below them: one finding, and a way from each."""

from __future__ import annotations

from pathlib import Path

from sqla_lint.config import Settings
from sqla_lint.engine.run import check
from tests.runs import write

SHOP = {
    "pyproject.toml": "",
    "app/__init__.py": "",
    "app/rates.py": """\
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

engine = create_engine("sqlite:///shop.db")


def tax_rate():
    with Session(engine) as session:
        return session.scalar(text("SELECT rate FROM tax"))


class Prices:
    def __init__(self):
        self.rate = tax_rate()


class Catalogue:
    def __init__(self):
        self.prices = Prices()
""",
    "app/api.py": """\
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.rates import Catalogue, Prices, engine

app = FastAPI()


@app.get("/price")
async def price():
    return Catalogue().prices.rate * 2


@app.get("/rate")
async def rate():
    return Catalogue().prices.rate


@app.get("/near")
async def near():
    return Prices().rate


@app.get("/own")
async def own():
    Catalogue()
    with Session(engine) as session:
        return session.scalar(text("SELECT 1"))
""",
}


def test_coroutines_that_get_to_one_query_are_legs_of_one_finding(tmp_path: Path) -> None:
    write(tmp_path, SHOP)
    found = {one.symbol: one for one in check(tmp_path, [tmp_path], Settings(select=("SQA305",))).findings}
    assert set(found) == {"app.rates.tax_rate", "app.api.near", "app.api.own"}
    root = found["app.rates.tax_rate"]
    assert root.legs == ("app.api.price", "app.api.rate")
    assert [step.symbol.rpartition(".")[2] for step in root.trace] == ["price", "__init__", "__init__", "tax_rate"]
    assert root.trace[-1].main


def test_a_coroutine_tells_of_its_own_query_before_one_far_below(tmp_path: Path) -> None:
    write(tmp_path, SHOP)
    (own,) = (
        one for one in check(tmp_path, [tmp_path], Settings(select=("SQA305",))).findings if one.symbol == "app.api.own"
    )
    assert own.place.line == 29
