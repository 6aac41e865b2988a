"""What Pydantic builds cannot be mapped: the import fails, or the first instance that is added."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic.dataclasses import dataclass
from pydantic.errors import PydanticSchemaGenerationError
from sqlalchemy import Column, Integer, Table, create_engine
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session, registry
from sqlalchemy.orm.exc import UnmappedInstanceError

from tests.proofs.conftest import Start

RULE = "pydantic_mapped_class"


@pytest.mark.parametrize("heading", ["Both among the bases", "Through a mixin of another module"])
def test_python_refuses_two_metaclasses(start: Start, heading: str) -> None:
    with pytest.raises(TypeError, match="metaclass conflict"):
        start(RULE, heading)


def test_pydantic_cannot_read_a_mapped_annotation(start: Start) -> None:
    with pytest.raises(PydanticSchemaGenerationError, match="Mapped"):
        start(RULE, "A dataclass of Pydantic")


def test_a_mapped_model_is_refused(start: Start) -> None:
    with pytest.raises(ArgumentError, match="Annotated Declarative Table"):
        start(RULE, "By a decorator")


def test_an_instance_of_a_mapped_dataclass_has_no_state() -> None:
    mapper = registry()

    @mapper.mapped
    @dataclass
    class Customer:
        __table__ = Table("customer", mapper.metadata, Column("id", Integer, primary_key=True))

        id: int

    customer: Any = Customer(id=1)
    assert not hasattr(customer, "_sa_instance_state")
    with Session(create_engine("sqlite://")) as session, pytest.raises(UnmappedInstanceError):
        session.add(customer)


def test_a_schema_beside_the_table_works(start: Start) -> None:
    shop = start(RULE, "A schema beside the table")
    engine = create_engine("sqlite://")
    shop["db"].Base.metadata.create_all(engine)

    with Session(engine) as session:
        session.add(shop["models"].Customer(name="Ann"))
        session.flush()
        customer = session.get_one(shop["models"].Customer, 1)

        assert shop["schemas"].CustomerOut.model_validate(customer).model_dump() == {"id": 1, "name": "Ann"}


def test_dataclasses_and_sqlmodel_work(start: Start) -> None:
    models = start(RULE, "SQLModel, dataclasses, a metaclass of one's own")["models"]

    for entity in (models.Customer(id=1), models.Order(id=1), models.Hero(id=1, name="Ann")):
        assert hasattr(entity, "_sa_instance_state")
