"""What these tests need: a framework's case, running as the project it shows, with tables and a first user."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import NullPool

from tests.pages import UNSHIPPED, read_page
from tests.running import Cases

PROVISIONING = "This session is provisioning a new connection"
Answer = tuple[int, str]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shop:
    """The modules of a case, imported for real; its database lies in its own folder."""

    modules: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.modules[name]

    def emails(self) -> list[str]:
        """What is stored, seen by a connection of our own."""
        engine = create_engine("sqlite:///shop.db", poolclass=NullPool)
        with engine.connect() as connection:
            return list(connection.scalars(text("SELECT email FROM user_account ORDER BY email")))

    def rows(self) -> list[tuple[int, str, str]]:
        engine = create_engine("sqlite:///shop.db", poolclass=NullPool)
        with engine.connect() as connection:
            return [(row[0], row[1], row[2]) for row in connection.execute(text("SELECT * FROM user_account"))]

    def take(self, email: str) -> None:
        """An address that is stored before the request comes."""
        engine = create_engine("sqlite:///shop.db", poolclass=NullPool)
        with engine.begin() as connection:
            connection.execute(
                text("INSERT INTO user_account (email, hashed_password) VALUES (:email, 'pbkdf2$1$x')"),
                {"email": email},
            )

    def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """Work in a loop of its own, which ends with the engine disposed of."""

        async def main() -> T:
            try:
                return await work()
            finally:
                await asyncio.sleep(0.05)  # a branch that was left behind ends before its engine does
                await self._dispose()

        return asyncio.run(main())

    async def _dispose(self) -> None:
        for module in self.modules.values():
            engine = getattr(module, "engine", None)
            if hasattr(getattr(module, "config", None), "get_engine"):
                engine = module.config.get_engine()
            if isinstance(engine, AsyncEngine):
                await engine.dispose()

    def ask(self, app: Any, *requests: str) -> list[Answer]:
        """The answers of an ASGI application to requests such as `GET /users`, one after the other."""

        async def work() -> list[Answer]:
            transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
                answers = [await client.request(*request.split(" ", 1)) for request in requests]
            return [(answer.status_code, answer.text) for answer in answers]

        return self.run(work)


Start = Callable[[str, str], Shop]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Imports the case under a heading of a page such as `global_session/flask`, its tables made."""
    cases = Cases(tmp_path, monkeypatch)

    def run(page: str, heading: str) -> Shop:
        case = read_page(UNSHIPPED / f"{page}.md").case(heading)
        cases.lay(case)
        shop = Shop(cases.modules(case))
        engine = create_engine("sqlite:///shop.db", poolclass=NullPool)
        base = getattr(shop["models"], "Base", None) or shop["extensions"].db.Model
        base.metadata.create_all(engine)
        return shop

    yield run
    cases.end()
