"""What is known of the pool of an engine: in small programs, and against what SQLAlchemy makes of the same code."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from sqla_lint.config import Settings
from sqla_lint.facts.read import read
from sqla_lint.knowledge.pools import POOLS, PRE_PING, RECYCLE, class_for, defaults
from sqla_lint.project import Module, link
from sqla_lint.project.summary import Pool, Setting

HEAD = """\
import os
from sqlalchemy import URL, create_engine, engine_from_config
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import NullPool, QueuePool, StaticPool
"""


def pools(code: str, **others: str) -> list[Pool]:
    """The pools of the module `app`."""
    texts = {"app": f"{HEAD}{dedent(code)}", **{name: dedent(text) for name, text in others.items()}}
    modules = [Module(name, "", f"{name}.py", read(text.encode(), False)) for name, text in texts.items()]
    project = link(modules, Settings())
    return [pool for unit in project.units if unit.module.name == "app" for pool in project.summary(unit).pools]


def pool(code: str, **others: str) -> Pool:
    (found,) = pools(code, **others)
    return found


def said(value: object) -> Setting:
    return Setting("said", value)  # type: ignore[arg-type]  # a constant


URLS = [
    "postgresql+psycopg://db/shop",
    "postgresql+asyncpg://db/shop",
    "mysql+pymysql://db/shop",
    "mysql+aiomysql://db/shop",
    "mariadb+asyncmy://db/shop",
    "mssql+pyodbc://db/shop",
    "mssql+aioodbc://db/shop",
    "oracle+oracledb://db/shop",
    "sqlite://",
    "sqlite:///",
    "sqlite:///:memory:",
    "sqlite:///shop.db",
    "sqlite:////var/shop.db",
    "sqlite:///file:shop?mode=memory&uri=true",
    "sqlite+aiosqlite://",
    "sqlite+aiosqlite:///:memory:",
    "sqlite+aiosqlite:///shop.db",
]


class TestAgainstTheLibrary:
    @pytest.mark.filterwarnings("ignore:Selection of the SingletonThreadPool")
    @pytest.mark.parametrize("text", URLS)
    def test_the_class_of_a_pool(self, text: str) -> None:
        url = make_url(text)
        dialect: Any = url.get_dialect()
        assert class_for(text, dialect.is_async) == dialect.get_pool_class(url).__name__

    def test_a_driver_of_both_sorts_follows_the_engine(self) -> None:
        url = make_url("postgresql+psycopg://db/shop")
        asynchronous: Any = url.get_dialect(_is_async=True)
        assert class_for(str(url), True) == asynchronous.get_pool_class(url).__name__

    def test_the_names_of_pools(self) -> None:
        assert {name for name in vars(sqlalchemy.pool) if name.endswith("Pool") and name != "Pool"} <= POOLS

    @pytest.mark.parametrize("name", ["QueuePool", "SingletonThreadPool", "NullPool", "StaticPool", "AssertionPool"])
    def test_defaults(self, name: str) -> None:
        made: Any = sqlalchemy.create_engine("sqlite:///shop.db", poolclass=getattr(sqlalchemy.pool, name)).pool
        size = getattr(made, "size", None)
        assert defaults(name).pool_size == (size() if callable(size) else size)
        assert defaults(name).max_overflow == getattr(made, "_max_overflow", None)
        assert defaults(name).pool_timeout == getattr(made, "_timeout", None)
        assert (made._pre_ping, made._recycle) == (PRE_PING, RECYCLE)

    def test_an_asynchronous_queue_is_alike(self) -> None:
        made: Any = sqlalchemy.create_engine("postgresql+psycopg://db/shop").pool
        other: Any = create_async_engine("postgresql+psycopg://db/shop").pool
        assert type(other).__name__ == "AsyncAdaptedQueuePool"
        assert (other.size(), other._max_overflow, other._timeout) == (made.size(), made._max_overflow, made._timeout)
        assert defaults("AsyncAdaptedQueuePool") == defaults("QueuePool")


class TestSettings:
    def test_the_defaults_of_a_server(self) -> None:
        got = pool('engine = create_engine("postgresql+psycopg://db/shop")')
        assert (got.driver, got.database) == ("postgresql+psycopg", "server")
        assert got.klass == Setting("default", "QueuePool")
        assert (got.size, got.overflow, got.timeout) == tuple(Setting("default", one) for one in (5, 10, 30.0))
        assert (got.pre_ping, got.recycle) == (Setting("default", False), Setting("default", -1))

    def test_an_unknown_url_is_taken_for_a_servers(self) -> None:
        got = pool('engine = create_async_engine(os.environ["DATABASE_URL"], pool_size=20)')
        assert (got.driver, got.database) == ("", "")
        assert got.klass == Setting("assumed", "AsyncAdaptedQueuePool")
        assert (got.size, got.overflow) == (said(20), Setting("assumed", 10))

    def test_what_comes_from_settings_is_not_guessed(self) -> None:
        code = """
            from conf import settings, POOL_SIZE

            engine = create_engine(settings.URL, pool_size=settings.POOL_SIZE, max_overflow=POOL_SIZE,
                                   pool_timeout=int(os.getenv("T", "5")))
        """
        conf = "class S:\n    POOL_SIZE = 3\nsettings = S()\nPOOL_SIZE = 7\n"
        got = pool(code, conf=conf)
        assert got.size == Setting("unknown", None, "settings.POOL_SIZE")
        assert got.overflow == said(7)
        assert got.timeout.how == "unknown"

    def test_a_variable_that_is_bound_twice_is_not_known(self) -> None:
        code = """
            SIZE = 5
            if os.name == "nt":
                SIZE = 1
            engine = create_engine("postgresql://", pool_size=SIZE)
        """
        assert pool(code).size == Setting("unknown", None, "SIZE")

    def test_a_local_variable(self) -> None:
        code = """
            def make():
                size = 9
                return create_engine("postgresql://", pool_size=size)
        """
        assert pool(code).size == said(9)

    def test_what_the_caller_says_is_not_known_here(self) -> None:
        code = """
            def make(url, size=3, **options):
                return create_engine(url, pool_size=size, **options)
        """
        got = pool(code)
        assert got.size == Setting("unknown", None, "size")
        assert got.pre_ping == Setting("unknown", None, "**options")
        assert got.klass == Setting("unknown", None, "**options")

    def test_options_in_a_dict(self) -> None:
        code = """
            OPTIONS = {"pool_size": 3, "pool_pre_ping": True}
            engine = create_engine("postgresql://", **OPTIONS)
            other = create_engine("postgresql://", **{"pool_size": 4})
            third = create_engine("postgresql://", **dict(pool_size=6))
        """
        first, second, third = pools(code)
        assert (first.size, first.pre_ping, first.overflow) == (said(3), said(True), Setting("default", 10))
        assert (second.size, third.size) == (said(4), said(6))

    def test_entries_that_are_set_later_may_be_set_or_not(self) -> None:
        code = """
            def make(url, own):
                options = {"pool_size": 3, "max_overflow": 0}
                if own:
                    options["pool_size"] = 30
                return create_engine(url, **options)
        """
        got = pool(code)
        assert got.size == Setting("unknown", None, "options['pool_size']")
        assert (got.overflow, got.pre_ping) == (said(0), Setting("default", False))

    @pytest.mark.parametrize("line", ["options.update(more)", "fill(options)", "options = {}", "del options['a']"])
    def test_a_dict_that_others_may_change_is_not_known(self, line: str) -> None:
        code = f"""
            def make(url, more):
                options = {{"pool_size": 3}}
                {line}
                return create_engine(url, **options)
        """
        assert {pool(code).size.how, pool(code).pre_ping.how, pool(code).klass.how} == {"unknown"}

    def test_a_class_that_is_said(self) -> None:
        got = pool('engine = create_engine("postgresql://", poolclass=NullPool)')
        assert (got.klass, got.size, got.overflow) == (said("NullPool"), Setting("none"), Setting("none"))
        got = pool('engine = create_engine("postgresql://", poolclass=QueuePool, pool_size=0)')
        assert (got.klass, got.size, got.overflow) == (said("QueuePool"), said(0), Setting("default", 10))
        got = pool("def make(kind):\n    return create_engine('postgresql://', poolclass=kind)")
        assert (got.klass, got.size) == (Setting("unknown", None, "kind"), Setting("unknown"))
        got = pool('engine = create_engine("postgresql://", poolclass=None)')
        assert got.klass == Setting("default", "QueuePool")

    def test_a_table_of_settings_may_say_anything(self) -> None:
        got = pool('engine = engine_from_config(os.environ, prefix="db.", pool_size=2)')
        assert (got.size, got.overflow, got.klass.how) == (said(2), Setting("unknown", None, "os.environ"), "unknown")

    def test_flask_sqlalchemy(self) -> None:
        got = pool('from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy(engine_options={"pool_size": 2})')
        assert (got.maker, got.holder, got.size) == ("flask_sqlalchemy.SQLAlchemy", "app.db", said(2))
        assert got.overflow == Setting("unknown", None, "SQLALCHEMY_ENGINE_OPTIONS")


class TestDatabases:
    @pytest.mark.parametrize(
        ("url", "driver"),
        [
            ('URL.create("mysql+pymysql", host=os.environ["HOST"])', "mysql+pymysql"),
            ('f"postgresql+psycopg://{os.environ}"', "postgresql+psycopg"),
            ('"postgresql://" + os.environ["HOST"]', "postgresql"),
            ('f"{os.environ}://db"', ""),
            ('os.environ.get("URL", "sqlite://")', ""),
        ],
    )
    def test_the_driver(self, url: str, driver: str) -> None:
        assert pool(f"engine = create_engine({url})").driver == driver

    def test_the_url_in_a_local_variable(self) -> None:
        code = """
            def make(host):
                url = f"mysql+pymysql://{host}/shop"
                return create_engine(url)
        """
        assert pool(code).driver == "mysql+pymysql"
        twice = code.replace("return", "url = str(url)\n                return")
        assert pool(twice).driver == ""

    def test_sqlite_by_its_url(self) -> None:
        first, second, third = pools("""
            engine = create_engine("sqlite:///shop.db")
            memory = create_engine("sqlite://")
            path = create_engine(f"sqlite:///{os.environ}")
        """)
        assert {one.database for one in (first, second, third)} == {"sqlite"}
        assert (first.klass.value, second.klass.value) == ("QueuePool", "SingletonThreadPool")
        assert (second.size, second.overflow) == (Setting("default", 5), Setting("none"))
        assert (third.klass, third.size) == (Setting("unknown"), Setting("unknown"))

    def test_sqlite_by_what_is_said_to_it(self) -> None:
        got = pool('engine = create_engine(os.environ["URL"], connect_args={"check_same_thread": False})')
        assert (got.driver, got.database) == ("", "sqlite")

    def test_sqlite_by_the_name_of_what_makes_it(self) -> None:
        assert (
            pool("class SqliteStore:\n    def make(self, url):\n        return create_engine(url)").database == "sqlite"
        )
        assert pool("def sqlite_to_postgres(url):\n    return create_engine(url)").database == ""

    def test_an_engine_that_only_prints_has_no_pool(self) -> None:
        assert pools("engine = create_engine('postgresql://', strategy='mock', executor=print)") == []

    def test_sqlite_by_the_branch(self) -> None:
        first, second = pools("""
            url = os.environ["URL"]
            if url.startswith("sqlite"):
                engine = create_engine(url)
            else:
                engine = create_engine(url, pool_pre_ping=True)
        """)
        assert (first.database, second.database) == ("sqlite", "")
        assert first.holder == second.holder == "app.engine"
        got = pool("""
            url = os.environ["URL"]
            if not url.startswith("sqlite"):
                engine = create_engine(url)
        """)
        assert got.database == ""


class TestHolders:
    @pytest.mark.parametrize(
        ("code", "holder", "kept"),
        [
            ("engine = create_engine('postgresql://')", "app.engine", True),
            ("make = sessionmaker(create_engine('postgresql://'))", "app.make", True),
            ("def f():\n    return create_engine('postgresql://')", "app.f()", True),
            ("def f():\n    e = create_engine('postgresql://')\n    return e", "app.f.e", True),
            (
                "def f():\n    e = create_engine('mysql://')\n    s = sessionmaker(e)\n    return s",
                "app.f.e",
                True,
            ),
            ("def f():\n    global e\n    e = create_engine('postgresql://')", "app.e", True),
            ("def f(app):\n    app.state.e = create_engine('postgresql://')", "app.f.app.state.e", True),
            ("class A:\n    def __init__(self):\n        self.e = create_engine('postgresql://')", "app.A.e", True),
            ("class A:\n    e = create_engine('postgresql://')", "app.A.e", True),
            ("def f():\n    e = create_engine('postgresql://')\n    yield e", "app.f.e", True),
            ("def f():\n    e = create_engine('postgresql://')\n    return e.connect()", "app.f.e", False),
            (
                "def f():\n    e = create_engine('mysql://')\n    with e.begin() as c:\n        c.run()",
                "app.f.e",
                False,
            ),
            ("def f():\n    e = create_engine('postgresql://')\n    rows = load(e)\n    return rows", "app.f.e", False),
        ],
    )
    def test_who_keeps_an_engine(self, code: str, holder: str, kept: bool) -> None:
        got = pool(code)
        assert (got.holder, got.kept) == (holder, kept)
        assert got.name == holder.rpartition(".")[2]

    def test_an_engine_that_is_lent_ends_with_its_function(self) -> None:
        assert not pool("def f():\n    e = create_engine('mysql://')\n    yield e\n    e.dispose()").kept

    def test_with_a_block(self) -> None:
        code = "def f():\n    with create_engine('postgresql://').begin() as c:\n        c.run()"
        assert (pool(code).name, pool(code).kept) == ("f", False)


def test_a_linked_project_gives_them_again() -> None:
    module = Module("app", "", "app.py", read(f"{HEAD}engine = create_engine('postgresql://')".encode(), False))
    project = link([module], Settings())
    assert [one.driver for unit in project.units for one in project.summary(unit).pools] == ["postgresql"]
