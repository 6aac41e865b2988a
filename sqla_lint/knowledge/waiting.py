"""What keeps waiting for something that is not the database: sleeps, queues, messages of a client or broker.

Sources: Python documentation (time, asyncio, queue, threading, multiprocessing, select, signal), documentation of
anyio, trio, gevent, eventlet, Starlette (WebSocket), aiohttp (WebSocketResponse).
"""

from __future__ import annotations

from .library import Klass

_QUEUES = ("queue.Queue", "queue.LifoQueue", "queue.PriorityQueue", "queue.SimpleQueue", "asyncio.Queue")
_EVENTS = ("threading.Event", "threading.Condition", "asyncio.Event", "asyncio.Condition")
_REQUEST = "starlette.requests.Request"

CLASSES: dict[str, Klass] = {name: Klass() for name in (*_QUEUES, *_EVENTS)}
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
}
METHODS_THAT_WAIT: dict[tuple[str, str], str] = {
    **{(name, "get"): "waits for a queue" for name in _QUEUES},
    **{(name, "wait"): "waits for an event" for name in _EVENTS},
    **{(_REQUEST, f"receive{kind}"): "waits for the client" for kind in ("", "_text", "_bytes", "_json")},
    **{(_REQUEST, f"iter_{kind}"): "waits for the client" for kind in ("text", "bytes", "json")},
}
NEVER_END = frozenset({"iter_text", "iter_bytes", "iter_json"})
"""Methods of these that give one message after another, as long as there is a client."""
WORDS = frozenset(
    {name.rpartition(".")[2] for name in FUNCTIONS_THAT_WAIT} | {name for _, name in METHODS_THAT_WAIT},
)
"""What any of them is called."""
