"""A name that a fix writes is imported once, where imports stand, and means there what it should."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import pytest

from sqla_lint.fixes.edits import Replacement
from sqla_lint.fixes.imports import Imported, imported
from sqla_lint.fixes.tree import Tree

USE = '\n\ndef read(session):\n    return session.execute("SELECT 1")\n'


def asked(text: str, module: str = "sqlalchemy", name: str = "text", anchor: str = "execute") -> Imported | None:
    tree = Tree(text)
    node = tree.name_at(text.index(anchor))
    assert node is not None
    return imported(tree, module, name, node)


def made(text: str, module: str = "sqlalchemy", name: str = "text") -> str:
    """The text with the import that it lacks."""
    found = asked(text, module, name)
    assert found is not None
    return applied(text, found.edits)


def applied(text: str, edits: Sequence[Replacement]) -> str:
    for edit in sorted(edits, reverse=True):
        assert edit.shared
        text = text[: edit.start] + edit.text + text[edit.end :]
    ast.parse(text)
    return text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import os\n", "import os\nfrom sqlalchemy import text\n"),
        ("import os  # why\n", "import os  # why\nfrom sqlalchemy import text\n"),
        ("from sqlalchemy import select\n", "from sqlalchemy import select, text\n"),
        ("from sqlalchemy import select, update\n", "from sqlalchemy import select, text, update\n"),
        ("from sqlalchemy import update, select\n", "from sqlalchemy import update, select, text\n"),
        ("from sqlalchemy import Text, select\n", "from sqlalchemy import Text, select, text\n"),
        ("from sqlalchemy import a, \\\n    b\n", "from sqlalchemy import a, \\\n    b, text\n"),
        ("from sqlalchemy import (a, b)\n", "from sqlalchemy import (a, b, text)\n"),
        ("from sqlalchemy import (\n    a,\n    b,\n)\n", "from sqlalchemy import (\n    a,\n    b,\n    text,\n)\n"),
        (
            "from sqlalchemy import (\n    a,\n    b  # b\n)\n",
            "from sqlalchemy import (\n    a,\n    b,  # b\n    text\n)\n",
        ),
        (
            "from sqlalchemy import (\n    a,\n    update,  # to\n)\n",
            "from sqlalchemy import (\n    a,\n    text,\n    update,  # to\n)\n",
        ),
        (
            "from sqlalchemy.orm import Session\n\nfrom app import x\n",
            "from sqlalchemy import text\nfrom sqlalchemy.orm import Session\n\nfrom app import x\n",
        ),
        (
            "import sqlalchemy_utils\nfrom sqlalchemy import *\nfrom app import x\n",
            "import sqlalchemy_utils\nfrom sqlalchemy import *\nfrom sqlalchemy import text\nfrom app import x\n",
        ),
        ('"""Words."""\n', '"""Words."""\n\nfrom sqlalchemy import text\n'),
        ("# a licence\n\nx = 1\n", "# a licence\n\nfrom sqlalchemy import text\n\nx = 1\n"),
        ("@property\ndef f(): ...\n", "from sqlalchemy import text\n\n@property\ndef f(): ...\n"),
        (
            "from __future__ import annotations\n",
            "from __future__ import annotations\n\nfrom sqlalchemy import text\n",
        ),
        ("import os\nclass A: ...\nimport re\n", "import os\nfrom sqlalchemy import text\nclass A: ...\nimport re\n"),
        ("import os; import re\n", "import os; import re\nfrom sqlalchemy import text\n"),
        ("from .sqlalchemy import a\n", "from .sqlalchemy import a\nfrom sqlalchemy import text\n"),
        ("def other(text): return text\n", "from sqlalchemy import text\n\ndef other(text): return text\n"),
        ("class A:\n    text = 1\n", "from sqlalchemy import text\n\nclass A:\n    text = 1\n"),
    ],
)
def test_one_import_is_added_where_imports_stand(before: str, after: str) -> None:
    assert made(before + USE) == after + USE
    again = asked(after + USE)
    assert again == Imported("text", ())


def test_line_breaks_are_those_of_the_file() -> None:
    text = ("from sqlalchemy import (\n    select,\n)\n" + USE).replace("\n", "\r\n")

    assert made(text) == text.replace("select,\r\n", "select,\r\n    text,\r\n")


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("import sqlalchemy as sa\n", "sa.text"),
        ("import sqlalchemy\n", "sqlalchemy.text"),
        ("from sqlalchemy import text as sql\n", "sql"),
        ("import sqlalchemy as sa\nfrom sqlalchemy import text\n", "text"),
    ],
)
def test_what_a_file_has_is_used(before: str, said: str) -> None:
    assert asked(before + USE) == Imported(said, ())


@pytest.mark.parametrize(
    "before",
    [
        "text = 1\n",
        "def text(): ...\n",
        "class text: ...\n",
        "from words import text\n",
        "import text.words\n",
        "import words as text\n",
        "for text in (): ...\n",
        "with x as (y, text): ...\n",
        "if (text := 1): ...\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from sqlalchemy import text\n",
    ],
)
def test_a_name_that_is_taken_is_not_used(before: str) -> None:
    assert asked(before + USE) is None


def test_a_parameter_takes_a_name_in_its_own_function() -> None:
    text = "from sqlalchemy import text\ndef f(s, text):\n    s.execute('SELECT 1')\n"

    assert asked(text) is None
    assert asked("import sqlalchemy as sa\n" + text) == Imported("sa.text", ())


def test_a_module_of_a_package_is_told_from_the_package() -> None:
    before = "from sqlalchemy import select\nimport sqlalchemy as sa\n"

    assert made(before + USE, "sqlalchemy.orm", "Mapped").startswith(
        f"{before}from sqlalchemy.orm import Mapped\n",
    )
