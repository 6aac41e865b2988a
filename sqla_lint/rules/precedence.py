"""Which rule speaks when several match one effect: one ordered table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..model import Claim, Confidence, Hop

WINS: tuple[tuple[str, ...], ...] = (
    ("SQA205", "SQA212", "SQA203", "SQA207", "SQA201", "SQA219", "SQA218", "SQA206", "SQA204"),
    ("SQA205", "SQA201", "SQA202"),
    ("SQA207", "SQA412"),
    ("SQA227", "SQA207", "SQA218"),
    ("SQA101", "SQA105"),
    ("SQA102", "SQA105"),
    ("SQA107", "SQA105"),
    ("SQA107", "SQA106"),
    ("SQA120", "SQA105"),
    ("SQA120", "SQA106"),
    ("SQA114", "SQA302", "SQA301", "SQA109", "SQA105"),
    ("SQA114", "SQA302", "SQA106"),
    ("SQA402", "SQA403"),
    ("SQA404", "SQA403"),
    ("SQA303", "SQA311"),
    ("SQA303", "SQA305"),
    ("SQA404", "SQA401"),
    ("SQA119", "SQA405", "SQA306"),
    ("SQA106", "SQA405", "SQA306"),
    ("SQA114", "SQA302", "SQA119"),
    ("SQA224", "SQA203"),
)
"""Each row, strongest first: of claims about one place only the first stays, the others become its `because`. One that
is only possible does not silence a surer one."""


CAUSES: tuple[tuple[str, str], ...] = (
    ("SQA101", "SQA105"),
    ("SQA102", "SQA105"),
    ("SQA104", "SQA105"),
    ("SQA225", "SQA217"),
)
"""A claim of the first, about what follows, says what one of the second says of a place in its trace."""


def settle(claims: Iterable[Claim]) -> list[Claim]:
    """The claims that stay, one a rule and place: the surest, then the one with the shortest trace."""
    best: dict[tuple[str, object], Claim] = {}
    for claim in claims:
        key = (claim.code, claim.spot)
        known = best.get(key)
        if known is None or _order(claim) < _order(known):
            best[key] = claim if known is None else _joined(claim, known)
        else:
            best[key] = _joined(known, claim)
    for row in WINS:
        for position, winner in enumerate(row):
            for loser in row[position + 1 :]:
                for code, spot in [key for key in best if key[0] == loser]:
                    strong = best.get((winner, spot))
                    if strong is not None and strong.confidence >= min(best[code, spot].confidence, Confidence.LIKELY):
                        weak = best.pop((code, spot))
                        because = (*strong.because, f"also {weak.name} ({weak.code})")
                        best[winner, spot] = replace(strong, because=because)
    for effect, cause in CAUSES:
        told = {hop.spot for (code, _), claim in best.items() if code == effect for hop in claim.trace}
        for one in [key for key in best if key[0] == cause and key[1] in told]:
            del best[one]
    return list(best.values())


def _order(claim: Claim) -> tuple[int, int, str]:
    return (-claim.confidence, len(claim.trace), claim.symbol)


def _joined(first: Claim, second: Claim) -> Claim:
    """The first claim, reached from all that either is reached from."""
    legs = tuple(dict.fromkeys((*first.legs, *second.legs)))
    ways = {**_ways(second), **_ways(first)}
    return replace(first, legs=legs, ways=tuple((leg, ways[leg]) for leg in legs if leg in ways))


def _ways(claim: Claim) -> dict[str, tuple[Hop, ...]]:
    return dict(claim.ways) or {leg: claim.trace for leg in claim.legs[:1] if claim.trace}
