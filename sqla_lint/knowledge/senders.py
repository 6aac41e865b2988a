"""What sends something to others at once, so that no rollback takes it back: queues, brokers, mail servers.

Sources: documentation of Celery, dramatiq, taskiq, RQ, arq, procrastinate, Karton, redis-py, kafka-python, aiokafka,
confluent-kafka, pika, aio-pika, kombu, FastStream, NATS, paho-mqtt, aiomqtt, oslo.messaging, Solace AI Connector,
Google Cloud Pub/Sub, Azure Service Bus and Event Hubs, boto3 (SQS, SNS, EventBridge, Kinesis, SES), aioboto3, smtplib,
aiosmtplib, Flask-Mail, FastAPI-Mail, Flask-Security, SendGrid, Resend, Slack SDK, Twilio, Pusher and Firebase Admin.
"""

from __future__ import annotations

from .library import Function, Klass, Method
from .queues import SIGNATURE

TASK, MESSAGE, MAIL = "task", "message", "mail"
TASKS = frozenset({"delay", "apply_async", "send", "send_with_options", "kiq", "defer", "defer_async"})
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


_RPC, _NOTIFIER = "oslo_messaging.RPCClient", "oslo_messaging.Notifier"
_LEVELS = ("audit", "debug", "info", "warn", "warning", "error", "critical", "sample")
_AZURE, _AZURE_SENDER = "azure.servicebus.ServiceBusClient", "azure.servicebus.ServiceBusSender"
_BUS = Klass(
    {
        "from_connection_string": Method(returns=_AZURE),
        "get_queue_sender": Method(returns=_AZURE_SENDER),
        "get_topic_sender": Method(returns=_AZURE_SENDER),
    },
    enters="plain",
)
_AWS, _AWS_RESOURCE, _AWS_SESSION = "boto3.Client", "boto3.Resource", "boto3.Session"
_AWS_MESSAGES = ("send_message", "send_message_batch", "publish", "publish_batch", "put_events", "put_record")
_AWS_MAILS = ("send_email", "send_raw_email", "send_templated_email", "send_bulk_email")
_AWS_PARTS = ("Queue", "get_queue_by_name", "create_queue", "Topic", "create_topic", "PlatformEndpoint")
_SLACK = ("chat_postMessage", "chat_postEphemeral", "chat_update", "chat_scheduleMessage", "files_upload_v2")
_FLASK_SECURITY = (
    "changeable.send_password_changed_notice",
    "confirmable.send_confirmation_instructions",
    "passwordless.send_login_instructions",
    "recoverable.send_password_reset_notice",
    "recoverable.send_reset_password_instructions",
)
_FASTSTREAM = {
    f"faststream.{module}.{name}": _sends(MESSAGE, "publish", "publish_batch")
    for module, name in (
        ("kafka", "KafkaBroker"),
        ("confluent", "KafkaBroker"),
        ("rabbit", "RabbitBroker"),
        ("nats", "NatsBroker"),
        ("redis", "RedisBroker"),
    )
}
_SIGNATURE = Klass(bases=(SIGNATURE,))


CLASSES: dict[str, Klass] = {
    "arq.ArqRedis": Klass({"enqueue_job": Method(publishes=TASK, exports="arq")}),
    "redis.Redis": _redis("redis.Redis", "redis.client.PubSub"),
    "redis.asyncio.Redis": _redis("redis.asyncio.Redis", "redis.asyncio.client.PubSub"),
    "kafka.KafkaProducer": _sends(MESSAGE, "send"),
    "aiokafka.AIOKafkaProducer": _sends(MESSAGE, "send", "send_and_wait"),
    "confluent_kafka.Producer": _sends(MESSAGE, "produce"),
    "pika.channel.Channel": _sends(MESSAGE, "basic_publish"),
    "aio_pika.abc.AbstractExchange": _sends(MESSAGE, "publish"),
    "kombu.Producer": _sends(MESSAGE, "publish")._replace(enters="plain"),
    "kombu.Connection": Klass(
        {"Producer": Method(returns="kombu.Producer"), "SimpleQueue": Method(returns="kombu.simple.SimpleQueue")},
        enters="plain",
    ),
    "kombu.simple.SimpleQueue": _sends(MESSAGE, "put"),
    **_FASTSTREAM,
    "nats.aio.client.Client": Klass(
        {**_sends(MESSAGE, "publish").methods, "jetstream": Method(returns="nats.js.client.JetStreamContext")},
        enters="plain",
    ),
    "nats.js.client.JetStreamContext": _sends(MESSAGE, "publish", "publish_async"),
    "paho.mqtt.client.Client": _sends(MESSAGE, "publish"),
    "aiomqtt.Client": _sends(MESSAGE, "publish")._replace(enters="plain"),
    _RPC: Klass({**_sends(MESSAGE, "cast", "call").methods, "prepare": Method(returns="self")}),
    _NOTIFIER: Klass({**_sends(MESSAGE, *_LEVELS).methods, "prepare": Method(returns="self")}),
    "solace_ai_connector.flow.app.App": _sends(MESSAGE, "send_message"),
    "solace_ai_connector.components.component_base.ComponentBase": Klass(
        {"get_app": Method(returns="solace_ai_connector.flow.app.App")}
    ),
    "karton.core.Producer": _sends(TASK, "send_task"),
    "karton.core.Karton": Klass(bases=("karton.core.Producer",)),
    "google.cloud.pubsub_v1.PublisherClient": _sends(MESSAGE, "publish"),
    _AZURE: _BUS,
    _AZURE_SENDER: _sends(MESSAGE, "send_messages", "schedule_messages")._replace(enters="plain"),
    "azure.eventhub.EventHubProducerClient": _sends(MESSAGE, "send_batch", "send_event")._replace(enters="plain"),
    _AWS: Klass({**_sends(MESSAGE, *_AWS_MESSAGES).methods, **_sends(MAIL, *_AWS_MAILS).methods}, enters="plain"),
    _AWS_RESOURCE: Klass(
        {
            **_sends(MESSAGE, "send_message", "send_messages", "publish", "publish_batch").methods,
            **dict.fromkeys(_AWS_PARTS, Method(returns=_AWS_RESOURCE)),
        },
        enters="plain",
    ),
    _AWS_SESSION: Klass({"client": Method(returns=_AWS), "resource": Method(returns=_AWS_RESOURCE)}),
    SIGNATURE: _sends(TASK, "delay", "apply_async"),
    **{f"celery.{name}": _SIGNATURE for name in ("chain", "group", "chord")},
    "smtplib.SMTP": _sends(MAIL, "send_message", "sendmail")._replace(enters="plain"),
    "smtplib.SMTP_SSL": Klass(bases=("smtplib.SMTP",)),
    "aiosmtplib.SMTP": _sends(MAIL, "send_message", "sendmail")._replace(enters="plain"),
    "flask_mail.Mail": Klass(
        {**_sends(MAIL, "send", "send_message").methods, "connect": Method(returns="flask_mail.Connection")}
    ),
    "flask_mail.Connection": _sends(MAIL, "send", "send_message")._replace(enters="plain"),
    "fastapi_mail.FastMail": _sends(MAIL, "send_message"),
    "pusher.Pusher": _sends(MESSAGE, "trigger", "trigger_batch"),
    "sendgrid.SendGridAPIClient": _sends(MAIL, "send"),
    "slack_sdk.WebClient": _sends(MESSAGE, *_SLACK),
    "slack_sdk.webhook.WebhookClient": _sends(MESSAGE, "send", "send_dict"),
    "twilio.rest.Client": Klass(attributes={"messages": "twilio.rest.Messages", "calls": "twilio.rest.Messages"}),
    "twilio.rest.Messages": _sends(MESSAGE, "create", "create_async"),
}
FUNCTIONS: dict[str, Function] = {
    "aiosmtplib.send": Function(publishes=MAIL),
    "resend.Emails.send": Function(publishes=MAIL),
    **{f"flask_security.{name}": Function(publishes=MAIL) for name in _FLASK_SECURITY},
    "firebase_admin.messaging.send": Function(publishes=MESSAGE),
    "firebase_admin.messaging.send_each": Function(publishes=MESSAGE),
    "nats.connect": Function("nats.aio.client.Client"),
    "oslo_messaging.get_rpc_client": Function(_RPC),
    "boto3.client": Function(_AWS),
    "boto3.resource": Function(_AWS_RESOURCE),
}
ALIASES: dict[str, str] = {
    "arq.connections.ArqRedis": "arq.ArqRedis",
    "pusher.pusher.Pusher": "pusher.Pusher",
    "redis.client.Redis": "redis.Redis",
    "redis.StrictRedis": "redis.Redis",
    "redis.asyncio.client.Redis": "redis.asyncio.Redis",
    "aiokafka.producer.AIOKafkaProducer": "aiokafka.AIOKafkaProducer",
    "pika.adapters.blocking_connection.BlockingChannel": "pika.channel.Channel",
    "aio_pika.Exchange": "aio_pika.abc.AbstractExchange",
    "kombu.messaging.Producer": "kombu.Producer",
    "kombu.connection.Connection": "kombu.Connection",
    "confluent_kafka.SerializingProducer": "confluent_kafka.Producer",
    "confluent_kafka.aio.AIOProducer": "confluent_kafka.Producer",
    "nats.NATS": "nats.aio.client.Client",
    "nats.js.JetStreamContext": "nats.js.client.JetStreamContext",
    "oslo_messaging.rpc.RPCClient": _RPC,
    "oslo_messaging.rpc.client.RPCClient": _RPC,
    "oslo_messaging.rpc.get_rpc_client": "oslo_messaging.get_rpc_client",
    "oslo_messaging.rpc.client.get_rpc_client": "oslo_messaging.get_rpc_client",
    "oslo_messaging.notify.Notifier": _NOTIFIER,
    "oslo_messaging.notify.notifier.Notifier": _NOTIFIER,
    "karton.core.karton.Producer": "karton.core.Producer",
    "karton.core.karton.Karton": "karton.core.Karton",
    "karton.core.asyncio.Producer": "karton.core.Producer",
    "karton.core.asyncio.Karton": "karton.core.Karton",
    "google.cloud.pubsub.PublisherClient": "google.cloud.pubsub_v1.PublisherClient",
    "azure.servicebus.aio.ServiceBusClient": _AZURE,
    "azure.servicebus.aio.ServiceBusSender": _AZURE_SENDER,
    "azure.eventhub.aio.EventHubProducerClient": "azure.eventhub.EventHubProducerClient",
    "boto3.session.Session": _AWS_SESSION,
    "aioboto3.Session": _AWS_SESSION,
    "aiobotocore.session.AioSession": _AWS_SESSION,
    "mypy_boto3_sqs.SQSClient": _AWS,
    "mypy_boto3_sqs.client.SQSClient": _AWS,
    "mypy_boto3_sns.SNSClient": _AWS,
    "mypy_boto3_sns.client.SNSClient": _AWS,
    "celery.canvas.Signature": SIGNATURE,
    **{f"celery.canvas.{name}": f"celery.{name}" for name in ("chain", "group", "chord")},
    "sendgrid.sendgrid.SendGridAPIClient": "sendgrid.SendGridAPIClient",
    "slack_sdk.web.WebClient": "slack_sdk.WebClient",
    "slack_sdk.web.client.WebClient": "slack_sdk.WebClient",
    "slack_sdk.web.async_client.AsyncWebClient": "slack_sdk.WebClient",
    "slack_sdk.webhook.async_client.AsyncWebhookClient": "slack_sdk.webhook.WebhookClient",
    "slack_sdk.webhook.client.WebhookClient": "slack_sdk.webhook.WebhookClient",
}
