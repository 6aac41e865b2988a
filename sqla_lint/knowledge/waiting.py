"""What waits for something that is not the database: sleeps, queues, messages of a client or broker, answers of other
services.

Sources: Python documentation (time, asyncio, queue, threading, multiprocessing, select, signal), documentation of
anyio, trio, gevent, eventlet, Starlette (WebSocket), aiohttp (WebSocketResponse, client), Requests, HTTPX, urllib3;
Python documentation (urllib.request, smtplib); documentation of kafka-python (KafkaConsumer), confluent-kafka
(Consumer), aiokafka (AIOKafkaConsumer), redis-py (commands, PubSub), pika (BlockingChannel), aio-pika (queues), boto3
(SQS), CCXT (manual: unified API).
"""

from __future__ import annotations

from .library import Function, Klass, Method

_QUEUES = ("queue.Queue", "queue.LifoQueue", "queue.PriorityQueue", "queue.SimpleQueue", "asyncio.Queue")
_EVENTS = ("threading.Event", "threading.Condition", "asyncio.Event", "asyncio.Condition")
_REQUEST = "starlette.requests.Request"
_SOCKET = "aiohttp.web.WebSocketResponse"

_ANSWER, _MAIL = "waits for another service", "waits for a mail server"
AWAY = frozenset({_ANSWER, _MAIL})
"""Kinds of waiting that end with an answer: no loop rests in them."""
_VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "request")
_CLIENTS = ("requests.Session", "httpx.Client", "httpx.AsyncClient", "aiohttp.ClientSession")
_MAILERS = ("smtplib.SMTP", "smtplib.SMTP_SSL", "aiosmtplib.SMTP")

_KAFKA = ("kafka.KafkaConsumer", "confluent_kafka.Consumer", "aiokafka.AIOKafkaConsumer")
_REDIS = ("redis.Redis", "redis.asyncio.Redis")
_PUBSUB = ("redis.client.PubSub", "redis.asyncio.client.PubSub")
_EXCHANGE = "ccxt.Exchange"
_ORDERS = ("create_order", "edit_order", "cancel_order", "fetch_order", "fetch_orders", "fetch_open_orders")
_TRADES = ("fetch_my_trades", "fetch_trades", "fetch_balance", "fetch_positions", "fetch_ticker", "fetch_tickers")
_CHANNEL, _CONNECTION = "pika.channel.Channel", "pika.adapters.blocking_connection.BlockingConnection"
_AIO_PIKA = "aio_pika.abc.Abstract"
_BROKER = "waits for a broker"

CLASSES: dict[str, Klass] = {
    **{name: Klass() for name in (*_QUEUES, *_EVENTS)},
    **{name: Klass(enters="plain") for name in _CLIENTS},
    "urllib3.PoolManager": Klass(enters="plain"),
    _EXCHANGE: Klass(),
    **{name: Klass(enters="plain", attributes={"consumer_timeout_ms": ".builtins.int"}) for name in _KAFKA},
    **{name: Klass(enters="plain") for name in _PUBSUB},
    _SOCKET: Klass(attributes={"receive_timeout": ".builtins.float"}),
    _CONNECTION: Klass({"channel": Method(returns=_CHANNEL)}, enters="plain"),
    f"{_AIO_PIKA}Connection": Klass({"channel": Method(returns=f"{_AIO_PIKA}Channel")}, enters="plain"),
    f"{_AIO_PIKA}Channel": Klass(
        dict.fromkeys(("declare_queue", "get_queue"), Method(returns=f"{_AIO_PIKA}Queue", awaits=True)), enters="plain"
    ),
    f"{_AIO_PIKA}Queue": Klass({"iterator": Method(returns=f"{_AIO_PIKA}QueueIterator")}),
    f"{_AIO_PIKA}QueueIterator": Klass(enters="plain"),
}
FUNCTIONS: dict[str, Function] = {
    **{f"aio_pika.{name}": Function(returns=f"{_AIO_PIKA}Connection") for name in ("connect", "connect_robust")},
    "redis.from_url": Function(returns="redis.Redis"),
    "redis.asyncio.from_url": Function(returns="redis.asyncio.Redis"),
}
ALIASES: dict[str, str] = {
    "kafka.consumer.KafkaConsumer": "kafka.KafkaConsumer",
    "pika.BlockingConnection": _CONNECTION,
    **{f"aio_pika.{name}": f"{_AIO_PIKA}{name}" for name in ("Connection", "Channel", "Queue")},
    **{f"aio_pika.Robust{name}": f"{_AIO_PIKA}{name}" for name in ("Connection", "Channel", "Queue")},
    **{f"{_AIO_PIKA}Robust{name}": f"{_AIO_PIKA}{name}" for name in ("Connection", "Channel", "Queue")},
    "ccxt.base.exchange.Exchange": _EXCHANGE,
    "ccxt.pro.Exchange": _EXCHANGE,
    "ccxt.async_support.Exchange": _EXCHANGE,
    "ccxt.async_support.base.exchange.Exchange": _EXCHANGE,
    "requests.session": "requests.Session",
    "requests.sessions.Session": "requests.Session",
    "aiohttp.client.ClientSession": "aiohttp.ClientSession",
    "aiohttp.web_ws.WebSocketResponse": _SOCKET,
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
    **{(_SOCKET, f"receive{kind}"): "waits for the client" for kind in ("", "_str", "_bytes", "_json")},
    **{(name, verb): _ANSWER for name in _CLIENTS for verb in (*_VERBS, "send", "stream")},
    ("urllib3.PoolManager", "request"): _ANSWER,
    **{(_EXCHANGE, name): _ANSWER for name in (*_ORDERS, *_TRADES)},
    **{(name, verb): _BROKER for name in _KAFKA for verb in ("poll", "getone", "getmany")},
    **{
        (name, verb): _BROKER
        for name in _REDIS
        for verb in ("blpop", "brpop", "brpoplpush", "blmove", "blmpop", "bzpopmin", "bzpopmax")
    },
    **{(name, "listen"): _BROKER for name in _PUBSUB},
    (_CHANNEL, "consume"): _BROKER,
    **{(name, verb): _MAIL for name in _MAILERS for verb in ("send_message", "sendmail")},
}
KEYWORDS_THAT_WAIT: dict[tuple[str, str], str] = {
    ("receive_message", "WaitTimeSeconds"): _BROKER,
    ("xread", "block"): _BROKER,
    ("xreadgroup", "block"): _BROKER,
}
"""Methods of clients that have no class of their own, or wait only when they are told to: known by a keyword."""
LEFT = frozenset({"len", "qsize"})
"""What asks how much is left to be worked off, of containers and queues."""
IS_EMPTY = "empty"
"""What asks a queue whether nothing is left."""
NEVER_END = frozenset({"iter_text", "iter_bytes", "iter_json", "listen", "consume"})
"""Methods of these that give one message after another, as long as there is a client or a broker."""
MESSAGES: dict[str, tuple[str, str]] = {
    **dict.fromkeys(_KAFKA[::2], (_BROKER, "consumer_timeout_ms")),
    **dict.fromkeys((f"{_AIO_PIKA}Queue", f"{_AIO_PIKA}QueueIterator"), (_BROKER, "timeout")),
    _SOCKET: ("waits for the client", "receive_timeout"),
}
"""What is gone through itself, one message after another: why that waits, and the argument that gives it an end."""
WORDS = frozenset(
    {name.rpartition(".")[2] for name in FUNCTIONS_THAT_WAIT}
    | {name for _, name in METHODS_THAT_WAIT}
    | {name for name, _ in KEYWORDS_THAT_WAIT},
)
"""What any of them is called."""
