"""The formats a report can take, by the names that `--format` and `-o` know. Each is the module of its name."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from sqla_lint.model import Report


@dataclass(frozen=True, slots=True)
class Format:
    """`for_people` are lines to read, which `--statistics` may stand for; `coloured` ones may be painted; in `whole`
    ones stands what went wrong in the run itself, so that it need not be told beside them."""

    for_people: bool = False
    coloured: bool = False
    whole: bool = False


FORMATS = {
    "full": Format(for_people=True, coloured=True),
    "concise": Format(for_people=True, coloured=True),
    "grouped": Format(for_people=True, coloured=True),
    "json": Format(whole=True),
    "jsonl": Format(whole=True),
    "sarif": Format(whole=True),
    "github": Format(whole=True),
    "gitlab": Format(),
    "junit": Format(whole=True),
    "rdjson": Format(),
    "agent": Format(for_people=True),
}


def render(report: Report, name: str, *, colour: bool = False) -> str:
    """The report in the format of that name."""
    module = import_module(f"{__package__}.{name}")
    paint = {"colour": True} if colour and FORMATS[name].coloured else {}
    text: str = module.render(report, **paint)
    return text
