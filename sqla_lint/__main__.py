"""`python -m sqla_lint` is the command `sqla-lint`."""

from __future__ import annotations

from sqla_lint.cli import main

if __name__ == "__main__":
    main()
