"""Sessions that have only read: nothing was written, and nothing was done of which nobody knows whether it writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..facts.schema import Call
from ..knowledge import Verb
from ..knowledge.sqlalchemy import SELECT
from .belonging import base
from .modules import last_name
from .state import UNSAVED
from .summary import Summary
from .values import NOTHING, Path, Value, Values

if TYPE_CHECKING:
    from .applied import Applied
    from .arguments import Given
    from .reading import Reading

_READS = frozenset({"get", "get_one", "query", "refresh"})
_LOCKS = "with_for_update"
_MOST = 8


def called(r: Reading, call: Call, session: Value, verb: Verb | None, given: Given) -> None:
    """A method of a library is called on a session: whether it reads follows from its name or its statement."""
    if verb is Verb.USE and last_name(call.func) not in _READS:
        statement = given.positional[0] if given.positional else given.keywords.get("statement", NOTHING)
        if not statement or any(value.type.name != SELECT for value in statement):
            r.unclear.add(session.path.owner())


def locks(r: Reading, call: Call) -> None:
    """A statement is built that locks what it finds: whoever commits gives that back."""
    if last_name(call.func) == _LOCKS or any(arg.name == _LOCKS for arg in call.args):
        r.locking = True


def let_go(r: Reading, values: Values) -> None:
    """These go where nobody can follow."""
    r.unclear.update(value.path.owner() for value in values if value.path.root not in ("unknown", "const"))


def take_over(r: Reading, summary: Summary, applied: Applied) -> None:
    """What a callee does, and nobody knows what it is, is so here."""
    for path in summary.unclear:
        let_go(r, applied.path(path))


def unclear(r: Reading) -> tuple[Path, ...]:
    """What callers know as something of which it is not clear that it was only read."""
    found = r.unclear | (set(r.kinds) if r.locking else set())
    return tuple(sorted((path for path in found if path.root not in ("fresh", "unknown", "const")), key=repr)[:_MOST])


def only(r: Reading, path: Path) -> bool:
    """Whether a session has been used up to here, and was only read, in a transaction that began here."""
    unclear = r.unclear | {r.sources[base(one)] for one in r.unclear if base(one) in r.sources}
    if path not in r.kinds or path in unclear or r.locking or any(level.changed for level in r.levels):
        return False
    return not any(key.what == UNSAVED and (key.path == path or key.path not in r.kinds) for key in r.past)
