"""SQA415: a schema that does not read attributes refuses an entity, run against SQLAlchemy and Pydantic."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from tests.proofs.conftest import Start


def _shown(start: Start, heading: str) -> Any:
    shop = start("schema_without_from_attributes", heading)
    engine = create_engine("sqlite://")
    shop["models"].Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(shop["models"].Order(id=1, sku="lamp"))
        session.commit()
        return shop["orders"].show(session, 1)


def test_an_entity_is_refused(start: Start) -> None:
    with pytest.raises(ValidationError, match="valid dictionary or instance"):
        _shown(start, "The order is there and cannot be shown")


def test_an_entity_is_read(start: Start) -> None:
    assert _shown(start, "The schema reads attributes").sku == "lamp"


def test_each_schema_says_for_itself_whether_it_reads_attributes(start: Start) -> None:
    shop = start("schema_without_from_attributes", "A schema inside a schema")
    engine = create_engine("sqlite://")
    shop["models"].Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(shop["models"].Author(id=1, name="Ann"))
        session.commit()
        with pytest.raises(ValidationError, match="valid dictionary or instance"):
            shop["service"].page(session)
        assert [one.name for one in shop["service"].reading_page(session).items] == ["Ann"]
        assert [one.name for one in shop["service"].page_of_dicts(session).items] == ["Ann"]


def test_a_class_method_validates_for_the_class_it_is_called_on(start: Start) -> None:
    shop = start("schema_without_from_attributes", "Row by row, by a helper, and by what a base class has")
    engine = create_engine("sqlite://")
    shop["models"].Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(shop["models"].Order(id=1, sku="lamp"))
        session.commit()
        for wrong in ("every", "mapped", "named", "given"):
            with pytest.raises(ValidationError, match="valid dictionary or instance"):
                getattr(shop["orders"], wrong)(session)
        assert shop["orders"].named_line(session).sku == "lamp"
        assert [line.sku for line in shop["orders"].mapped_lines(session)] == ["lamp"]
