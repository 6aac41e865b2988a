"""Logging commands, which Azure Pipelines shows as issues of a build."""

from __future__ import annotations

from sqla_lint.model import Finding, Report, Severity
from sqla_lint.report.plain import printable
from sqla_lint.report.ranked import weightiest_first
from sqla_lint.report.traces import details


def render(report: Report) -> str:
    """A command on each line, what matters most first."""
    errors = [
        _command("error", {"sourcepath": error.path} if error.path else {}, f"sqla-lint: {error.message}")
        for error in report.errors
    ]
    return "".join([*errors, *map(_issue, weightiest_first(report.findings))])


def tamed(text: str) -> str:
    """Text in which no command begins: the agent looks for them anywhere in a line."""
    return text.replace("##", "# #")


def _issue(finding: Finding) -> str:
    place = finding.place
    where = {"sourcepath": place.path, "linenumber": str(place.line), "columnnumber": str(place.column)}
    kind = "error" if finding.severity is Severity.ERROR else "warning"
    texts = [f"{finding.name}: {finding.message}", *details(finding)]
    return _command(kind, ({} if place.path == "." else where) | {"code": finding.code}, "; ".join(texts))


def _command(kind: str, properties: dict[str, str], message: str) -> str:
    told = "".join(f"{name}={_escaped(value)};" for name, value in {"type": kind, **properties}.items())
    return f"##vso[task.logissue {told}]{_message(message)}\n"


def _message(text: str) -> str:
    return tamed(printable(" ".join(text.split("\n")).replace("%", "%AZP25")))


def _escaped(text: str) -> str:
    for plain, code in (("%", "%AZP25"), (";", "%3B"), ("\r", "%0D"), ("\n", "%0A"), ("]", "%5D")):
        text = text.replace(plain, code)
    return printable(text)
