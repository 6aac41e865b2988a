"""What marshmallow means: schemas that take objects apart, their fields, and what extensions make of them.

Sources: documentation of marshmallow (quickstart, nesting schemas, custom fields), marshmallow-sqlalchemy and
Flask-Marshmallow.
"""

from __future__ import annotations

from .library import Klass, Method

DUMPED = "marshmallow.Schema"
_OF_MODELS = ("SQLAlchemyAutoSchema", "SQLAlchemySchema")
CHOOSES = frozenset({"only", "exclude", "**"})
"""Arguments with which a schema has less than all of its fields."""
COMPUTED = frozenset({"Function", "Method", "Constant"})
"""Fields that are no attribute of what is taken apart."""
HOOKS = frozenset({"pre_dump", "get_attribute"})
"""Methods, or their decorators, by which a schema sees another thing than it is given."""

CLASSES: dict[str, Klass] = {
    DUMPED: Klass(dict.fromkeys(("dump", "dumps"), Method())),
    **{f"marshmallow_sqlalchemy.{name}": Klass(bases=(DUMPED,)) for name in _OF_MODELS},
    "flask_marshmallow.Marshmallow": Klass(
        attributes={
            "Schema": f"class {DUMPED}",
            **{name: f"class marshmallow_sqlalchemy.{name}" for name in _OF_MODELS},
        }
    ),
}
ALIASES: dict[str, str] = {
    "marshmallow.schema.Schema": DUMPED,
    "flask_marshmallow.Schema": DUMPED,
    "flask_marshmallow.schema.Schema": DUMPED,
    **{f"marshmallow_sqlalchemy.schema.{name}": f"marshmallow_sqlalchemy.{name}" for name in _OF_MODELS},
    **{f"flask_marshmallow.sqla.{name}": f"marshmallow_sqlalchemy.{name}" for name in _OF_MODELS},
}
