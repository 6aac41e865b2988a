"""Fixes as a command makes them: in memory first, then to the files or as a diff."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from difflib import unified_diff

from sqla_lint.commands.examine import Examined
from sqla_lint.model import Report, RunError


def mended(found: Examined, *, unsafe: bool) -> tuple[Examined, dict[str, bytes]]:
    """The project as it is with all its fixes made, and the new bytes of the files that changes, by path."""
    from sqla_lint.engine import run
    from sqla_lint.fixes.passes import mend_project

    def check(whole: run.Whole) -> Report:
        return run.check_whole(whole, found.configuration.settings, cache=found.cache, known=found.known)

    outcome = mend_project(found.whole, found.report, check, unsafe=unsafe)
    report = replace(outcome.report, fixed=outcome.made)
    return found._replace(whole=outcome.whole, report=report), outcome.files


def stored(found: Examined, fixed: Examined, files: dict[str, bytes]) -> Examined:
    """Writes the files; what cannot be written is an error of the run."""
    from sqla_lint.fixes.files import store

    errors = []
    for path, data in files.items():
        try:
            store(found.configuration.root / path, found.whole.reading.data[path], data)
        except OSError as error:
            errors.append(RunError(path, f"could not be fixed: {error.strerror or error}"))
    if not errors:
        return fixed
    return fixed._replace(report=replace(fixed.report, errors=(*fixed.report.errors, *errors)))


def diff(found: Examined, files: dict[str, bytes]) -> str:
    """What the fixes change, as a unified diff."""
    return "".join(part for path in sorted(files) for part in _diff(path, found.whole.reading.data[path], files[path]))


def _diff(path: str, before: bytes, after: bytes) -> Iterator[str]:
    from sqla_lint.syntax.decoding import decode

    lines = [decode(data).splitlines(keepends=True) for data in (before, after)]
    for line in unified_diff(*lines, f"a/{path}", f"b/{path}"):
        yield line if line.endswith(("\n", "\r")) else f"{line}\n\\ No newline at end of file\n"
