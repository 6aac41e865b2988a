"""`python -m sqla_lint` is the command `sqla-lint`."""

from __future__ import annotations

import sys

from sqla_lint.engine.record import replay


def main() -> None:
    """Answers from the record of an earlier run if there is one that holds, otherwise runs; leaves with 0, 1 or 2."""
    code = replay(sys.argv[1:])
    if code is None:
        from sqla_lint import cli

        cli.main()
    sys.exit(code)


if __name__ == "__main__":
    main()
