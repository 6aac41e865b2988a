"""Facts written by hand, for tests of the project floor: no file, no syntax tree of the reader's, no offsets to count.

Statements are values, expressions in them are text: `do("session.commit()")`. Every call, name and keyword gets a place
of its own from one counter, so places are unique and say nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import TypeAlias

import msgspec

from sqla_lint.config import Settings
from sqla_lint.facts import schema as f
from sqla_lint.facts import store
from sqla_lint.project import Module, Project, Unit, link

_places = count(1)


@dataclass(frozen=True)
class Imported:
    """`from module import name as local`; name "" for `import module as local`."""

    module: str
    name: str
    local: str
    level: int = 0
    guard: str = ""


@dataclass(frozen=True)
class Function:
    """A function: parameters are written `name`, `name: Type`, `name=default`, `*args`, `**kwargs` or a lone `*`."""

    name: str
    params: str
    body: tuple[Part, ...]
    returns: str = ""
    decorators: tuple[str, ...] = ()
    is_async: bool = False


@dataclass(frozen=True)
class Class:
    name: str
    bases: tuple[str, ...]
    body: tuple[Part, ...]
    decorators: tuple[str, ...] = ()


Part: TypeAlias = Function | Class | Imported | f.Stmt


def expr(text: str) -> f.Expr:
    """The expression of a text."""
    return _expr(ast.parse(text.strip(), mode="eval").body)


def _expr(node: ast.expr) -> f.Expr:
    match node:
        case ast.Name(name):
            return f.Name(name)
        case ast.Attribute(of, name):
            return f.Attr(_expr(of), name)
        case ast.Constant(value) if value is None or isinstance(value, (bool, int, float, str)):
            return f.Lit(value)
        case ast.Call(func, args, keywords):
            given = [_arg(arg) for arg in args]
            given += [f.Arg(keyword.arg or "**", _expr(keyword.value)) for keyword in keywords]
            return f.Call(_expr(func), tuple(given), next(_places))
        case ast.Await(of):
            return f.Await(_expr(of))
        case ast.Yield(of):
            return f.Yield(_expr(of) if of is not None else None, False, next(_places))
        case ast.Slice(lower, upper, step):
            return f.Items("slice", tuple(_expr(one) for one in (lower, upper, step) if one is not None))
        case ast.Subscript(of, key):
            return f.Index(_expr(of), _expr(key))
        case ast.Tuple(of) | ast.List(of):
            return f.Items(type(node).__name__.lower(), tuple(_expr(one) for one in of))
        case ast.Dict(keys, values):
            pairs = zip(keys, values, strict=True)
            parts = (
                (f.Items("star", (_expr(one),)),) if key is None else (_expr(key), _expr(one)) for key, one in pairs
            )
            return f.Items("dict", tuple(part for pair in parts for part in pair))
        case ast.DictComp(key, value, [source]):
            return _loop("dict", (key, value), source)
        case ast.ListComp(of, [source]):
            return _loop("list", (of,), source)
        case ast.GeneratorExp(of, [source]):
            return _loop("generator", (of,), source)
        case ast.BoolOp(op, of):
            return f.Choice("or" if isinstance(op, ast.Or) else "and", tuple(_expr(one) for one in of), None)
        case ast.IfExp(test, then, other):
            return f.Choice("if", (_expr(then), _expr(other)), _expr(test))
        case ast.UnaryOp(ast.Not(), of):
            return f.Test("not", (_expr(of),))
        case ast.Compare(left, [op], [right]):
            words = {
                ast.Is: "is", ast.IsNot: "is not", ast.Eq: "==", ast.NotEq: "!=", ast.In: "in", ast.Gt: ">",
            }  # fmt: skip
            word = words[type(op)]
            return f.Test(word, (_expr(left), _expr(right)))
        case ast.BinOp(left, ast.BitOr(), right):
            return f.Test("|", (_expr(left), _expr(right)))
        case ast.BinOp(left, ast.Mod(), right):
            return f.Test("%", (_expr(left), _expr(right)))
    raise ValueError(f"facts by hand know no {type(node).__name__}")


def _arg(node: ast.expr) -> f.Arg:
    return f.Arg("*", _expr(node.value)) if isinstance(node, ast.Starred) else f.Arg("", _expr(node))


def imported(module: str, name: str = "", local: str = "", guard: str = "") -> Imported:
    """An import; dots before the module make it relative, name "*" a star."""
    bare = module.lstrip(".")
    first = name or bare.split(".")[0]
    return Imported(bare, name, local or first, len(module) - len(bare), guard)


def _loop(kind: str, elements: tuple[ast.expr, ...], source: ast.comprehension) -> f.Loop:
    over = f.Source(_expr(source.target), _expr(source.iter), bool(source.is_async))
    return f.Loop(kind, tuple(map(_expr, elements)), (over,), tuple(map(_expr, source.ifs)))


def do(text: str) -> f.Do:
    return f.Do(expr(text))


def bind(target: str, value: str = "", annotation: str = "") -> f.Bind:
    """`target: annotation = value`; either may be missing."""
    said = expr(annotation) if annotation else None
    return f.Bind((expr(target),), expr(value) if value else None, said, "", next(_places))


def give(text: str = "") -> f.Leave:
    """`return text`."""
    return f.Leave("return", expr(text) if text else None, next(_places))


def fail(text: str) -> f.Leave:
    """`raise text`."""
    return f.Leave("raise", expr(text), next(_places))


def when(test: str, *then: f.Stmt, orelse: tuple[f.Stmt, ...] = ()) -> f.Branch:
    """`if test: ... else: ...`."""
    return f.Branch((f.Arm(expr(test), then),), orelse)


def each(target: str, of: str, *body: f.Stmt) -> f.Repeat:
    """`for target in of: ...`."""
    return f.Repeat(expr(target), expr(of), body, (), False)


def within(items: str, *body: f.Stmt, is_async: bool = False) -> f.With:
    """`with items: ...`; items are written `f() as x, g()`."""
    parsed = ast.parse(f"with {items}: pass").body[0]
    assert isinstance(parsed, ast.With)
    found = tuple(
        f.WithItem(_expr(item.context_expr), _expr(item.optional_vars) if item.optional_vars is not None else None)
        for item in parsed.items
    )
    return f.With(found, body, is_async, next(_places))


def attempt(*body: f.Stmt, caught: tuple[f.Stmt, ...] | None = None, final: tuple[f.Stmt, ...] = ()) -> f.Try:
    """`try: ... except Exception: ... finally: ...`."""
    handlers = () if caught is None else (f.Handler(f.Name("Exception"), "", caught),)
    return f.Try(body, handlers, (), final, False)


def function(
    name: str, params: str, *body: Part, returns: str = "", decorators: tuple[str, ...] = (), is_async: bool = False
) -> Function:
    return Function(name, params, body, returns, decorators, is_async)


def klass(name: str, bases: str = "", *body: Part, decorators: tuple[str, ...] = ()) -> Class:
    """A class; bases are written `Base[User], Mixin`."""
    parsed = ast.parse(f"({bases},)" if bases else "()", mode="eval").body
    assert isinstance(parsed, ast.Tuple)
    return Class(name, tuple(ast.unparse(one) for one in parsed.elts), body, decorators)


@dataclass
class _Writing:
    definitions: list[f.Definition] = field(default_factory=list)
    bodies: list[f.Body] = field(default_factory=list)
    imports: list[f.Import] = field(default_factory=list)

    def add(self, definition: f.Definition) -> int:
        self.definitions.append(definition)
        self.bodies.append(())
        return len(self.definitions) - 1

    def fill(self, index: int, parts: Iterable[Part]) -> None:
        body: list[f.Stmt] = []
        for part in parts:
            match part:
                case Imported(module, name, local, level, guard):
                    order = next(_places)
                    self.imports.append(f.Import(index, local, module, name, level, guard, order, order))
                case Function() | Class():
                    body.append(f.Define(self.define(index, part)))
                case _:
                    body.append(part)
        self.bodies[index] = tuple(body)
        definition = self.definitions[index]
        first = definition.params[0].name if definition.params else ""
        self.definitions[index] = msgspec.structs.replace(
            definition,
            calls=any(isinstance(node, f.Call) for node in _nodes(body)),
            stores=tuple(sorted({name for node in _nodes(body) for name in _stored(node, first)})),
            globals=tuple(sorted({name for node in _nodes(body) if isinstance(node, f.Scope) for name in node.names})),
            is_generator=any(isinstance(node, f.Yield) for node in _nodes(body)),
        )

    def define(self, owner: int, part: Function | Class) -> int:
        around = self.definitions[owner].qualname
        qualname = f"{around}.{part.name}" if around else part.name
        at = next(_places)
        decorators = tuple(expr(one) for one in part.decorators)
        if isinstance(part, Class):
            bases = tuple(f.Arg("", expr(base)) for base in part.bases)
            made = f.Definition("class", part.name, qualname, owner, at, decorators=decorators, bases=bases)
        else:
            returns = expr(part.returns) if part.returns else None
            made = f.Definition(
                "function",
                part.name,
                qualname,
                owner,
                at,
                _params(part.params),
                returns,
                decorators,
                is_async=part.is_async,
            )
        index = self.add(made)
        self.fill(index, part.body)
        return index


def _params(text: str) -> tuple[f.Param, ...]:
    parsed = ast.parse(f"def _({text}): pass").body[0]
    assert isinstance(parsed, ast.FunctionDef)
    given = parsed.args
    defaults = [None] * (len(given.args) - len(given.defaults)) + list(given.defaults)
    found = [_param(arg, default, "normal") for arg, default in zip(given.args, defaults, strict=True)]
    if given.vararg is not None:
        found.append(_param(given.vararg, None, "star"))
    found += [_param(arg, default, "keyword") for arg, default in zip(given.kwonlyargs, given.kw_defaults, strict=True)]
    if given.kwarg is not None:
        found.append(_param(given.kwarg, None, "kwargs"))
    return tuple(found)


def _param(arg: ast.arg, default: ast.expr | None, kind: str) -> f.Param:
    said = _expr(arg.annotation) if arg.annotation is not None else None
    return f.Param(arg.arg, said, _expr(default) if default is not None else None, kind, next(_places))


def _nodes(part: object) -> Iterator[object]:
    """Every fact in a body, the body itself first; nested definitions are only mentioned in it."""
    yield part
    if isinstance(part, (tuple, list)):
        for one in part:
            yield from _nodes(one)
    elif isinstance(part, msgspec.Struct):
        for name in part.__struct_fields__:
            yield from _nodes(getattr(part, name))


def _stored(node: object, first: str) -> list[str]:
    targets: list[f.Expr] = []
    match node:
        case f.Bind():
            targets = [target.of if isinstance(target, f.Index) else target for target in node.targets]
        case f.Do(f.Call(f.Attr(of, "append"), (f.Arg("", f.Call()),))):
            targets = [of]
    return [target.name for target in targets if isinstance(target, f.Attr) and target.of == f.Name(first)]


def facts(*parts: Part, package: bool = False, exports: tuple[str, ...] | None = None) -> f.FileFacts:
    """The facts of one file."""
    writing = _Writing()
    writing.fill(writing.add(f.Definition("module", "", "", -1, -1)), parts)
    header = f.Header(tuple(writing.imports), tuple(writing.definitions), exports)
    everywhere = f.Places(0, {place: place for place in range(next(_places))})
    return store.pack(package, header, (), writing.bodies, [everywhere for _ in writing.bodies])


def module(
    name: str, *parts: Part, package: bool = False, exports: tuple[str, ...] | None = None, root: str = ""
) -> Module:
    """One file of a project, at the path its name says."""
    path = name.replace(".", "/") + ("/__init__.py" if package else ".py")
    return Module(name, root, f"{root}/{path}" if root else path, facts(*parts, package=package, exports=exports))


def project(*modules: Module, settings: Settings | None = None) -> Project:
    """These modules, linked."""
    return link(modules, settings or Settings())


def unit(of: Project, symbol: str) -> Unit:
    """The definition with this symbol."""
    return of.names.by_symbol[symbol]
