from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from sqla_lint.fixes.ignoring import ignore
from sqla_lint.model import Confidence, Finding, Place, Severity
from tests.commands import Shell
from tests.test_baseline import add_caller, lint

__all__ = ["lint"]
"""The shop of the baseline, whose findings are silenced here."""


def finding(line: int, column: int = 1, code: str = "SQA201", name: str = "commit-in-repository") -> Finding:
    place = Place("a.py", line, column, line, column + 1)
    return Finding(code, name, place, "a.f", "commits", Severity.ERROR, Confidence.LIKELY, "1:0")


@pytest.mark.parametrize(
    ("before", "line", "after"),
    [
        ("s.commit()\n", 1, "s.commit()  # sqla: ignore[commit-in-repository] why\n"),
        ("s.commit()", 1, "s.commit()  # sqla: ignore[commit-in-repository] why"),
        ("s.commit()   \r\nx\r\n", 1, "s.commit()  # sqla: ignore[commit-in-repository] why\r\nx\r\n"),
        ("s.commit(\n  1,\n)\n", 1, "s.commit(\n  1,\n)  # sqla: ignore[commit-in-repository] why\n"),
        ('s.commit("""\n""")\n', 1, 's.commit("""\n""")  # sqla: ignore[commit-in-repository] why\n'),
        ("a; \\\ns.commit()\n", 2, "a; \\\ns.commit()  # sqla: ignore[commit-in-repository] why\n"),
        ("s.commit()  # now\n", 1, "s.commit()  # now  # sqla: ignore[commit-in-repository] why\n"),
        ("def f(\n  s,\n): s.commit()\n", 3, "def f(\n  s,\n): s.commit()  # sqla: ignore[commit-in-repository] why\n"),
        (
            "s.commit()  # sqla: ignore[SQA105] known\n",
            1,
            "s.commit()  # sqla: ignore[SQA105, commit-in-repository] known\n",
        ),
    ],
)
def test_where_a_comment_goes(before: str, line: int, after: str) -> None:
    made = ignore(before.encode(), [finding(line)], "why")
    assert (made.data.decode(), made.count) == (after, 1)
    assert ast.dump(ast.parse(after)) == ast.dump(ast.parse(before))


def test_two_findings_of_a_statement_share_a_comment() -> None:
    made = ignore(b"s.commit()\n", [finding(1), finding(1, 3), finding(1, 1, "SQA207", "commit-in-model")], "why")
    assert made.data == b"s.commit()  # sqla: ignore[commit-in-model, commit-in-repository] why\n"
    assert made.count == 3


def test_a_reason_that_the_encoding_lacks_leaves_the_file_alone() -> None:
    text = b"# coding: ascii\ns.commit()\n"
    assert ignore(text, [finding(2)], "größer").data == text


def test_a_byte_order_mark_stays() -> None:
    made = ignore(b"\xef\xbb\xbfs.commit()\n", [finding(1)], "why")
    assert made.data.startswith(b"\xef\xbb\xbfs.commit()  # sqla")


def test_comments_about_comments_are_not_written() -> None:
    text = b"x = 1  # sqla: ignore[SQA201] why\n"
    assert ignore(text, [finding(1, 23, "SQA003", "unused-suppression")], "why").data == text


class TestCommand:
    def test_what_is_found_is_silenced_with_the_reason(self, lint: Shell, tmp_path: Path) -> None:
        said = lint("check", "--add-ignore", "nightly import")
        assert (said.code, "1 finding silenced in 1 file" in said.err) == (0, True)
        assert "commit()  # sqla: ignore[commit-in-repository] nightly import\n" in (
            (tmp_path / "shop/repo.py").read_text()
        )
        assert lint("check", "--config", "require-reason=true").code == 0

    def test_a_new_way_is_cut_where_it_enters(self, lint: Shell, tmp_path: Path) -> None:
        lint("baseline", "create")
        add_caller(tmp_path)
        assert lint("check", "--add-ignore", "a use case of its own").code == 0
        assert (tmp_path / "shop/api.py").read_text().count("# sqla: ignore[commit-in-repository]") == 1
        assert "sqla:" not in (tmp_path / "shop/repo.py").read_text()

    def test_a_file_that_does_not_parse_stays(self, lint: Shell, tmp_path: Path) -> None:
        (tmp_path / "shop/bad.py").write_text("def f(:\n")
        assert lint("check", "--add-ignore", "why").code == 1
        assert (tmp_path / "shop/bad.py").read_text() == "def f(:\n"

    @pytest.mark.parametrize("reason", ["", "  ", "two\nlines", "issue #3"])
    def test_a_reason_is_needed(self, lint: Shell, reason: str) -> None:
        said = lint("check", "--add-ignore", reason)
        assert (said.code, "takes the reason" in said.err) == (2, True)

    def test_it_goes_with_no_fix(self, lint: Shell) -> None:
        assert lint("check", "--fix", "--add-ignore", "why").code == 2

    def test_only_what_is_asked_about(self, lint: Shell, tmp_path: Path) -> None:
        lint("check", "--add-ignore", "why", "shop/api.py")
        assert "sqla:" not in (tmp_path / "shop/repo.py").read_text()
        assert json.loads(lint("check", "--format", "json").out)["summary"]["findings"] == 1
