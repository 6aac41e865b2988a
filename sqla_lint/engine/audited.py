"""What an audit says of a codebase: values only, for reports to draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqla_lint.model import Finding, Place, RunError, Severity, Silenced


@dataclass(frozen=True, slots=True)
class Tally:
    """Findings of one rule; `worst` is the place to look at first, `causes` how many places have to be mended."""

    code: str
    name: str
    chapter: str
    severity: Severity
    default: bool
    certain: int
    likely: int
    possible: int
    files: int
    causes: int
    worst: Place

    @property
    def findings(self) -> int:
        return self.certain + self.likely + self.possible


@dataclass(frozen=True, slots=True)
class Cause:
    """Findings whose traces end at one place: mending that place may mend them all. `callers` are the entries from
    which it is reached; `findings` are indexes into the audit's."""

    place: Place
    symbol: str
    text: str
    rules: tuple[str, ...]
    callers: int
    findings: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Heat:
    """A file or folder and the findings in it."""

    path: str
    errors: int
    warnings: int
    infos: int
    lines: int

    @property
    def findings(self) -> int:
        return self.errors + self.warnings + self.infos


@dataclass(frozen=True, slots=True)
class LayerRow:
    """A layer: how many functions are in it, how many of them end transactions, and by what evidence, counted."""

    layer: str
    functions: int
    enders: int
    because: tuple[tuple[str, int], ...]
    reasons: int


@dataclass(frozen=True, slots=True)
class Node:
    """A function on a way from an entry to the end of a transaction.

    `entry` is what calls it from outside (`POST /orders`), "" for what only the project calls; `ends` counts the places
    in it that end transactions, `opens` says that it ends those of sessions it has opened itself.
    """

    symbol: str
    name: str
    layer: str
    entry: str
    place: Place
    ends: int = 0
    opens: bool = False
    asynchronous: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Link:
    """A call between two nodes, by index. `how` is commits when it carries a commit of the caller's session, session
    when it carries that session otherwise, provides when a framework fills in the caller's session, and runs when the
    callee is run and nothing of the caller's sessions is seen in it."""

    caller: int
    callee: int
    how: str


@dataclass(frozen=True, slots=True)
class Map:
    """Which entries reach which functions that end transactions."""

    nodes: tuple[Node, ...] = ()
    links: tuple[Link, ...] = ()
    entries: tuple[int, ...] = ()
    """The nodes that something outside the project calls."""
    silent: int = 0
    """How many more entries there are, from which no end of a transaction is reached."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A place where a transaction is ended: `how` is commit, or block for a `with` block that does it.

    `origin` says where the session comes from: opened (in this very function), received (from a caller), injected (by a
    framework), or ambient (a module variable or a registry). `owners` are the functions where the ways up from here
    end, `owner_layers` their layers.
    """

    place: Place
    symbol: str
    layer: str
    text: str
    how: str
    origin: str
    owners: tuple[str, ...]
    owner_layers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entries:
    """The entries of a layer, by how they are defined."""

    layer: str
    plain: int
    asynchronous: int


@dataclass(frozen=True, slots=True)
class Ownership:
    """Who begins and ends transactions, as far as it is seen."""

    endings: tuple[Ending, ...] = ()
    layers: tuple[LayerRow, ...] = ()
    entries: tuple[Entries, ...] = ()
    sessions: tuple[tuple[str, int], ...] = ()
    """Classes of sessions, and how many calls are on each."""
    map: Map = field(default_factory=Map)


@dataclass(frozen=True, slots=True)
class PoolSetting:
    """A setting of a pool: `how` is said, default, assumed (the default of a server's pool), unknown, or none where the
    pool has no such thing; `written` is what stands in the code where the value is unknown."""

    name: str
    how: str
    value: bool | int | float | str | None
    written: str


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine and its pool: `most` is how many connections it opens at most, None where nobody knows; `endless` says
    that it opens as many as are wanted.

    Engines with one `holder` are made one instead of the other. `left_out` says why it is in no sum, "" where it is;
    `guessed` that its URL is not known, and that it is taken for one of a server; `maker` is the function that makes
    it, "" for one that a process has once anyway."""

    place: Place
    holder: str
    name: str
    driver: str
    pool: str
    settings: tuple[PoolSetting, ...]
    most: int | None
    endless: bool
    left_out: str
    guessed: bool
    maker: str

    def at_most(self, threads: int) -> int | None:
        """How many connections it opens in a process of so many threads (0 for not declared): one for each at most."""
        if not threads:
            return self.most
        return threads if self.most is None else min(self.most, threads)

    @property
    def unknown(self) -> tuple[PoolSetting, ...]:
        """The settings that decide how many it opens, as far as they are not known."""
        deciding = ("poolclass", "pool_size", "max_overflow")
        return tuple(one for one in self.settings if one.name in deciding and one.how == "unknown")


@dataclass(frozen=True, slots=True)
class Demand:
    """A declared process: how many connections one worker of it opens at most, and all of them; `unknown` says that
    there are engines of which nobody knows, `endless` that some of these set no limit."""

    name: str
    target: str
    replicas: int
    processes: int
    threads: int
    pgbouncer: str
    each: int
    every: int
    unknown: bool
    endless: bool


@dataclass(frozen=True, slots=True)
class Server:
    """What processes connect to: how many workers they are, how many connections they want at most, and how many there
    are (`limit`, 0 where nobody has said)."""

    name: str
    processes: tuple[str, ...]
    workers: int
    wanted: int
    limit: int
    unknown: bool

    @property
    def state(self) -> str:
        """over, within, unknown, or undeclared where there is nothing to compare with."""
        if not self.limit:
            return "undeclared"
        if self.wanted > self.limit:
            return "over"
        return "unknown" if self.unknown else "within"


@dataclass(frozen=True, slots=True)
class Budget:
    """How many connections the deployment may open: by engine, by process, and against what there is."""

    engines: tuple[Engine, ...]
    left_out: tuple[Engine, ...]
    processes: tuple[Demand, ...]
    servers: tuple[Server, ...]
    unknown: tuple[str, ...]
    assumed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unseen:
    """What the audit could not look at.

    `known` counts the calls on sessions, `unknown` those on what is only called like one, by reason; `unparsed` are
    files, `unsettled` functions whose summary was still changing when it was given up, `idle` rules that had nothing to
    judge, `off` rules that settings turn off, with the setting.
    """

    known: int = 0
    unknown: tuple[tuple[str, int], ...] = ()
    unparsed: tuple[str, ...] = ()
    unsettled: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()
    off: tuple[tuple[str, str], ...] = ()

    @property
    def resolved(self) -> float:
        """The share of calls that is known, 1.0 where there is none."""
        every = self.known + sum(count for _, count in self.unknown)
        return self.known / every if every else 1.0


@dataclass(frozen=True, slots=True)
class Audit:
    """A whole codebase, seen once. Findings are sorted by place, everything else worst first."""

    name: str
    files: int
    lines: int
    requires: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]
    rules: tuple[Tally, ...]
    causes: tuple[Cause, ...]
    paths: tuple[Heat, ...]
    packages: tuple[Heat, ...]
    ownership: Ownership
    unseen: Unseen
    suppressed: int = 0
    silenced: tuple[Silenced, ...] = ()
    errors: tuple[RunError, ...] = ()
    configured: bool = False
    """Whether the project has settings of ours."""
    budget: Budget | None = None
    """None where no deployment is declared."""
    sources: Mapping[str, str] = field(default_factory=dict, repr=False)
