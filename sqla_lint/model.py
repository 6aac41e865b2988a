"""The words all floors share: where something is, what is claimed about it, and how sure we are."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum


class Severity(str, Enum):
    """How bad a finding is if it is true."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def weight(self) -> int:
        """Comparable: an error weighs most."""
        return {Severity.ERROR: 3, Severity.WARNING: 2, Severity.INFO: 1}[self]


class Confidence(IntEnum):
    """How sure a finding is; comparable, so the weakest premise of several is their `min`."""

    POSSIBLE = 1
    LIKELY = 2
    CERTAIN = 3

    @property
    def word(self) -> str:
        return self.name.lower()


class Extent(str, Enum):
    """How far a spot reaches to the right of (and, for a call, also to the left of) its anchor."""

    CALL = "call"
    STATEMENT = "statement"
    NAME = "name"
    TEST = "test"


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """A place as facts know it: a module and the offset of an anchor token in its decoded text.

    For `Extent.CALL` the anchor is the last name of what is called (`commit` in `self.session.commit()`), for
    `STATEMENT` the first token of the statement, for `NAME` the name itself, for `TEST` (a comparison, or several with
    `not`, `and` and `or`) the first name in it.
    """

    module: str
    at: int
    extent: Extent = Extent.CALL


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a claim's trace, before files have lines: a spot, what happens there, and in which function."""

    spot: Spot
    text: str
    symbol: str


class Change(str, Enum):
    """What a fix does to the code at its anchor; `fixes` has one implementation of each."""

    ADD_AWAIT = "add await"
    DROP_AWAIT = "drop await"
    ENTER_ASYNC = "enter by async with"
    SET_KEYWORD = "set keyword"
    CALL_INSTEAD = "call instead"
    DROP_STATEMENT = "drop statement"
    CALL_BEFORE = "call before"
    CALL_BEHIND = "call behind"
    CALL_AFTER_LOOP = "call after the loop"
    OPEN_IN_WITH = "open in with"
    CALL_LATER = "call later"
    IMPORT_ELSEWHERE = "import from elsewhere"
    SAY_IN_SQL = "say it in SQL"
    WRAP_ARGUMENT = "wrap argument"
    DROP_NAME = "drop name from suppression"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a claim can be mended, as a value: its anchor is that of the claim, `arguments` are what the change needs.

    A safe one only takes away what is wrong; after any other somebody has to look at what the program does now.
    """

    change: Change
    safe: bool = False
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """What a rule says about one spot.

    `because` lists every premise below certain, `trace` runs from the opener or entry to the effect, `legs` are the
    symbols of all entries that reach the effect (the one of the trace first), `entry` names the first (`POST /orders`),
    `ways` has the trace from each of them where it is known.
    Code and name are the rule's, filled in when the claim is collected; the severity is at most the rule's.
    """

    spot: Spot
    symbol: str
    message: str
    confidence: Confidence
    code: str = ""
    name: str = ""
    severity: Severity = Severity.ERROR
    label: str = ""
    why: str = ""
    help: str = ""
    role: str = ""
    entry: str = ""
    because: tuple[str, ...] = ()
    trace: tuple[Hop, ...] = ()
    legs: tuple[str, ...] = ()
    ways: tuple[tuple[str, tuple[Hop, ...]], ...] = ()
    fix: Recipe | None = None


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A range of source for people: `path` is relative and posix, lines and columns count from 1 in characters.

    The end is exclusive: `end_column` is the column after the last character.
    """

    path: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a printed trace; `main` marks the step that is the finding's own place."""

    place: Place
    text: str
    symbol: str
    main: bool = False


@dataclass(frozen=True, slots=True)
class Edit:
    """Text that takes the place of other text."""

    place: Place
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A recipe and the offset of its anchor in the finding's file; `edits` are worked out where a report shows them."""

    recipe: Recipe
    at: int
    edits: tuple[Edit, ...] = ()

    @property
    def safe(self) -> bool:
        return self.recipe.safe


@dataclass(frozen=True, slots=True)
class Finding:
    """A claim with a place in a file. This is what reports, exit codes and suppressions see."""

    code: str
    name: str
    place: Place
    symbol: str
    message: str
    severity: Severity
    confidence: Confidence
    fingerprint: str
    label: str = ""
    why: str = ""
    help: str = ""
    role: str = ""
    entry: str = ""
    because: tuple[str, ...] = ()
    trace: tuple[Step, ...] = ()
    legs: tuple[str, ...] = ()
    ways: tuple[tuple[str, tuple[Step, ...]], ...] = ()
    """The trace from each of the legs, in runs that compare findings with earlier ones."""
    fix: Fix | None = None


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A finding as a baseline remembers it.

    `node` and `text` are digests of its normalised source and of its line, `legs` the symbols of the entries that reach
    it, "." where that is its own.
    """

    path: str
    symbol: str
    rule: str
    fingerprint: str
    node: str
    text: str
    legs: tuple[str, ...] = ()

    @property
    def function(self) -> str:
        return self.symbol.rpartition(".")[2]


@dataclass(frozen=True, slots=True, order=True)
class Silenced:
    """A comment that hides findings of one rule, or ways to them, and how many: where it names the rule, its kind, its
    reason and the date until which it holds, "" for none."""

    place: Place
    name: str
    kind: str
    reason: str
    until: str
    findings: int


@dataclass(frozen=True, slots=True)
class RunError:
    """Something that makes the run itself untrustworthy: exit code 2. `path` is "" when it concerns no one file."""

    path: str
    message: str

    @property
    def told(self) -> str:
        """The message, after the path if there is one."""
        return f"{self.path}: {self.message}" if self.path else self.message


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a run: findings sorted by place and code, errors, and how many files were read."""

    findings: tuple[Finding, ...]
    errors: tuple[RunError, ...] = ()
    files: int = 0
    suppressed: int = 0
    silenced: tuple[Silenced, ...] = ()
    """The comments in the reported files that hide findings."""
    known: int = 0
    """How many more there are that are not new: the baseline has them."""
    stale: tuple[Entry, ...] = ()
    """What the baseline has and nothing was found of."""
    sources: dict[str, str] = field(default_factory=dict, repr=False)
    """Decoded text by path, for the files that findings or their traces stand in."""
    fixed: int = 0
    """How many fixes were made before."""
    dated: bool = False
    """Whether another day may bring another report: a suppression holds until a date."""
