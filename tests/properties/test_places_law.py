"""Laws of places: every offset that facts hold is the one a full position pass over the tree gives, for any layout."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

import libcst as cst
import msgspec
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from libcst.metadata import MetadataWrapper, PositionProvider

from sqla_lint.facts import store
from sqla_lint.facts.collectors.file import aligned, exact
from sqla_lint.facts.read import read
from sqla_lint.facts.schema import Call, FileFacts
from sqla_lint.facts.store import decode, encode
from sqla_lint.model import Extent
from sqla_lint.syntax.decoding import Unparsed
from sqla_lint.syntax.decoding import decode as decode_text
from sqla_lint.syntax.places import SourceText
from sqla_lint.syntax.source import parse
from sqla_lint.syntax.tokens import scan
from tests.located import body, located

NAMES = st.sampled_from(
    ["a", "b", "session", "f", "rb", "match", "case", "type", "_", "lazy", "größe", "变量", "x1", "__x"]
)
INSIDE = st.sampled_from(["", " ", "\n", "\n\n  ", "  # a ( comment ' \n", " \\\n"])
LITERALS = ["None", "True", "1", "0x1f", "1_0.5e-3", ".5j", "1.", "...", "'s'", '"it\'s"', "b'x'", "r'\\n'", "u's'"]
LITERALS += ["'''a\n'b' # c\n'''", '"""x "y" z"""', "'a' 'b'", "'\\''", "'a\\\nb'", "[]", "()", "{}", "f''", "''"]
ATOMS = st.one_of(NAMES, st.sampled_from(LITERALS))
EXPRESSIONS = [
    "{0}.{n}",
    "{0} . {n}",
    "{0}.{n}()",
    "{0}.{n}({1})",
    "{n}({0}, {m}={1})",
    "{n}(*{0}, **{1})",
    "{n}({0},)({1})",
    "{n}[{0}]({1})",
    "({0})({1})",
    "({0}.{n})({1})",
    "({n}({0}))({1})",
    "{0}[{1}]",
    "{0}[{1}:{2}]",
    "{0}[{1}, *{2}]",
    "{0} + {1}",
    "{0} ** {1}",
    "{0} - {1} - {2}",
    "{0} and {1} and {2}",
    "{0} or {1}",
    "not {0}",
    "-{0}",
    "~{0}",
    "{0} < {1} <= {2}",
    "{0} is not {1}",
    "{0} not in {1}",
    "{0} if {1} else {2}",
    "lambda: {0}",
    "lambda {n}, /, {m}={0}, *args, k, **kwargs: {1}",
    "lambda *, {n}={0}: {1}",
    "[{0}, *{1}, {2}]",
    "({0}, {1})",
    "{{{0}, {1}}}",
    "{{{0}: {1}, **{2}}}",
    "[{0} for {n} in {1} if {2}]",
    "{{{0} for {n} in {1} for {m} in {2}}}",
    "{{{0}: {1} for {n}, {m} in {2}}}",
    "({0} for {n} in {1})",
    "{n}({0} for {m} in {1})",
    "[{0} async for {n} in {1}]",
    "({n} := {0})",
    "(yield)",
    "(yield {0})",
    "(yield from {0})",
    "(await {0})",
    "(await {n}({0}))({1})",
    "await {0}.{n}({1})",
    "'a' f'{{{n}}}'",
    "f'{{{0}}}'",
    "f'x{{{0}!r}} y {{{n}=}}'",
    "rf'\\{{{n}}}' '{{z}}'",
    "f'\\N{{BULLET}}{{{n}:>{{{m}}}.{{{m}}}}}'",
    "f'''{{\n{0}\n}} {{{n}:%Y-%m}}'''",
    'f"{{{n}["k"]}} {{{m}}}"',
    "f'{{f\"{{{n}({m})}}\"}}'",
    "f'{{(lambda: {n})()}}'",
]
SIMPLE = [
    "{0}",
    "{n} = {0}",
    "{n} = {m} = {0}",
    "{n}, *{m} = {0}",
    "{n}.{m} = {0}",
    "({n}).{m}[{0}] = {1}",
    "{n}: {0} = {1}",
    "{n}: {0}",
    "{n} += {0}",
    "{n} //= {0}",
    "return",
    "return {0}",
    "raise",
    "raise {0}",
    "raise {0} from {1}",
    "assert {0}, {1}",
    "del {n}, {m}[{0}]",
    "global {n}, {m}",
    "nonlocal {n}",
    "pass; break; continue",
    "import {n}.{m}, {m} as {n}",
    "from {n} import {m} as {n}, {n}",
    "from . import {n}",
    "from ...{n}.{m} import ({n}, {m} as {n},)",
    "from {n} import *",
    "type {n} = {0}",
    "type {n}[T, *Ts, **P] = {0}",
    "type {n}[T: {m} = {n}] = {2}",
    "__all__ = ['{n}']",
    "if {0}: {1}",
]
COMPOUND = [
    "if {0}:{B}\nelif {1}:{B}\nelse:{B}",
    "while {0}:{B}\nelse:{B}",
    "for {n} in {0}:{B}\nelse:{B}",
    "async for {n}, {m} in {0}:{B}",
    "with {0}:{B}",
    "with {0} as {n}, {1} as {m}.{n}:{B}",
    "with ({0} as {n}, {1},):{B}",
    "async with {n}({0}) as {m}:{B}",
    "try:{B}\nexcept:{B}",
    "try:{B}\nexcept {0} as {n}:{B}\nelse:{B}\nfinally:{B}",
    "try:{B}\nexcept* {0} as {n}:{B}",
    "try:{B}\nfinally:{B}",
    "def {n}():{B}",
    "@{0}\n@{n}.{m}({1})\nasync def {n}(self, {m}: {2} = {0}, /, *args: {1}, k={0}, **kw) -> {1}:{B}",
    "def {n}[T: {m}, *Ts = {m}, **P](a, *, b: {0}):{B}",
    "class {n}:{B}",
    "@{0}\nclass {n}({0}, {m}={1}):{B}",
    "class {n}[T]({m}[T]):{B}",
    "match {0}:\n    case {n}:{C}",
    "match {0}, {1}:\n    case {n}.{m} | 1 | None | 'x':{C}\n    case _ if {0}:{C}",
    "match ({0}):\n    case [_, {n}, *{m}] | ({n}, *_):{C}\n    case {{'k': {n}, {n}.{m}: _, **{m}}}:{C}",
    "match {0}.{n}({1}):\n    case {n}({m}, k=_) as {m}:{C}\n    case (-1):{C}",
]


@st.composite
def expressions(draw: st.DrawFn, depth: int = 2) -> str:
    if depth == 0 or draw(st.integers(0, 4)) == 0:
        return draw(ATOMS)
    parts = [_wrapped(draw, draw(expressions(depth - 1))) for _ in range(3)]
    template = draw(st.sampled_from(EXPRESSIONS))
    return template.format(*parts, n=draw(NAMES), m=draw(NAMES))


def _wrapped(draw: st.DrawFn, text: str) -> str:
    match draw(st.integers(0, 3)):
        case 0:
            return text
        case 1:
            return f"({text})"
        case _:
            return f"({draw(INSIDE)}{text}{draw(INSIDE)})"


@st.composite
def statements(draw: st.DrawFn, depth: int = 1) -> str:
    templates = SIMPLE + COMPOUND * 2 if depth else SIMPLE
    parts = [draw(expressions()) for _ in range(3)]
    body = "\n    pass"
    if depth:
        inner = draw(statements(depth - 1))
        # Only a statement without newlines in strings can be indented by hand.
        body = "\n" + "\n".join("    " + line for line in inner.split("\n")) if "'''" not in inner else body
    template = draw(st.sampled_from(templates))
    text = template.format(*parts, n=draw(NAMES), m=draw(NAMES), B=body, C=body.replace("\n", "\n    "))
    return (
        draw(st.sampled_from(["", "\f", "# sqla: ignore\n", "\n"]))
        + text
        + draw(st.sampled_from(["", "  # noqa: SQA1"]))
    )


@st.composite
def programs(draw: st.DrawFn) -> str:
    text = "\n".join(draw(st.lists(statements(), min_size=1, max_size=3))) + draw(st.sampled_from(["", "\n", "\n\n"]))
    return text.replace("\n", draw(st.sampled_from(["\n", "\n", "\r\n", "\r"])))


def tree_of(text: str) -> cst.Module:
    try:
        tree = parse(text)
    except Unparsed:
        assume(False)
        raise
    # The tree loses a form feed at the start of a file and a lone carriage return at its end, and has no places then.
    assume(tree.code == text)
    return tree


MANY = settings(suppress_health_check=list(HealthCheck))


def every_shape() -> Iterator[str]:
    """Each template once, with operands that have calls in them and newlines around them."""
    parts = ("(\n f(a).b # )\n)", "g(c)[d](\n)", "(h) (i)")
    body = "\n    f(a)\n"
    for template in EXPRESSIONS:
        yield f"x = ({template.format(*parts, n='n', m='m')})\n"
    for template in SIMPLE + COMPOUND:
        deeper = body.replace("    ", " " * 8)
        yield template.format(*parts, n="n", m="m", B=body, C=deeper).replace("\n\n", "\n").rstrip() + "\n"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_every_shape_of_code_is_placed_without_writing_the_tree_out(newline: str) -> None:
    for shape in every_shape():
        text = shape.replace("\n", newline)
        tree = parse(text)
        tokens = scan(text)
        assert aligned(tree, tokens, False) == exact(tree, text, tokens, False), text
        names_agree(text, tree)
        calls_agree(text, tree)


def test_only_a_few_drawn_programs_need_to_be_written_out() -> None:
    placed = []

    @MANY
    @given(programs())
    def draw(text: str) -> None:
        placed.append(aligned(tree_of(text), scan(text), False) is not None)

    draw()
    assert sum(placed) >= 0.98 * len(placed)


@MANY
@given(programs())
def test_places_of_names_are_those_of_the_tree(text: str) -> None:
    names_agree(text, tree_of(text))


def names_agree(text: str, tree: cst.Module) -> None:
    source = SourceText(text)
    offsets = _offsets(source)
    positions = MetadataWrapper(tree, unsafe_skip_copy=True).resolve(PositionProvider)
    facts_from_tree = exact(tree, text, scan(text), False)
    tokens = scan(text)
    placed = dict(zip(tokens.starts, tokens.names, strict=False))
    if aligned(tree, tokens, False) is None:
        return
    assert aligned(tree, tokens, False) == facts_from_tree
    for node in positions:
        if isinstance(node, cst.Name) and node.value not in ("None", "True", "False"):
            start = positions[node].start
            assert placed[offsets[start.line, start.column + 1]] == node.value


@MANY
@given(programs())
@example("x = f'{a.b(c)(d):>{e.f()}}'\n")
@example("(await f(a))(b)\n")
@example("(f)(a)\n(g)\n")
def test_a_call_reaches_as_far_as_the_tree_says(text: str) -> None:
    calls_agree(text, tree_of(text))


def calls_agree(text: str, tree: cst.Module) -> None:
    source = SourceText(text)
    offsets = _offsets(source)
    positions = MetadataWrapper(tree, unsafe_skip_copy=True).resolve(PositionProvider)
    outermost: dict[int, tuple[tuple[int, int], tuple[int, int]]] = {}
    for node in positions:
        name = _last_name(node.func) if isinstance(node, cst.Call) else None
        if name is None:
            continue
        anchor = positions[name].start
        whole = positions[node]
        reach = ((whole.start.line, whole.start.column + 1), (whole.end.line, whole.end.column + 1))
        at = offsets[anchor.line, anchor.column + 1]
        outermost[at] = max(outermost.get(at, reach), reach, key=lambda each: each[1])
    facts = read(text.encode(), False)
    assert {call.at for call in _calls(facts)} - {-1} == set(outermost)
    for at, reach in outermost.items():
        start, end = source.extent(at, Extent.CALL)
        assert (source.position(start), source.position(end)) == reach, text[start:end]


@MANY
@given(programs(), st.booleans())
def test_facts_to_bytes_and_back_are_the_same(text: str, package: bool) -> None:
    tree_of(text)
    facts = read(text.encode(), package)
    assert decode(encode(facts)) == facts


@MANY
@given(st.one_of(st.text().map(lambda text: text.encode("utf-8", "replace")), st.binary()))
def test_any_bytes_are_read_or_refused_with_a_place(data: bytes) -> None:
    try:
        read(data, False)
    except Unparsed as refused:
        lines = len(data) + 1
        assert 1 <= refused.line <= lines, refused.message  # noqa: PT017  a refusal is one of two right answers


@given(
    st.text(st.characters(codec="cp1252", exclude_categories=["C"])),
    st.sampled_from(["utf-8", "utf-8-sig", "cp1252"]),
)
def test_text_survives_its_encoding(text: str, encoding: str) -> None:
    cookie = "# -*- coding: cp1252 -*-\n" if encoding == "cp1252" else "#\n#\n"
    data = (cookie + text).encode(encoding)
    assert data.startswith(codecs.BOM_UTF8) == (encoding == "utf-8-sig")
    assert decode_text(data) == cookie + text


@MANY
@given(programs())
def test_lines_and_columns_find_every_character_again(text: str) -> None:
    source = SourceText(text)
    for offset, character in enumerate(text):
        line, column = source.position(offset)
        if character not in "\r\n":
            assert source.line(line)[column - 1] == character
        first, last = source.logical_line(offset)
        assert first <= line <= last


def _last_name(callee: cst.CSTNode) -> cst.Name | None:
    match callee:
        case cst.Call(func=inner) | cst.Subscript(value=inner):
            return _last_name(inner)
        case cst.Attribute(attr=name):
            return name
        case cst.Name(value=value):
            return None if value in ("None", "True", "False") else callee
    return None


def _calls(facts: FileFacts) -> Iterator[Call]:
    """Every call with its offset: those of decorators, bases and signatures stand among the owner's places."""
    tables = store.places(facts)
    waiting: list[object] = [body(facts, index) for index in range(len(facts.bodies))]
    for one in facts.header.definitions:
        around = [one.decorators, one.bases, one.returns, *((param.annotation, param.default) for param in one.params)]
        waiting += [located(part, tables[max(one.owner, 0)]) for part in around]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Call):
            yield node
        if isinstance(node, msgspec.Struct):
            waiting += [getattr(node, field) for field in node.__struct_fields__]
        elif isinstance(node, tuple):
            waiting += node


def _offsets(source: SourceText) -> dict[tuple[int, int], int]:
    return {source.position(offset): offset for offset in range(len(source.text) + 1)}
