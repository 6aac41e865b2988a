"""What Python's own library and the async runtimes mean: tasks, locks, context managers, partial application."""

from __future__ import annotations

from .library import Function, Klass, Method

_GROUP = Klass(
    {
        "create_task": Method(runs="task"),
        "start_soon": Method(runs="start"),
        "start": Method(runs="start"),
    },
    enters="tasks",
)
_LOCK = Klass(enters="lock")

CLASSES: dict[str, Klass] = {
    "asyncio.TaskGroup": _GROUP,
    "anyio.TaskGroup": _GROUP,
    "asyncio.Lock": _LOCK,
    "anyio.Lock": _LOCK,
    "trio.Lock": _LOCK,
    "threading.Lock": _LOCK,
    "threading.RLock": _LOCK,
    "asyncio.AbstractEventLoop": Klass({"create_task": Method(runs="task")}),
    "contextlib.ExitStack": Klass({"enter_context": Method(runs="enter")}, enters="plain"),
    "contextlib.AsyncExitStack": Klass(
        {"enter_async_context": Method(runs="enter"), "enter_context": Method(runs="enter")},
        enters="plain",
    ),
}
FUNCTIONS: dict[str, Function] = {
    "asyncio.gather": Function("", "gather"),
    "asyncio.wait": Function("", "each"),
    "asyncio.as_completed": Function("", "each"),
    "asyncio.create_task": Function("", "task"),
    "asyncio.ensure_future": Function("", "task"),
    "asyncio.wait_for": Function("", "same"),
    "asyncio.shield": Function("", "same"),
    "asyncio.timeout": Function(),
    "asyncio.run": Function("", "same"),
    "asyncio.to_thread": Function("", "call"),
    "anyio.run": Function("", "call"),
    "anyio.to_thread.run_sync": Function("", "call"),
    "asyncio.get_event_loop": Function("asyncio.AbstractEventLoop"),
    "asyncio.get_running_loop": Function("asyncio.AbstractEventLoop"),
    "anyio.create_task_group": Function("anyio.TaskGroup"),
    "trio.open_nursery": Function("anyio.TaskGroup"),
    "contextlib.closing": Function("", "enter"),
    "contextlib.aclosing": Function("", "enter"),
    "contextlib.contextmanager": Function("=0"),
    "contextlib.asynccontextmanager": Function("=0"),
    "functools.wraps": Function(),
    "functools.partial": Function("", "partial"),
    "builtins.map": Function("", "map"),
    "builtins.list": Function(runs="collect"),
    "builtins.tuple": Function(runs="collect"),
    "builtins.set": Function(runs="collect"),
    "builtins.sorted": Function(runs="collect"),
    "builtins.reversed": Function(runs="collect"),
    "builtins.iter": Function(runs="collect"),
    "typing.cast": Function("$0"),
}
ALIASES: dict[str, str] = {
    "asyncio.tasks.gather": "asyncio.gather",
    "anyio.abc.TaskGroup": "anyio.TaskGroup",
    "asyncio.locks.Lock": "asyncio.Lock",
}
