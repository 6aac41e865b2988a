"""A layered layout for directed graphs: columns from left to right, few crossings, straight ways. Deterministic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

_SWEEPS = 8
_ROW, _GAP, _BEND = 24.0, 8.0, 4.0
"""The height of a node, the space between two, and the height of a bend of a long link."""


@dataclass(frozen=True, slots=True)
class Laid:
    """Where nodes are: the column and the middle of each, the points that each link passes, and the height of all."""

    columns: tuple[int, ...]
    middles: tuple[float, ...]
    ways: tuple[tuple[tuple[float, float], ...], ...]
    width: int
    height: float


def lay(count: int, links: Sequence[tuple[int, int]]) -> Laid:
    """Lays out nodes 0 to `count`-1; of a circle of links one goes backwards."""
    forward = _acyclic(count, links)
    rank = _ranks(count, forward)
    chains: list[list[int]] = []
    ranks = list(rank)
    segments: list[tuple[int, int]] = []
    for caller, callee in forward:
        chain = [caller]
        for at in range(rank[caller] + 1, rank[callee]):
            chain.append(len(ranks))
            ranks.append(at)
        chain.append(callee)
        chains.append(chain)
        segments += pairwise(chain)
    columns = _ordered(ranks, segments)
    middles = _placed(columns, ranks, segments, count)
    by_link = dict(zip(forward, chains, strict=True))
    ways = []
    for caller, callee in links:
        chain = by_link.get((caller, callee)) or list(reversed(by_link[callee, caller]))
        ways.append(tuple((float(ranks[one]), middles[one]) for one in chain))
    height = max((middles[one] for one in range(len(ranks))), default=0.0) + _ROW / 2
    return Laid(tuple(rank), tuple(middles[:count]), tuple(ways), len(columns), height)


def _acyclic(count: int, links: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The links without those to themselves, and those that close a circle turned round."""
    below: list[list[int]] = [[] for _ in range(count)]
    for caller, callee in sorted(set(links)):
        below[caller].append(callee)
    state = [0] * count
    forward: dict[tuple[int, int], None] = {}
    has_caller = {callee for _, callee in links}
    for root in sorted(range(count), key=lambda node: node in has_caller):
        stack = [(root, iter(below[root]))] if not state[root] else []
        state[root] = state[root] or 1
        while stack:
            node, ways = stack[-1]
            callee = next(ways, -1)
            if callee < 0:
                state[node] = 2
                stack.pop()
            elif callee != node:
                forward[(callee, node) if state[callee] == 1 else (node, callee)] = None
                if not state[callee]:
                    state[callee] = 1
                    stack.append((callee, iter(below[callee])))
    return sorted(forward)


def _ranks(count: int, links: Sequence[tuple[int, int]]) -> list[int]:
    """The length of the longest way to each node."""
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for caller, callee in links:
        above[callee].append(caller)
        below[caller].append(callee)
    waiting = [len(callers) for callers in above]
    queue = [node for node in range(count) if not waiting[node]]
    rank = [0] * count
    for node in queue:
        for callee in below[node]:
            rank[callee] = max(rank[callee], rank[node] + 1)
            waiting[callee] -= 1
            if not waiting[callee]:
                queue.append(callee)
    return rank


def _ordered(ranks: Sequence[int], segments: Sequence[tuple[int, int]]) -> list[list[int]]:
    """The nodes of each column from the top, each near those it is linked with."""
    columns: list[list[int]] = [[] for _ in range(max(ranks, default=-1) + 1)]
    for node, rank in enumerate(ranks):
        columns[rank].append(node)
    above: dict[int, list[int]] = {}
    below: dict[int, list[int]] = {}
    for caller, callee in segments:
        above.setdefault(callee, []).append(caller)
        below.setdefault(caller, []).append(callee)
    position = {node: at for column in columns for at, node in enumerate(column)}
    best, fewest = [list(column) for column in columns], _crossings(columns, below, position)
    for sweep in range(_SWEEPS):
        near, turn = (above, columns[1:]) if sweep % 2 == 0 else (below, columns[-2::-1])
        for column in turn:
            keys = {
                node: sum(position[one] for one in near[node]) / len(near[node]) if near.get(node) else position[node]
                for node in column
            }
            column.sort(key=lambda node: (keys[node], position[node]))
            position.update({node: at for at, node in enumerate(column)})
        crossings = _crossings(columns, below, position)
        if crossings < fewest:
            best, fewest = [list(column) for column in columns], crossings
    return best


def _crossings(columns: Sequence[Sequence[int]], below: dict[int, list[int]], position: dict[int, int]) -> int:
    total = 0
    for column in columns:
        ends: list[int] = []
        for node in column:
            mine = sorted(position[one] for one in below.get(node, ()))
            total += sum(1 for end in ends for one in mine if end > one)
            ends += mine
    return total


def _placed(
    columns: Sequence[Sequence[int]], ranks: Sequence[int], segments: Sequence[tuple[int, int]], count: int
) -> list[float]:
    """The middle of each node: near the middle of its neighbours, as far as those beside it leave room."""
    near: dict[int, list[int]] = {}
    for caller, callee in segments:
        near.setdefault(caller, []).append(callee)
        near.setdefault(callee, []).append(caller)
    size = [_ROW if node < count else _BEND for node in range(len(ranks))]
    middles = [0.0] * len(ranks)
    for column in columns:
        at = 0.0
        for node in column:
            middles[node] = at + size[node] / 2
            at += size[node] + _GAP
    for sweep in range(_SWEEPS):
        for column in columns if sweep % 2 == 0 else columns[::-1]:
            wanted = [
                sum(middles[one] for one in near[node]) / len(near[node]) if near.get(node) else middles[node]
                for node in column
            ]
            _spread(column, wanted, size, middles)
    top = min((middles[node] - size[node] / 2 for node in range(len(ranks))), default=0.0)
    return [round(middle - top, 1) for middle in middles]


def _spread(column: Sequence[int], wanted: Sequence[float], size: Sequence[float], middles: list[float]) -> None:
    """Puts the nodes of a column where they want to be; those that would overlap share the shift: each block of them
    stands at the mean of what its members want."""
    blocks: list[list[float]] = []
    """What the members want the start of their block to be, added up; how many they are; their height."""
    for node, wish in zip(column, wanted, strict=True):
        blocks.append([wish - size[node] / 2, 1.0, size[node]])
        while len(blocks) > 1 and _start(blocks[-2]) + blocks[-2][2] + _GAP > _start(blocks[-1]):
            total, members, height = blocks.pop()
            before = blocks[-1]
            before[0] += total - members * (before[2] + _GAP)
            before[1] += members
            before[2] += _GAP + height
    at = iter(column)
    for block in blocks:
        start = _start(block)
        for _ in range(int(block[1])):
            node = next(at)
            middles[node] = start + size[node] / 2
            start += size[node] + _GAP


def _start(block: Sequence[float]) -> float:
    return block[0] / block[1]
