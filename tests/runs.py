"""Runs of the engine over small trees, with claims written by hand instead of judged by rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from sqla_lint.config import Settings
from sqla_lint.engine import run
from sqla_lint.engine.catalogue import Catalogue, OwnRule
from sqla_lint.model import Claim, Confidence, Extent, Hop, Report, Severity, Spot

RULES = (
    OwnRule("SQA101", "global-session", Severity.ERROR, True, "scope"),
    OwnRule("SQA201", "commit-in-repository", Severity.ERROR, True, "transactions"),
    OwnRule("SQA202", "rollback-in-repository", Severity.WARNING, True, "transactions"),
    OwnRule("SQA204", "several-commits-in-one-use-case", Severity.WARNING, False, "transactions"),
)
CATALOGUE = Catalogue(RULES)
TODAY = date(2026, 12, 1)


def write(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


@dataclass(frozen=True)
class Said:
    """A claim about the first place in `module` where `text` stands; `via` are places its trace passes before."""

    module: str
    text: str
    rule: str = "SQA201"
    confidence: Confidence = Confidence.CERTAIN
    via: tuple[tuple[str, str], ...] = ()
    symbol: str = "Repo.add"


def check(
    monkeypatch: pytest.MonkeyPatch,
    root: Path,
    files: Mapping[str, str],
    said: Iterable[Said] = (),
    settings: Settings | None = None,
    paths: Iterable[str] = ("",),
    crashed: Iterable[tuple[str, str]] = (),
    jobs: int = 1,
) -> Report:
    """Writes the files, claims what is said, and reports."""
    write(root, {".git/HEAD": "", **files})
    sources: dict[str, str] = {}
    for path, text in files.items():
        if path.endswith(".py"):
            sources[path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")] = text

    def spot(module: str, text: str) -> Spot:
        return Spot(module, sources[module].index(text), Extent.NAME)

    claims = []
    for one in said:
        rule = CATALOGUE[one.rule]
        here = spot(one.module, one.text)
        trace = [Hop(spot(*place), "calls", "caller") for place in one.via] + [Hop(here, "commits", one.symbol)]
        claims.append(
            Claim(
                here,
                one.symbol,
                f"`{one.text}` is wrong",
                one.confidence,
                code=rule.code,
                name=rule.name,
                severity=rule.severity,
                trace=tuple(trace) if one.via else (),
            )
        )
    monkeypatch.setattr(run, "load_catalogue", lambda: CATALOGUE)
    monkeypatch.setattr(run, "link", lambda whole, settings, cache=None: SimpleNamespace(problems=[]))
    monkeypatch.setattr(run, "judge", lambda project, rules: (claims, list(crashed)))
    return run.check(root, [root / path for path in paths], settings or Settings(), today=TODAY, jobs=jobs)
