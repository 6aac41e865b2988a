"""What code reads of an entity that it takes apart itself: a validator that sees the entity before the fields of its
schema do, and the getter of Pydantic that it makes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from ..facts.schema import Arg, Arm, Attr, Bind, Branch, Call, Choice, Expr, Leave, Lit, Loop, Name, Repeat, Test, Try
from ..knowledge.sqlmodel import GETTER
from .mapping import Mapped, mapped
from .modules import Unit
from .parts import parts

if TYPE_CHECKING:
    from .project import Project

_CHECKS = frozenset({"in", "not in"})


Step = tuple[str, Mapped]
"""A relationship, with the class that it is read of."""


class Reach(NamedTuple):
    """A relationship that is read of the class `entity`, the steps that lead there, and the tests that decide on it."""

    before: tuple[Step, ...]
    entity: str
    attribute: Mapped
    tests: tuple[Expr, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """What leads from the first entity to this, and its own name."""
        return (*(attribute.name for _, attribute in self.before), self.attribute.name)

    def is_checked(self) -> bool:
        """Whether a test asks by its name whether it is loaded."""
        return any(self.attribute.name in _asked(test) for test in self.tests)

    def is_sure(self) -> bool:
        """Whether every test asks for something by its name, a field or what is loaded, or what has been given."""
        return all(_asked(test) or _is_named(test) for test in self.tests)


class _At(NamedTuple):
    """Where an expression has led: to a class, by these steps."""

    entity: str
    steps: tuple[Step, ...]


_Env = dict[Expr, _At]


def reached(project: Project, validator: Unit, entity: str) -> Iterator[Reach]:
    """What a validator reads of the entity that it is given, and what a getter does that it makes of it."""
    params = validator.definition.params[0 if validator.is_static else 1 :]
    if not params:
        return
    given: Expr = Name(params[0].name)
    yield from _walk(project, validator.body, {given: _At(entity, ())}, ())
    for part in parts(validator.body):
        if isinstance(part, Call) and [arg.value for arg in part.args] == [given]:
            symbol = project.names.dotted(validator.module, part.func)
            getter = project.classes.method(symbol, "get") if symbol else None
            if getter is not None and getter.definition.params and project.classes.is_a(symbol, GETTER):
                held = Attr(Name(getter.definition.params[0].name), "_obj")
                yield from _walk(project, getter.body, {held: _At(entity, ())}, ())


def _walk(project: Project, node: object, env: _Env, tests: tuple[Expr, ...]) -> Iterator[Reach]:
    inner: tuple[object, ...] = ()
    match node:
        case tuple():
            for one in node:
                yield from _walk(project, one, env, tests)
                tests = (*tests, *_survived(one))
            return
        case Try(handlers=(_, *_), final=final):
            inner = (final,)  # what fails there is seen to
        case Arm(test=test, body=body):
            yield from _walk(project, test, env, tests)
            yield from _walk(project, body, env, (*tests, test))
            return
        case Branch(arms=arms, orelse=orelse):
            yield from _walk(project, arms, env, tests)
            yield from _walk(project, orelse, env, (*tests, *(arm.test for arm in arms)))
            return
        case Choice(of=(first, *rest), test=test):
            yield from _walk(project, (test, first) if test is None else test, env, tests)
            for part in rest if test is None else (first, *rest):
                yield from _walk(project, part, env, (*tests, test or first))
            return
        case Loop(elements=elements, sources=sources, guards=guards):
            env = dict(env)
            for source in sources:
                yield from _walk(project, source.iter, env, tests)
                _bind(project, env, source.target, source.iter)
            yield from _walk(project, guards, env, tests)
            yield from _walk(project, elements, env, (*tests, *guards))
            return
        case Repeat(target=Name() as target, head=head, body=body):
            yield from _walk(project, head, env, tests)
            _bind(project, env, target, head)
            inner = body
        case Bind(targets=(Name() as target,), value=value):
            yield from _walk(project, value, env, tests)
            if value is not None:
                _bind(project, env, target, value)
            return
        case Attr(of=of, name=name):
            at = _led(project, env, of)
            attribute = mapped(project.classes, at.entity, name) if at is not None else None
            if at is not None and attribute is not None and attribute.kind == "relationship":
                yield Reach(at.steps, at.entity, attribute, tests)
            inner = (of,)
        case _:
            inner = tuple(getattr(node, name) for name in getattr(node, "__struct_fields__", ()))
    for one in inner:
        yield from _walk(project, one, env, tests)


def _survived(stmt: object) -> Iterator[Expr]:
    """The tests that code after a statement has behind it: it would have returned otherwise."""
    for arm in stmt.arms if isinstance(stmt, Branch) else ():
        if any(isinstance(part, Leave) for part in parts(arm.body)):
            yield arm.test


def _bind(project: Project, env: _Env, target: Expr, value: Expr) -> None:
    at = _led(project, env, value)
    if at is not None:
        env[target] = at
    else:
        env.pop(target, None)


def _led(project: Project, env: Mapping[Expr, _At], expr: Expr) -> _At | None:
    """Where an expression leads: to an entity, or to several of its class."""
    if isinstance(expr, (Name, Attr)) and expr in env:
        return env[expr]
    at = _led(project, env, expr.of) if isinstance(expr, Attr) else None
    attribute = mapped(project.classes, at.entity, expr.name) if at is not None and isinstance(expr, Attr) else None
    if at is None or attribute is None or attribute.kind != "relationship" or not attribute.target:
        return None
    return _At(attribute.target, (*at.steps, (at.entity, attribute)))


def _asked(test: Expr) -> set[str]:
    """The names in what asks for one: the texts of a call, or before `in`."""
    found = {part for part in parts(test) if isinstance(part, (Call, Test))}
    return {
        text.value
        for part in found
        for text in ([arg.value for arg in part.args] if isinstance(part, Call) else part.of[: part.op in _CHECKS])
        if isinstance(text, Lit) and isinstance(text.value, str)
    }


def _is_named(test: Expr) -> bool:
    """Whether a test asks which field is wanted, or of what kind something is."""
    match test:
        case Test(op="not", of=(inner,)):
            return _is_named(inner)
        case Test(op="==", of=(Name(), Lit(str()))) | Test(op="is" | "is not", of=(Name(), Lit(None))):
            return True
        case Call(func=Name("isinstance"), args=(Arg(value=Name()), *_)):
            return True
    return False
