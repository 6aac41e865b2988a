"""`python -m tests.reference` writes what is generated in the documentation: run it when a setting has changed."""

from __future__ import annotations

import re
from pathlib import Path

from sqla_lint.config import EDITIONS, NEWEST_EDITION
from sqla_lint.engine.run import load_catalogue
from sqla_lint.report.reference import schema_text, tables
from tests.audit.schema import schema_text as audit_schema_text

DOCS = Path(__file__).resolve().parent.parent / "docs"
SCHEMA = DOCS / "settings.schema.json"
FROZEN = Path(__file__).with_name("editions")
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


def freeze(folder: Path = FROZEN) -> None:
    """Writes down which rules each edition but the newest has by default, as far as that is not written yet."""
    for edition in EDITIONS:
        file = folder / f"{edition}.txt"
        if edition != NEWEST_EDITION and not file.exists():
            folder.mkdir(exist_ok=True)
            file.write_text(
                "".join(f"{code}\n" for code in sorted(load_catalogue().named_by("default", edition))), "utf-8"
            )


if __name__ == "__main__":
    freeze()
    SCHEMA.write_text(schema_text(), "utf-8")
    PAGE.write_text(current_page(), "utf-8")
    AUDIT.write_text(audit_schema_text(), "utf-8")
