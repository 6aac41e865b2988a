"""The transaction map as SVG: functions in columns from the entries on the left, and where transactions end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqla_lint.engine.audited import Link, Map, Node
from sqla_lint.report.audit.layout import lay
from sqla_lint.report.audit.markup import EMPTY, Markup, joined, tag
from sqla_lint.report.summary import counted

MOST_NODES = 64
"""Functions up to which a map is drawn whole; what has more is drawn for the entries that matter most."""
MOST_OF_ONE = 40
"""Functions that the map of one entry has at most."""
_COLUMN, _WIDE, _HALF, _EDGE = 262, 206, 11, 14
_LETTERS = 28


class Drawing(NamedTuple):
    """A map as SVG, and how many entries and functions it leaves out."""

    svg: Markup
    entries: int
    left_out: int


def overview(whole: Map, findings: Counter[str]) -> Drawing:
    """The map of as many entries as there is room for, those first that show most: findings and ends of transactions
    for each function that has to be drawn. Providers are a mark here; the map of one entry draws them."""
    below = _below(whole, providers=False)
    reach = {entry: frozenset(_reached([entry], below)) for entry in whole.entries}
    worth = [findings[node.symbol] + node.ends for node in whole.nodes]
    kept: set[int] = set()
    left = set(whole.entries)
    while left:
        gains = {entry: reach[entry] - kept for entry in left}
        fitting = [entry for entry in left if len(kept) + len(gains[entry]) <= MOST_NODES]
        if not fitting:
            break
        best = min(
            fitting,
            key=lambda entry: (-(1 + sum(worth[node] for node in gains[entry])) / (1 + len(gains[entry])), entry),
        )
        kept |= reach[best]
        left.remove(best)
    if not kept and left:
        return Drawing(of_entry(whole, min(left), findings).svg, 1, len(left) - 1)
    return Drawing(_draw(whole, kept, findings, "map", providers=False), len(whole.entries) - len(left), len(left))


def of_entry(whole: Map, entry: int, findings: Counter[str]) -> Drawing:
    """The map of what one entry reaches, the nearest functions first."""
    near = list(_reached([entry], _below(whole, providers=True)))
    kept = near[:MOST_OF_ONE]
    return Drawing(_draw(whole, kept, findings, f"map-{entry}", providers=True), 1, len(near) - len(kept))


def reached(whole: Map) -> dict[int, list[int]]:
    """What each entry reaches, the nearest first, itself before all."""
    below = _below(whole, providers=True)
    return {entry: list(_reached([entry], below)) for entry in whole.entries}


def _below(whole: Map, *, providers: bool) -> dict[int, list[int]]:
    below: dict[int, list[int]] = {}
    for link in whole.links:
        if providers or link.how != "provides":
            below.setdefault(link.caller, []).append(link.callee)
    return below


def _reached(starts: Iterable[int], below: dict[int, list[int]]) -> dict[int, None]:
    seen = dict.fromkeys(starts)
    queue = list(seen)
    for node in queue:
        for callee in below.get(node, ()):
            if callee not in seen:
                seen[callee] = None
                queue.append(callee)
    return seen


def _draw(whole: Map, kept: Iterable[int], findings: Counter[str], name: str, *, providers: bool) -> Markup:
    order = sorted(kept)
    number = {node: at for at, node in enumerate(order)}
    nodes = [whole.nodes[node] for node in order]
    shown = [link for link in whole.links if providers or link.how != "provides"]
    links = [link for link in shown if link.caller in number and link.callee in number]
    given = {link.caller for link in whole.links if link.how == "provides"} if not providers else set()
    laid = lay(len(nodes), [(number[link.caller], number[link.callee]) for link in links])
    ways = [_way(link, way) for link, way in zip(links, laid.ways, strict=True)]
    boxes = [
        _box(
            whole.nodes[node],
            _EDGE + column * _COLUMN,
            _EDGE + middle,
            findings[whole.nodes[node].symbol],
            node in given,
        )
        for node, column, middle in zip(order, laid.columns, laid.middles, strict=True)
    ]
    wide = max(laid.width - 1, 0) * _COLUMN + _WIDE + 2 * _EDGE + 12
    high = round(laid.height + 2 * _EDGE)
    ends = sum(node.ends for node in nodes)
    entries = sum(bool(node.entry) for node in nodes)
    return tag(
        "svg",
        tag("title", "Transaction map", id=f"svg-{name}-title"),
        tag(
            "desc",
            f"{counted(len(nodes), 'function')} in columns from left to right, {entries} of them entries; "
            f"{counted(ends, 'place')} where transactions end. The table below the map says the same.",
            id=f"svg-{name}-desc",
        ),
        joined(*ways),
        joined(*boxes),
        class_="map",
        role="img",
        aria_labelledby=f"svg-{name}-title svg-{name}-desc",
        viewBox=f"0 0 {wide} {high}",
        width=wide,
        height=high,
    )


def _way(link: Link, points: Sequence[tuple[float, float]]) -> Markup:
    """A smooth line; a bend is crossed in the middle of its column."""
    (column, middle), *rest = [(_EDGE + column * _COLUMN, _EDGE + middle) for column, middle in points]
    x = column + _WIDE
    shown = [f"M{_n(x)} {_n(middle)}"]
    y = middle
    for at, (left, height) in enumerate(rest):
        half = (left - x) / 2
        shown.append(f"C{_n(x + half)} {_n(y)} {_n(left - half)} {_n(height)} {_n(left)} {_n(height)}")
        x, y = left, height
        if at < len(rest) - 1:
            shown.append(f"H{_n(left + _WIDE)}")
            x = left + _WIDE
    return tag("path", class_=f"w {link.how}", d="".join(shown))


def _n(figure: float) -> str:
    return f"{figure:.1f}".removesuffix(".0")


def _box(node: Node, left: float, middle: float, found: int, given: bool) -> Markup:
    label = (node.entry if "/" in node.entry else f"{node.entry} {node.name}") if node.entry != node.name else node.name
    label = label.strip()
    letters = _LETTERS - (4 if found else 0)
    shown = label if len(label) <= letters else f"{label[: letters - 1]}…"
    what = [node.layer or "function", f"{node.place.path}:{node.place.line}"]
    if node.ends:
        what.append(f"ends {counted(node.ends, 'transaction')}{' of its own' if node.opens else ''}")
    if found:
        what.append(counted(found, "finding"))
    end = left + _WIDE
    mark = EMPTY
    if node.ends:
        mark = tag("circle", class_="own" if node.opens else "end", cx=float(end), cy=float(middle), r=5)
    if given:
        what.append("gets its session from a provider")
        mark = joined(mark, tag("circle", class_="given", cx=float(left), cy=float(middle), r=4))
    count = tag("text", str(found), class_="f", x=float(end - 10), y=float(middle + 4)) if found else EMPTY
    return tag(
        "g",
        tag("title", f"{node.symbol}: {', '.join(what)}"),
        tag("rect", x=float(left), y=float(middle - _HALF), width=_WIDE, height=2 * _HALF, rx=4),
        tag("rect", class_="k", x=float(left), y=float(middle - _HALF), width=4, height=2 * _HALF, rx=2),
        tag("text", shown, x=float(left + 10), y=float(middle + 4)),
        count,
        mark,
        class_=f"n l-{node.layer or 'none'}",
    )
