"""Rows that a joined collection repeats, where they are fetched, in small programs."""

from __future__ import annotations

from textwrap import dedent

import pytest

from sqla_lint.config import Settings
from sqla_lint.engine.run import judge, load_catalogue
from sqla_lint.facts.read import read
from sqla_lint.project import Archive, Module, link

BASE = """\
    from sqlalchemy.orm import DeclarativeBase


    class Base(DeclarativeBase):
        pass
    """
AUTHORS = """\
    from sqlalchemy.orm import Mapped, mapped_column, relationship
    from base import Base


    class Author(Base):
        __tablename__ = "author"

        id: Mapped[int] = mapped_column(primary_key=True)
        books: Mapped[list["Book"]] = relationship(back_populates="author")
        pages = relationship("Page", secondary="author_page", back_populates="authors")
    """
BOOKS = """\
    from sqlalchemy import Column, ForeignKey, Integer
    from sqlalchemy.orm import relationship
    from base import Base


    class Book(Base):
        __tablename__ = "book"

        id = Column(Integer, primary_key=True)
        author_id = Column(ForeignKey("author.id"))
        author = relationship("Author", back_populates="books")
        pages = relationship("Page", backref="book")
        first_page = relationship("Page", uselist=False, viewonly=True)
        loose = relationship("Nobody")


    class Page(Base):
        __tablename__ = "page"

        id = Column(Integer, primary_key=True)
        book_id = Column(Integer, ForeignKey("book.id"))
        parent_id = Column(Integer, ForeignKey("page.id"))
        notes = relationship("Page")
        noted = relationship("Page", remote_side=[id])
        authors = relationship("Author", secondary="author_page", back_populates="pages")
    """
WORK = """\
    from sqlalchemy import select
    from sqlalchemy.orm import Session, contains_eager, defaultload, joinedload, selectinload
    from authors import Author
    from books import Book, Page


    def work(session: Session, flag: bool, options):
    """


def modules(body: str, authors: str = AUTHORS) -> list[Module]:
    work = dedent(WORK) + "".join(f"    {line}\n" for line in dedent(body).splitlines())
    texts = {"base": dedent(BASE), "authors": dedent(authors), "books": dedent(BOOKS), "work": work}
    return [Module(name, "", f"{name}.py", read(text.encode(), False)) for name, text in texts.items()]


def repeated(body: str, authors: str = AUTHORS) -> list[tuple[str, str]]:
    project = link(modules(body, authors), Settings())
    (unit,) = [unit for unit in project.units if unit.definition.name == "work"]
    return [(one.how, " ".join(one.joined) + " partly" * one.partly) for one in project.summary(unit).repeated]


@pytest.mark.parametrize(
    ("entity", "options", "found"),
    [
        ("Author", "joinedload(Author.books)", "joined Author.books"),
        ("Author", "contains_eager(Author.books)", "joined Author.books"),
        ("Author", "selectinload(Author.books)", ""),
        ("Author", "joinedload(Author.pages)", "joined Author.pages"),
        ("Author", "selectinload(Author.books).joinedload(Book.pages)", ""),
        ("Author", "selectinload(Author.books).options(joinedload(Book.pages))", ""),
        ("Book", "joinedload(Book.author)", ""),
        ("Book", "joinedload(Book.author).joinedload(Author.books)", "joined Author.books"),
        ("Book", "joinedload(Book.author).options(joinedload(Author.books))", "joined Author.books"),
        ("Book", "joinedload(Book.author).selectinload(Author.books)", ""),
        ("Book", "defaultload(Book.author).joinedload(Author.books)", ""),
        ("Book", "joinedload(Book.pages)", "joined Book.pages"),
        ("Book", "joinedload(Book.first_page)", ""),
        ("Book", "joinedload(Book.loose)", ""),
        ("Page", "joinedload(Page.book)", ""),
        ("Page", "joinedload(Page.notes)", "joined Page.notes"),
        ("Page", "joinedload(Page.noted)", ""),
        ("Page", "joinedload(Page.authors)", "joined Page.authors"),
        ("Author", "*options", ""),
        ("Author", "joinedload(Author.books), *options", "joined Author.books"),
    ],
)
def test_a_collection_that_is_joined_repeats_rows(entity: str, options: str, found: str) -> None:
    body = f"return session.scalars(select({entity}).options({options})).all()"
    assert repeated(body) == ([("all", found)] if found else [])


@pytest.mark.parametrize(
    ("how", "found"),
    [
        ("result.one()", "one"),
        ("result.fetchone()", "fetchone"),
        ("result.scalars().one_or_none()", "one_or_none"),
        ("result.first()", None),
        ("result.scalars().first()", None),
        ("result.unique().all()", None),
        ("result.scalars().unique().all()", None),
        ("list(result.scalars())", ""),
        ("next(result.scalars())", ""),
        ("[row for row in result]", ""),
        ("[row for row in result.unique()]", None),
        ("result", None),
    ],
)
def test_what_fetches_them(how: str, found: str | None) -> None:
    body = f"result = session.execute(select(Author).options(joinedload(Author.books)))\nreturn {how}"
    assert repeated(body) == ([(found, "joined Author.books")] if found is not None else [])


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("if flag:\n    asked = asked.options(joinedload(Author.books))", ["joined Author.books partly"]),
        ("asked = asked.options(joinedload(Author.books)).union(select(Author))", []),
        ("if flag:\n    asked = select(Book)\nelse:\n    asked = asked.options(joinedload(Author.books))",
         ["joined Author.books partly"]),
    ],
)  # fmt: skip
def test_on_some_ways_only(body: str, found: list[str]) -> None:
    assert [how for _, how in repeated(f"asked = select(Author)\n{body}\nreturn session.scalars(asked).all()")] == found


@pytest.mark.parametrize(
    ("lazy", "options", "found"),
    [
        ('"joined"', "", "mapped Author.books"),
        ("False", "", "mapped Author.books"),
        ('"selectin"', "", ""),
        ('"joined"', ".options(selectinload(Author.books))", ""),
        ('"joined"', ".options(*options)", ""),
    ],
)
def test_the_mapping_may_join_it(lazy: str, options: str, found: str) -> None:
    authors = AUTHORS.replace('relationship(back_populates="author")', f"relationship(lazy={lazy})")
    body = f"return session.scalars(select(Author){options}).all()"
    assert repeated(body, authors) == ([("all", found)] if found else [])


def test_an_earlier_reading_does_not_outlive_the_mapping_it_rests_on() -> None:
    body = "return session.scalars(select(Author).options(joinedload(Author.books))).all()"
    rows: dict[str, bytes] = {}

    def codes(authors: str) -> list[str]:
        archive = Archive(rows)
        project = link(modules(body, authors), Settings(), archive)
        rows.update(archive.changed(project.structure))
        rules = [choice.rule for choice in load_catalogue().choices(Settings()) if choice.on]
        return [claim.code for claim in judge(project, rules)[0]]

    single = AUTHORS.replace('Mapped[list["Book"]]', 'Mapped["Book"]')
    assert codes(AUTHORS) == ["SQA603"]
    assert codes(single) == []
    assert codes(AUTHORS) == ["SQA603"]
