"""Audits of small trees that are written for a test."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sqla_lint.config import load
from sqla_lint.engine import audit as engine
from sqla_lint.engine import run
from sqla_lint.engine.audited import Audit
from tests.runs import write

EVERYTHING = {"select": ("all",), "min-confidence": "possible"}

APP = {
    "pyproject.toml": "",
    "app/__init__.py": "",
    "app/base.py": """\
from sqlalchemy.orm import Session


class BaseRepository:
    def __init__(self, session: Session) -> None:
        self.session = session

    def save(self, thing: object) -> None:
        self.session.add(thing)
        self.session.commit()
""",
    "app/api.py": """\
from collections.abc import Iterator

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

from app.base import BaseRepository

app = FastAPI()
make_session = sessionmaker(create_engine("sqlite://"))


def get_session() -> Iterator[Session]:
    with make_session() as session:
        yield session


@app.post("/orders")
def place(session: Session = Depends(get_session)) -> None:
    BaseRepository(session).save(object())


@app.post("/refunds")
def refund(session: Session = Depends(get_session)) -> None:
    BaseRepository(session).save(object())
""",
    "app/loose.py": """\
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

session = Session(create_engine("sqlite://"))
""",
    "app/jobs.py": """\
from app.api import make_session


def nightly() -> None:
    with make_session.begin() as session:
        session.add(object())
""",
}


def audited(root: Path, files: Mapping[str, str] = APP) -> Audit:
    """The audit of these files, with every rule and confidence."""
    write(root, files)
    configuration = load([root], (), EVERYTHING)
    whole = run.read_project(root, [root], configuration.settings)
    report, project = run.check_linked(whole, configuration.settings)
    catalogue = run.load_catalogue()
    return engine.audit(whole, project, report, catalogue, configuration.settings, name="app", configured=False)
