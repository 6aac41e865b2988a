"""SQA209: what a caught database error does to the session that goes on, run against SQLAlchemy."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, event, func, select, text
from sqlalchemy.exc import IntegrityError, OperationalError, PendingRollbackError, ProgrammingError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from tests.proofs.conftest import Running, Start

WRONG = "The import stops at the first duplicate"
RIGHT = "A savepoint takes back only the row that failed"
RECORDED = "The failure is to be recorded, with the session that failed"
RETRIED = "A retry on the same transaction"
BLOCK = "The block commits at its end"
OF_ITS_OWN = "A transaction in a block of its own"
PENDING = "Another code after one that was taken"
FLUSHES = "Only its commits roll back"
COMMITS = "The project's own sessions roll back"
EXPIRED = "What the failed flush has made expire"
AGAIN = "A decorator tries again"
TAKEN = "Taken for done by a decorator, or by a block of the project's own"


class Base(DeclarativeBase):
    pass


class Row(Base):
    __tablename__ = "row"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


def _session(shop: Running) -> Session:
    engine = create_engine("sqlite:///shop.db")
    shop["models"].Base.metadata.create_all(engine)
    return Session(engine)


def _stored(shop: Running, session: Session) -> list[str]:
    return list(session.scalars(select(shop["models"].Product.sku).order_by(shop["models"].Product.sku)))


def test_the_next_turn_fails_and_nothing_is_stored(start: Start) -> None:
    shop = start("swallowed_database_error", WRONG)
    with _session(shop) as session:
        with pytest.raises(PendingRollbackError):
            shop["importing"].import_products(session, ["chair", "chair", "lamp"])
        session.rollback()

        assert _stored(shop, session) == []


def test_a_savepoint_stores_all_the_others(start: Start) -> None:
    shop = start("swallowed_database_error", RIGHT)
    with _session(shop) as session:
        assert shop["importing"].import_products(session, ["chair", "chair", "lamp"]) == 1
        session.commit()

        assert _stored(shop, session) == ["chair", "lamp"]


def test_a_failed_commit_cannot_be_recorded_with_its_session(start: Start) -> None:
    runs = start("swallowed_database_error", RECORDED)["runs"]
    Base.metadata.create_all(create_engine("sqlite:///runs.db"))
    run = runs.Run()

    with pytest.raises(PendingRollbackError):
        runs.finish(run, [Row(name="a"), Row(name="a")])


def test_a_commit_that_failed_never_gets_through_again(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    retry = start("swallowed_database_error", RETRIED)["retry"]
    engine = create_engine("sqlite:///rows.db")
    Base.metadata.create_all(engine)
    monkeypatch.setattr(retry, "OperationalError", IntegrityError)
    monkeypatch.setattr(retry.time, "sleep", lambda seconds: None)

    with Session(engine) as session:
        session.add_all([Row(name="a"), Row(name="a")])
        with pytest.raises(PendingRollbackError):
            retry.commit_with_patience(session)


def test_a_statement_that_failed_leaves_the_session_usable_on_sqlite() -> None:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)

    with Session(engine) as session:
        session.add(Row(id=1, name="a"))
        session.flush()
        with pytest.raises(IntegrityError):
            session.connection().exec_driver_sql("INSERT INTO row (id, name) VALUES (1, 'b')")

        assert session.scalar(select(func.count()).select_from(Row)) == 1


def test_the_end_of_the_block_raises_what_was_swallowed(start: Start) -> None:
    tokens = start("swallowed_database_error", BLOCK)["tokens"]
    engine = create_engine("sqlite:///shop.db")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Row(name="a"))
        session.commit()

    with pytest.raises(PendingRollbackError):
        tokens.remember(Row(name="a"))


def test_the_end_of_a_begun_transaction_takes_back_only_that(start: Start) -> None:
    register = start("swallowed_database_error", OF_ITS_OWN)["register"]
    engine = create_engine("sqlite:///shop.db")
    Base.metadata.create_all(engine)

    register.store_each([Row(name="a"), Row(name="a"), Row(name="b")])

    with Session(engine) as session:
        assert session.scalars(select(Row.name)).all() == ["a", "b"]


def test_another_code_is_never_tried(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    pending = start("swallowed_database_error", PENDING)["pending"]
    engine = create_engine("sqlite:///codes.db")
    pending.Base.metadata.create_all(engine)
    codes = iter(["taken", "taken", "free"])
    monkeypatch.setattr(pending, "token_hex", lambda length: next(codes))

    with Session(engine) as session:
        pending.begin(session)
    with Session(engine) as session, pytest.raises(PendingRollbackError):
        pending.begin(session)


def test_sessions_that_roll_back_when_a_commit_fails_go_on(start: Start) -> None:
    stored = _imported(start("swallowed_database_error", COMMITS))
    assert stored == ["chair", "lamp"]


def test_a_flush_that_fails_is_not_what_such_sessions_undo(start: Start) -> None:
    with pytest.raises(PendingRollbackError):
        _imported(start("swallowed_database_error", FLUSHES))


def _imported(shop: Running) -> list[str]:
    """The names that are stored when a list with a duplicate is imported with the sessions of the case."""
    factory = shop["db"].SessionLocal
    Base.metadata.create_all(factory.kw["bind"])
    shop["importing"].run([Row(name=name) for name in ("chair", "chair", "lamp")])
    with factory() as session:
        return list(session.scalars(select(Row.name).order_by(Row.name)))


@pytest.mark.parametrize(
    ("name", "end"), [("rename", "PendingRollbackError"), ("rename_or_not", "ann"), ("add", "bob"), ("copy", "ann")]
)
def test_a_failed_flush_makes_expire_what_the_session_had_loaded(start: Start, name: str, end: str) -> None:
    shop = start("swallowed_database_error", EXPIRED)
    customer, work = shop["models"].Customer, getattr(shop["customers"], name)
    with _session(shop) as session, _session(shop) as other:
        session.add_all([customer(email="ann"), customer(email="bob")])
        session.commit()
        arguments = {"add": ("bob",), "copy": (other, "ann")}.get(name, ("ann", "bob"))
        try:
            told = work(session, *arguments)
        except PendingRollbackError:
            told = "PendingRollbackError"

        assert told == end


def test_a_select_that_failed_leaves_the_session_usable_on_sqlite() -> None:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)

    with Session(engine) as session:
        for statement in ("SELECT colour FROM row", "CREATE TABLE row (id INTEGER)"):
            with pytest.raises(OperationalError):
                session.execute(text(statement))
        session.add(Row(id=1, name="a"))
        session.commit()

        assert session.is_active
        assert session.scalar(select(func.count()).select_from(Row)) == 1


def test_a_connection_that_refused_a_statement_goes_on_on_sqlite() -> None:
    with create_engine("sqlite://").begin() as connection:
        with pytest.raises(OperationalError):
            connection.execute(text("SELECT colour FROM row"))

        assert connection.execute(text("SELECT 1")).scalar_one() == 1


def test_a_select_flushes_only_where_queries_do(postgres: str) -> None:
    engine = create_engine(postgres)
    Base.metadata.create_all(engine)

    for flushes in (True, False):
        with Session(engine, autoflush=flushes) as session:
            session.add_all([Row(name="a"), Row(name="a")])
            if flushes:
                with pytest.raises(IntegrityError):
                    session.scalars(select(Row.name)).all()
            else:
                assert session.scalars(select(Row.name)).all() == []
    Base.metadata.drop_all(engine)


def test_postgresql_commits_a_failed_transaction_without_a_word(postgres: str) -> None:
    with Session(create_engine(postgres)) as session:
        with pytest.raises(ProgrammingError):
            session.execute(text("SELECT colour FROM nowhere"))
        assert session.is_active
        session.commit()

        assert session.scalar(text("SELECT 1")) == 1


def test_a_session_knows_of_a_flush_that_has_failed() -> None:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)

    with Session(engine) as session:
        session.add_all([Row(name="a"), Row(name="a")])
        with pytest.raises(IntegrityError):
            session.flush()

        assert not session.is_active


def test_a_scope_of_oslo_db_leaves_nothing_failed_unless_it_stands_in_another(tmp_path: Path) -> None:
    facade: Any = import_module("oslo_db.sqlalchemy.enginefacade")
    duplicate: Any = import_module("oslo_db.exception").DBDuplicateEntry
    manager = facade.transaction_context()
    manager.configure(connection=f"sqlite:///{tmp_path}/rows.db")
    Base.metadata.create_all(manager.writer.get_engine())

    def add(context: Any, *names: str) -> None:
        context.session.add_all([Row(name=name) for name in names])
        context.session.flush()

    def add_both(context: Any) -> None:
        with pytest.raises(duplicate):
            store(context, "c", "c")
        store(context, "d")

    store, store_both = manager.writer(add), manager.writer(add_both)
    context = facade.transaction_context_provider(type("Context", (), {}))()
    with pytest.raises(duplicate):
        store(context, "a", "a")
    store(context, "b")
    with pytest.raises(PendingRollbackError):
        store_both(context)

    with manager.reader.using(context) as session:
        assert session.scalars(select(Row.name)).all() == ["b"]


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("by_decorator", PendingRollbackError),
        ("by_block", PendingRollbackError),
        ("by_object", PendingRollbackError),
        ("told_by_decorator", RuntimeError),
        ("raised_through", IntegrityError),
    ],
)
def test_what_stands_around_takes_the_error_for_done(start: Start, name: str, error: type[Exception]) -> None:
    users = start("swallowed_database_error", TAKEN)["users"]
    users.Base.metadata.create_all(users.engine)
    with Session(users.engine) as session:
        session.add(users.User(name="Ada"))
        session.commit()

        with pytest.raises(error):
            getattr(users, name)(session, "Ada")
        session.rollback()

        users.undone_by_decorator(session, "Ada")
        assert session.scalars(select(users.User.name)).all() == ["Ada", "last"]


@pytest.mark.parametrize(
    ("name", "stored"), [("store", 0), ("store_or_undo", 1), ("store_undone", 1), ("store_alone", 1)]
)
def test_a_further_attempt_meets_the_failed_transaction(start: Start, name: str, stored: int) -> None:
    stock = start("swallowed_database_error", AGAIN)["stock"]
    engine = stock.SessionLocal.kw["bind"]
    stock.Base.metadata.create_all(engine)
    failures = iter([True])

    @event.listens_for(engine, "before_cursor_execute")
    def locked(*args: Any) -> None:
        if next(failures, False):
            raise OperationalError("INSERT", {}, Exception("database is locked"))

    with Session(engine) as session:
        given = ("chair",) if name == "store_alone" else (session, "chair")
        if stored:
            getattr(stock, name)(*given)
        else:
            with pytest.raises(PendingRollbackError):
                getattr(stock, name)(*given)
            session.rollback()

        assert len(session.scalars(select(stock.Move)).all()) == stored
