"""What reading facts costs next to the bare parse: `python tests/bench/bench_facts.py FOLDER ...`, one core."""

from __future__ import annotations

import gc
import sys
import time
from pathlib import Path

import libcst as cst

from sqla_lint.facts.collectors.file import aligned
from sqla_lint.facts.read import read
from sqla_lint.facts.store import decode, encode
from sqla_lint.syntax import decoding, source
from sqla_lint.syntax.tokens import scan


def main(folders: list[str]) -> None:
    print(f"{'folder':40} {'lines':>8} {'parse':>7} {'scan':>6} {'lower':>6} {'read':>7}  read/parse  (µs a line)")
    for folder in folders:
        _measure(folder)


def _measure(folder: str) -> None:
    spent = dict.fromkeys(("parse", "scan", "lower", "read"), 0.0)
    lines = size = 0
    stored = []
    gc.disable()
    for path in sorted(Path(folder).rglob("*.py")):
        data = path.read_bytes()
        try:
            text = decoding.decode(data)
            tree = source.parse(text)
        except decoding.Unparsed:
            continue
        del tree
        lines += text.count("\n")
        # All are measured file by file in turn, so that a busy machine slows them alike. A tree's end is part of its
        # cost, and `read` pays for it too.
        begin = time.process_time()
        cst.parse_module(text)
        parsed = time.process_time()
        facts = read(data, False)
        end = time.process_time()
        spent["parse"] += parsed - begin
        spent["read"] += end - parsed
        tree = cst.parse_module(text)
        begin = time.process_time()
        tokens = scan(text)
        scanned = time.process_time()
        aligned(tree, tokens, False)
        spent["scan"] += scanned - begin
        spent["lower"] += time.process_time() - scanned
        del tree
        stored.append(encode(facts))
        size += len(stored[-1])
    gc.enable()
    line = {name: 1e6 * seconds / max(lines, 1) for name, seconds in spent.items()}
    ratio = line["read"] / line["parse"] if line["parse"] else 0.0
    print(
        f"{folder[-40:]:40} {lines:8} {line['parse']:7.1f} {line['scan']:6.1f} {line['lower']:6.1f} {line['read']:7.1f}"
        f"  {ratio:.3f}"
    )
    begin = time.process_time()
    for each in stored:
        decode(each)
    print(f"{'':40} stored {size / max(lines, 1):.1f} bytes a line, decoded in {time.process_time() - begin:.2f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
