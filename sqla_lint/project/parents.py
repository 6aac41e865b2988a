"""What it costs when a relationship that nothing has loaded is read of each of several rows: a statement for each row,
or one for each entity that they lead to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from ..facts.schema import Call, Items, Lit
from .mapping import Mapped, mapped
from .modules import last_name

if TYPE_CHECKING:
    from .project import Project
    from .summary import Thing


class Cost(NamedTuple):
    """Each entity of the class `of` costs a statement, whichever rows lead to it, when that is not ""; each row does
    otherwise. `null` says that a row may lead to none, and costs nothing then."""

    of: str = ""
    null: bool = False


def cost(project: Project, entity: str, attribute: Mapped, fixed: tuple[str, ...]) -> Cost:
    """What reading a relationship of rows costs that have the columns `fixed` in common: what leads to one entity does
    so from several rows as a rule, unless the key is unique among them."""
    relations = project.relations
    relation = relations.under(entity, attribute.name).relation
    if attribute.many and (relation is None or relations.is_many(relation) is not None):
        return Cost()
    columns = relations.goes_by(entity, attribute.name, attribute.target)
    if not columns and relations.leads_back(entity, attribute.target):
        return Cost()
    keys = [one for one in (mapped(project.classes, entity, name) for name in columns) if one is not None]
    null = any(one.null for one in keys)
    if any(not names - {*columns, *fixed} and names & {*columns} for names in _unique(project, entity)):
        return Cost(null=null)
    return Cost(attribute.target, null)


def leads_nowhere(project: Project, thing: Thing, attribute: Mapped) -> bool:
    """Whether a thing was made here without a key to what a relationship leads to, which is None then: no statement is
    sent to find that out."""
    plan = thing.plan
    own = plan.how in ("stored", "saved") and thing.entity in plan.classes and not thing.many
    if attribute.many or not own or plan.is_open or plan.again:
        return False
    given = {*thing.known, *(name for _, name in plan.loads)}
    columns = project.relations.goes_by(thing.entity, attribute.name, attribute.target)
    keys = [mapped(project.classes, thing.entity, name) for name in columns]
    return bool(keys) and all(
        one is not None and one.null and not one.default and one.name not in given for one in keys
    )


def _unique(project: Project, entity: str) -> Iterator[set[str]]:
    """The columns of a class of whose values together no two rows have the same."""
    line = [one.symbol for one in project.classes.line(entity) if project.classes.unit(one.symbol) is not None]
    names = [name for symbol in line for name in project.classes.body(symbol)]
    found = [one for one in (mapped(project.classes, entity, name) for name in names) if one is not None]
    if primary := {one.name for one in found if one.key}:
        yield primary
    yield from ({one.name} for one in found if one.unique)
    for symbol in line:
        for bind in project.classes.body(symbol).get("__table_args__", ()):
            for part in bind.value.of if isinstance(bind.value, Items) else ():
                if isinstance(part, Call) and last_name(part) == "UniqueConstraint":
                    yield {str(arg.value.value) for arg in part.args if not arg.name and isinstance(arg.value, Lit)}
