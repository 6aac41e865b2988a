"""How functions, classes and lambdas become definitions: signature first, in the scope around, then the body."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import libcst as cst

from sqla_lint.facts.collectors.expressions import arguments
from sqla_lint.facts.collectors.flat import flattened
from sqla_lint.facts.collectors.statements import block
from sqla_lint.facts.collectors.walk import DEEPEST, EXPRESSIONS, PlacesMade, Walk, expression, statement
from sqla_lint.facts.schema import Arg, Bind, Body, Closure, Define, Definition, Expr, Leave, Name, Param, Stmt


@statement(cst.FunctionDef)
def function(node: cst.FunctionDef, walk: Walk, depth: int, out: list[Stmt]) -> None:
    decorators = _decorators(node.decorators, walk)
    order, own = walk.order(), PlacesMade(walk.starts[len(walk.seen)])
    name = node.name.value
    walk.see(name)
    typevars = _type_parameters(node.type_parameters, walk)
    params = _parameters(node.params, walk, 0, own)
    returns = None if node.returns is None else _annotation(node.returns, walk)
    index = _enter(
        walk,
        Definition(
            "function",
            name,
            f"{walk.qualname}.{name}" if walk.qualname else name,
            walk.index,
            order,
            params,
            returns,
            decorators,
            typevars=typevars,
            is_async=node.asynchronous is not None,
        ),
        own,
        lambda: block(node.body, walk, 0),
    )
    out.append(Define(index))


@statement(cst.ClassDef)
def class_(node: cst.ClassDef, walk: Walk, depth: int, out: list[Stmt]) -> None:
    decorators = _decorators(node.decorators, walk)
    order, own = walk.order(), PlacesMade(walk.starts[len(walk.seen)])
    name = node.name.value
    walk.see(name)
    typevars = _type_parameters(node.type_parameters, walk)
    bases: tuple[Arg, ...] = arguments([*node.bases, *node.keywords], walk, 0)
    index = _enter(
        walk,
        Definition(
            "class",
            name,
            f"{walk.qualname}.{name}" if walk.qualname else name,
            walk.index,
            order,
            decorators=decorators,
            bases=bases,
            typevars=typevars,
        ),
        own,
        lambda: block(node.body, walk, 0),
    )
    out.append(Define(index))


@statement(cst.TypeAlias)
def type_alias(node: cst.TypeAlias, walk: Walk, depth: int, out: list[Stmt]) -> None:
    walk.see("type")
    name = node.name.value
    walk.see(name)
    at = walk.place(-1)
    _type_parameters(node.type_parameters, walk)
    value = node.value
    out.append(Bind((Name(name),), EXPRESSIONS[type(value)](value, walk, depth), None, "", at))


@expression(cst.Lambda)
def lambda_(node: cst.Lambda, walk: Walk, depth: int) -> Expr:
    if depth > DEEPEST:
        return flattened(lambda_(node, walk, 0))
    own = PlacesMade(walk.starts[len(walk.seen)])
    walk.see("lambda")
    params = _parameters(node.params, walk, depth, own)

    def body() -> Body:
        value = node.body
        return (Leave("return", EXPRESSIONS[type(value)](value, walk, 0), -1),)

    qualname = f"{walk.qualname}.<lambda>" if walk.qualname else "<lambda>"
    return Closure(_enter(walk, Definition("lambda", "<lambda>", qualname, walk.index, -1, params), own, body))


def enter_module(walk: Walk, body: Callable[[], Body]) -> None:
    _enter(walk, Definition("module", "", "", -1, -1), PlacesMade(0), body)


def _enter(walk: Walk, definition: Definition, places: PlacesMade, body: Callable[[], Body]) -> int:
    """Lower a body as that of a new definition, which is given what the walk learns inside; `places` are those of its
    name and parameters."""
    index = len(walk.definitions)
    walk.definitions.append(definition)
    walk.bodies.append(())
    walk.tables.append(places)
    outer = walk.index, walk.qualname, walk.first, walk.guard, walk.calls, walk.is_generator, walk.places
    sets = walk.stores, walk.globals
    is_class = definition.kind == "class"
    walk.index = index
    walk.qualname = definition.qualname
    walk.first = definition.params[0].name if definition.params and not is_class else ""
    walk.guard = walk.guard if is_class or walk.guard == "typing" else ""
    walk.calls = False
    walk.places = places
    walk.stores = set()
    walk.globals = set()
    walk.is_generator = False
    walk.bodies[index] = body()
    walk.definitions[index] = Definition(
        definition.kind,
        definition.name,
        definition.qualname,
        definition.owner,
        definition.order,
        definition.params,
        definition.returns,
        definition.decorators,
        definition.bases,
        definition.typevars,
        definition.is_async,
        walk.is_generator,
        walk.calls,
        tuple(sorted(walk.stores)),
        tuple(sorted(walk.globals)),
    )
    places.end = walk.starts[len(walk.seen) - 1] if walk.seen else 0
    walk.index, walk.qualname, walk.first, walk.guard, walk.calls, walk.is_generator, walk.places = outer
    walk.stores, walk.globals = sets
    return index


def _decorators(nodes: Sequence[cst.Decorator], walk: Walk) -> tuple[Expr, ...]:
    if not nodes:
        return ()
    return tuple([EXPRESSIONS[type(node.decorator)](node.decorator, walk, 0) for node in nodes])


def _annotation(node: cst.Annotation, walk: Walk) -> Expr:
    of = node.annotation
    return EXPRESSIONS[type(of)](of, walk, 0)


def _parameters(node: cst.Parameters, walk: Walk, depth: int, own: PlacesMade) -> tuple[Param, ...]:
    params: list[Param] = []
    for param in node.posonly_params:
        params.append(_parameter(param, "positional", walk, depth, own))
    for param in node.params:
        params.append(_parameter(param, "normal", walk, depth, own))
    if isinstance(node.star_arg, cst.Param):
        params.append(_parameter(node.star_arg, "star", walk, depth, own))
    for param in node.kwonly_params:
        params.append(_parameter(param, "keyword", walk, depth, own))
    if node.star_kwarg is not None:
        params.append(_parameter(node.star_kwarg, "kwargs", walk, depth, own))
    return tuple(params)


def _parameter(node: cst.Param, kind: str, walk: Walk, depth: int, own: PlacesMade) -> Param:
    name = node.name.value
    at = own.add(name, walk.starts[len(walk.seen)])
    walk.see(name)
    annotation = node.annotation
    default = node.default
    return Param(
        name,
        None if annotation is None else _annotation(annotation, walk),
        None if default is None else EXPRESSIONS[type(default)](default, walk, depth + 1),
        kind,
        at,
    )


def _type_parameters(node: cst.TypeParameters | None, walk: Walk) -> tuple[str, ...]:
    """Bounds and defaults are walked for their places only."""
    if node is None:
        return ()
    names = []
    for parameter in node.params:
        variable = parameter.param
        name = variable.name.value
        walk.see(name)
        names.append(name)
        bound = variable.bound if isinstance(variable, cst.TypeVar) else None
        for extra in (bound, parameter.default):
            if extra is not None:
                EXPRESSIONS[type(extra)](extra, walk, 0)
    return tuple(names)
