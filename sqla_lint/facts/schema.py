"""What one file says. Frozen; no syntax tree gets past this line.

A file is a `Header` (imports and definitions, with signatures) and one body of statements per definition. A body keeps
the shape of the code (order, branches, loops, `with`, `try`, `await`, `return`, `yield`) and drops its layout. Names
stay local names: what they mean is decided when files are linked. Facts hold no path and no settings.

`at` is a place of the definition that the node stands in, -1 for a node without one. A place is a number that stands
for a name and how often it stood there before: code that moves, or gets other code before it, keeps its places. Their
offsets, in characters into the decoded text without BOM, lie apart in `Places`.
"""

from __future__ import annotations

import msgspec

OWN_NAME = 0
"""The place of a definition's own name among its own places."""


class Name(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=1):
    id: str


class Attr(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=2):
    of: Expr
    name: str


class Arg(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One argument: `name` is the keyword, "" when positional, "*" or "**" when unpacked."""

    name: str
    value: Expr


class Call(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=3):
    """`at` is the last name of the callee: `commit` in `a.commit()`, `f` in `f()()`; -1 when it has none."""

    func: Expr
    args: tuple[Arg, ...]
    at: int


class Await(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=4):
    of: Expr


class Yield(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=5):
    """`yield x`, `yield from x` (`source`); `of` is None for a bare yield. `at` is the keyword."""

    of: Expr | None
    source: bool
    at: int


class Lit(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=6):
    """None, a bool, a number or a string (implicit concatenation joined); other literals are `Other`."""

    value: bool | int | float | str | None


class Text(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=7):
    """An f-string: the expressions in it, and its literal parts joined with "{}" where they stood."""

    template: str
    parts: tuple[Expr, ...]


class Index(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=8):
    """`of[key]`; several keys are `Items("tuple")`, the bounds of a slice are `Items("slice")`."""

    of: Expr
    key: Expr


class Items(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=9):
    """A display: `kind` is list, tuple, set, dict (keys and values in turn) or, for `*x` and `**x`, star."""

    kind: str
    of: tuple[Expr, ...]


class Choice(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=10):
    """One of several values: `a if c else b` (op "if", test c), `a or b`, `a and b` (op "or", "and"; flat).

    `at` is the first name in an "or" or "and"; -1 when it has none."""

    op: str
    of: tuple[Expr, ...]
    test: Expr | None
    at: int = -1


class Test(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=11):
    """`not x` (op "not"), a comparison (op as written: "is", "is not", "==", "in", "< <=" ...), other operators too.

    Chains of one operator are flat. A negative number is a `Lit`. `assert x, y` is a statement of op "assert". `at` is
    the first name in what no object answers for itself: a "not", and a comparison of an attribute by "is" or "in" or in
    a chain, or of what "&" or "|" gives; else -1.
    """

    op: str
    of: tuple[Expr, ...]
    at: int = -1


class Source(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One `for target in iter` of a comprehension."""

    target: Expr
    iter: Expr
    is_async: bool


class Loop(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=12):
    """A comprehension: `kind` is list, set, dict or generator; all its sources and guards, in source order."""

    kind: str
    elements: tuple[Expr, ...]
    sources: tuple[Source, ...]
    guards: tuple[Expr, ...]


class Closure(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=13):
    """A lambda: the index of its definition."""

    index: int


class Named(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=14):
    """`name := value`."""

    name: str
    value: Expr


class Other(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=15):
    """Anything else, with its operands, so that nothing that calls is lost."""

    of: tuple[Expr, ...]


Expr = Name | Attr | Call | Await | Yield | Lit | Text | Index | Items | Choice | Test | Loop | Closure | Named | Other


class Do(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=1):
    """An expression statement. Docstrings and bare literals are dropped."""

    expr: Expr


class Bind(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=2):
    """`a = b = value`, `a: annotation = value`, `a += value` (`augmented` is "+"), `type a = value`.

    `at` is the statement's first name.
    """

    targets: tuple[Expr, ...]
    value: Expr | None
    annotation: Expr | None
    augmented: str
    at: int


class Arm(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One test of an `if`, and what is done when it holds; `at` is the first name of the test, -1 when it has none."""

    test: Expr
    body: tuple[Stmt, ...]
    at: int = -1


class Branch(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=3):
    """`if`, with every `elif` an arm; `match`, with every `case` one.

    A pattern is a test: `None` "is", a value "==", a class `isinstance`, and an attribute or an element of the subject
    what it is in it; the op "case" stands for what else a pattern asks, that its subject is a sequence for one. What it
    binds is bound by the first statements of the arm. A `case` that always fits is `orelse`. A subject that is more
    than names has a name of its own, `<match 1>`, which is bound before."""

    arms: tuple[Arm, ...]
    orelse: tuple[Stmt, ...]


class Repeat(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=4):
    """`for target in head` or, when `target` is None, `while head`. `at` is the first name of the head, -1 when it has
    none."""

    target: Expr | None
    head: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...]
    is_async: bool
    at: int = -1


class WithItem(msgspec.Struct, frozen=True, gc=False, array_like=True):
    context: Expr
    target: Expr | None


class With(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=5):
    """`at` is the keyword `with`."""

    items: tuple[WithItem, ...]
    body: tuple[Stmt, ...]
    is_async: bool
    at: int


class Handler(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """`except types as name`: `types` is None when bare, `name` "" when absent."""

    types: Expr | None
    name: str
    body: tuple[Stmt, ...]


class Try(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=6):
    body: tuple[Stmt, ...]
    handlers: tuple[Handler, ...]
    orelse: tuple[Stmt, ...]
    final: tuple[Stmt, ...]
    star: bool


class Leave(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=8):
    """`kind` is return, raise, break or continue. `at` is the keyword `return` or `raise`, else -1."""

    kind: str
    value: Expr | None
    at: int


class Delete(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=9):
    targets: tuple[Expr, ...]


class Scope(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=10):
    """`global` or `nonlocal` names."""

    kind: str
    names: tuple[str, ...]


class Define(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=11):
    """A nested `def` or `class`: the index of its definition."""

    index: int


Stmt = Do | Bind | Branch | Repeat | With | Try | Leave | Delete | Scope | Define
Body = tuple[Stmt, ...]


class Param(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """`kind` is positional, normal, star (`*args`), keyword (after the star) or kwargs (`**kwargs`)."""

    name: str
    annotation: Expr | None
    default: Expr | None
    kind: str
    at: int


class Definition(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A module (always the first), class, function or lambda.

    `qualname` is dotted from the module ("" for the module itself, `Repo.add`, `outer.inner`, a lambda is
    `f.<lambda>`); `owner` is the index of the definition it stands in, -1 for the module. `calls` says that
    its own body calls something (nested definitions apart); `stores` are the attributes it assigns on its first
    parameter or on the class around it by name, also a member of one (`self.x[key]`, `self.x.append(f(...))`), or
    declares there (`self.x: int`), `globals` the names that it says are global. The body of a lambda is one `return`
    without a place.
    For a class, `bases` are its base classes and class keywords. `order` numbers what stands in the module's own scope,
    imports too, in source order; elsewhere it is -1. Decorators, bases, annotations and defaults have their places
    among the owner's, parameters among its own.
    """

    kind: str
    name: str
    qualname: str
    owner: int
    order: int
    params: tuple[Param, ...] = ()
    returns: Expr | None = None
    decorators: tuple[Expr, ...] = ()
    bases: tuple[Arg, ...] = ()
    typevars: tuple[str, ...] = ()
    is_async: bool = False
    is_generator: bool = False
    calls: bool = False
    stores: tuple[str, ...] = ()
    globals: tuple[str, ...] = ()


class Import(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """`import module as local` (name ""), `from module import name as local` (name "*" for a star).

    `level` counts leading dots; `scope` is the definition it stands in; `guard` is "", "typing" under TYPE_CHECKING,
    "try" or "except" inside such a block. For `import a.b` without `as`, `local` is "a" and `module` "a.b".
    `at` is the imported name; the module's first name for a star, -1 for `from . import *`. `order` is its number among
    what stands in the module's own scope, -1 elsewhere.
    """

    scope: int
    local: str
    module: str
    name: str
    level: int
    guard: str
    at: int
    order: int


class Comment(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A comment that speaks to the linter (`sqla:` or `noqa`), from its `#` (at the offset `at`) to the end of the
    line."""

    at: int
    text: str


class Header(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """`exports` is `__all__` when it is a literal list or tuple (extended by `+=` too), else None."""

    imports: tuple[Import, ...]
    definitions: tuple[Definition, ...]
    exports: tuple[str, ...] | None


class Places(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The offsets of a definition's places; `end` is where the last token of it that the walk saw begins."""

    end: int
    offsets: dict[int, int]


class FileFacts(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One file: `package` says that it is an `__init__`. Bodies and places stay encoded until somebody reads
    them (`store.body`, `store.places`): a large project would not fit into memory otherwise."""

    package: bool
    header: Header
    comments: tuple[Comment, ...]
    bodies: tuple[msgspec.Raw, ...]
    places: msgspec.Raw
