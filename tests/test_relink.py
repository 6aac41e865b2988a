"""Linking with what an earlier run has read: nothing is read again without need, and nothing comes out differently."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from textwrap import dedent

import pytest

from sqla_lint.config import Settings
from sqla_lint.engine.run import judge, load_catalogue
from sqla_lint.facts.read import read
from sqla_lint.model import Claim, Confidence
from sqla_lint.project import Archive, Module, Project, link
from sqla_lint.project.archive import layout
from sqla_lint.project.reading.reading import Reading

FILES = {
    "app.db": """\
        from sqlalchemy import create_engine
        from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

        engine = create_engine("sqlite://")
        SessionLocal = sessionmaker(engine)

        def make_base():
            return DeclarativeBase

        Base = make_base()

        def get_db():
            with SessionLocal() as session:
                yield session
        """,
    "app.repository": """\
        from sqlalchemy.orm import Session

        class BaseRepository:
            def __init__(self, session: Session):
                self.session = session

            def save(self, row):
                self.session.add(row)
                self.session.flush()

        class OrderRepository(BaseRepository):
            def close_order(self, order):
                def end(row):
                    row.open = False
                    self.save(row)
                end(order)
        """,
    "app.service": """\
        from app.repository import OrderRepository

        class OrderService:
            def __init__(self, orders: OrderRepository):
                self.orders = orders

            def close(self, order):
                self.orders.close_order(order)
                self.again(order, 1)

            def again(self, order, times):
                if times:
                    self.close(order)
        """,
    "app.api": """\
        from fastapi import APIRouter, Depends
        from sqlalchemy.orm import Session
        from app.db import get_db
        from app.repository import OrderRepository
        from app.service import OrderService

        router = APIRouter()

        @router.post("/orders/{order}/close")
        def close(order: int, db: Session = Depends(get_db)) -> None:
            OrderService(OrderRepository(db)).close(order)
            db.commit()
        """,
}

Link = Callable[..., tuple[list[Claim], list[str]]]


@pytest.fixture
def relink(monkeypatch: pytest.MonkeyPatch) -> Link:
    """Links files and judges them; the symbols of what was read for it, with what the runs before have left."""
    worlds: dict[bytes, dict[str, bytes]] = {}
    seen: list[str] = []
    whole = Reading.read

    def counted(self: Reading) -> object:
        seen.append(self.unit.symbol)
        return whole(self)

    monkeypatch.setattr(Reading, "read", counted)

    def run(files: Mapping[str, str]) -> tuple[list[Claim], list[str]]:
        seen.clear()
        linked = modules(files)
        rows = worlds.setdefault(layout(linked), {})
        archive = Archive(rows)
        project = link(linked, Settings(), archive)
        rows.update(archive.changed(project.structure))
        claims, read_anew = claimed(project), list(seen)
        assert project.problems == []
        assert claims == claimed(link(modules(files), Settings()))
        return claims, read_anew

    return run


def modules(files: Mapping[str, str]) -> list[Module]:
    return [
        Module(name, "", f"{name.replace('.', '/')}.py", read(dedent(text).encode(), False))
        for name, text in files.items()
    ]


def claimed(project: Project) -> list[Claim]:
    claims, crashed = judge(project, [choice.rule for choice in load_catalogue().choices(Settings()) if choice.on])
    assert crashed == []
    return claims


def edited(name: str, old: str, new: str) -> dict[str, str]:
    assert old in FILES[name]
    return {**FILES, name: FILES[name].replace(old, new)}


def test_nothing_is_read_again_when_nothing_has_changed(relink: Link) -> None:
    before, anew = relink(FILES)
    assert "app.service.OrderService.close" in anew
    assert relink(FILES) == (before, [])


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("app.repository", "class BaseRepository", "# a comment\n\n\n        class BaseRepository"),
        ("app.service", "self.orders.close_order(order)", "self.orders.close_order(\n                    order)"),
        ("app.db", "yield session", "yield session  # a comment"),
    ],
)
def test_code_that_only_moves_is_not_read_again(relink: Link, name: str, old: str, new: str) -> None:
    relink(FILES)
    assert relink(edited(name, old, new))[1] == []


def test_what_nobody_can_tell_apart_goes_no_further(relink: Link) -> None:
    relink(FILES)
    _, anew = relink(edited("app.repository", "self.session.flush()", "print()\n                self.session.flush()"))
    assert set(anew) == {"app.repository.BaseRepository.save"}


def test_an_effect_reaches_all_who_rest_on_it(relink: Link) -> None:
    quiet, _ = relink(FILES)
    loud, anew = relink(edited("app.repository", "self.session.flush()", "self.session.commit()"))
    assert quiet == []
    assert [claim.code for claim in loud] == ["SQA201"]
    assert "app.api.close" in anew
    assert "app.db.get_db" not in anew
    assert relink(FILES)[0] == quiet


def test_what_is_taught_reaches_who_learns_it(relink: Link) -> None:
    helper = (
        "def finish(row, db=None):\n            return row\n\n        def end(db):\n            db.commit()\n\n        "
    )
    files = edited("app.service", "class OrderService", f"{helper}class OrderService")
    relink(files)
    taught = files["app.service"].replace("self.orders.close_order(order)", "end(self.orders.session)")
    _, anew = relink({**files, "app.service": taught})
    assert "app.service.end" in anew


def test_the_answer_that_was_used_last_is_the_one_that_holds(relink: Link) -> None:
    loud = edited("app.repository", "self.session.flush()", "self.session.commit()")
    moved = {**loud, "app.db": loud["app.db"].replace("yield session", "yield session\n")}
    for files in (FILES, loud, FILES, loud, moved, FILES):
        relink(files)


def test_a_function_sees_the_locals_around_it(relink: Link) -> None:
    relink(FILES)
    _, anew = relink(edited("app.repository", "end(order)", "order = self.session\n                end(order)"))
    assert {"app.repository.OrderRepository.close_order", "app.repository.OrderRepository.close_order.end"} <= set(anew)


def test_a_signature_concerns_those_who_have_looked_at_its_module(relink: Link) -> None:
    relink(FILES)
    _, anew = relink(edited("app.db", "def get_db():", "def get_db(name=None):"))
    assert {"app.db.get_db", "app.api.close"} <= set(anew)
    assert "app.service.OrderService.close" not in anew


@pytest.mark.parametrize(
    ("new", "reported"),
    [
        ("        from app.plain import close_order\n", False),
        ("        from app.plain import *\n", False),
        ("        from app.loud import *\n", True),
        ("        from app.loud import close_order\n", True),
    ],
)
def test_a_name_means_something_else_through_another_module(relink: Link, new: str, reported: bool) -> None:
    files = {
        **FILES,
        "app.plain": "        def close_order(session, order):\n            session.flush()\n",
        "app.loud": "        def close_order(session, order):\n            session.commit()\n",
        "app.names": "        from app.plain import close_order\n",
        "app.crud": """\
        from sqlalchemy.orm import Session
        from app import names

        class OrderRepository:
            def __init__(self, session: Session):
                self.session = session

            def end(self, order):
                names.close_order(self.session, order)
        """,
    }
    relink(files)
    claims, _ = relink({**files, "app.names": new})
    assert bool(claims) is reported


def test_a_subclass_elsewhere_concerns_who_calls_its_base(relink: Link) -> None:
    relink(FILES)
    loud = """
        class LoudRepository(OrderRepository):
            def close_order(self, order):
                self.session.commit()
        """
    claims, anew = relink(
        {**FILES, "app.db": dedent(FILES["app.db"]) + "from app.repository import *\n" + dedent(loud)}
    )
    assert claims
    assert "app.service.OrderService.close" in anew


def test_what_classes_are_made_of_concerns_everybody(relink: Link) -> None:
    orders = """\
        from app.db import Base
        from sqlalchemy.orm import Mapped, mapped_column

        class Order(Base):
            __tablename__ = "orders"
            id: Mapped[int] = mapped_column(primary_key=True)
        """
    handler = """\
        from fastapi import APIRouter
        from app.orders import Order

        router = APIRouter()

        @router.get("/orders")
        def orders(order: Order):
            return order
        """
    files = {**FILES, "app.orders": orders, "app.more": handler}
    before, _ = relink(files)
    after, _ = relink({**files, "app.db": files["app.db"].replace("return DeclarativeBase", "return object")})
    assert before != after


LATE = {
    "app.late": """\
        from sqlalchemy import create_engine
        from sqlalchemy.orm import Session, sessionmaker

        class OwnSession(Session):
            def commit(self):
                try:
                    super().commit()
                except Exception:
                    self.rollback()
                    raise

        factory = None

        def connect(url):
            global factory
            factory = sessionmaker(create_engine(url), class_=OwnSession)
        """,
    "app.work": """\
        from sqlalchemy.orm import Session
        from app import late

        def store(session: Session, row):
            session.add(row)
            session.commit()

        def store_all(rows):
            with late.factory() as session:
                for row in rows:
                    try:
                        store(session, row)
                    except Exception:
                        print(row)
        """,
}


def late(old: str, new: str) -> dict[str, str]:
    assert old in LATE["app.late"]
    return {**LATE, "app.late": LATE["app.late"].replace(old, new)}


def test_what_a_function_makes_a_global_concerns_who_reads_it(relink: Link) -> None:
    relink(LATE)
    _, anew = relink(late("factory = sessionmaker(", "factory = list("))
    assert {"app.late.connect", "app.work.store_all"} <= set(anew)
    _, anew = relink(late("global factory", "print(url)"))
    assert "app.work.store_all" in anew
    assert not any(claim.code == "SQA209" for claim in relink(LATE)[0])


def test_whether_all_sessions_are_of_one_class_concerns_everybody(relink: Link) -> None:
    quiet, _ = relink(LATE)
    loud, _ = relink(late(", class_=OwnSession", ""))
    assert {claim.code for claim in loud} - {claim.code for claim in quiet} == {"SQA209"}
    assert relink(LATE)[0] == quiet


TAKEN = {
    "app.orders": """\
        from platform_db import Repository
        from sqlalchemy import text

        class Orders(Repository):
            def count(self):
                session = self.open()
                return session.execute(text("SELECT count(*) FROM orders")).scalar_one()
        """,
    "app.labels": """\
        from platform_db import Repository

        class Labels(Repository):
            def clear(self):
                session = self.open()
                session.close()

            def end(self):
                session = self.open()
                session.close()
        """,
}


def test_what_others_close_concerns_who_takes_it(relink: Link) -> None:
    loud, _ = relink(TAKEN)
    quiet, anew = relink({**TAKEN, "app.labels": TAKEN["app.labels"].replace("session.close()", "print(session)", 1)})
    assert "app.orders.Orders.count" in anew
    assert {claim.code for claim in loud} - {claim.code for claim in quiet} == {"SQA105"}
    assert relink(TAKEN)[0] == loud


PUT = {
    "app.listeners": """\
        from sqlalchemy import text
        from sqlalchemy.orm import Session

        class Listener:
            def work_told(self): ...

        class Recording(Listener):
            def __init__(self, session: Session):
                self.session = session

            def work_told(self):
                self.session.execute(text("INSERT INTO entry DEFAULT VALUES"))
        """,
    "app.work": """\
        from threading import Thread

        class Work:
            def __init__(self, listeners):
                self.listeners = listeners

            def tell(self):
                for listener in self.listeners:
                    listener.work_told()

            def run(self):
                Thread(target=self.tell).start()
                self.tell()
        """,
    "app.command": """\
        from app.listeners import Recording

        def record(work, session):
            work.listeners.append(Recording(session))
        """,
}


def test_what_is_put_into_containers_of_a_name_concerns_who_has_one(relink: Link) -> None:
    def sure(claims: list[Claim]) -> list[Confidence]:
        return [claim.confidence for claim in claims if claim.code == "SQA109"]

    put, _ = relink(PUT)
    none, anew = relink({**PUT, "app.command": "def record(work, session): ..."})
    assert "app.work.Work.tell" in anew
    assert (sure(put), sure(none)) == ([Confidence.LIKELY], [Confidence.POSSIBLE])
    assert relink(PUT)[0] == put


def test_files_come_and_go(relink: Link) -> None:
    before, _ = relink(FILES)
    relink({name: text for name, text in FILES.items() if name != "app.service"})
    assert relink(FILES)[0] == before


def test_rows_that_are_damaged_are_not_there() -> None:
    archive = Archive({"app.db": b"\xc1", "": b"\xc1", "app.api": b"\x92\x90\x80"})
    project = link(modules(FILES), Settings(), archive)
    assert claimed(project) == claimed(link(modules(FILES), Settings()))
    assert {name for name, _ in archive.changed(project.structure)} == {*FILES, ""}
