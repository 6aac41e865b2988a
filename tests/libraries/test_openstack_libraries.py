"""oslo.db and oslo.utils, run: whose sessions commit by themselves, and what is raised again."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import NullPool

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from oslo_utils import excutils

from tests.pages import UNSHIPPED, read_page
from tests.running import Cases


def _stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, heading: str) -> tuple[object, list[str]]:
    """What a case gives, and the users that are stored then."""
    cases = Cases(tmp_path, monkeypatch)
    case = read_page(UNSHIPPED / "missing_commit/oslo.md").case(heading)
    cases.lay(case)
    modules = cases.modules(case)
    engine = create_engine("sqlite:///shop.db", poolclass=NullPool)
    modules["models"].Base.metadata.create_all(engine)
    services = modules["services"]
    given = services.sign_up("first", "second") if hasattr(services, "sign_up") else services.add("first")
    with engine.connect() as connection:
        emails = list(connection.scalars(text("SELECT email FROM user_account ORDER BY id")))
    modules["db"].manager.dispose_pool()
    cases.end()
    return given, emails


def test_a_session_of_the_factory_commits_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _stored(tmp_path, monkeypatch, "A session of the enginefacade's factory") == (None, [])


def test_the_outermost_block_commits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = _stored(tmp_path, monkeypatch, "A block of the enginefacade commits when it ends")

    assert found == (2, ["first", "second"])


def test_the_end_of_the_block_raises_again() -> None:
    def fail(again: bool) -> None:
        try:
            raise IntegrityError("INSERT", None, Exception())
        except IntegrityError:
            with excutils.save_and_reraise_exception() as context:
                context.reraise = again

    fail(again=False)
    with pytest.raises(IntegrityError):
        fail(again=True)
