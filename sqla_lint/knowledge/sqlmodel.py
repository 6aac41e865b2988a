"""What SQLModel and Pydantic mean: one class as table and schema, and schemas alone.

Sources: SQLModel documentation (models, sessions), Pydantic documentation (models).
"""

from __future__ import annotations

from .library import Function, Klass, Method
from .sqlalchemy import ASYNC_SESSION, METADATA, SELECT, SESSION

SQLMODEL = "sqlmodel.SQLModel"
SCHEMA = "pydantic.BaseModel"
GETTER = frozenset({"pydantic.utils.GetterDict", "pydantic.v1.utils.GetterDict"})
"""What holds an object whose attributes are to be read as the items of a dict: `get` is asked for each field."""
VALIDATORS = frozenset(
    {"pydantic.field_validator", "pydantic.model_validator", "pydantic.validator", "pydantic.root_validator"}
)
DATACLASS = "pydantic.dataclasses.dataclass"
CHECKS = frozenset({"gt", "ge", "lt", "le", "multiple_of", "min_length", "pattern", "regex"})
"""What a field demands of a value and no column does."""

CLASSES: dict[str, Klass] = {
    SCHEMA: Klass(
        {
            **dict.fromkeys(("model_validate", "from_orm", "parse_obj"), Method(None, "C")),
            **dict.fromkeys(("model_dump", "dict"), Method(runs="dump")),
        }
    ),
    "sqlmodel.Session": Klass(bases=(SESSION,), enters="self"),
    "sqlmodel.ext.asyncio.session.AsyncSession": Klass(bases=(ASYNC_SESSION,), enters="self"),
    SQLMODEL: Klass(
        {"model_validate": Method(None, "C"), "from_orm": Method(None, "C")},
        bases=(SCHEMA,),
        attributes={"metadata": METADATA},
    ),
}
FUNCTIONS: dict[str, Function] = {"sqlmodel.select": Function(f"{SELECT}[$0]")}
ALIASES: dict[str, str] = {
    "sqlmodel.main.SQLModel": SQLMODEL,
    "sqlmodel.orm.session.Session": "sqlmodel.Session",
    "sqlmodel.sql.expression.select": "sqlmodel.select",
    **{f"sqlmodel.{name}": f"sqlalchemy.{name}" for name in ("create_engine", "delete", "insert", "update")},
    "sqlmodel.AsyncSession": "sqlmodel.ext.asyncio.session.AsyncSession",
    "pydantic.main.BaseModel": SCHEMA,
    "pydantic.v1.BaseModel": SCHEMA,
    "pydantic.v1.validator": "pydantic.validator",
    "pydantic.v1.root_validator": "pydantic.root_validator",
    "pydantic.functional_validators.field_validator": "pydantic.field_validator",
    "pydantic.functional_validators.model_validator": "pydantic.model_validator",
    "pydantic_settings.BaseSettings": SCHEMA,
}
