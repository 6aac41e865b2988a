"""A job that uses a repository gets what was meant for a client; a repository that reads the request needs one."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, HTTPException
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from tests.proofs.conftest import Running, Start

RULE = "http_in_repository"
WRONG = "The job gets a 404"
RIGHT = "The handler chooses the status"
REQUEST = "The request"


def _with_order_two(shop: Running, engine: Any) -> Session:
    shop["models"].Base.metadata.create_all(engine)
    session = Session(engine)
    session.add(shop["models"].Order(id=2))
    session.flush()
    return session


def test_the_job_dies_of_an_answer(start: Start) -> None:
    shop = start(RULE, WRONG)

    with _with_order_two(shop, create_engine("sqlite://")) as session:
        with pytest.raises(HTTPException) as died:
            shop["jobs"].settle(session, [1, 2])

        assert died.value.status_code == 404
        assert not session.get_one(shop["models"].Order, 2).paid


def test_the_job_skips_what_is_gone(start: Start) -> None:
    shop = start(RULE, RIGHT)

    with _with_order_two(shop, create_engine("sqlite://")) as session:
        assert shop["jobs"].settle(session, [1, 2]) == 1


def test_the_handler_still_answers_404(start: Start) -> None:
    shop = start(RULE, RIGHT)
    shop["models"].Base.metadata.create_all(shop["api"].engine)
    app = FastAPI()
    app.include_router(shop["api"].router)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            return await client.get("/orders/1")

    assert asyncio.run(ask()).status_code == 404


def test_there_is_no_request_to_read_in_a_job(start: Start) -> None:
    shop = start(RULE, REQUEST)

    with (
        Session(create_engine("sqlite://")) as session,
        pytest.raises(RuntimeError, match="outside of request context"),
    ):
        shop["dao.orders"].OrderDao(session).mine()
