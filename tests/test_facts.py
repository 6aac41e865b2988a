"""What a file's facts say about its code, one kind of code a test."""

from __future__ import annotations

import gc
import sys
from textwrap import dedent

import pytest

from sqla_lint.facts import store
from sqla_lint.facts.read import read
from sqla_lint.facts.schema import (
    Arg,
    Arm,
    Attr,
    Await,
    Bind,
    Branch,
    Call,
    Choice,
    Closure,
    Define,
    Delete,
    Do,
    Expr,
    FileFacts,
    Handler,
    Import,
    Index,
    Items,
    Leave,
    Lit,
    Loop,
    Name,
    Named,
    Other,
    Param,
    Repeat,
    Scope,
    Source,
    Stmt,
    Text,
    Try,
    With,
    WithItem,
    Yield,
)
from sqla_lint.facts.schema import Test as Operation  # pytest would collect it by its own name
from sqla_lint.facts.store import decode, encode, places
from sqla_lint.syntax.decoding import Unparsed
from tests.located import body, located

A, B, C = Name("a"), Name("b"), Name("c")
NOTHING = Other(())
IS_A_C = Call(Name("isinstance"), (Arg("", A), Arg("", C)), -1)


def facts_of(code: str) -> FileFacts:
    return read(dedent(code).encode(), False)


def body_of(code: str) -> tuple[Stmt, ...]:
    return body(facts_of(code))


def value_of(expression: str) -> Expr:
    (statement,) = body_of(f"_ = {expression}\n")
    assert isinstance(statement, Bind)
    assert statement.value is not None
    return statement.value


EXPRESSIONS: list[tuple[str, Expr]] = [
    ("a", A),
    ("a.b", Attr(A, "b")),
    ("a.b(c)", Call(Attr(A, "b"), (Arg("", C),), 6)),
    ("a(b, *b, k=c, **c)", Call(A, (Arg("", B), Arg("*", B), Arg("k", C), Arg("**", C)), 4)),
    ("a(b)()", Call(Call(A, (Arg("", B),), 4), (), 4)),
    ("a.b[c]()", Call(Index(Attr(A, "b"), C), (), 6)),
    ("(a or b)()", Call(Choice("or", (A, B), None, 5), (), -1)),
    ("await a", Await(A)),
    ("(yield)", Yield(None, False, 5)),
    ("(yield a)", Yield(A, False, 5)),
    ("(yield from a)", Yield(A, True, 5)),
    ("None", Lit(None)),
    ("True", Lit(True)),
    ("1_000", Lit(1000)),
    ("0xFF", Lit(255)),
    ("-1", Lit(-1)),
    ("1.5e3", Lit(1500.0)),
    ("99999999999999999999", NOTHING),
    ("1j", NOTHING),
    ("...", NOTHING),
    ("b'x'", NOTHING),
    ("'x'", Lit("x")),
    (r"'a\'\n\x41\u00e9\N{BULLET}'", Lit("a'\nAé•")),
    (r"r'\n'", Lit(r"\n")),
    (r"'\ud800'", NOTHING),
    (r"'\d'", Lit(r"\d")),
    ("'a' \"b\"", Lit("ab")),
    ("'''a\nb'''", Lit("a\nb")),
    ("f'x{a}y{{{b!r:>{c}}}}'", Text("x{}y{{}}", (A, Other((B, C))))),
    ("'x{' f'{a}'", Text("x{{}", (A,))),
    ("a[b]", Index(A, B)),
    ("a[b, c]", Index(A, Items("tuple", (B, C)))),
    ("a[b,]", Index(A, Items("tuple", (B,)))),
    ("a[b:c]", Index(A, Items("slice", (B, C)))),
    ("(a, *b)", Items("tuple", (A, Items("star", (B,))))),
    ("[a]", Items("list", (A,))),
    ("{a, b}", Items("set", (A, B))),
    ("{a: b, **c}", Items("dict", (A, B, Items("star", (C,))))),
    ("a if b else c", Choice("if", (A, C), B)),
    ("a or b or c", Choice("or", (A, B, C), None, 4)),
    ("a and b", Choice("and", (A, B), None, 4)),
    ("not a", Operation("not", (A,), 8)),
    ("not 1", Operation("not", (Lit(1),))),
    ("~a", Operation("~", (A,))),
    ("a is not b", Operation("is not", (A, B))),
    ("a not in b", Operation("not in", (A, B))),
    ("a.b is not c", Operation("is not", (Attr(A, "b"), C), 4)),
    ("1 < a.b < c", Operation("< <", (Lit(1), Attr(A, "b"), C), 8)),
    ("a & b == c", Operation("==", (Operation("&", (A, B)), C), 4)),
    ("a < b <= c", Operation("< <=", (A, B, C))),
    ("a | b | c", Operation("|", (A, B, C))),
    ("a - (b - c)", Operation("-", (A, Operation("-", (B, C))))),
    ("[a for b in c if a]", Loop("list", (A,), (Source(B, C, False),), (A,))),
    ("{a: b async for a, b in c}", Loop("dict", (A, B), (Source(Items("tuple", (A, B)), C, True),), ())),
    ("(a for b in c for c in b)", Loop("generator", (A,), (Source(B, C, False), Source(C, B, False)), ())),
    ("(a := b)", Named("a", B)),
    ("lambda: a", Closure(1)),
]


@pytest.mark.parametrize(("expression", "fact"), EXPRESSIONS, ids=[expression for expression, _ in EXPRESSIONS])
def test_an_expression_keeps_its_shape(expression: str, fact: Expr) -> None:
    assert value_of(expression) == fact


STATEMENTS: list[tuple[str, tuple[Stmt, ...]]] = [
    ('"docstring"\n1\n...\na\n', (Do(A),)),
    ("a = b.c = 1\n", (Bind((A, Attr(B, "c")), Lit(1), None, "", 0),)),
    ("a: b\n", (Bind((A,), None, B, "", 0),)),
    ("a: b = c\n", (Bind((A,), C, B, "", 0),)),
    ("a //= b\n", (Bind((A,), B, None, "//", 0),)),
    ("type a[T] = b\n", (Bind((A,), B, None, "", 5),)),
    ("() = ()\n", (Bind((Items("tuple", ()),), Items("tuple", ()), None, "", -1),)),
    ("if a: b\nelif b: c\nelse: a\n", (Branch((Arm(A, (Do(B),), 3), Arm(B, (Do(C),), 13)), (Do(A),)),)),
    ("for a in b: c\nelse: a\n", (Repeat(A, B, (Do(C),), (Do(A),), False, 9),)),
    ("async for a in b: c\n", (Repeat(A, B, (Do(C),), (), True, 15),)),
    ("while a: break\n", (Repeat(None, A, (Leave("break", None, -1),), (), False),)),
    ("with a as b, c: pass\n", (With((WithItem(A, B), WithItem(C, None)), (), False, 0),)),
    ("async with a: continue\n", (With((WithItem(A, None),), (Leave("continue", None, -1),), True, 6),)),
    (
        "try: a\nexcept b as c: b\nexcept: c\nelse: a\nfinally: b\n",
        (Try((Do(A),), (Handler(B, "c", (Do(B),)), Handler(None, "", (Do(C),))), (Do(A),), (Do(B),), False),),
    ),
    ("try: a\nexcept* b: c\n", (Try((Do(A),), (Handler(B, "", (Do(C),)),), (), (), True),)),
    ("return\n", (Leave("return", None, 0),)),
    ("return a\n", (Leave("return", A, 0),)),
    ("raise a from b\n", (Leave("raise", A, 0),)),
    ("raise a from b()\n", (Do(Call(B, (), 13)), Leave("raise", A, 0))),
    ("assert a, b\n", (Do(Operation("assert", (A, B))),)),
    ("del a, b.c\n", (Delete((A, Attr(B, "c"))),)),
    ("global a, b\n", (Scope("global", ("a", "b")),)),
    ("nonlocal a\n", (Scope("nonlocal", ("a",)),)),
    ("def a(): pass\n", (Define(1),)),
    ("import a; pass; b\n", (Do(B),)),
    (
        "match a:\n  case b.c | 1: a\n  case c(a, k=_) as b if c: b\n  case {'k': [a, *_], **c}: c\n",
        (
            Branch(
                (
                    Arm(
                        Choice("or", (Operation("==", (A, Attr(B, "c"))), Operation("==", (A, Lit(1)))), None),
                        (Do(A),),
                        11,
                    ),
                    Arm(
                        Choice("and", (IS_A_C, Other((Named("a", Other((A,))), Named("b", A))), C), None),
                        (Do(B),),
                        29,
                    ),
                    Arm(
                        Choice(
                            "and",
                            (
                                Operation("case", (A,)),
                                Operation("in", (Lit("k"), A)),
                                Operation("case", (Index(A, Lit("k")),)),
                            ),
                            None,
                        ),
                        (
                            Bind((A,), Index(Index(A, Lit("k")), Lit(0)), None, "", 71),
                            Bind((C,), Other((A,)), None, "", 81),
                            Do(C),
                        ),
                        59,
                    ),
                ),
                (),
            ),
        ),
    ),
    (
        "match a, b:\n  case None, c: c\n  case _: a\n",
        (
            Branch(
                (Arm(Operation("is", (A, Lit(None))), (Bind((C,), B, None, "", 25), Do(C)), 14),),
                (Do(A),),
            ),
        ),
    ),
    (
        "match a():\n  case b: b\n",
        (Bind((Name("<match 0>"),), Call(A, (), 6), None, "", 0), Bind((B,), Name("<match 0>"), None, "", 18), Do(B)),
    ),
]


@pytest.mark.parametrize(("code", "facts"), STATEMENTS, ids=[code.replace("\n", "; ") for code, _ in STATEMENTS])
def test_a_statement_keeps_its_shape(code: str, facts: tuple[Stmt, ...]) -> None:
    assert body_of(code) == facts


def test_definitions_are_listed_with_their_owner_and_place() -> None:
    code = """\
        class Repo(Base[User], metaclass=Meta):
            def add(self, item):
                def inner(): pass; item
                return lambda: item
        """
    facts = facts_of(code)
    module, repo, add, inner, closure = facts.header.definitions
    assert (module.kind, module.qualname, module.owner, module.order) == ("module", "", -1, -1)
    assert (repo.kind, repo.qualname, repo.owner) == ("class", "Repo", 0)
    assert repo.bases == (Arg("", Index(Name("Base"), Name("User"))), Arg("metaclass", Name("Meta")))
    assert (add.kind, add.qualname, add.owner) == ("function", "Repo.add", 1)
    assert (inner.qualname, inner.owner) == ("Repo.add.inner", 2)
    assert (closure.kind, closure.qualname, closure.owner) == ("lambda", "Repo.add.<lambda>", 2)
    names = [one.offsets[0] for one in places(facts)]
    ends = [one.end for one in places(facts)]
    assert names == [0, 6, 48, 77, 112]
    assert ends[0] == ends[1] == ends[2] == ends[4] > ends[3] > names[3]
    assert (repo.order, add.order, inner.order, closure.order) == (0, -1, -1, -1)


def test_code_that_moves_keeps_its_facts() -> None:
    code = "import a\n\ndef f(b=a.c()):\n    def g(): return b.d(lambda: e())\n    return g\n"
    before, after = facts_of(code), facts_of("# moved\n\n" + code.replace("    return g", "\n    return  g"))
    assert (after.header, after.bodies) == (before.header, before.bodies)
    assert after.places != before.places


def test_code_before_it_does_not_change_a_place() -> None:
    first, second = (
        store.body(facts_of(f"def f():\n    {more}a.commit()\n    b.commit()\n"), 1) for more in ("", "c.flush(); ")
    )
    assert second[1:] == first


def test_parameters_know_their_kind_annotation_default_and_place() -> None:
    code = "def f(a, /, b: 'B' = 1, *args: int, c=None, **kw) -> list[B]: ...\n"
    facts = facts_of(code)
    function = facts.header.definitions[1]
    assert located(function.params, places(facts)[1]) == (
        Param("a", None, None, "positional", 6),
        Param("b", Lit("B"), Lit(1), "normal", 12),
        Param("args", Name("int"), None, "star", 25),
        Param("c", None, Lit(None), "keyword", 36),
        Param("kw", None, None, "kwargs", 46),
    )
    assert function.returns == Index(Name("list"), Name("B"))


def test_type_parameters_are_names() -> None:
    module = facts_of("class A[T: int, *Ts, **P]: ...\nasync def f[U = str](): ...\n")
    assert module.header.definitions[1].typevars == ("T", "Ts", "P")
    assert module.header.definitions[2].typevars == ("U",)
    assert module.header.definitions[2].is_async


def test_decorators_and_defaults_are_called_by_the_scope_around() -> None:
    code = """\
        @deco(1)
        def f(a=default()):
            inside()
            def g(b=nested()):
                deeper.call()
        """
    facts = facts_of(code)
    f = facts.header.definitions[1]
    table = places(facts)[0]
    assert located(f.decorators, table) == (Call(Name("deco"), (Arg("", Lit(1)),), 1),)
    assert located(f.params[0].default, table) == Call(Name("default"), (), 17)


def test_a_definition_knows_whether_its_own_body_calls() -> None:
    module, f, g, quiet = facts_of("@deco()\ndef f(a=1):\n    def g(): a()\nclass Quiet: b = 1\n").header.definitions
    assert [one.calls for one in (module, f, g, quiet)] == [True, False, True, False]


def test_a_function_knows_which_attributes_of_its_first_parameter_it_fills() -> None:
    code = """\
        def f(self, other):
            self.a, (self.b, *self.c) = 1, (2, 3)
            self.d: int = 1
            self.e += 1
            with x as self.f: ...
            for self.g in y: ...
            other.h = self.i
            self.j.k = 1
            self.m[1], other.n[2] = 3, 4
            self.o.append(made(1))
            self.p.append(1)
            self.q.r.append(self.s.count(made(2)))
            def inner(): self.l = 1
        """
    f, inner = facts_of(code).header.definitions[1:]
    assert f.stores == ("a", "b", "c", "d", "e", "f", "g", "m", "o")
    assert inner.stores == ()


def test_a_function_knows_which_names_it_says_are_global() -> None:
    code = """\
        def f():
            global b, a
            nonlocal c
            def inner():
                global d
        """
    f, inner = facts_of(code).header.definitions[1:]
    assert f.globals == ("a", "b")
    assert inner.globals == ("d",)


@pytest.mark.parametrize(
    ("body", "generates"),
    [
        ("yield", True),
        ("x = yield 1", True),
        ("yield from y", True),
        ("return (x for x in y)", False),
        ("def inner(): yield", False),
        ("return lambda: (yield)", False),
        ("await x", False),
    ],
)
def test_only_its_own_yield_makes_a_generator(body: str, generates: bool) -> None:
    assert facts_of(f"async def f():\n    {body}\n").header.definitions[1].is_generator is generates


IMPORTS: list[tuple[str, Import]] = [
    ("import a", Import(0, "a", "a", "", 0, "", 7, 0)),
    ("import a.b", Import(0, "a", "a.b", "", 0, "", 7, 0)),
    ("import a.b as c", Import(0, "c", "a.b", "", 0, "", 7, 0)),
    ("from a.b import c", Import(0, "c", "a.b", "c", 0, "", 16, 0)),
    ("from a import b as c", Import(0, "c", "a", "b", 0, "", 14, 0)),
    ("from .. import b", Import(0, "b", "", "b", 2, "", 15, 0)),
    ("from .a import *", Import(0, "*", "a", "*", 1, "", 6, 0)),
    ("from . import *", Import(0, "*", "", "*", 1, "", -1, 0)),
]


@pytest.mark.parametrize(("code", "fact"), IMPORTS, ids=[code for code, _ in IMPORTS])
def test_an_import_says_what_it_binds(code: str, fact: Import) -> None:
    facts = facts_of(code)
    assert located(facts.header.imports, places(facts)[0]) == (fact,)


def test_an_import_knows_its_scope_and_what_guards_it() -> None:
    code = """\
        if TYPE_CHECKING:
            import a
        else:
            import b
        if not typing.TYPE_CHECKING:
            import c
        else:
            import d
        try:
            import e
        except ImportError:
            import f
            def inner():
                import g
        else:
            import h
        """
    imports = {each.local: (each.scope, each.guard) for each in facts_of(code).header.imports}
    assert imports == {
        "a": (0, "typing"),
        "b": (0, ""),
        "c": (0, ""),
        "d": (0, "typing"),
        "e": (0, "try"),
        "f": (0, "except"),
        "g": (1, ""),
        "h": (0, ""),
    }


@pytest.mark.parametrize(
    ("code", "exports"),
    [
        ("x = 1", None),
        ("__all__ = ['a', 'b']", ("a", "b")),
        ("__all__ = ('a',)\n__all__ += ['b']", ("a", "b")),
        ("__all__: list[str] = []", ()),
        ("__all__ = ['a']\n__all__.append('b')\n__all__.extend(['c'])", ("a", "b", "c")),
        ("__all__ = ['a'] + other.__all__", None),
        ("__all__ = ['a']\n__all__ += other.__all__", None),
        ("__all__ = [name]", None),
        ("def f():\n    __all__ = ['a']", None),
    ],
)
def test_exports_are_known_when_they_are_written_out(code: str, exports: tuple[str, ...] | None) -> None:
    assert facts_of(code).header.exports == exports


def test_comments_that_speak_to_the_linter_are_kept_and_strings_are_not() -> None:
    code = 'a  # noqa: SQA101\nb = "# noqa"  # plain\n# sqla: ignore[x]\nf"{c # noqa: F\n}"\n'
    assert [(comment.at, comment.text) for comment in facts_of(code).comments] == [
        (3, "# noqa: SQA101"),
        (40, "# sqla: ignore[x]"),
    ]


def test_offsets_count_characters_after_the_byte_order_mark() -> None:
    facts = read("é = a.commit()\n".encode("utf-8-sig"), True)
    assert facts.package
    assert body(facts) == (Bind((Name("é"),), Call(Attr(A, "commit"), (), 6), None, "", 0),)


def test_a_declared_encoding_is_obeyed_on_the_first_two_lines_only() -> None:
    code = "#!x\n# vim: set fileencoding=latin-1 :\na = 'é'\n"
    assert body(read(code.encode("latin-1"), False)) == (Bind((A,), Lit("é"), None, "", 38),)
    with pytest.raises(Unparsed, match="not utf-8 text"):
        read("#\n#\n# coding: latin-1\n'é'\n".encode("latin-1"), False)
    with pytest.raises(Unparsed, match="not utf-8 text"):
        read("x = 1\n# coding: latin-1\n'é'\n".encode("latin-1"), False)


@pytest.mark.parametrize(
    ("data", "message", "line", "column"),
    [
        (b"a\nb = (\n\n1 2)\n", "invalid syntax", 4, 3),
        (b"a\n'b\n", "unterminated string literal", 2, 1),
        (b"if a:\nb\n", "expected an indented block", 2, 1),
        (b"a\nb\xff", "not utf-8 text", 2, 2),
        (b"# coding: martian\n", "unknown encoding: martian", 1, 1),
        (b"\xef\xbb\xbf# coding: latin-1\n", "contradicts", 1, 1),
        (b"a\nb\0", "null bytes", 2, 2),
        (b"(" * 201 + b")" * 201, "too many nested parentheses", 1, 201),
    ],
)
def test_a_file_that_is_not_python_says_where(data: bytes, message: str, line: int, column: int) -> None:
    with pytest.raises(Unparsed, match=message) as refused:
        read(data, False)
    assert (refused.value.line, refused.value.column) == (line, column)


DEEP = {
    "a sum": "x = " + " + ".join(["f()"] * 1_000),
    "a chain of attributes": "x = f()" + ".a" * 600,
    "a chain of calls": "x = f()" + ".a(b)" * 400,
    "calls in calls": "f(" * 190 + ")" * 190,
    "lists in lists": "[" * 190 + "f()" + "]" * 190,
    "negations": "x = " + "not " * 900 + "f()",
    "choices": "x = " + "a if b else " * 500 + "f()",
    "strings": "x = f()," + "'a' " * 3_000,
    "elifs": "if f(): a\n" + "elif b: c\n" * 1_500,
    "blocks": "".join(" " * depth + "if f():\n" for depth in range(99)) + " " * 99 + "f()\n",
    "a dictionary": "x = {\n" + "'a': {'b': [f(), 2, (3,)]},\n" * 2_000 + "}\n",
}


@pytest.mark.parametrize("code", DEEP.values(), ids=DEEP)
def test_no_nesting_is_too_deep_to_read_and_store_and_no_call_is_lost(code: str) -> None:
    limit = sys.getrecursionlimit()
    facts = read(code.encode(), False)
    assert decode(encode(facts)) == facts
    assert facts.header.definitions[0].calls
    assert repr(body(facts)).count("Call(") >= code.count("(") - 2_001
    assert sys.getrecursionlimit() == limit


def test_reading_leaves_the_garbage_collector_as_it_was() -> None:
    assert gc.isenabled()
    read(b"a\n", False)
    assert gc.isenabled()
    gc.disable()
    try:
        read(b"a\n", False)
        assert not gc.isenabled()
    finally:
        gc.enable()
