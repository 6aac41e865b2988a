"""What Python's own library and the async runtimes mean: tasks, threads, locks, context managers, caches, partial
application.

Sources: Python documentation (asyncio, concurrent.futures, threading, multiprocessing.pool, contextvars, functools),
documentation of anyio, trio, cachetools, async-lru.
"""

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
_FANS = ("map", "imap", "imap_unordered", "starmap", "map_async")

CLASSES: dict[str, Klass] = {
    "asyncio.TaskGroup": _GROUP,
    "anyio.TaskGroup": _GROUP,
    "asyncio.Timeout": Klass(enters="timeout"),
    "anyio.CancelScope": Klass(enters="silent-timeout"),
    "asyncio.Lock": _LOCK,
    "anyio.Lock": _LOCK,
    "trio.Lock": _LOCK,
    "threading.Lock": _LOCK,
    "threading.RLock": _LOCK,
    "asyncio.AbstractEventLoop": Klass(
        {
            "create_task": Method(runs="task"),
            "run_in_executor": Method(runs="executor"),
            "call_soon": Method(runs="start"),
            "call_later": Method(runs="later"),
            "call_at": Method(runs="later"),
            "run_until_complete": Method(runs="same"),
        }
    ),
    "asyncio.NewEventLoop": Klass({"run_until_complete": Method(runs="loop")}, bases=("asyncio.AbstractEventLoop",)),
    "concurrent.futures.Executor": Klass(
        {"submit": Method(runs="submit"), "map": Method(runs="fan"), "shutdown": Method(runs="settle")},
        enters="tasks",
    ),
    "concurrent.futures.ThreadPoolExecutor": Klass(bases=("concurrent.futures.Executor",)),
    "concurrent.futures.ProcessPoolExecutor": Klass(
        dict.fromkeys(("submit", "map"), Method(exports="a process")), enters="plain"
    ),
    "multiprocessing.Process": Klass(exports="a child process"),
    "multiprocessing.pool.Pool": Klass(
        {name: Method(exports="a process") for name in ("apply", "apply_async", *_FANS)}, enters="plain"
    ),
    "multiprocessing.pool.ThreadPool": Klass(
        {
            **{name: Method(runs="submit") for name in ("apply_async",)},
            **{name: Method(runs="fan") for name in _FANS},
            **{name: Method(runs="settle") for name in ("join", "close", "terminate")},
        },
        enters="tasks",
    ),
    "threading.Thread": Klass({"start": Method(runs="run"), "join": Method(runs="settle")}, makes="thread"),
    "threading.Timer": Klass(makes="timer"),
    "contextvars.ContextVar": Klass(
        {"get": Method(runs="current"), "set": Method(runs="make-current"), "reset": Method()},
        shares="variable",
    ),
    "contextlib.ExitStack": Klass({"enter_context": Method(runs="enter")}, enters="plain"),
    "contextlib.AsyncExitStack": Klass(
        {"enter_async_context": Method(runs="enter"), "enter_context": Method(runs="enter")},
        enters="plain",
    ),
}
EXECUTORS = frozenset({"concurrent.futures.Executor", "multiprocessing.pool.ThreadPool"})
"""What runs the functions that it is given in threads."""
STACKS = frozenset({"contextlib.ExitStack", "contextlib.AsyncExitStack"})
ENTERS = frozenset({"enter_context", "enter_async_context"})
"""By what a stack enters a block, which it leaves at its own end."""
FUNCTIONS: dict[str, Function] = {
    "asyncio.gather": Function("", "gather"),
    "asyncio.wait": Function("", "each"),
    "asyncio.as_completed": Function("", "each"),
    "asyncio.create_task": Function("", "task"),
    "asyncio.ensure_future": Function("", "task"),
    "asyncio.wait_for": Function("", "timed"),
    "asyncio.timeout": Function("asyncio.Timeout"),
    "asyncio.timeout_at": Function("asyncio.Timeout"),
    "anyio.fail_after": Function("asyncio.Timeout"),
    "anyio.move_on_after": Function("anyio.CancelScope"),
    "async_timeout.timeout": Function("asyncio.Timeout"),
    "asyncio.shield": Function("", "same"),
    "asyncio.run": Function("", "loop"),
    "asyncio.new_event_loop": Function("asyncio.NewEventLoop"),
    "asgiref.sync.async_to_sync": Function("", "to-sync"),
    "uvloop.run": Function("", "loop"),
    "asyncio.to_thread": Function("", "call"),
    "asyncio.run_coroutine_threadsafe": Function("", "task"),
    "concurrent.futures.wait": Function("", "each"),
    "concurrent.futures.as_completed": Function("", "each"),
    "anyio.run": Function("", "loop-call"),
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
    "dataclasses.field": Function("=default"),
    "functools.partial": Function("", "partial"),
    "builtins.map": Function("", "map"),
    "builtins.list": Function(runs="collect"),
    "builtins.tuple": Function(runs="collect"),
    "builtins.set": Function(runs="collect"),
    "builtins.sorted": Function(runs="collect"),
    "builtins.reversed": Function(runs="collect"),
    "builtins.iter": Function(runs="collect"),
    "builtins.enumerate": Function(runs="beside-keys"),
    "builtins.filter": Function(runs="filtered"),
    "builtins.max": Function(runs="one-of"),
    "builtins.min": Function(runs="one-of"),
    "itertools.chain": Function(runs="chained"),
    "collections.defaultdict": Function(runs="grouped"),
    "builtins.zip": Function(runs="side-by-side"),
    "builtins.getattr": Function(runs="getattr"),
    **{f"{module}.dumps": Function(exports="pickle") for module in ("pickle", "cloudpickle", "dill")},
    **{f"{module}.dump": Function(exports="pickle") for module in ("pickle", "cloudpickle", "dill")},
    "multiprocessing.Pool": Function("multiprocessing.pool.Pool"),
    "builtins.setattr": Function(runs="setattr"),
    "json.loads": Function(runs="decode"),
    "builtins.vars": Function(runs="vars"),
    "builtins.type": Function(runs="class-of"),
    "builtins.dict": Function(runs="dict"),
    "dataclasses.asdict": Function(runs="asdict"),
    "typing.cast": Function(runs="cast"),
    "typing_extensions.cast": Function(runs="cast"),
    "builtins.next": Function(runs="next"),
    "builtins.anext": Function(runs="anext"),
    "sys.exit": Function(runs="never"),
    "os._exit": Function(runs="never"),
}
RETRIES: dict[str, tuple[str, int]] = {
    "tenacity.retry": ("retry", -1),
    "backoff.on_exception": ("exception", 1),
    "stamina.retry": ("on", -1),
}
"""Decorators that call a function again when it has raised something -> the argument that says what, by keyword and by
position; when it is not given, whatever it is."""
RETRIED = "tenacity.retry_if_exception_type"
"""What the argument of tenacity is made with when it names exceptions."""
TIMEOUTS = frozenset(
    {"TimeoutError", "builtins.TimeoutError", "asyncio.TimeoutError", "asyncio.exceptions.TimeoutError"}
)
"""What is raised when the time is over."""
PER_TASK = frozenset({"asyncio.current_task", "asyncio.tasks.current_task", "anyio.get_current_task"})
PER_THREAD = frozenset(
    {"threading.get_ident", "threading.current_thread", "threading.get_native_id", "_thread.get_ident", "os.getpid"}
)
PER_LOOP = frozenset({"asyncio.get_running_loop", "asyncio.get_event_loop"})
"""Functions whose answer is another one in each task, thread or event loop."""
COUNTERS = frozenset({"builtins.range", "itertools.count", "itertools.repeat"})
"""What a loop goes through to do something a number of times."""
BATCHES = frozenset({"itertools.batched", "more_itertools.batched", "more_itertools.chunked", "more_itertools.sliced"})
"""What hands out rows in batches."""
# fmt: off
HARMLESS = frozenset({
    "debug", "info", "warning", "error", "exception", "critical", "log", "append", "extend", "add", "get", "items",
    "keys", "values", "copy", "isoformat", "lower", "upper", "strip", "split", "join", "format", "startswith",
})
"""Methods that hardly ever raise, whatever they are called on: of loggers, containers and texts."""
BUILTINS = frozenset(f"builtins.{name}" for name in (
    "len", "str", "int", "bool", "list", "dict", "set", "tuple", "frozenset", "isinstance", "enumerate", "zip", "repr",
    "sorted", "reversed", "range", "any", "all", "min", "max", "sum", "print", "getattr", "hasattr",
))
# fmt: on
ALIASES: dict[str, str] = {
    "concurrent.futures.thread.ThreadPoolExecutor": "concurrent.futures.ThreadPoolExecutor",
    "concurrent.futures._base.Executor": "concurrent.futures.Executor",
    "multiprocessing.dummy.Pool": "multiprocessing.pool.ThreadPool",
    "asyncio.tasks.gather": "asyncio.gather",
    "anyio.abc.TaskGroup": "anyio.TaskGroup",
    "asyncio.locks.Lock": "asyncio.Lock",
}
_CLOCK = ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns")
_CHANCE = ("random", "randint", "randrange", "choice", "choices", "sample", "uniform", "getrandbits", "randbytes")
_SECRET = ("token_bytes", "token_hex", "token_urlsafe", "choice", "randbelow", "randbits")
CHANGING = frozenset(
    {
        *(f"datetime.datetime.{name}" for name in ("now", "utcnow", "today")),
        "datetime.date.today",
        "os.urandom",
        *(f"time.{name}" for name in _CLOCK),
        *(f"random.{name}" for name in _CHANCE),
        *(f"secrets.{name}" for name in _SECRET),
        *(f"{module}.{name}" for module in ("uuid", "uuid_utils") for name in ("uuid1", "uuid4", "uuid6", "uuid7")),
        *(f"uuid6.{name}" for name in ("uuid6", "uuid7")),
        *("arrow.now", "arrow.utcnow", "pendulum.now", "pendulum.today"),
        *("bson.ObjectId", "bson.objectid.ObjectId", "nanoid.generate", "shortuuid.uuid", "ulid.ULID", "ulid.new"),
    }
)
"""Functions that return another value each time they are called."""
TIMES = frozenset({*(f"time.{name}" for name in _CLOCK), *(f"datetime.datetime.{name}" for name in ("now", "utcnow"))})
"""Functions that say how late it is."""
CLOCKS = frozenset({"now", "now_utc", "utc_now", "utcnow", "uuid1", "uuid4", "uuid7"})
"""What such functions are called, wherever they come from."""
CONTAINERS = frozenset(
    {
        *(f"builtins.{name}" for name in ("list", "dict", "set", "bytearray")),
        *(f"collections.{name}" for name in ("defaultdict", "OrderedDict", "Counter", "deque")),
        *("copy.copy", "copy.deepcopy"),
    }
)
"""What makes an object that changes in place."""
CHANGES_FILES = frozenset(
    {
        *(f"os.{name}" for name in ("remove", "unlink", "rename", "replace", "rmdir", "removedirs")),
        *(f"shutil.{name}" for name in ("copy", "copy2", "copyfile", "copytree", "move", "rmtree")),
    }
)
"""Functions after which a file is there, or is not."""
WHO_RUNS = frozenset({"get_ident", "get_native_id", "current_thread", "current_task", "getcurrent"})
"""Functions that tell which thread or task runs."""
DECORATORS: dict[str, tuple[str, str]] = {
    "pytest.fixture": ("test", "pytest"),
    "pytest_asyncio.fixture": ("test", "pytest"),
}
