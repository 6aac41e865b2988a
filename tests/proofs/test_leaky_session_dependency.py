"""SQA107: what a provider that does not close leaves behind, run against FastAPI and SQLAlchemy."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from tests.proofs.conftest import Running, Start

WRONG = "Three requests that fail"
RIGHT = "A with block around the yield"
RETURNED = "An AsyncSession that is returned"
AROUND = "A provider around another provider"
CLOSING = "aclosing hands it on"
FACTORY = "A factory that is itself the dependency"


def _shop(start: Start, heading: str) -> Running:
    shop = start("leaky_session_dependency", heading)
    engine = create_engine("sqlite:///shop.db")
    shop["models"].Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(shop["models"].Product(id=1, name="lamp"))
        session.commit()
    engine.dispose()
    return shop


@pytest.mark.parametrize(("heading", "statuses", "held"), [(WRONG, [404, 404, 500], 2), (RIGHT, [404, 404, 404], 0)])
def test_requests_that_fail_empty_the_pool(start: Start, heading: str, statuses: list[int], held: int) -> None:
    shop = _shop(start, heading)
    client = TestClient(shop["api"].app, raise_server_exceptions=False)

    assert [client.get("/products/7").status_code for _ in range(3)] == statuses
    assert shop["db"].engine.pool.checkedout() == held


async def _asked(shop: Running, path: str) -> tuple[int, int]:
    """The status of a request, and how many connections are checked out when it has been answered."""
    transport = httpx.ASGITransport(app=shop["api"].app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        response = await client.get(path)
        held = shop["db"].engine.pool.checkedout()
    return response.status_code, held


@pytest.mark.parametrize(
    ("heading", "path", "status", "held"),
    [(RETURNED, "/products", 200, 1), (AROUND, "/products/7", 404, 1), (CLOSING, "/products/7", 404, 0)],
)
@pytest.mark.filterwarnings("ignore")
def test_an_async_session_stays_open_after_the_answer(
    start: Start, heading: str, path: str, status: int, held: int
) -> None:
    shop = _shop(start, heading)

    async def run() -> None:
        try:
            assert await _asked(shop, path) == (status, held)
        finally:
            await shop["db"].engine.dispose()

    asyncio.run(run())


@pytest.mark.parametrize(("path", "held"), [("/orders", 1), ("/shop", 1), ("/closing", 0)])
def test_what_an_object_keeps_stays_open_with_it(start: Start, path: str, held: int) -> None:
    example = start("leaky_session_dependency", "An object around the session, returned")["example"]
    with example.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE product (id INTEGER)")

    assert TestClient(example.app).get(path).json() == 0
    assert example.engine.pool.checkedout() == held


@pytest.mark.parametrize(("query", "status"), [("", 422), ("?local_kw=x", 500)])
def test_a_factory_as_dependency_never_opens_a_session(start: Start, query: str, status: int) -> None:
    shop = start("leaky_session_dependency", FACTORY)
    client = TestClient(shop["api"].app, raise_server_exceptions=False)

    assert client.get(f"/one{query}").status_code == status
    assert shop["api"].engine.pool.checkedout() == 0
