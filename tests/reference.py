"""`python -m tests.reference` writes what is generated in the documentation: run it when a setting has changed."""

from __future__ import annotations

import re
from pathlib import Path

from sqla_lint.report.reference import schema_text, tables
from tests.audit.schema import schema_text as audit_schema_text

DOCS = Path(__file__).resolve().parent.parent / "docs"
SCHEMA = DOCS / "settings.schema.json"
AUDIT = DOCS / "audit.schema.json"
PAGE = DOCS / "configuration.md"


def current_page() -> str:
    """The page about settings, with its tables as they should be."""
    text = PAGE.read_text("utf-8")
    for name, table in tables().items():
        marked = rf"(<!-- {name} -->\n).*?(<!-- end -->)"
        found = re.search(marked, text, re.DOTALL)
        if found is None:
            raise ValueError(f"{PAGE} has no place for {name}")
        text = f"{text[: found.end(1)]}\n{table}\n\n{text[found.start(2) :]}"
    return text


if __name__ == "__main__":
    SCHEMA.write_text(schema_text(), "utf-8")
    PAGE.write_text(current_page(), "utf-8")
    AUDIT.write_text(audit_schema_text(), "utf-8")
