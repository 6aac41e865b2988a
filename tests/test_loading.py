"""What is loaded of an entity where it is read, in small programs."""

from __future__ import annotations

from textwrap import dedent

import pytest

from sqla_lint.config import Settings
from sqla_lint.facts.read import read
from sqla_lint.project import Module, link

MODELS = """\
    from sqlalchemy import ForeignKey, select
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import DeclarativeBase, Load, Mapped, deferred, mapped_column, relationship
    from sqlalchemy.orm import contains_eager, defer, joinedload, load_only, selectinload, subqueryload


    class Base(DeclarativeBase):
        pass


    class Author(Base):
        __tablename__ = "author"

        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column()
        story: Mapped[str] = mapped_column(deferred=True)
        books: Mapped[list["Book"]] = relationship(back_populates="author")
        prizes: Mapped[list["Book"]] = relationship(lazy="joined")
        loose: Mapped[list["Book"]] = relationship(lazy=HOW)


    class Book(Base):
        __tablename__ = "book"

        id: Mapped[int] = mapped_column(primary_key=True)
        author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
        author: Mapped[Author] = relationship(back_populates="books")


    async def work(session: AsyncSession, other: AsyncSession, flag: bool, options):
"""


def lacks(body: str) -> list[str]:
    text = dedent(MODELS) + "".join(f"    {line}\n" for line in dedent(body).splitlines())
    project = link([Module("m", "", "m.py", read(text.encode(), False))], Settings())
    (unit,) = [unit for unit in project.units if unit.definition.name == "work"]
    return [f"{lack.name}{'' if lack.absent else ' expired'}" for lack in project.summary(unit).lacks]


@pytest.mark.parametrize(
    ("options", "read", "missing"),
    [
        ("", "books", True),
        ("", "prizes", False),
        ("", "loose", False),
        ("", "name", False),
        ("", "story", True),
        (".options(selectinload(Author.books))", "books", False),
        (".options(subqueryload(Author.books).joinedload(Book.author))", "books", False),
        (".options(joinedload('books'))", "books", False),
        (".options(Load(Author).joinedload(Author.books))", "books", False),
        (".join(Author.books).options(contains_eager(Author.books))", "books", False),
        (".join(Author.books)", "books", True),
        (".options(selectinload(Author.books.and_(Book.id > 1)))", "books", False),
        (".options(*options)", "books", False),
        (".options(options)", "books", False),
        (".options(load_only(Author.id))", "name", True),
        (".options(load_only(Author.id, Author.name))", "name", False),
        (".options(load_only(Author.name))", "id", False),
        (".options(defer(Author.name))", "name", True),
        (".options(defer(Author.name))", "id", False),
        (".options(joinedload(Author.prizes))", "books", True),
    ],
)
def test_a_query_loads_what_its_options_say(options: str, read: str, missing: bool) -> None:
    body = f"""\
        author = (await session.scalars(select(Author){options})).one()
        print(author.{read})
        """
    assert lacks(body) == ([read] if missing else [])


@pytest.mark.parametrize(
    ("between", "found"),
    [
        ("await session.commit()", ["name expired"]),
        ("await session.rollback()", ["name expired"]),
        ("await other.rollback()", []),
        ("session.expire(author)", ["name expired"]),
        ("session.expire_all()", ["name expired"]),
        ("await session.commit()\nawait session.refresh(author)", []),
        ("await session.commit()\nauthor.name = 'x'", []),
        ("author.name = 'x'\nawait session.commit()", ["name expired"]),
        ("await session.rollback()\nauthor = await session.get_one(Author, 1)", []),
        ("await session.rollback()\nawait session.get_one(Book, 1)", ["name expired"]),
        ("await session.flush()", []),
        ("if flag:\n    await session.rollback()\n    return", []),
    ],
)
def test_what_is_done_to_the_session_makes_entities_expire(between: str, found: list[str]) -> None:
    assert lacks(f"author = await session.get_one(Author, 1)\n{between}\nprint(author.name)\n") == found


@pytest.mark.parametrize(
    ("how", "found"),
    [
        ("session.add(author)", []),
        ("session.add(author)\nawait session.flush()", ["books"]),
        ("await session.flush()", []),
        ("session.add(author)\nawait session.flush()\nawait session.refresh(author, ['books'])", []),
        ("session.add(author)\nawait session.flush()\nawait session.refresh(author)", ["books"]),
        ("session.add(author)\nawait session.flush()\nawait author.awaitable_attrs.books", []),
        ("author.books = []\nsession.add(author)\nawait session.flush()", []),
        ("session.add(author)\nawait session.flush()\nawait session.rollback()", []),
    ],
)
def test_what_is_made_has_what_it_was_given(how: str, found: list[str]) -> None:
    assert lacks(f"author = Author(name='Ann')\n{how}\nprint(author.books)\n") == found


def test_the_one_a_collection_was_loaded_from_is_there() -> None:
    body = """\
        for author in await session.scalars(select(Author).options(selectinload(Author.books))):
            for book in author.books:
                print(book.author)
        """
    assert lacks(body) == []


def test_what_expires_in_one_turn_is_missed_in_the_next() -> None:
    body = """\
        for author in (await session.scalars(select(Author))).all():
            print(author.id)
            try:
                await session.flush()
            except ValueError:
                await session.rollback()
        """
    assert lacks(body) == ["id expired"]
