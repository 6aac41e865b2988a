"""What sends something to others at once, so that no rollback takes it back: queues, brokers, mail servers.

Sources: documentation of Celery, dramatiq, taskiq, RQ, arq, redis-py, kafka-python, aiokafka, confluent-kafka, pika,
aio-pika, kombu, smtplib, aiosmtplib, Flask-Mail and FastAPI-Mail.
"""

from __future__ import annotations

from .library import Function, Klass, Method

TASK, MESSAGE, MAIL = "task", "message", "mail"
TASKS = frozenset({"delay", "apply_async", "send", "send_with_options", "kiq"})
"""Methods that a queue's decorator gives a function, and that send it to the queue."""
ACTORS = frozenset({"send", "send_with_options"})
"""Those of dramatiq, whose names others have too."""
MAILERS = frozenset({"send_mail", "send_email"})
"""What functions that send a mail are called, whosever they are."""


def _sends(what: str, *names: str) -> Klass:
    return Klass(dict.fromkeys(names, Method(publishes=what)))


def _redis(name: str, pubsub: str) -> Klass:
    """A client of Redis; `xadd` and `publish` of it send, and some of its methods wait."""
    others = {"pubsub": Method(returns=pubsub), "from_url": Method(returns=name)}
    return Klass({**_sends(MESSAGE, "publish", "xadd").methods, **others}, enters="plain")


CLASSES: dict[str, Klass] = {
    "arq.ArqRedis": Klass({"enqueue_job": Method(publishes=TASK, exports="arq")}),
    "redis.Redis": _redis("redis.Redis", "redis.client.PubSub"),
    "redis.asyncio.Redis": _redis("redis.asyncio.Redis", "redis.asyncio.client.PubSub"),
    "kafka.KafkaProducer": _sends(MESSAGE, "send"),
    "aiokafka.AIOKafkaProducer": _sends(MESSAGE, "send", "send_and_wait"),
    "confluent_kafka.Producer": _sends(MESSAGE, "produce"),
    "pika.channel.Channel": _sends(MESSAGE, "basic_publish"),
    "aio_pika.abc.AbstractExchange": _sends(MESSAGE, "publish"),
    "kombu.Producer": _sends(MESSAGE, "publish"),
    "smtplib.SMTP": _sends(MAIL, "send_message", "sendmail")._replace(enters="plain"),
    "smtplib.SMTP_SSL": Klass(bases=("smtplib.SMTP",)),
    "aiosmtplib.SMTP": _sends(MAIL, "send_message", "sendmail")._replace(enters="plain"),
    "flask_mail.Mail": _sends(MAIL, "send", "send_message"),
    "fastapi_mail.FastMail": _sends(MAIL, "send_message"),
}
FUNCTIONS: dict[str, Function] = {"aiosmtplib.send": Function(publishes=MAIL)}
ALIASES: dict[str, str] = {
    "arq.connections.ArqRedis": "arq.ArqRedis",
    "redis.client.Redis": "redis.Redis",
    "redis.StrictRedis": "redis.Redis",
    "redis.asyncio.client.Redis": "redis.asyncio.Redis",
    "aiokafka.producer.AIOKafkaProducer": "aiokafka.AIOKafkaProducer",
    "pika.adapters.blocking_connection.BlockingChannel": "pika.channel.Channel",
    "aio_pika.Exchange": "aio_pika.abc.AbstractExchange",
    "kombu.messaging.Producer": "kombu.Producer",
}
