"""Quart, Bottle, CherryPy, Falcon: what the tables call a handler answers a request, run for real."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import bottle
import cherrypy
import falcon
import falcon.testing
import httpx
import pytest
import quart
import quart.views

from sqla_lint.knowledge.answering import BOUNDARIES, DECORATORS, VIEWS


def _of_bottle() -> Any:
    app = bottle.Bottle()
    app.post("/orders")(lambda: "stored")
    return app


def _of_cherrypy() -> Any:
    @cherrypy.expose  # type: ignore[untyped-decorator]  # CherryPy has no types
    def orders(self: object) -> str:
        return "stored"

    root = SimpleNamespace(orders=orders.__get__(object()))
    cherrypy.config.update({"environment": "embedded"})
    return cherrypy.Application(root, "")


def _of_falcon() -> Any:
    class Orders:
        def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
            resp.text = "stored"

    app = falcon.App()
    app.add_route("/orders", Orders())
    return app


@pytest.mark.parametrize("made", [_of_bottle, _of_cherrypy, _of_falcon])
def test_a_handler_answers(made: Callable[[], Any]) -> None:
    with httpx.Client(transport=httpx.WSGITransport(app=made()), base_url="http://shop") as client:
        assert client.post("/orders").text == "stored"


@pytest.mark.parametrize("by_class", [False, True])
def test_a_view_of_quart_answers(by_class: bool) -> None:
    class Orders(quart.views.MethodView):
        async def post(self) -> str:
            return "stored"

    app, begun = quart.Quart("shop"), list[str]()
    if by_class:
        app.add_url_rule("/orders", view_func=Orders.as_view("orders"))
    else:

        @app.post("/orders")
        async def orders() -> str:
            return "stored"

    @app.before_serving
    async def begin() -> None:
        begun.append("begun")

    async def ask() -> str:
        async with app.test_app() as served:
            answer = await served.test_client().post("/orders")
            return str(await answer.get_data(as_text=True))

    assert (asyncio.run(ask()), begun) == ("stored", ["begun"])


def test_a_task_of_quart_goes_on_after_its_request() -> None:
    app, done = quart.Quart("shop"), list[str]()

    @app.before_request
    async def begin() -> None:
        quart.g.name = "request"

    @app.teardown_request
    async def end(error: BaseException | None) -> None:
        done.append("request")

    async def work() -> None:
        await asyncio.sleep(0.05)
        done.append("task")

    @app.get("/orders")
    async def orders() -> str:
        app.add_background_task(work)
        return str(quart.g.name)

    async def ask() -> str:
        async with app.test_app() as served:
            answer = await served.test_client().get("/orders")
            return str(await answer.get_data(as_text=True))

    assert (asyncio.run(ask()), done) == ("request", ["request", "task"])


def test_what_the_tables_name_is_there() -> None:
    modules = {"bottle": bottle, "cherrypy": cherrypy, "quart": quart, "quart.views": quart.views}
    named = [f"{owner}.{verb}" for owner, verb in BOUNDARIES] + [*DECORATORS, *VIEWS]
    looked_up = [name.split(".") for name in named if name.split(".")[0] in modules]
    assert len(looked_up) > 30
    assert [path for path in looked_up if not _is_there(modules[path[0]], path[1:])] == []


def _is_there(module: Any, path: list[str]) -> bool:
    for name in path:
        module = getattr(module, name, None)
    return module is not None
