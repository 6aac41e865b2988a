"""What waits for something that is not the database: sleeps, queues, messages of a client or broker, answers of other
services.

Sources: Python documentation (time, asyncio, queue, threading, multiprocessing, select, signal), documentation of
anyio, trio, gevent, eventlet, Starlette (WebSocket), aiohttp (WebSocketResponse, client), Requests, HTTPX, urllib3;
Python documentation (urllib.request, smtplib).
"""

from __future__ import annotations

from .library import Klass

_QUEUES = ("queue.Queue", "queue.LifoQueue", "queue.PriorityQueue", "queue.SimpleQueue", "asyncio.Queue")
_EVENTS = ("threading.Event", "threading.Condition", "asyncio.Event", "asyncio.Condition")
_REQUEST = "starlette.requests.Request"

_ANSWER, _MAIL = "waits for another service", "waits for a mail server"
AWAY = frozenset({_ANSWER, _MAIL})
"""Kinds of waiting that end with an answer: no loop rests in them."""
_VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "request")
_CLIENTS = ("requests.Session", "httpx.Client", "httpx.AsyncClient", "aiohttp.ClientSession")
_MAILERS = ("smtplib.SMTP", "smtplib.SMTP_SSL", "aiosmtplib.SMTP")

CLASSES: dict[str, Klass] = {
    **{name: Klass() for name in (*_QUEUES, *_EVENTS)},
    **{name: Klass(enters="plain") for name in _CLIENTS},
    "urllib3.PoolManager": Klass(enters="plain"),
}
ALIASES: dict[str, str] = {
    "requests.session": "requests.Session",
    "requests.sessions.Session": "requests.Session",
    "aiohttp.client.ClientSession": "aiohttp.ClientSession",
}
FUNCTIONS_THAT_WAIT: dict[str, str] = {
    "time.sleep": "sleeps",
    "asyncio.sleep": "sleeps",
    "anyio.sleep": "sleeps",
    "anyio.sleep_forever": "sleeps",
    "trio.sleep": "sleeps",
    "gevent.sleep": "sleeps",
    "eventlet.sleep": "sleeps",
    "select.select": "waits for input",
    "signal.pause": "waits for a signal",
    "multiprocessing.connection.wait": "waits for a process",
    **{f"{module}.{name}": _ANSWER for module in ("requests", "httpx") for name in _VERBS},
    "httpx.stream": _ANSWER,
    "urllib.request.urlopen": _ANSWER,
    "aiosmtplib.send": _MAIL,
}
METHODS_THAT_WAIT: dict[tuple[str, str], str] = {
    **{(name, "get"): "waits for a queue" for name in _QUEUES},
    **{(name, "wait"): "waits for an event" for name in _EVENTS},
    **{(_REQUEST, f"receive{kind}"): "waits for the client" for kind in ("", "_text", "_bytes", "_json")},
    **{(_REQUEST, f"iter_{kind}"): "waits for the client" for kind in ("text", "bytes", "json")},
    **{(name, verb): _ANSWER for name in _CLIENTS for verb in (*_VERBS, "send", "stream")},
    ("urllib3.PoolManager", "request"): _ANSWER,
    **{(name, verb): _MAIL for name in _MAILERS for verb in ("send_message", "sendmail")},
}
NEVER_END = frozenset({"iter_text", "iter_bytes", "iter_json"})
"""Methods of these that give one message after another, as long as there is a client."""
WORDS = frozenset(
    {name.rpartition(".")[2] for name in FUNCTIONS_THAT_WAIT} | {name for _, name in METHODS_THAT_WAIT},
)
"""What any of them is called."""
