"""A session, or what still has to load with it, that is used after the block that closed it."""

from __future__ import annotations

from collections.abc import Iterator

from ...knowledge import Verb
from ...model import Claim, Hop
from ...project import Project, Unit
from ...project.layers import TEST
from ...project.summary import Sequel
from ...project.traces import short
from ..registry import rule

_REOPENS = "a closed Session does not fail: it begins a new transaction, and nobody gives its connection back"
_WHY = {
    "": _REOPENS,
    "returned": _REOPENS,
    "returned query": f"the query runs when it is read, after the block; {_REOPENS}",
    "returned generator": f"a generator runs when it is read, after the block; {_REOPENS}",
    "returned result": "reading entities from it then raises InvalidRequestError",
    "query": f"the query runs when it is read; {_REOPENS}",
    "generator": f"the generator runs when it is read; {_REOPENS}",
    "result": "reading entities from a result whose session is closed raises InvalidRequestError",
}
_HELP = {
    "": "move it into the block, or open another session for it",
    "returned": "let the caller open the session, or make this a context manager that yields it",
    "returned query": "return the rows, read inside the block: `.all()`",
    "returned generator": "let the generator open the session itself, or return what it yields",
    "returned result": "return the rows, read inside the block: `.all()`",
    "query": "read the rows inside the block: `.all()`",
    "generator": "read it inside the block",
    "result": "read the rows inside the block: `.all()`",
}


@rule("SQA106", on=Sequel)
def session_used_after_close(unit: Unit, sequel: Sequel, project: Project) -> Iterator[Claim]:
    """Yields a claim for the first use of a session after its block, and for a session that is returned out of it."""
    end, then = sequel
    if end.what not in ("over", "finished") or project.layers.of(unit).layer == TEST:
        return
    finished = end.what == "finished"
    block = Hop(unit.spot(end.at), f"{'this' if finished else 'its block'} closes the session", unit.symbol)
    own = Hop(unit.spot(then.at), "used after that" if finished else _label(then.what), unit.symbol)
    via = project.names.units.get(then.via)
    steps = () if via is None else (f"`{short(via)}` uses it",)
    why = _WHY[then.what]
    if then.verb is Verb.COMMIT and via is None and not finished:
        why = "the end of the block has taken back what was pending: the commit saves nothing, without an error"
    yield Claim(
        spot=own.spot,
        symbol=unit.symbol,
        message=f"`{then.text}` uses the session after `{end.text}` in a `finally`, and nothing closes it again"
        if finished
        else _message(end.text, then.text, then.what),
        confidence=min(end.sure, then.sure),
        label=own.text,
        why=why,
        help="move it into the `try`, or open another session for it" if finished else _HELP[then.what],
        because=steps,
        entry=project.layers.of(unit).entry,
        trace=(block, own),
        legs=(unit.symbol,),
    )


def _label(what: str) -> str:
    return "used after its block" if what in ("", "query", "generator", "result") else "leaves its block"


def _message(block: str, use: str, what: str) -> str:
    use = use if use.startswith("a loop") else f"`{use}`"
    match what:
        case "":
            return f"{use} uses the session of `with {block}` after its block has closed it"
        case "query" | "generator" | "result":
            return f"{use} reads a {what} after `with {block}` has closed its session"
        case "returned":
            return f"the session of `with {block}` is returned, and closed by then"
    return f"a {what.removeprefix('returned ')} of `with {block}` is returned unread, and its session is closed by then"
