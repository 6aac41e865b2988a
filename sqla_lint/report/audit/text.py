"""The audit for a terminal: one screen, the worst first, and what was not seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from sqla_lint.engine.audit import advice
from sqla_lint.engine.audited import Audit, Ending
from sqla_lint.model import Confidence, Place, Severity
from sqla_lint.report.audit import told
from sqla_lint.report.plain import printable, short
from sqla_lint.report.summary import counted

if TYPE_CHECKING:
    from rich.console import Console

WIDTH = 80
"""Columns where nobody says how many there are."""
_ROWS = 8
_TINTS = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "blue"}
_STATES = {"over": "bold red", "unknown": "yellow", "within": "green"}
_ORIGINS = ("opened", "injected", "received", "ambient")


def render(audit: Audit, *, colour: bool = False, columns: int = WIDTH) -> str:
    """The audit as text, `columns` wide at most; the same bytes for the same audit."""
    from io import StringIO

    from rich.console import Console

    out = StringIO()
    console = Console(
        file=out,
        width=columns,
        force_terminal=colour,
        color_system="standard" if colour else None,
        force_jupyter=False,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
        soft_wrap=False,
        _environ={},
    )
    _Screen(audit, console).draw()
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()).strip("\n") + "\n"


class _Screen:
    def __init__(self, audit: Audit, console: Console) -> None:
        self.audit = audit
        self.console = console

    def draw(self) -> None:
        self._head()
        self._severities()
        self._rules()
        self._causes()
        self._places()
        self._owners()
        self._budget()
        self._unseen()
        self._suppressions()
        self._next()

    def _say(self, text: str = "", style: str = "") -> None:
        self.console.print(text, style=style or None)

    def _title(self, text: str) -> None:
        self._say()
        self._say(text, "bold")

    def _table(
        self, columns: Sequence[str], rows: Iterable[Sequence[str]], wide: int, tints: Sequence[str] = ()
    ) -> None:
        """Rows under heads; numbers to the right, and of the `wide` column what does not fit is folded."""
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=True, padding=(0, 1), header_style="dim", show_header=any(columns))
        for index, head in enumerate(columns):
            right = head.endswith(">")
            table.add_column(
                Text(head.rstrip(">")),
                justify="right" if right else "left",
                overflow="fold",
                no_wrap=index != wide,
                ratio=1 if index == wide else None,
            )
        for at, row in enumerate(rows):
            style = tints[at] if at < len(tints) else ""
            table.add_row(*(Text(printable(cell), style=style if not index else "") for index, cell in enumerate(row)))
        self.console.print(table)

    def _more(self, left: int, what: str) -> None:
        if left > 0:
            self._say(f"  and {counted(left, what)} more, in the reports --html and --format json", "dim")

    def _head(self) -> None:
        audit = self.audit
        versions = "".join(f", {name} {version}" for name, version in audit.requires[:2])
        self._say(
            f"sqla-lint audit  {printable(audit.name)}  {counted(audit.files, 'file')}, "
            f"{counted(audit.lines, 'line')}{printable(versions)}",
            "bold",
        )

    def _severities(self) -> None:
        audit = self.audit
        if not audit.findings:
            self._say("no findings")
            return
        by = Counter((one.severity, one.confidence) for one in audit.findings)
        order = (Confidence.CERTAIN, Confidence.LIKELY, Confidence.POSSIBLE)
        shown = [one for one in Severity if any(by[one, sure] for sure in order)]
        rows = [
            (one.value, *(str(by[one, sure]) for sure in order), str(sum(by[one, sure] for sure in order)))
            for one in shown
        ]
        self._say()
        self._table(("", "certain>", "likely>", "possible>", "all>"), rows, -1, [_TINTS[one] for one in shown])

    def _rules(self) -> None:
        rules = self.audit.rules
        if not rules:
            return
        self._title("Rules")
        room = self.console.width - max(len(one.name) for one in rules) - 20
        rows = [
            (one.name + ("" if one.default else " *"), str(one.findings), str(one.causes), _tail(one.worst, room))
            for one in rules
        ]
        self._table(("rule", "n>", "causes>", "look first at"), rows, 3, [_TINTS[one.severity] for one in rules])
        if any(not one.default for one in rules):
            self._say("  * off in `check` unless selected", "dim")

    def _causes(self) -> None:
        causes = self.audit.causes
        if not causes:
            return
        self._title("Root causes: one place, several findings or callers")
        rows = [
            (
                str(len(one.findings)),
                str(one.callers),
                f"{_at(one.place)} {short(one.symbol, one.place.path)}: {', '.join(one.rules)}",
            )
            for one in causes[:_ROWS]
        ]
        self._table(("findings>", "callers>", "place"), rows, 2)
        self._more(len(causes) - _ROWS, "place")

    def _places(self) -> None:
        audit = self.audit
        if not audit.paths:
            return
        self._title("Worst files")
        rows = [(str(one.findings), str(one.errors), one.path) for one in audit.paths[:_ROWS]]
        self._table(("n>", "errors>", "file"), rows, 2)
        self._more(len(audit.paths) - _ROWS, "file")
        if len(audit.packages) > 1:
            self._title("Worst packages")
            rows = [(str(one.findings), str(one.errors), one.path) for one in audit.packages[:5]]
            self._table(("n>", "errors>", "package"), rows, 2)

    def _owners(self) -> None:
        owned = self.audit.ownership
        self._title("Who ends transactions")
        if not owned.endings:
            self._say("  nobody that is seen: no commit, and no block that commits")
        else:
            rows = list(owners_by_layer(owned.endings))
            heads = ("layer", *(f"{origin}>" for origin in _ORIGINS), "for example")
            room = self.console.width - 54
            self._table(heads, [(layer, *counts, _tail(first.place, room)) for layer, counts, first in rows], 5)
            self._say("  opened: its own session; received: its caller's; ambient: a variable's or registry's", "dim")
        reached = len(owned.map.entries)
        if reached or owned.map.silent:
            self._say(f"  {reached} of {reached + owned.map.silent} entries reach the end of a transaction")
        if owned.entries:
            kinds = (f"{one.layer} {one.asynchronous} async, {one.plain} plain" for one in owned.entries)
            self._say(f"  entries: {'; '.join(kinds)}")
        if owned.sessions:
            self._say(
                "  calls on sessions: " + ", ".join(f"{count} {printable(kind)}" for kind, count in owned.sessions[:4])
            )

    def _budget(self) -> None:
        budget = self.audit.budget
        if budget is None:
            return
        self._title("Connections of the deployment")
        if budget.engines:
            rows = [
                (one.name, told.pool(one), told.pre_ping(one), told.most(one), _tail(one.place, 24))
                for one in budget.engines
            ]
            self._table(("engine", "pool", "pre-ping", "at most>", "made at"), rows, 1)
        else:
            self._say("  no engine of a server is seen")
        self._table(
            ("process", "target", "replicas>", "processes>", "threads>", "each>", "all>"),
            [
                (
                    one.name,
                    one.target,
                    str(one.replicas),
                    str(one.processes),
                    str(one.threads or "·"),
                    told.amount(one, one.each),
                    told.amount(one, one.every),
                )
                for one in budget.processes
            ],
            0,
        )
        for server in budget.servers:
            self._say(printable(f"  {told.verdict(server)}"), _STATES.get(server.state, ""))
        for what, texts in (("not known", budget.unknown), ("taken for granted", budget.assumed)):
            for text in texts[:_ROWS]:
                self._say(printable(f"  {what}: {text}"), "dim")
            self._more(len(texts) - _ROWS, "line")
        if budget.left_out:
            why = Counter(one.left_out for one in budget.left_out)
            self._say(printable("  not counted: " + "; ".join(f"{count} {text}" for text, count in why.items())), "dim")

    def _unseen(self) -> None:
        unseen = self.audit.unseen
        self._title("What was not seen")
        unknown = sum(count for _, count in unseen.unknown)
        self._say(
            f"  {unseen.resolved:.1%} of the calls on sessions are known as such: {unseen.known}, and {unknown} on "
            "what is only called so"
        )
        for why, count in unseen.unknown[:4]:
            self._say(f"    {count:>4}  {why}")
        for what, names in (
            ("files do not parse", unseen.unparsed),
            ("functions call each other in ways that were given up", unseen.unsettled),
            ("rules could not fire: nothing that they are about occurs", unseen.idle),
        ):
            if names:
                self._say(f"  {len(names)} {what}: {_some(names)}")
        if unseen.off:
            self._say(f"  {len(unseen.off)} rules are off: " + _some([f"{name} ({why})" for name, why in unseen.off]))
        for error in self.audit.errors:
            self._say(printable(f"  error: {error.told}"))

    def _suppressions(self) -> None:
        audit = self.audit
        if not audit.silenced:
            return
        self._title("Suppressions")
        by: Counter[str] = Counter()
        for one in audit.silenced:
            by[one.name] += one.findings
        rows = sorted(by.items(), key=lambda row: (-row[1], row[0]))
        self._say(
            f"  {counted(audit.suppressed, 'finding')} hidden by {counted(len(audit.silenced), 'comment')}: "
            + ", ".join(f"{count} {name}" for name, count in rows)
        )
        silent = sum(not one.reason for one in audit.silenced)
        if silent:
            self._say(f"  {silent} of the comments give no reason")

    def _next(self) -> None:
        steps = advice(self.audit)
        if steps:
            self._title("Next")
            for step in steps:
                self._say(f"  {printable(step.command)}")
                self._say(f"      {printable(step.why)}", "dim")


def owners_by_layer(endings: Iterable[Ending]) -> Iterator[tuple[str, tuple[str, ...], Ending]]:
    """A row for each layer: its name, how many transactions it ends by where their sessions come from, an example."""
    by: dict[str, list[Ending]] = {}
    for one in endings:
        by.setdefault(one.layer, []).append(one)
    for layer, members in sorted(by.items(), key=lambda row: (-len(row[1]), row[0])):
        origins = Counter(one.origin for one in members)
        counts = tuple(str(origins[origin] or "·") for origin in _ORIGINS)
        yield layer or "other", counts, members[0]


def _at(place: Place) -> str:
    return f"{place.path}:{place.line}"


def _tail(place: Place, room: int) -> str:
    """A place, without the folders at its start that do not fit."""
    whole = printable(_at(place))
    return whole if len(whole) <= room else f"…{whole[len(whole) - max(room, 20) + 1 :]}"


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(printable(name) for name in names[:6])
    return f"{shown}, and {len(names) - 6} more" if len(names) > 6 else shown
