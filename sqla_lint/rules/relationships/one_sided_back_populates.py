"""A relationship whose other side does not know of it, or is not there."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from ...model import Change, Claim, Confidence, Extent, Hop, Recipe
from ...project import Project, Unit
from ...project.relations import Relation
from ..registry import Defined, rule

_EVERY = "when the mappers are configured, so the first query fails, of whatever class"


@rule("SQA607", on=Defined)
def one_sided_back_populates(unit: Unit, answer: Defined, project: Project) -> Iterator[Claim]:
    """Yields a claim for a relationship of this class that its other side does not name, that names one which is not
    there, or whose target or join nobody can tell."""
    if unit.kind != "class" or not project.classes.is_mapped(unit.symbol) or project.layers.is_test(unit.module):
        return
    for one in project.relations.own(unit.symbol):
        if one.plain:
            yield from _judged(project, one)


def _judged(project: Project, one: Relation) -> Iterator[Claim]:
    if not one.target:
        yield from _unknown(project, one)
        return
    yield from _ambiguous(project, one)
    if one.back == "" and not one.backref:
        yield from _unnamed(project, one)
    elif one.back:
        yield from _named(project, one, one.back)


def _named(project: Project, one: Relation, back: str) -> Iterator[Claim]:
    """What is wrong with what a relationship says is its other side."""
    target = _short(one.target)
    found = project.relations.under(one.target, back)
    other = found.relation
    if other is None and found.known:
        what = f"`{back}` of `{target}` is a column" if found.other else f"`{target}` has no `{back}`"
        meant = _meant(project, one)
        yield _claim(
            one,
            f"{what}, which `{_text(one)}` names as its other side",
            label="no relationship of this name",
            why=f"InvalidRequestError {_EVERY}",
            help=f'write `back_populates="{meant.name}"`' if meant else f"name the relationship of `{target}` to this",
            other=meant,
            fix=_set(meant.name, True) if meant is not None else None,
        )
    elif other is not None and other.plain and other.target and not project.relations.related(one.owner, other.target):
        yield _claim(
            one,
            f"`{_text(other)}` leads to `{_short(other.target)}`, and `{_text(one)}` names it as its other side",
            label="its other side leads elsewhere",
            why=f"ArgumentError {_EVERY}",
            help=f"name the relationship of `{target}` that leads to `{_short(one.owner)}`",
            other=other,
        )
    elif other is not None and other.plain and other.back and other.back != one.name and not (one.views or other.views):
        yield from _crossed(project, one, other)
    elif other is not None and _is_circle(one, other):
        yield _claim(
            one,
            f"`{_text(one)}` and `{_text(other)}` lead the same way: neither says which side is remote",
            label="no `remote_side` on either side",
            why=f"ArgumentError {_EVERY}",
            help="give the side that leads to one entity `remote_side=` the primary key",
            other=other,
        )


def _crossed(project: Project, one: Relation, other: Relation) -> Iterator[Claim]:
    """The other side names a third relationship, of the same class."""
    third = project.relations.under(one.owner, other.back or "").relation
    if third is not None:
        yield _claim(
            one,
            f"`{_text(one)}` names `{_text(other)}` as its other side, which names `{_text(third)}`",
            label=f"`{_text(other)}` does not name it",
            why=f"ValueError when an entity is put into it: Bidirectional attribute conflict; what is set on "
            f"`{_text(other)}` is seen in `{_text(third)}` only",
            help="let the two that belong together name each other; make one that only reads `viewonly=True`",
            other=other,
        )


def _unnamed(project: Project, one: Relation) -> Iterator[Claim]:
    """A relationship that names no other side, and is named as one."""
    owners = {one.owner, *project.classes.subclasses(one.owner)}
    naming = [other for other in project.relations.naming.get(one.name, ()) if other.target in owners]
    naming = [other for other in naming if project.relations.related(other.owner, one.target)]
    if one.views or not naming or any(other.views or not other.plain for other in naming):
        return
    other = naming[0]
    yield _claim(
        one,
        f"`{_text(other)}` names `{_text(one)}` as its other side, which does not name it back",
        label=f'no `back_populates="{other.name}"`',
        why=f"what is set on `{_text(one)}` is not seen in `{_text(other)}` until that is loaded anew, without a "
        "warning; the other way round it is",
        help=f'give it `back_populates="{other.name}"`',
        other=other,
        fix=_set(other.name, False) if len(naming) == 1 else None,
    )


def _meant(project: Project, one: Relation) -> Relation | None:
    """The one relationship of the target that names this one back."""
    line = [ancestor.symbol for ancestor in project.classes.line(one.target)]
    found = [other for symbol in line for other in project.relations.own(symbol) if other.back == one.name]
    found = [other for other in found if other.target and project.relations.related(one.owner, other.target)]
    return found[0] if len(found) == 1 else None


def _is_circle(one: Relation, other: Relation) -> bool:
    """Whether two relationships of a class to itself both are what they are by default: a collection."""
    same = one.owner == one.target == other.owner == other.target and one != other
    return same and other.plain and not one.joins and not other.joins and one.name < other.name


def _unknown(project: Project, one: Relation) -> Iterator[Claim]:
    """A relationship to a class that is nowhere, where one of nearly this name is."""
    name = one.said.rpartition(".")[2]
    if not name.isidentifier() or project.relations.is_named(name) or project.relations.reflects:
        return
    names = {_short(symbol) for symbol in project.relations.mapped}
    close = get_close_matches(name, sorted(one for one in names if abs(len(one) - len(name)) < 2), 1, 0.85)
    if close:
        yield _claim(
            one,
            f"`{_text(one)}` leads to `{name}`, and there is no such class",
            label="no class of this name",
            why=f"InvalidRequestError {_EVERY}",
            help=f"did you mean `{close[0]}`?",
            sure=Confidence.LIKELY,
        )


def _ambiguous(project: Project, one: Relation) -> Iterator[Claim]:
    """A relationship between tables that more than one foreign key joins, which does not say by which."""
    bases = [
        base.symbol
        for symbol in (one.owner, one.target)
        for base in project.classes.line(symbol)
        if base.symbol not in (one.owner, one.target) and project.classes.is_mapped(base.symbol)
    ]
    if one.joins or bases:
        return
    relations = project.relations
    there = [(one.owner, name) for name in relations.links(one.owner, one.target)]
    back = [(one.target, name) for name in relations.links(one.target, one.owner)] if one.target != one.owner else []
    keys = [f"{_short(owner)}.{name}" for owner, name in (*there, *back)]
    if len(keys) > 1:
        yield _claim(
            one,
            f"`{_text(one)}` can be joined by {' or '.join(f'`{key}`' for key in keys)}, and does not say by which",
            label="no `foreign_keys`",
            why=f"AmbiguousForeignKeysError {_EVERY}",
            help=f'give it `foreign_keys="{keys[0]}"`, or the other',
        )


def _set(name: str, safe: bool) -> Recipe:
    return Recipe(Change.SET_KEYWORD, safe, ("back_populates", f'"{name}"'))


def _claim(
    one: Relation,
    message: str,
    *,
    label: str,
    why: str,
    help: str,
    other: Relation | None = None,
    fix: Recipe | None = None,
    sure: Confidence = Confidence.CERTAIN,
) -> Claim:
    trace = (
        (
            Hop(other.unit.spot(other.call.at), f"`{_text(other)}` is here", other.owner),
            Hop(one.unit.spot(one.call.at), f"`{_text(one)}` is here", one.owner),
        )
        if other is not None
        else ()
    )
    return Claim(
        spot=one.unit.spot(one.call.at, Extent.CALL),
        symbol=one.owner,
        message=message,
        confidence=sure,
        label=label,
        why=why,
        help=help,
        trace=trace,
        legs=(one.owner,),
        fix=fix,
    )


def _short(symbol: str) -> str:
    return symbol.rpartition(".")[2]


def _text(one: Relation) -> str:
    return f"{_short(one.owner)}.{one.name}"
