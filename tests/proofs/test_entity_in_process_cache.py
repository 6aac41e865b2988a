"""SQA112: what an entity in a cache still knows, run against SQLAlchemy."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect
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


@pytest.mark.parametrize("name", ["find_user", "find_in_region"])
def test_what_a_cache_has_pickled_has_no_session(start: Start, name: str) -> None:
    shop = start("entity_in_process_cache", "Caches of other libraries")
    models, users = shop["models"], shop["users"]
    with models.SessionLocal.begin() as session:
        models.Base.metadata.create_all(session.connection())
        session.add(models.User(id=1, team=models.Team(name="red")))
    find = getattr(users, name)

    with users.app.app_context():
        find(1)
        again = find(1)
        assert users.team_of(1) == "red"

    assert inspect(again).detached
    with pytest.raises(DetachedInstanceError):
        _ = again.team
