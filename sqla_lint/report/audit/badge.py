"""A badge: how many errors and warnings there are, as a small SVG."""

from __future__ import annotations

from collections import Counter

from sqla_lint.engine.audited import Audit
from sqla_lint.model import Severity
from sqla_lint.report.audit.markup import joined, tag

_LABEL = "sqla-lint"
_GOOD, _FAIR, _BAD, _GREY = "#2f7d4f", "#9a6700", "#b3372f", "#4b5563"
_LETTER, _PAD = 6.6, 8


def render(audit: Audit) -> str:
    """The badge as an SVG document."""
    by = Counter(finding.severity for finding in audit.findings)
    parts = [
        f"{by[one]} {one.value}{'s' if by[one] != 1 else ''}" for one in (Severity.ERROR, Severity.WARNING) if by[one]
    ]
    said = "run failed" if audit.errors else ", ".join(parts) or "no findings"
    tint = _BAD if by[Severity.ERROR] or audit.errors else _FAIR if by[Severity.WARNING] else _GOOD
    left, right = (round(len(one) * _LETTER) + 2 * _PAD for one in (_LABEL, said))
    words = f"{_LABEL}: {said}"
    return (
        tag(
            "svg",
            tag("title", words),
            tag("rect", width=left + right, height=20, rx=3, fill=_GREY),
            tag("rect", x=left, width=right, height=20, rx=3, fill=tint),
            tag("rect", x=left, width=4, height=20, fill=tint),
            tag(
                "g",
                joined(
                    tag("text", _LABEL, x=left / 2, y=14, textLength=left - 2 * _PAD),
                    tag("text", said, x=left + right / 2, y=14, textLength=right - 2 * _PAD),
                ),
                fill="#fff",
                text_anchor="middle",
                font_family="Verdana,DejaVu Sans,sans-serif",
                font_size=11,
            ),
            xmlns="http://www.w3.org/2000/svg",
            width=left + right,
            height=20,
            role="img",
            aria_label=words,
        )
        + "\n"
    )
