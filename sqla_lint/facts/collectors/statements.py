"""How statements become facts."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from sqla_lint.facts.collectors.expressions import SYMBOLS, first
from sqla_lint.facts.collectors.flat import flattened_body
from sqla_lint.facts.collectors.patterns import Pattern
from sqla_lint.facts.collectors.walk import DEEPEST, EXPRESSIONS, STATEMENTS, Walk, statement
from sqla_lint.facts.schema import (
    Arm,
    Attr,
    Bind,
    Body,
    Branch,
    Call,
    Choice,
    Delete,
    Do,
    Expr,
    Handler,
    Index,
    Items,
    Leave,
    Lit,
    Name,
    Named,
    Other,
    Repeat,
    Scope,
    Stmt,
    Test,
    Try,
    With,
    WithItem,
)

_AUGMENTED: dict[type[cst.CSTNode], str] = {
    getattr(cst, f"{operator.__name__}Assign"): symbol
    for operator, symbol in SYMBOLS.items()
    if hasattr(cst, f"{operator.__name__}Assign")
}
_FILLS = frozenset({"append", "appendleft", "add", "insert"})


def block(suite: cst.BaseSuite, walk: Walk, depth: int) -> Body:
    return statements(suite.body, walk, depth)


def statements(nodes: Sequence[cst.CSTNode], walk: Walk, depth: int) -> Body:
    if depth > DEEPEST:
        return flattened_body(statements(nodes, walk, 0))
    out: list[Stmt] = []
    for node in nodes:
        STATEMENTS[type(node)](node, walk, depth, out)
    return tuple(out)


def _else(node: cst.Else | cst.Finally | None, walk: Walk, depth: int) -> Body:
    return () if node is None else block(node.body, walk, depth + 1)


def _note_stores(target: Expr, walk: Walk) -> None:
    """`self.x = ...`, `Klass.x = ...` in the class of that name, or `self.x[key] = ...`, is told to the definition that
    the walk is in."""
    if isinstance(target, Index):
        _note_stores(target.of, walk)
    elif isinstance(target, Attr):
        if isinstance(target.of, Name) and target.of.id in (walk.first, *walk.qualname.split(".")[-2:-1]):
            walk.stores.add(target.name)
    elif isinstance(target, Items):
        for inner in target.of:
            _note_stores(inner, walk)


def _note_filled(call: Call, container: Expr, walk: Walk) -> None:
    """`self.x.append(f(...))` is told to it too: what is made there and then has a type, which others hardly have."""
    if any(type(arg.value) is Call for arg in call.args):
        _note_stores(container, walk)


@statement(cst.SimpleStatementLine)
def line(node: cst.SimpleStatementLine, walk: Walk, depth: int, out: list[Stmt]) -> None:
    for small in node.body:
        STATEMENTS[type(small)](small, walk, depth, out)


@statement(cst.Expr)
def expression_statement(node: cst.Expr, walk: Walk, depth: int, out: list[Stmt]) -> None:
    value = node.value
    kind = type(value)
    if kind is cst.SimpleString or kind is cst.Ellipsis:
        return
    lowered = EXPRESSIONS[kind](value, walk, depth)
    if type(lowered) is Lit or (type(lowered) is Other and not lowered.of):
        return
    if type(lowered) is Call and type(lowered.func) is Attr and lowered.func.name in _FILLS:
        _note_filled(lowered, lowered.func.of, walk)
    out.append(Do(lowered))


@statement(cst.Assign)
def assign(node: cst.Assign, walk: Walk, depth: int, out: list[Stmt]) -> None:
    before = len(walk.seen)
    targets = []
    for each in node.targets:
        target = each.target
        lowered = EXPRESSIONS[type(target)](target, walk, depth)
        if type(lowered) is not Name:
            _note_stores(lowered, walk)
        targets.append(lowered)
    value = node.value
    of = EXPRESSIONS[type(value)](value, walk, depth)
    out.append(Bind(tuple(targets), of, None, "", first(walk, before)))


@statement(cst.AnnAssign)
def annotated_assign(node: cst.AnnAssign, walk: Walk, depth: int, out: list[Stmt]) -> None:
    before = len(walk.seen)
    target, annotation, value = node.target, node.annotation.annotation, node.value
    lowered = EXPRESSIONS[type(target)](target, walk, depth)
    _note_stores(lowered, walk)
    kind = EXPRESSIONS[type(annotation)](annotation, walk, depth)
    of = None if value is None else EXPRESSIONS[type(value)](value, walk, depth)
    out.append(Bind((lowered,), of, kind, "", walk.place(before)))


@statement(cst.AugAssign)
def augmented_assign(node: cst.AugAssign, walk: Walk, depth: int, out: list[Stmt]) -> None:
    before = len(walk.seen)
    target, value = node.target, node.value
    lowered = EXPRESSIONS[type(target)](target, walk, depth)
    _note_stores(lowered, walk)
    of = EXPRESSIONS[type(value)](value, walk, depth)
    out.append(Bind((lowered,), of, None, _AUGMENTED[type(node.operator)], walk.place(before)))


@statement(cst.Pass)
def nothing(node: cst.Pass, walk: Walk, depth: int, out: list[Stmt]) -> None:
    return


@statement(cst.Break)
def break_(node: cst.Break, walk: Walk, depth: int, out: list[Stmt]) -> None:
    out.append(Leave("break", None, -1))


@statement(cst.Continue)
def continue_(node: cst.Continue, walk: Walk, depth: int, out: list[Stmt]) -> None:
    out.append(Leave("continue", None, -1))


@statement(cst.Return)
def return_(node: cst.Return, walk: Walk, depth: int, out: list[Stmt]) -> None:
    walk.see("return")
    at = walk.place(-1)
    value = node.value
    out.append(Leave("return", None if value is None else EXPRESSIONS[type(value)](value, walk, depth), at))


@statement(cst.Raise)
def raise_(node: cst.Raise, walk: Walk, depth: int, out: list[Stmt]) -> None:
    walk.see("raise")
    at = walk.place(-1)
    value = node.exc
    lowered = None if value is None else EXPRESSIONS[type(value)](value, walk, depth)
    if node.cause is not None:
        item = node.cause.item
        cause = EXPRESSIONS[type(item)](item, walk, depth)
        if not isinstance(cause, (Name, Lit)):
            out.append(Do(cause))
    out.append(Leave("raise", lowered, at))


@statement(cst.Assert)
def assert_(node: cst.Assert, walk: Walk, depth: int, out: list[Stmt]) -> None:
    test, message = node.test, node.msg
    of = [EXPRESSIONS[type(test)](test, walk, depth + 1)]
    if message is not None:
        of.append(EXPRESSIONS[type(message)](message, walk, depth + 1))
    out.append(Do(Test("assert", tuple(of))))


@statement(cst.Del)
def delete(node: cst.Del, walk: Walk, depth: int, out: list[Stmt]) -> None:
    target = node.target
    lowered = EXPRESSIONS[type(target)](target, walk, depth)
    out.append(Delete(lowered.of if isinstance(lowered, Items) and lowered.kind == "tuple" else (lowered,)))


@statement(cst.Global, cst.Nonlocal)
def scope(node: cst.Global | cst.Nonlocal, walk: Walk, depth: int, out: list[Stmt]) -> None:
    names = tuple([item.name.value for item in node.names])
    walk.seen += names
    if isinstance(node, cst.Global):
        walk.globals.update(names)
    out.append(Scope("global" if isinstance(node, cst.Global) else "nonlocal", names))


@statement(cst.If)
def if_(node: cst.If, walk: Walk, depth: int, out: list[Stmt]) -> None:
    arms = []
    rest: cst.If | cst.Else | None = node
    otherwise = walk.guard
    outer = walk.guard
    while isinstance(rest, cst.If):
        test = rest.test
        before = len(walk.seen)
        lowered = EXPRESSIONS[type(test)](test, walk, depth + 1)
        at = first(walk, before)
        typing = _type_checking(lowered)
        if typing == 1:
            walk.guard = "typing"
        elif typing == -1:
            otherwise = "typing"
        arms.append(Arm(lowered, block(rest.body, walk, depth + 1), at))
        walk.guard = outer
        rest = rest.orelse
    walk.guard = otherwise
    orelse = _else(rest, walk, depth)
    walk.guard = outer
    out.append(Branch(tuple(arms), orelse))


def _type_checking(test: Expr) -> int:
    """1 for `TYPE_CHECKING`, -1 for `not TYPE_CHECKING`, else 0."""
    if isinstance(test, Test) and test.op == "not":
        return -_type_checking(test.of[0])
    return int(getattr(test, "id" if isinstance(test, Name) else "name", "") == "TYPE_CHECKING")


@statement(cst.For)
def for_(node: cst.For, walk: Walk, depth: int, out: list[Stmt]) -> None:
    target, head = node.target, node.iter
    lowered = EXPRESSIONS[type(target)](target, walk, depth + 1)
    _note_stores(lowered, walk)
    before = len(walk.seen)
    of = EXPRESSIONS[type(head)](head, walk, depth + 1)
    at = first(walk, before)
    body = block(node.body, walk, depth + 1)
    out.append(Repeat(lowered, of, body, _else(node.orelse, walk, depth), node.asynchronous is not None, at))


@statement(cst.While)
def while_(node: cst.While, walk: Walk, depth: int, out: list[Stmt]) -> None:
    test = node.test
    head = EXPRESSIONS[type(test)](test, walk, depth + 1)
    body = block(node.body, walk, depth + 1)
    out.append(Repeat(None, head, body, _else(node.orelse, walk, depth), False))


@statement(cst.With)
def with_(node: cst.With, walk: Walk, depth: int, out: list[Stmt]) -> None:
    walk.see("with")
    at = walk.place(-1)
    items = []
    for item in node.items:
        context = item.item
        lowered = EXPRESSIONS[type(context)](context, walk, depth + 1)
        target = None
        if item.asname is not None:
            target = EXPRESSIONS[type(item.asname.name)](item.asname.name, walk, depth + 1)
            _note_stores(target, walk)
        items.append(WithItem(lowered, target))
    body = block(node.body, walk, depth + 1)
    out.append(With(tuple(items), body, node.asynchronous is not None, at))


@statement(cst.Try, cst.TryStar)
def try_(node: cst.Try | cst.TryStar, walk: Walk, depth: int, out: list[Stmt]) -> None:
    with walk.guarded("try"):
        body = block(node.body, walk, depth + 1)
    with walk.guarded("except"):
        handlers = tuple([_handler(handler, walk, depth) for handler in node.handlers])
    orelse = _else(node.orelse, walk, depth)
    out.append(Try(body, handlers, orelse, _else(node.finalbody, walk, depth), isinstance(node, cst.TryStar)))


def _handler(node: cst.ExceptHandler | cst.ExceptStarHandler, walk: Walk, depth: int) -> Handler:
    caught = node.type
    types = None if caught is None else EXPRESSIONS[type(caught)](caught, walk, depth + 1)
    name = ""
    if node.name is not None and isinstance(node.name.name, cst.Name):
        name = node.name.name.value
        walk.see(name)
    return Handler(types, name, block(node.body, walk, depth + 1))


@statement(cst.Match)
def match_(node: cst.Match, walk: Walk, depth: int, out: list[Stmt]) -> None:
    """The first `case` that fits is the arm that is gone into; a subject that is worked out gets a name for it."""
    walk.see("match")
    at = walk.place(-1)
    subject = EXPRESSIONS[type(node.subject)](node.subject, walk, depth + 1)
    if not _is_plain(subject):
        out.append(Bind((Name(f"<match {depth}>"),), subject, None, "", at))
        subject = Name(f"<match {depth}>")
    arms: list[Arm] = []
    orelse: Body = ()
    for case in node.cases:
        arm = _case(case, subject, walk, depth)
        if arm.test == Lit(True):
            orelse = arm.body
        else:
            arms.append(arm)
    if arms:
        out.append(Branch(tuple(arms), orelse))
    else:
        out += orelse


def _is_plain(subject: Expr) -> bool:
    """Whether an expression can be asked again: it gives the same, and does nothing."""
    match subject:
        case Name() | Lit() | Attr(Name()):
            return True
        case Items("tuple", of):
            return all(_is_plain(one) for one in of)
    return False


def _case(node: cst.MatchCase, subject: Expr, walk: Walk, depth: int) -> Arm:
    """A `case` as an arm; its test is `True` where it always fits."""
    walk.see("case")
    at = walk.place(-1)
    pattern = Pattern(walk, depth + 1)
    pattern.read(node.pattern, subject)
    test, binds = pattern.test(), tuple([capture.bind() for capture in pattern.captures])
    if node.guard is not None:
        guard = EXPRESSIONS[type(node.guard)](node.guard, walk, depth + 1)
        named = tuple([Named(capture.name, capture.value) for capture in pattern.captures])
        asked = (*(() if test is None else (test,)), *((Other(named),) if named else ()), guard)
        test, binds = (Choice("and", asked, None) if len(asked) > 1 else guard), ()
    return Arm(Lit(True) if test is None else test, binds + block(node.body, walk, depth + 1), at)
