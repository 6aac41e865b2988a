"""How expressions become facts.

The recursion is written out (`EXPRESSIONS[type(x)](x, walk, depth + 1)`) because this is the hottest code there is: a
helper around it would cost a tenth of the walk.
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from sqla_lint.facts.collectors.flat import flattened
from sqla_lint.facts.collectors.literals import integer, literal_part, string
from sqla_lint.facts.collectors.walk import DEEPEST, EXPRESSIONS, Walk, expression
from sqla_lint.facts.schema import (
    Arg,
    Attr,
    Await,
    Call,
    Choice,
    Expr,
    Index,
    Items,
    Lit,
    Loop,
    Name,
    Named,
    Other,
    Source,
    Test,
    Text,
    Yield,
)

_NOTHING = Other(())
_CONSTANTS = {"None": Lit(None), "True": Lit(True), "False": Lit(False)}
SYMBOLS: dict[type[cst.CSTNode], str] = {
    cst.Add: "+",
    cst.Subtract: "-",
    cst.Multiply: "*",
    cst.Divide: "/",
    cst.FloorDivide: "//",
    cst.Modulo: "%",
    cst.Power: "**",
    cst.LeftShift: "<<",
    cst.RightShift: ">>",
    cst.BitOr: "|",
    cst.BitAnd: "&",
    cst.BitXor: "^",
    cst.MatrixMultiply: "@",
    cst.And: "and",
    cst.Or: "or",
    cst.Not: "not",
    cst.Plus: "+",
    cst.Minus: "-",
    cst.BitInvert: "~",
    cst.LessThan: "<",
    cst.GreaterThan: ">",
    cst.LessThanEqual: "<=",
    cst.GreaterThanEqual: ">=",
    cst.Equal: "==",
    cst.NotEqual: "!=",
    cst.In: "in",
    cst.NotIn: "not in",
    cst.Is: "is",
    cst.IsNot: "is not",
}


@expression(cst.Name)
def name(node: cst.Name, walk: Walk, depth: int) -> Expr:
    value = node.value
    if value in _CONSTANTS:
        return _CONSTANTS[value]
    walk.see(value)
    return Name(value)


@expression(cst.Attribute)
def attribute(node: cst.Attribute, walk: Walk, depth: int) -> Expr:
    if depth > DEEPEST:
        return flattened(attribute(node, walk, 0))
    of = node.value
    lowered = EXPRESSIONS[type(of)](of, walk, depth + 1)
    last = node.attr.value
    walk.see(last)
    return Attr(lowered, last)


@expression(cst.Call)
def call(node: cst.Call, walk: Walk, depth: int) -> Expr:
    if depth > DEEPEST:
        return flattened(call(node, walk, 0))
    callee = node.func
    if type(callee) is cst.Subscript:
        return _call_of_subscript(node, walk, depth)
    func = EXPRESSIONS[type(callee)](callee, walk, depth + 1)
    kind = type(func)
    at = -1
    if kind is Attr or kind is Name:
        at = walk.place(-1)
    elif kind is Call:
        at = func.at  # type: ignore[union-attr]  # known from `kind`, without paying for isinstance
    walk.calls = True
    args = node.args
    return Call(func, arguments(args, walk, depth) if args else (), at)


def _call_of_subscript(node: cst.Call, walk: Walk, depth: int) -> Expr:
    """`Repository[User](session)`: its place is that of `Repository`, which is not the name seen last."""
    func, at = _callee_subscript(node.func, walk, depth + 1)
    walk.calls = True
    return Call(func, arguments(node.args, walk, depth), at)


def _callee_subscript(node: cst.BaseExpression, walk: Walk, depth: int) -> tuple[Expr, int]:
    """The fact and the place of a callee."""
    if isinstance(node, cst.Subscript):
        of, at = _callee_subscript(node.value, walk, depth + 1)
        return Index(of, _keys(node, walk, depth)), at
    func = EXPRESSIONS[type(node)](node, walk, depth + 1)
    if isinstance(func, (Name, Attr)):
        return func, walk.place(-1)
    return func, func.at if isinstance(func, Call) else -1


def arguments(args: Sequence[cst.Arg], walk: Walk, depth: int) -> tuple[Arg, ...]:
    lowered = []
    for arg in args:
        keyword = arg.keyword
        value = arg.value
        if keyword is None:
            lowered.append(Arg(arg.star, EXPRESSIONS[type(value)](value, walk, depth + 1)))
        else:
            word = keyword.value
            walk.see(word)
            lowered.append(Arg(word, EXPRESSIONS[type(value)](value, walk, depth + 1)))
    return tuple(lowered)


@expression(cst.Subscript)
def subscript(node: cst.Subscript, walk: Walk, depth: int) -> Expr:
    if depth > DEEPEST:
        return flattened(subscript(node, walk, 0))
    of = node.value
    return Index(EXPRESSIONS[type(of)](of, walk, depth + 1), _keys(node, walk, depth))


def _keys(node: cst.Subscript, walk: Walk, depth: int) -> Expr:
    elements = node.slice
    keys = [_key(element.slice, walk, depth) for element in elements]
    if len(keys) == 1 and type(elements[0].comma) is not cst.Comma:
        return keys[0]
    return Items("tuple", tuple(keys))


def _key(node: cst.BaseSlice, walk: Walk, depth: int) -> Expr:
    if isinstance(node, cst.Index):
        value = node.value
        lowered = EXPRESSIONS[type(value)](value, walk, depth + 1)
        return Items("star", (lowered,)) if node.star else lowered
    if isinstance(node, cst.Slice):
        bounds = [bound for bound in (node.lower, node.upper, node.step) if bound is not None]
        return Items("slice", tuple([EXPRESSIONS[type(bound)](bound, walk, depth + 1) for bound in bounds]))
    return _NOTHING


@expression(cst.Await)
def await_(node: cst.Await, walk: Walk, depth: int) -> Expr:
    if depth > DEEPEST:
        return flattened(await_(node, walk, 0))
    of = node.expression
    return Await(EXPRESSIONS[type(of)](of, walk, depth + 1))


@expression(cst.Yield)
def yield_(node: cst.Yield, walk: Walk, depth: int) -> Expr:
    if depth > DEEPEST:
        return flattened(yield_(node, walk, 0))
    walk.is_generator = True
    walk.see("yield")
    at = walk.place(-1)
    value = node.value
    if value is None:
        return Yield(None, False, at)
    source = isinstance(value, cst.From)
    of = value.item if isinstance(value, cst.From) else value
    return Yield(EXPRESSIONS[type(of)](of, walk, depth + 1), source, at)


@expression(cst.NamedExpr)
def named(node: cst.NamedExpr, walk: Walk, depth: int) -> Expr:
    if depth > DEEPEST:
        return flattened(named(node, walk, 0))
    target = node.target
    lowered = EXPRESSIONS[type(target)](target, walk, depth + 1)
    value = node.value
    of = EXPRESSIONS[type(value)](value, walk, depth + 1)
    return Named(lowered.id, of) if isinstance(lowered, Name) else Other((lowered, of))


@expression(cst.SimpleString)
def simple_string(node: cst.SimpleString, walk: Walk, depth: int) -> Expr:
    value = string(node.value)
    return _NOTHING if value is None else Lit(value)


@expression(cst.Integer)
def integer_(node: cst.Integer, walk: Walk, depth: int) -> Expr:
    value = integer(node.value)
    return _NOTHING if value is None else Lit(value)


@expression(cst.Float)
def float_(node: cst.Float, walk: Walk, depth: int) -> Expr:
    return Lit(float(node.value))


@expression(cst.Ellipsis, cst.Imaginary)
def nothing(node: cst.Ellipsis | cst.Imaginary, walk: Walk, depth: int) -> Expr:
    return _NOTHING


@expression(cst.FormattedString)
def formatted_string(node: cst.FormattedString, walk: Walk, depth: int) -> Expr:
    if depth > DEEPEST:
        return flattened(formatted_string(node, walk, 0))
    raw = "r" in node.start or "R" in node.start
    template = []
    parts = []
    for part in node.parts:
        if isinstance(part, cst.FormattedStringText):
            template.append(literal_part(part.value.replace("{{", "{").replace("}}", "}"), raw) or "")
        elif isinstance(part, cst.FormattedStringExpression):
            template.append("{}")
            parts.append(_formatted(part, walk, depth))
    return Text("".join(template), tuple(parts))


@expression(cst.TemplatedString)
def templated_string(node: cst.TemplatedString, walk: Walk, depth: int) -> Expr:
    if depth > DEEPEST:
        return flattened(templated_string(node, walk, 0))
    return Other(
        tuple([_formatted(part, walk, depth) for part in node.parts if isinstance(part, cst.TemplatedStringExpression)])
    )


def _formatted(part: cst.FormattedStringExpression | cst.TemplatedStringExpression, walk: Walk, depth: int) -> Expr:
    value = part.expression
    of = EXPRESSIONS[type(value)](value, walk, depth + 1)
    inner = [
        _formatted(spec, walk, depth + 1)
        for spec in part.format_spec or ()
        if isinstance(spec, (cst.FormattedStringExpression, cst.TemplatedStringExpression))
    ]
    return Other((of, *inner)) if inner or getattr(part, "conversion", None) else of


@expression(cst.ConcatenatedString)
def concatenated_string(node: cst.ConcatenatedString, walk: Walk, depth: int) -> Expr:
    pieces: list[Expr] = []
    rest: cst.BaseExpression = node
    while isinstance(rest, cst.ConcatenatedString):
        pieces.append(EXPRESSIONS[type(rest.left)](rest.left, walk, depth + 1))
        rest = rest.right
    pieces.append(EXPRESSIONS[type(rest)](rest, walk, depth + 1))
    texts: list[str] = []
    parts: list[Expr] = []
    for piece in pieces:
        match piece:
            case Lit(value=str(value)):
                texts.append(value)
            case Text(template=template, parts=inner):
                texts.append(template)
                parts += inner
            case Other(of=inner):
                return Other(tuple([of for each in pieces for of in _operands(each)]))
    joined = "".join(texts)
    return Text(joined, tuple(parts)) if any(isinstance(piece, Text) for piece in pieces) else Lit(joined)


def _operands(piece: Expr) -> tuple[Expr, ...]:
    match piece:
        case Text(parts=parts) | Other(of=parts):
            return parts
    return ()


@expression(cst.Tuple, cst.List, cst.Set, cst.Dict)
def display(node: cst.Tuple | cst.List | cst.Set | cst.Dict, walk: Walk, depth: int) -> Expr:
    if depth > DEEPEST:
        return flattened(display(node, walk, 0))
    of: list[Expr] = []
    for element in node.elements:
        kind = type(element)
        if kind is cst.DictElement:
            key = element.key  # type: ignore[union-attr]  # known from `kind`
            of.append(EXPRESSIONS[type(key)](key, walk, depth + 1))
        value = element.value
        lowered = EXPRESSIONS[type(value)](value, walk, depth + 1)
        if kind is cst.StarredElement or kind is cst.StarredDictElement:
            lowered = Items("star", (lowered,))
        of.append(lowered)
    return Items(_DISPLAYS[type(node)], tuple(of))


_DISPLAYS: dict[type[cst.CSTNode], str] = {cst.Tuple: "tuple", cst.List: "list", cst.Set: "set", cst.Dict: "dict"}


@expression(cst.StarredElement)
def starred(node: cst.StarredElement, walk: Walk, depth: int) -> Expr:
    if depth > DEEPEST:
        return flattened(starred(node, walk, 0))
    value = node.value
    return Items("star", (EXPRESSIONS[type(value)](value, walk, depth + 1),))


@expression(cst.IfExp)
def if_expression(node: cst.IfExp, walk: Walk, depth: int) -> Expr:
    if depth > DEEPEST:
        return flattened(if_expression(node, walk, 0))
    body, test, orelse = node.body, node.test, node.orelse
    first = EXPRESSIONS[type(body)](body, walk, depth + 1)
    condition = EXPRESSIONS[type(test)](test, walk, depth + 1)
    return Choice("if", (first, EXPRESSIONS[type(orelse)](orelse, walk, depth + 1)), condition)


@expression(cst.BooleanOperation, cst.BinaryOperation)
def operation(node: cst.BooleanOperation | cst.BinaryOperation, walk: Walk, depth: int) -> Expr:
    if depth > DEEPEST:
        return flattened(operation(node, walk, 0))
    kind = type(node)
    before = len(walk.seen)
    operator = type(node.operator)
    rights = [node.right]
    left = node.left
    while type(left) is kind and type(left.operator) is operator:
        rights.append(left.right)
        left = left.left
    of = [EXPRESSIONS[type(left)](left, walk, depth + 1)]
    for right in reversed(rights):
        of.append(EXPRESSIONS[type(right)](right, walk, depth + 1))
    symbol = SYMBOLS[operator]
    return (
        Choice(symbol, tuple(of), None, first(walk, before))
        if kind is cst.BooleanOperation
        else Test(symbol, tuple(of))
    )


@expression(cst.Comparison)
def comparison(node: cst.Comparison, walk: Walk, depth: int) -> Expr:
    if depth > DEEPEST:
        return flattened(comparison(node, walk, 0))
    before = len(walk.seen)
    left = node.left
    of = [EXPRESSIONS[type(left)](left, walk, depth + 1)]
    operators = []
    for target in node.comparisons:
        operators.append(SYMBOLS[type(target.operator)])
        right = target.comparator
        of.append(EXPRESSIONS[type(right)](right, walk, depth + 1))
    symbol = operators[0] if len(operators) == 1 else " ".join(operators)
    asked = symbol in _ASKED or len(operators) > 1
    for part in of:
        kind = type(part)
        if (kind is Attr and asked) or (kind is Test and part.op in _BINDING):  # type: ignore[union-attr]  # by `kind`
            return Test(symbol, tuple(of), first(walk, before))
    return Test(symbol, tuple(of))


_ASKED = frozenset({"is", "is not", "in", "not in"})
_BINDING = frozenset({"&", "|"})


def first(walk: Walk, before: int) -> int:
    """The place of the first name that the walk has seen since; -1 when there is none."""
    return walk.place(before) if len(walk.seen) > before else -1


@expression(cst.UnaryOperation)
def unary(node: cst.UnaryOperation, walk: Walk, depth: int) -> Expr:
    if depth > DEEPEST:
        return flattened(unary(node, walk, 0))
    before = len(walk.seen)
    operand = node.expression
    of = EXPRESSIONS[type(operand)](operand, walk, depth + 1)
    symbol = SYMBOLS[type(node.operator)]
    if symbol == "not":
        return Test(symbol, (of,), first(walk, before))
    if symbol == "-" and type(operand) in (cst.Integer, cst.Float) and isinstance(of, Lit):
        value = of.value
        return Lit(-value) if isinstance(value, (int, float)) else _NOTHING
    return Test(symbol, (of,))


@expression(cst.GeneratorExp, cst.ListComp, cst.SetComp)
def comprehension(node: cst.GeneratorExp | cst.ListComp | cst.SetComp, walk: Walk, depth: int) -> Expr:
    if depth > DEEPEST:
        return flattened(comprehension(node, walk, 0))
    element = node.elt
    elements = (EXPRESSIONS[type(element)](element, walk, depth + 1),)
    return Loop(_COMPREHENSIONS[type(node)], elements, *_sources(node.for_in, walk, depth))


_COMPREHENSIONS: dict[type[cst.CSTNode], str] = {
    cst.GeneratorExp: "generator",
    cst.ListComp: "list",
    cst.SetComp: "set",
}


@expression(cst.DictComp)
def dict_comprehension(node: cst.DictComp, walk: Walk, depth: int) -> Expr:
    if depth > DEEPEST:
        return flattened(dict_comprehension(node, walk, 0))
    key, value = node.key, node.value
    elements = (
        EXPRESSIONS[type(key)](key, walk, depth + 1),
        EXPRESSIONS[type(value)](value, walk, depth + 1),
    )
    return Loop("dict", elements, *_sources(node.for_in, walk, depth))


@expression(cst.StarredDictComp)
def starred_dict_comprehension(node: cst.StarredDictComp, walk: Walk, depth: int) -> Expr:
    if depth > DEEPEST:
        return flattened(starred_dict_comprehension(node, walk, 0))
    value = node.value
    element = Items("star", (EXPRESSIONS[type(value)](value, walk, depth + 1),))
    return Loop("dict", (element,), *_sources(node.for_in, walk, depth))


def _sources(first: cst.CompFor, walk: Walk, depth: int) -> tuple[tuple[Source, ...], tuple[Expr, ...]]:
    sources = []
    guards = []
    loop: cst.CompFor | None = first
    while loop is not None:
        target, iterated = loop.target, loop.iter
        sources.append(
            Source(
                EXPRESSIONS[type(target)](target, walk, depth + 1),
                EXPRESSIONS[type(iterated)](iterated, walk, depth + 1),
                loop.asynchronous is not None,
            )
        )
        for condition in loop.ifs:
            test = condition.test
            guards.append(EXPRESSIONS[type(test)](test, walk, depth + 1))
        loop = loop.inner_for_in
    return tuple(sources), tuple(guards)
