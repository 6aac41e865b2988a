"""Celery, dramatiq, taskiq, arq, RQ and APScheduler, run in this process: whose session a job commits and leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import dramatiq
import pytest
from arq import Worker
from arq.connections import ArqRedis
from dramatiq.brokers.stub import StubBroker
from fakeredis import FakeAsyncRedis, FakeStrictRedis
from fastapi.testclient import TestClient

from tests.libraries.conftest import REFUSED, SHARED, Start, meets, run

COMMITS = "commit_in_repository/task_queues"
SHARES = "session_shared_across_tasks/task_queues"
CLOSES = "session_not_closed/task_queues"
HANGS = "session_on_application_object/task_queues"
LATER = "session_in_background_task/schedulers"


@pytest.fixture(autouse=True)
def _no_info_of_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(*_: object) -> None: ...

    monkeypatch.setattr("arq.worker.log_redis_info", nothing)  # asks for INFO, which fakeredis does not know


def _eager(app: Any) -> None:
    app.conf.task_always_eager = True
    app.conf.task_eager_propagates = True


def test_a_repository_keeps_half_of_a_celery_task(start: Start) -> None:
    shop = start(COMMITS, "A Celery task lends its session to a repository")
    _eager(shop["tasks"].app)

    with pytest.raises(Exception, match=REFUSED):
        shop["tasks"].import_two.delay("first", ["no text"])
    assert shop.emails() == ["first"]


def test_celery_tasks_commit_what_they_opened(start: Start) -> None:
    shop = start(COMMITS, "Celery tasks that commit what they opened")
    _eager(shop["crud.tasks"].app)

    shop["crud.tasks"].import_customer.delay("first")
    shop["crud.tasks"].import_other.delay("second")

    assert shop.emails() == ["first", "second"]


def _work_off(broker: StubBroker, actor: Any, *args: Any) -> None:
    worker = dramatiq.Worker(broker, worker_timeout=100, worker_threads=1)
    worker.start()
    try:
        actor.send(*args)
        broker.join(actor.queue_name, timeout=10_000)
        worker.join()
    finally:
        worker.stop()


def test_a_dramatiq_actor_commits_the_ambient_session(start: Start) -> None:
    shop = start(COMMITS, "A dramatiq actor that commits the ambient session")

    _work_off(shop["crud.actors"].broker, shop["crud.actors"].import_customer, "first")

    assert shop.emails() == ["first"]


def test_a_function_keeps_half_of_a_dramatiq_actor(start: Start) -> None:
    shop = start(COMMITS, "A dramatiq actor calls a function that commits the ambient session")

    with pytest.raises(Exception, match=REFUSED):
        _work_off(shop["actors"].broker, shop["actors"].import_two, "first", {"no": "text"})
    assert shop.emails() == ["first"]


def _kick(module: Any, task: Any, *args: Any) -> Any:
    async def kick() -> Any:
        await module.broker.startup()
        result = await (await task.kiq(*args)).wait_result(timeout=5)
        await module.broker.shutdown()
        return result

    return run(kick, module.engine)


def test_a_taskiq_task_commits_the_session_of_its_dependency(start: Start) -> None:
    shop = start(COMMITS, "A taskiq task commits the session of its dependency")

    assert not _kick(shop["crud.tasks"], shop["crud.tasks"].import_customer, "first").is_err
    assert shop.emails() == ["first"]


def test_a_repository_keeps_half_of_a_taskiq_task(start: Start) -> None:
    shop = start(COMMITS, "A taskiq task lends the session of its dependency")

    assert _kick(shop["tasks"], shop["tasks"].import_two, "first", ["no text"]).is_err
    assert shop.emails() == ["first"]


def test_a_taskiq_task_that_gathers_meets_on_its_session(start: Start) -> None:
    shop = start(SHARES, "A taskiq task gathers on the session of its dependency")["tasks"]

    result = _kick(shop, shop.counts)

    assert isinstance(result.error, SHARED)


def _arq(shop: Any, job: str, *args: Any) -> Callable[[], Awaitable[Any]]:
    """Runs the job by arq's own worker, in a burst, and gives what it returned or raised."""
    settings = shop.WorkerSettings
    names = ("on_startup", "on_shutdown", "on_job_start", "on_job_end")
    hooks: dict[str, Any] = {name: getattr(settings, name) for name in names if hasattr(settings, name)}

    async def work() -> Any:
        pool = ArqRedis(connection_pool=FakeAsyncRedis().connection_pool)
        queued = await pool.enqueue_job(job, *args)
        assert queued is not None
        worker = Worker(
            settings.functions, redis_pool=pool, burst=True, poll_delay=0.01, max_tries=1, handle_signals=False, **hooks
        )
        await worker.main()
        info = await queued.result_info()
        await worker.close()
        assert info is not None
        return info.result

    return work


def test_an_arq_job_commits_a_session_of_the_workers_factory(start: Start) -> None:
    shop = start(COMMITS, "An arq job commits a session from the worker's factory")

    assert run(_arq(shop["crud.worker"], "import_customer", "first")) is None
    assert shop.emails() == ["first"]


def test_a_repository_keeps_half_of_an_arq_job(start: Start) -> None:
    shop = start(COMMITS, "An arq job lends its session to a repository")

    result = run(_arq(shop["worker"], "import_two", "first", object), shop["worker"].engine)

    assert isinstance(result, Exception)
    assert shop.emails() == ["first"]


def test_an_arq_job_that_gathers_meets_on_its_session(start: Start) -> None:
    shop = start(SHARES, "An arq job gathers on the session of its context")

    assert meets(_arq(shop["worker"], "counts"), shop["worker"].engine)


def test_an_arq_job_with_a_factory_does_not_meet(start: Start) -> None:
    shop = start(SHARES, "An arq job gathers on sessions of the worker's factory")

    assert run(_arq(shop["worker"], "counts"), shop["worker"].engine) == [0, 0]


def test_hooks_of_an_arq_worker_leave_no_connection_in_use(start: Start) -> None:
    shop = start(CLOSES, "Hooks of an arq worker open and close the session of a job")["worker"]

    assert run(_arq(shop, "count")) == 0
    assert shop.engine.pool.checkedout() == 0


def test_a_function_that_rq_runs_commits_the_ambient_session(start: Start) -> None:
    shop = start(COMMITS, "A function that RQ runs is a job")

    shop["main"].request_import(FakeStrictRedis(), "first")

    assert shop.emails() == ["first"]


def test_jobs_of_apscheduler_commit_the_ambient_session(start: Start) -> None:
    shop = start(COMMITS, "A function that APScheduler runs is a job")
    scheduler = shop["crud.jobs"].scheduler
    scheduler.start(paused=True)
    try:
        for job in sorted(scheduler.get_jobs(), key=lambda job: str(job.name)):
            job.func(*job.args, **job.kwargs)
    finally:
        scheduler.shutdown()

    assert shop.emails() == ["counted", "purged"]


def test_an_actor_that_fails_leaves_its_connection_in_use(start: Start) -> None:
    shop = start(CLOSES, "A dramatiq actor that closes only what went well")["actors"]

    with pytest.raises(Exception, match=REFUSED) as caught:
        shop.import_customer.fn(object())
    assert shop.engine.pool.checkedout() == 1
    del caught


def test_a_celery_task_that_fails_leaves_no_connection_in_use(start: Start) -> None:
    shop = start(CLOSES, "A Celery task that closes whatever happens")["tasks"]

    with pytest.raises(Exception, match=REFUSED) as caught:
        shop.import_customer(object())
    assert shop.engine.pool.checkedout() == 0
    del caught


def test_tasks_share_what_their_module_opened(start: Start) -> None:
    shop = start("global_session/task_queues", "A session beside the tasks")["tasks"]
    with pytest.raises(Exception, match=REFUSED):
        shop.import_visitor(object())

    assert shop.session.in_transaction(), "the failed job left its transaction to the next one"


def test_tasks_with_a_factory_share_nothing(start: Start) -> None:
    shop = start("global_session/task_queues", "A factory beside the tasks")
    with pytest.raises(Exception, match=REFUSED):
        shop["tasks"].import_buyer(object())
    shop["tasks"].import_buyer("first")

    assert shop.emails() == ["first"]


def _run_jobs(scheduler: Any) -> None:
    scheduler.start(paused=True)
    try:
        for job in scheduler.get_jobs():
            job.func(*job.args, **job.kwargs)
    finally:
        scheduler.shutdown()


def test_a_job_opens_the_closed_session_of_the_request_again(start: Start) -> None:
    shop = start(LATER, "A job that is handed the session of the request")["api"]

    assert TestClient(shop.app).post("/counts").status_code == 200
    assert shop.engine.pool.checkedout() == 0
    shop.scheduler.start(paused=True)
    (job,) = shop.scheduler.get_jobs()
    assert job.func(*job.args) == 0
    assert shop.engine.pool.checkedout() == 1
    shop.scheduler.shutdown()
    job.args[0].close()


def test_what_a_background_task_wrote_by_the_requests_session_is_not_stored(start: Start) -> None:
    shop = start(LATER, "A background task that holds a repository")

    assert TestClient(shop["api"].app).post("/customers?email=first").status_code == 200
    assert shop.emails() == []


def test_what_a_task_wrote_after_its_block_is_not_stored(start: Start) -> None:
    shop = start(LATER, "A task that outlives the block of its session")

    async def sign_up() -> None:
        await shop["example"].sign_up("first")
        await asyncio.sleep(0.2)

    run(sign_up, shop["example"].engine)

    assert shop.emails() == ["first"]


def test_jobs_with_sessions_of_their_own_store_what_they_write(start: Start) -> None:
    shop = start(LATER, "A job that opens its own session")

    assert TestClient(shop["api"].app).post("/customers?email=first").status_code == 200
    _run_jobs(shop["api"].scheduler)
    assert shop.emails() == ["first", "first"]


@pytest.mark.parametrize(
    ("heading", "shared"),
    [
        ("A session in the context that an arq worker starts with", True),
        ("A factory in the context that an arq worker starts with", False),
    ],
)
def test_jobs_of_an_arq_worker_share_what_it_started_with(start: Start, heading: str, shared: bool) -> None:
    shop = start(HANGS, heading)
    module = shop["worker"]

    async def two_jobs() -> None:
        worker_context: dict[str, Any] = {}
        await module.startup(worker_context)
        jobs = [module.import_customer({**worker_context}, email) for email in ("first", "second")]
        await asyncio.gather(*jobs)

    assert meets(two_jobs, module.engine) is shared
    if not shared:
        assert sorted(shop.emails()) == ["first", "second"]


def test_a_failed_celery_task_leaves_its_transaction_to_the_next(start: Start) -> None:
    task = start(HANGS, "A session on a Celery task")["tasks"].import_customer

    with pytest.raises(Exception, match=REFUSED):
        task(object())
    assert task.session.in_transaction()
