"""The formats a report can take, by the names that `--format` and `-o` know. Each is the module of its name."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from sqla_lint.model import Report
from sqla_lint.report.repository import from_top


@dataclass(frozen=True, slots=True)
class Format:
    """`for_people` are lines to read, which `--statistics` may stand for; `coloured` ones may be painted; what
    `tells_errors` says what went wrong in the run itself, so that it need not be told beside them; `hosted` ones are
    read by a host of code, to whom a path starts at the top of the repository and not at the project root; those
    with `edits` say what a fix changes."""

    for_people: bool = False
    coloured: bool = False
    tells_errors: bool = False
    hosted: bool = False
    edits: bool = False


FORMATS = {
    "full": Format(for_people=True, coloured=True),
    "concise": Format(for_people=True, coloured=True),
    "grouped": Format(for_people=True, coloured=True),
    "json": Format(tells_errors=True, edits=True),
    "jsonl": Format(tells_errors=True, edits=True),
    "sarif": Format(tells_errors=True, hosted=True, edits=True),
    "github": Format(tells_errors=True, hosted=True),
    "gitlab": Format(hosted=True),
    "azure": Format(tells_errors=True, hosted=True),
    "markdown": Format(tells_errors=True, hosted=True),
    "junit": Format(tells_errors=True),
    "rdjson": Format(hosted=True),
    "agent": Format(for_people=True),
}


def render(report: Report, name: str, *, colour: bool = False, root: str = "") -> str:
    """The report in the format of that name; `root` is the project's folder in its repository, "" for the top."""
    module = import_module(f"{__package__}.{name}")
    paint = {"colour": True} if colour and FORMATS[name].coloured else {}
    seen = from_top(report, root) if root and FORMATS[name].hosted else report
    text: str = module.render(seen, **paint)
    return text
