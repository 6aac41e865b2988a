"""What task queues, schedulers and command lines mean: which function is a boundary of its own.

Sources: documentation of Celery, RQ, arq, dramatiq, taskiq, APScheduler, click and typer.
"""

from __future__ import annotations

from .library import Function, Klass, Method, Registration

BOUNDARIES: dict[tuple[str, str], tuple[str, str]] = {
    ("celery.Celery", "task"): ("task", "celery"),
    ("typer.Typer", "command"): ("command", "typer"),
    ("typer.Typer", "callback"): ("command", "typer"),
    ("click.Group", "command"): ("command", "click"),
    ("click.Group", "group"): ("command", "click"),
    ("taskiq.AsyncBroker", "task"): ("task", "taskiq"),
    ("apscheduler.Scheduler", "scheduled_job"): ("task", "apscheduler"),
}
DECORATORS: dict[str, tuple[str, str]] = {
    "celery.shared_task": ("task", "celery"),
    "celery.task": ("task", "celery"),
    "dramatiq.actor": ("task", "dramatiq"),
    "rq.decorators.job": ("task", "rq"),
    "click.command": ("command", "click"),
    "click.group": ("command", "click"),
}
PARAMETERS = {("arq", "ctx"): "arq.Context"}
SETTINGS = {"WorkerSettings": "arq"}
"""Classes that a queue finds by their name, without being imported where they are defined."""
STARTERS = {"arq.Context": ("on_startup", "arq.WorkerContext")}
"""Where functions named by a settings class get another object in that parameter's place: what all jobs share."""
LISTS: dict[tuple[str, str], str] = {("arq", "functions"): "arq", ("arq", "cron_jobs"): "arq"}
"""Class attributes that list tasks, by the package that the module imports and the attribute's name."""

SENDING: dict[str, frozenset[str]] = {
    "celery": frozenset({"delay", "apply_async", "s", "si", "signature", "subtask", "map", "starmap", "chunks"}),
    "dramatiq": frozenset({"send", "send_with_options", "message", "message_with_options"}),
    "taskiq": frozenset({"kiq"}),
    "rq": frozenset({"delay", "enqueue"}),
}
"""The methods of a task that hand its arguments to a worker, by framework."""
SIGNATURE = "celery.Signature"
"""A call of a Celery task that is sent later."""
SIGNATURES = frozenset({"s", "si", "signature", "subtask"})
"""The methods of a task that make one."""
PICKLING = frozenset({"rq", "arq", "pickle", "a process", "a child process"})
"""What sends pickles, unless it is told otherwise; the others send JSON."""

_JOB = Registration("task", "apscheduler", 0, "func")
_SCHEDULER = Klass(bases=("apscheduler.Scheduler",))
_BROKER = Klass(bases=("taskiq.AsyncBroker",))
_ENQUEUED = Registration("task", "rq", 0, "func")

CLASSES: dict[str, Klass] = {
    "celery.Celery": Klass({"send_task": Method(publishes="task", exports="celery")}),
    "celery.Task": Klass(
        {
            name: Method(
                returns=SIGNATURE if name in SIGNATURES else "",
                publishes="task" if name in ("delay", "apply_async") else "",
                exports="celery",
            )
            for name in sorted(SENDING["celery"])
        },
        shares="application",
    ),
    "arq.WorkerContext": Klass(attributes={"[redis]": "arq.ArqRedis"}, shares="application"),
    "arq.Context": Klass(bases=("arq.WorkerContext",), shares="request"),
    "typer.Typer": Klass(),
    "click.Group": Klass(),
    "taskiq.AsyncBroker": Klass(),
    **{f"taskiq.{name}": _BROKER for name in ("InMemoryBroker", "ZeroMQBroker")},
    "taskiq_redis.ListQueueBroker": _BROKER,
    "taskiq_aio_pika.AioPikaBroker": _BROKER,
    "apscheduler.Scheduler": Klass({"add_job": Method(runs="job", registers=_JOB)}),
    **{
        f"apscheduler.schedulers.{module}.{name}": _SCHEDULER
        for module, name in (
            ("asyncio", "AsyncIOScheduler"),
            ("background", "BackgroundScheduler"),
            ("blocking", "BlockingScheduler"),
            ("tornado", "TornadoScheduler"),
        )
    },
    "rq.Queue": Klass(
        {
            "enqueue": Method(registers=_ENQUEUED, publishes="task", exports="rq"),
            "enqueue_call": Method(registers=_ENQUEUED, publishes="task", exports="rq"),
            "enqueue_in": Method(registers=_ENQUEUED._replace(position=1), publishes="task", exports="rq"),
            "enqueue_at": Method(registers=_ENQUEUED._replace(position=1), publishes="task", exports="rq"),
        }
    ),
}
FUNCTIONS: dict[str, Function] = {
    "arq.create_pool": Function("arq.ArqRedis"),
    "celery.signature": Function(SIGNATURE, exports="celery"),
}
ALIASES: dict[str, str] = {
    "rq.queue.Queue": "rq.Queue",
    "arq.connections.create_pool": "arq.create_pool",
    "celery.canvas.signature": "celery.signature",
    "celery.app.base.Celery": "celery.Celery",
    "celery.app.task.Task": "celery.Task",
    "taskiq.abc.broker.AsyncBroker": "taskiq.AsyncBroker",
    "taskiq.brokers.inmemory_broker.InMemoryBroker": "taskiq.InMemoryBroker",
}
