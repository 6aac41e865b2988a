"""The parser's trees are the same unchecked, and only what is built in bulk is unchecked."""

from __future__ import annotations

from pathlib import Path

import libcst as cst
import pytest

from sqla_lint.engine.outcome import read_one
from sqla_lint.facts.schema import FileFacts
from sqla_lint.syntax import unchecked as module
from sqla_lint.syntax.unchecked import unchecked

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / "sqla_lint").rglob("*.py")) + sorted((ROOT / "tests").glob("*.py"))
SYNTAX = """\
@d(1, *a, k=2, **b)
async def f(a: int, /, b=1, *c: str, d, e=2, **g) -> "x":
    async with a as b, c: await d
    async for i in [x async for x in y if z]: yield i
    return not -a ** b @ c // d if (e := f) else lambda *a, b=1, **c: a
class C[T: int, *Ts, **P](B, metaclass=M): x: int = 1; y: str
type A[T] = list[T]
try: pass
except* (A, B) as e: raise X from e
else: del a[1:2, ::3], b.c
finally: global q
match p:
    case [1, *_, {"k": v, **rest}] | C(x=1) | None if z: pass
    case -1 as n: assert a, b
while a < b <= c is not d not in e: continue
else: nonlocal_ = f"{a!r:>{w}} {b=}" "c" r"d" 1.5j ... 
from .a import (b as c, d,)
from . import *
import x.y as z
a, *b = c = {**d, 'e': 1, **f} | {g, *h} & {i for i in j} ^ {k: l for k, l in m}
a += b; c: int
""".replace("1.5j ... ", "\n(1.5j, ...)")


def test_the_trees_are_the_same() -> None:
    texts = [*(path.read_text("utf-8") for path in FILES[::3]), SYNTAX]
    checked = [cst.parse_module(text) for text in texts]
    with unchecked(many=True):
        built = [cst.parse_module(text) for text in texts]
    for text, one, other in zip(texts, checked, built, strict=True):
        assert one.deep_equals(other)
        assert other.code == text


def test_nearly_every_kind_of_node_is_built_so() -> None:
    tree = cst.parse_module(SYNTAX)
    found: set[type[cst.CSTNode]] = set()
    waiting: list[cst.CSTNode] = [tree]
    for node in waiting:
        found.add(type(node))
        waiting.extend(node.children)
    assert found <= set(module._constructors())


@pytest.mark.parametrize("many", [False, True])
def test_what_is_built_outside_is_checked(many: bool) -> None:
    with unchecked(many=many):
        cst.Name("")
    with pytest.raises(cst.CSTValidationError):
        cst.Name("")
    with pytest.raises(ZeroDivisionError), unchecked(many=many), unchecked():
        raise ZeroDivisionError
    with pytest.raises(cst.CSTValidationError):
        cst.Name("")


def test_one_file_and_many_are_read_alike() -> None:
    """Python refuses this text and the parser does not: whether nodes are validated must not decide."""
    text = b'x = "a" b"c"'
    alone = read_one(text, False)
    with unchecked(many=True):
        assert read_one(text, False) == alone
    assert isinstance(alone, FileFacts)


def test_a_default_is_made_anew() -> None:
    with unchecked(many=True):
        one, other = cst.Arg(cst.Name("a")), cst.Arg(cst.Name("a"))
    assert one.whitespace_after_star is not other.whitespace_after_star
    assert one.deep_equals(cst.Arg(cst.Name("a")))
