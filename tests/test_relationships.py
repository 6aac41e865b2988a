"""What a relationship of an entity is, however and wherever its classes say so."""

from __future__ import annotations

from textwrap import dedent

import pytest

from sqla_lint.config import Settings
from sqla_lint.facts.read import read
from sqla_lint.project import Archive, Module, Project, link
from sqla_lint.project.describe import types
from sqla_lint.project.mapping import mapped

FILES = {
    "app.base": """\
        from sqlalchemy.orm import DeclarativeBase

        class Base(DeclarativeBase):
            pass

        class Other(DeclarativeBase):
            pass
        """,
    "app.orders": """\
        from sqlalchemy import Column, ForeignKey, Integer
        from sqlalchemy.orm import DynamicMapped, Mapped, WriteOnlyMapped, backref, mapped_column, relationship
        from app.base import Base
        from app.schemas import Label

        class Customer(Base):
            __tablename__ = "customer"
            id = Column(Integer, primary_key=True)
            friends = relationship("Customer", secondary="friend", backref="befriended")
            letters: DynamicMapped["Letter"] = relationship()
            parcels: WriteOnlyMapped["Parcel"] = relationship()
            notes = relationship("Note", lazy="dynamic")

        class Order(Base):
            __tablename__ = "order"
            id = Column(Integer, primary_key=True)
            parent_id = Column(ForeignKey("order.id"))
            customer_id = Column(ForeignKey(Customer.id))
            parts = relationship("Order", back_populates="whole", remote_side=[parent_id])
            whole = relationship("Order", back_populates="parts", remote_side="Order.id")
            customer = relationship(Customer, backref=backref("orders", lazy="selectin"))
            seller = relationship("Customer", backref=backref("sold", lazy="dynamic"))
            invoice = relationship("Invoice", uselist=False, backref="order")
            lines: Mapped[list["Line"]] = relationship(back_populates="order")
            label: Mapped["Label"] = relationship()
            first = relationship(lambda: Customer, uselist=False)
            extras = relationship("app.lines.Extra")
            twins = relationship("Twin")
            lost = relationship("Nobody")
        """,
    "app.lines": """\
        from sqlalchemy import Column, ForeignKey, Integer
        from sqlalchemy.orm import Mapped, mapped_column, relationship
        from app.base import Base, Other

        class Line(Base):
            __tablename__ = "line"
            id = Column(Integer, primary_key=True)
            order_id = Column(ForeignKey("order.id"))
            order = relationship("Order", back_populates="lines")

        class Invoice(Base):
            __tablename__ = "invoice"
            id = Column(Integer, primary_key=True)
            order_id = Column(ForeignKey("order.id"))

        class Extra(Base):
            __tablename__ = "extra"
            id = Column(Integer, primary_key=True)

        class Label(Base):
            __tablename__ = "label"
            id = Column(Integer, primary_key=True)

        class Letter(Base):
            __tablename__ = "letter"
            id = Column(Integer, primary_key=True)

        class Parcel(Base):
            __tablename__ = "parcel"
            id = Column(Integer, primary_key=True)

        class Note(Base):
            __tablename__ = "note"
            id = Column(Integer, primary_key=True)

        class Wrapped:
            id = Column(Integer, primary_key=True)
            order_id = Column(ForeignKey("order.id"))

        class Gift(Wrapped, Base):
            order = relationship("Order", backref="gifts")

        class Nobody(Other):
            __tablename__ = "nobody"
            id = Column(Integer, primary_key=True)
        """,
    "app.twins": """\
        from sqlalchemy import Column, Integer
        from app.base import Base, Other

        class Twin(Base):
            __tablename__ = "twin"
            id = Column(Integer, primary_key=True)

        class Outer:
            class Twin(Base):
                __tablename__ = "other_twin"
                id = Column(Integer, primary_key=True)
        """,
    "app.schemas": """\
        from pydantic import BaseModel

        class Label(BaseModel):
            text: str
        """,
}
WORK = """\
    from app.lines import Invoice
    from app.orders import Customer, Order

    def work(order: Order, customer: Customer, invoice: Invoice):
        found = {value}
    """


def linked(value: str, files: dict[str, str] = FILES, archive: Archive | None = None) -> Project:
    texts = {**files, "app.work": WORK.format(value=value)}
    modules = [Module(name, "", f"{name}.py", read(dedent(text).encode(), False)) for name, text in texts.items()]
    return link(modules, Settings(), archive)


def kind(project: Project) -> str:
    lines = [line.strip() for line in types(project, "app.work.py")]
    found = [line.removeprefix("found: ") for line in lines if line.startswith("found: ")]
    return found[0].removesuffix(" (likely)") if found else ""


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("order.lines", "many[app.lines.Line]"),
        ("order.first", "app.orders.Customer"),
        ("order.label", "app.lines.Label"),
        ("order.twins", ""),
        ("order.extras", "many[app.lines.Extra]"),
        ("order.customer", "app.orders.Customer"),
        ("order.parts", "many[app.orders.Order]"),
        ("order.whole", "app.orders.Order"),
        ("order.lost", ""),
        ("[line for line in order.lines][0].order.customer", "app.orders.Customer"),
    ],
)
def test_a_class_is_known_by_the_name_in_its_registry(value: str, found: str) -> None:
    assert kind(linked(value)) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("customer.orders", "many[app.orders.Order]"),
        ("customer.orders[0].whole", "app.orders.Order"),
        ("customer.befriended", "many[app.orders.Customer]"),
        ("invoice.order", "app.orders.Order"),
        ("order.gifts", "many[app.lines.Gift]"),
        ("order.orders", ""),
        ("customer.order", ""),
    ],
)
def test_a_backref_is_a_relationship_of_the_other_class(value: str, found: str) -> None:
    assert kind(linked(value)) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("customer.sold", "sqlalchemy.orm.Query[app.orders.Order]"),
        ("customer.sold.filter(Order.id > 7).all()", "many[app.orders.Order]"),
        ("customer.sold.first()", "app.orders.Order"),
        ("[order for order in customer.sold][0].customer", "app.orders.Customer"),
        ("customer.letters.order_by()", "sqlalchemy.orm.Query[app.lines.Letter]"),
        ("customer.notes.all()", "many[app.lines.Note]"),
        ("customer.parcels.select()", "sqlalchemy.Select[app.lines.Parcel]"),
        ("Customer.sold", "many[app.orders.Order]"),
    ],
)
def test_a_dynamic_relationship_is_a_query(value: str, found: str) -> None:
    assert kind(linked(value)) == found


@pytest.mark.parametrize(
    ("symbol", "name", "found"),
    [
        ("app.orders.Customer", "orders", ("app.orders.Order", True, False)),
        ("app.orders.Customer", "befriended", ("app.orders.Customer", True, True)),
        ("app.orders.Customer", "sold", ("app.orders.Order", True, False)),
        ("app.orders.Customer", "letters", ("app.lines.Letter", True, False)),
        ("app.orders.Order", "customer", ("app.orders.Customer", False, True)),
        ("app.lines.Invoice", "order", ("app.orders.Order", False, True)),
        ("app.lines.Line", "customer", None),
    ],
)
def test_where_it_leads_and_when_it_is_loaded(symbol: str, name: str, found: tuple[str, bool, bool] | None) -> None:
    one = mapped(linked("order").classes, symbol, name)
    assert (one and (one.target, one.many, one.later)) == found


def test_members_of_one_relationship_are_none_of_another() -> None:
    value = "list(order.parts)\n        found.extend(found.pop().parts)\n        found = order.lines[0]"
    assert kind(linked(value)) == "app.lines.Line"


def test_an_earlier_reading_does_not_outlive_the_backref_it_rests_on() -> None:
    rows: dict[str, bytes] = {}

    def found(files: dict[str, str]) -> str:
        archive = Archive(rows)
        project = linked("customer.orders", files, archive)
        kind(project)
        rows.update(archive.changed(project.structure))
        return kind(project)

    other = FILES["app.orders"].replace('"orders", lazy="selectin"', '"purchases"')
    assert found(FILES) == "many[app.orders.Order]"
    assert found({**FILES, "app.orders": other}) == ""
    assert found(FILES) == "many[app.orders.Order]"
