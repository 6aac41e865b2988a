"""A table model is built without validation; a schema, a constructor, `@validates` and the database do check."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError
from pydantic.errors import PydanticInvalidForJsonSchema
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, create_engine, select

from tests.proofs.conftest import Start

RULE = "table_model_as_schema"
WRONG = "The check that is never made"
RIGHT = "A schema that checks, and a table"
FIELD = "A field of a schema"
OTHERWISE = "A table that checks by other means"


@pytest.fixture(autouse=True)
def _tables_of_one_case() -> Iterator[None]:
    yield
    SQLModel.metadata.clear()
    SQLModel._sa_registry.dispose()


def _database() -> Any:
    engine = create_engine("sqlite://")
    SQLModel.metadata.create_all(engine)
    return engine


def test_what_the_table_model_demands_is_not_checked(start: Start) -> None:
    shop = start(RULE, WRONG)

    with Session(_database()) as session:
        shop["accounts"].register(session, "nobody", -5)
        session.expire_all()
        stored = session.exec(select(shop["models"].Account)).one()

        assert (stored.email, stored.age) == ("nobody", -5)


def test_the_schema_refuses_the_same_data(start: Start) -> None:
    shop = start(RULE, RIGHT)

    with pytest.raises(ValidationError) as refused:
        shop["schemas"].AccountCreate(email="nobody", age=-5)
    assert {error["loc"] for error in refused.value.errors()} == {("age",), ("email",)}
    with Session(_database()) as session:
        data = shop["schemas"].AccountCreate(email="a@example.com", age=5)
        assert shop["accounts"].register(session, data).id == 1


def test_a_schema_cannot_describe_an_entity(start: Start) -> None:
    shop = start(RULE, FIELD)

    with pytest.raises(PydanticInvalidForJsonSchema):
        shop["schemas"].Invoice.model_json_schema()


def test_other_means_do_check(start: Start) -> None:
    models = start(RULE, OTHERWISE)["models"]

    with pytest.raises(ValueError, match="Loud"):
        models.Slug(text="Loud")
    with pytest.raises(ValueError, match="provider"):
        models.Snapshot(provider="")
    with pytest.raises(ValidationError):
        models.Person(age=-5)
    with Session(_database()) as session:
        session.add(models.Revision(number=0))
        with pytest.raises(IntegrityError):
            session.flush()
