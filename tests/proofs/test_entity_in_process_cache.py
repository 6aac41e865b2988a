"""SQA112: what an entity in a cache still knows, run against SQLAlchemy."""

from __future__ import annotations

import pytest
from sqlalchemy.orm.exc import DetachedInstanceError

from tests.proofs.conftest import Running, Start

WRONG = "A cached user"
RIGHT = "Values are cached"


def _shop(start: Start, heading: str) -> Running:
    shop = start("entity_in_process_cache", heading)
    models = shop["models"]
    models.Base.metadata.create_all(shop["db"].engine)
    with shop["db"].SessionLocal.begin() as session:
        session.add(models.User(id=1, active=True, team=models.Team(name="red")))
    return shop


def _block(shop: Running) -> None:
    with shop["db"].SessionLocal.begin() as session:
        session.get(shop["models"].User, 1).active = False


def test_a_cached_entity_stays_as_it_was(start: Start) -> None:
    shop = _shop(start, WRONG)
    assert shop["users"].is_active(1)

    _block(shop)

    assert shop["users"].is_active(1)


def test_a_cached_entity_cannot_load_what_it_lacks(start: Start) -> None:
    shop = _shop(start, WRONG)

    with pytest.raises(DetachedInstanceError, match="lazy load operation of attribute 'team' cannot proceed"):
        shop["users"].team_of(1)


def test_values_are_read_anew_or_cached_whole(start: Start) -> None:
    shop = _shop(start, RIGHT)
    assert shop["users"].is_active(1)

    _block(shop)

    assert not shop["users"].is_active(1)
    assert [shop["users"].team_of(1) for _ in range(2)] == ["red", "red"]
