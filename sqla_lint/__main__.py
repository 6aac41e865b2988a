"""`python -m sqla_lint` is the command `sqla-lint`."""

from __future__ import annotations

import gc
import os
import sys

from sqla_lint.engine.record import CHANGED, COMPLETING, UNKNOWN, replay


def main() -> None:
    """Answers from the record of an earlier run if there is one that holds, otherwise runs; leaves with 0, 1 or 2."""
    gc.disable()  # what a run makes lives until its end
    args = sys.argv[1:]
    code = UNKNOWN if COMPLETING in os.environ else replay(args)
    if code < 0:
        ahead = None
        if code == CHANGED and args[0] == "check":
            from sqla_lint.engine.ahead import Ahead

            ahead = Ahead.start()
        from sqla_lint import cli

        try:
            cli.main(ahead=ahead)
        finally:
            gc.freeze()
    sys.exit(code)


if __name__ == "__main__":
    main()
