"""Fixes as commands make them: in memory first, then to the files or as a diff."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from difflib import diff_bytes, unified_diff
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import click

from sqla_lint.commands.common import Untrusted, colour, tell
from sqla_lint.commands.examine import Examined
from sqla_lint.engine import record
from sqla_lint.model import Report, RunError
from sqla_lint.report.summary import counted

if TYPE_CHECKING:
    from sqla_lint.engine.run import Whole
    from sqla_lint.fixes.passes import Choose

_OPTIONS = (
    click.option("--fix", is_flag=True, help="Make the fixes that are safe, and report what is left."),
    click.option("--unsafe-fixes", is_flag=True, help="With --fix or --diff: also those after which you have to look."),
    click.option("--diff", is_flag=True, help="Show what the fixes would change, and change nothing."),
    click.option("-i", "--interactive", is_flag=True, help="With --fix: show each fix and ask whether to make it."),
    click.option("--add-ignore", metavar="REASON", help="Silence everything that is found with comments that say why."),
)


class Fixing(NamedTuple):
    """What a command line says about fixes."""

    write: bool
    unsafe: bool
    diff: bool
    ignore: str | None = None
    interactive: bool = False


class Fixed(NamedTuple):
    """A project with its fixes made, in memory, and the new bytes of the files that change, by path."""

    found: Examined
    files: dict[str, bytes]


def fix_options(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the options of fixes; it gets them as one `Fixing`."""

    @wraps(command)
    def run(
        *args: Any, fix: bool, unsafe_fixes: bool, diff: bool, interactive: bool, add_ignore: str | None, **own: Any
    ) -> None:
        if add_ignore is not None and (not add_ignore.strip() or re.search(r"[#\r\n]", add_ignore)):
            raise Untrusted("--add-ignore takes the reason: one line, without #")
        if unsafe_fixes and not (fix or diff):
            raise Untrusted("--unsafe-fixes says which fixes are made; --fix makes them, --diff shows them")
        if interactive:
            _demand_somebody(fix=fix, diff=diff)
        command(*args, fixing=Fixing(fix, unsafe_fixes, diff, add_ignore, interactive), **own)

    decorated: Callable[..., None] = run
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated


def _demand_somebody(*, fix: bool, diff: bool) -> None:
    """Raises `Untrusted` where there is nothing or nobody to ask."""
    if not fix or diff:
        raise Untrusted("--interactive asks which fixes are made; it goes with --fix, and --diff only shows them")
    if sys.stdin is None or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Untrusted("--interactive asks on a terminal, and standard input or output is none")


def _somebody() -> Choose:
    from sqla_lint.commands.reviewing import Review

    return Review(colour=colour())


def fixed(found: Examined, fixing: Fixing) -> Fixed:
    """What was found, after the fixes that are wanted; leaves with 0 or 1 where only a diff is."""
    if fixing.ignore is not None and (fixing.write or fixing.diff):
        raise Untrusted("--add-ignore silences and --fix mends: one after the other")
    from sqla_lint.engine import run
    from sqla_lint.fixes.passes import everything, mend_project

    if not (fixing.write or fixing.diff):
        return Fixed(found, {}) if fixing.ignore is None else _ignored(found, fixing.ignore)

    def check(whole: Whole) -> Report:
        return run.check_whole(whole, found.configuration.settings, cache=found.cache, known=found.known)

    unsafe = fixing.unsafe or found.configuration.settings.unsafe_fixes
    choose = _somebody() if fixing.interactive else everything
    outcome = mend_project(found.whole, found.report, check, unsafe=unsafe, choose=choose)
    if fixing.diff:
        _show_diff(found, outcome.made, outcome.files)
    if fixing.interactive and outcome.refused:
        tell(f"note: taken back because they did no good: {outcome.refused}")
    errors = [*outcome.report.errors, *_written(found, outcome.files)]
    report = replace(outcome.report, fixed=outcome.made, errors=tuple(errors))
    return Fixed(found._replace(whole=outcome.whole, report=report), outcome.files)


def _ignored(found: Examined, reason: str) -> Fixed:
    """The project with a comment wherever something is found; what is left is reported."""
    from sqla_lint.engine import run
    from sqla_lint.engine.catalogue import SYNTAX_ERROR
    from sqla_lint.fixes.ignoring import ignore

    if found.report.errors:
        return Fixed(found, {})
    data = found.whole.reading.data
    files: dict[str, bytes] = {}
    for path in sorted({one.place.path for one in found.report.findings if one.code != SYNTAX_ERROR}):
        made = ignore(data[path], (one for one in found.report.findings if one.place.path == path), reason.strip())
        if made.count:
            files[path] = made.data
    whole = run.changed(found.whole, files)
    report = run.check_whole(whole, found.configuration.settings, cache=found.cache, known=found.known)
    hidden = len(found.report.findings) - len(report.findings)
    report = replace(report, errors=(*report.errors, *_written(found, files)))
    tell(f"note: {counted(hidden, 'finding')} silenced in {counted(len(files), 'file')}")
    return Fixed(found._replace(whole=whole, report=report), files)


def detailed(found: Examined) -> Report:
    """The report with the edits of each fix."""
    from sqla_lint.fixes.passes import with_edits

    return with_edits(found.report, found.whole)


def _written(found: Examined, files: dict[str, bytes]) -> Iterator[RunError]:
    """Writes the files; what cannot be written is an error of the run."""
    from sqla_lint.fixes.files import store

    for path, data in files.items():
        try:
            store(found.configuration.root / path, found.whole.reading.data[path], data)
        except OSError as error:
            yield RunError(path, f"could not be fixed: {error.strerror or error}")


def _show_diff(found: Examined, made: int, files: dict[str, bytes]) -> NoReturn:
    """Prints what fixes change, as a unified diff, and leaves with 1 if that is anything."""
    for path in sorted(files):
        record.write(b"".join(_diff(path, found.whole.reading.data[path], files[path])))
    for error in found.report.errors:
        tell(f"error: {error.told}")
    where = counted(len(files), "file")
    tell(f"{counted(made, 'finding')} would be fixed in {where}" if files else "nothing would be fixed")
    found.close(verbose=False)
    raise SystemExit(2 if found.report.errors else int(bool(files)))


def _diff(path: str, before: bytes, after: bytes) -> Iterator[bytes]:
    """Bytes, because that is what patches are: a file may be in any encoding."""
    name = path.encode("utf-8", "surrogateescape")
    old, new = (re.findall(rb"[^\n]*\n|[^\n]+", data) for data in (before, after))
    for line in diff_bytes(unified_diff, old, new, b"a/" + name, b"b/" + name):
        yield line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n"
