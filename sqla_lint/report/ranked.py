"""Findings by how much they matter, for hosts that show only the first of them."""

from __future__ import annotations

from collections.abc import Iterable

from sqla_lint.model import Finding


def weightiest_first(findings: Iterable[Finding]) -> list[Finding]:
    """The worst first, of these the surest; those alike stay in their order."""
    return sorted(findings, key=lambda finding: (-finding.severity.weight, -finding.confidence))
