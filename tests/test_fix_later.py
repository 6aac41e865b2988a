"""A value that is given to a call becomes a function that makes it, and a name comes from where it has moved."""

from __future__ import annotations

import ast

import pytest

from sqla_lint.fixes.changes import replacements
from sqla_lint.fixes.tree import Tree
from sqla_lint.model import Change, Recipe

OLD = "sqlalchemy.ext.declarative"
KEEP = ("default", "default")
FACTORY = ("default", "default_factory")
FIRST = ("", "default_factory")


def fixed(text: str, anchor: str, change: Change, arguments: tuple[str, ...]) -> str:
    for edit in sorted(replacements(Tree(text), Recipe(change, arguments=arguments), text.index(anchor)), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    ast.parse(text)
    return text


@pytest.mark.parametrize(
    ("before", "anchor", "arguments", "after"),
    [
        ("x = C(default=now())\n", "now", KEEP, "x = C(default=now)\n"),
        ("x = C(default=now ( ))\n", "now", KEEP, "x = C(default=now)\n"),
        ("x = C(default=(now()))\n", "now", KEEP, "x = C(default=(now))\n"),
        ("x = C(default=dt.now())\n", "now", KEEP, "x = C(default=dt.now)\n"),
        ("x = C(default=now(utc))\n", "now", KEEP, "x = C(default=lambda: now(utc))\n"),
        ("x = C(default=now().hex())\n", "now", KEEP, "x = C(default=lambda: now().hex())\n"),
        ("x = C(default=(now() + 1))\n", "now", KEEP, "x = C(default=lambda: (now() + 1))\n"),
        ("x = C(default=f'{now()}')\n", "now", KEEP, "x = C(default=lambda: f'{now()}')\n"),
        (
            "x = C(\n    default=now(\n        utc\n    ),\n)\n",
            "now",
            KEEP,
            "x = C(\n    default=lambda: now(\n        utc\n    ),\n)\n",
        ),
        ("x = C(default={ })\n", "C", KEEP, "x = C(default=dict)\n"),
        ("x = C(default={\n  # none\n})\n", "C", KEEP, "x = C(default=lambda: {\n  # none\n})\n"),
        ("x = C(default=[1])\n", "C", KEEP, "x = C(default=lambda: [1])\n"),
        ("x = C(default=set())\n", "C", FACTORY, "x = C(default_factory=set)\n"),
        ("x = C(default=[1])\n", "C", FACTORY, "x = C(default_factory=lambda: [1])\n"),
        ("dict = 1\nx = C(default={})\n", "C", KEEP, "dict = 1\nx = C(default=lambda: {})\n"),
        ("from a import list\nx = C(default=[])\n", "C", KEEP, "from a import list\nx = C(default=lambda: [])\n"),
        ("x = Field(now(), key=True)\n", "now", FIRST, "x = Field(default_factory=now, key=True)\n"),
        ("x = Field(now(1), key=True)\n", "now", FIRST, "x = Field(default_factory=lambda: now(1), key=True)\n"),
        ("x = Field(kw={'default': []})\n", "Field", KEEP, "x = Field(kw={'default': list})\n"),
        ("x = Field(kw={'default': now()})\n", "now", KEEP, "x = Field(kw={'default': now})\n"),
    ],
)
def test_a_value_is_made_when_it_is_needed(before: str, anchor: str, arguments: tuple[str, ...], after: str) -> None:
    assert fixed(before, anchor, Change.CALL_LATER, arguments) == after


@pytest.mark.parametrize(
    ("before", "anchor"),
    [
        ("class A:\n    N = 1\n    x = C(default=now() + N)\n", "now"),
        ("class A:\n    K = [1]\n    x = C(default=[k for k in K])\n", "C("),
        ("class A:\n    import dt\n    x = C(default=dt.now(1))\n", "now"),
        ("x = C(other=now())\n", "now"),
    ],
)
def test_no_lambda_is_written_where_it_would_not_see_a_name(before: str, anchor: str) -> None:
    assert fixed(before, anchor, Change.CALL_LATER, KEEP) == before


def test_in_a_method_a_lambda_sees_what_the_method_does() -> None:
    before = "class A:\n    @attr\n    def x(cls):\n        n = 1\n        return C(default=now() + n)\n"

    assert "default=lambda: now() + n" in fixed(before, "now", Change.CALL_LATER, KEEP)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from OLD import attr\n", "from orm import attr\n"),
        ("from OLD import attr as a, base\n", "from orm import attr as a, base\n"),
        ("from OLD import (\n    attr,  # why\n    base,\n)\n", "from orm import (\n    attr,  # why\n    base,\n)\n"),
        ("from OLD import Stays, attr\n", "from OLD import Stays\nfrom orm import attr\n"),
        ("from OLD import attr, Stays\n", "from OLD import Stays\nfrom orm import attr\n"),
        (
            "from OLD import attr as a, Stays, base  # x\ny = 1",
            "from OLD import Stays  # x\nfrom orm import attr as a, base\ny = 1",
        ),
        (
            "from OLD import (\n    attr,\n    Stays,\n    base,\n)\n",
            "from OLD import (\n    Stays,\n)\nfrom orm import attr, base\n",
        ),
        ("from OLD import Stays, attr", "from OLD import Stays\nfrom orm import attr"),
        (
            "def f():\n    from OLD import Stays, attr; g()\n",
            "def f():\n    from OLD import Stays; from orm import attr; g()\n",
        ),
        ("if x: from OLD import Stays, attr\n", "if x: from OLD import Stays; from orm import attr\n"),
        ("from OLD import attr\nfrom OLD import base as b\n", "from orm import attr\nfrom orm import base as b\n"),
        ("from OLD import attr\nfrom OLD import Stays\n", "from orm import attr\nfrom OLD import Stays\n"),
        ("from OLD import attr\r\n", "from orm import attr\r\n"),
        ("from OLD import attr, Stays\r\nx = 1\r\n", "from OLD import Stays\r\nfrom orm import attr\r\nx = 1\r\n"),
        (
            "from OLD import (\n    attr,  # why\n    Stays,\n)\n",
            "from OLD import (\n    attr,  # why\n    Stays,\n)\n",
        ),
    ],
)
def test_what_has_moved_is_imported_from_where_it_is(before: str, after: str) -> None:
    arguments = ("orm", "attr", "base")

    found = fixed(before.replace("OLD", OLD), "attr", Change.IMPORT_ELSEWHERE, arguments)

    assert found == after.replace("OLD", OLD)
