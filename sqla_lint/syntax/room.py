"""Room to work in: no garbage collection on the way, and as much stack as deep code needs."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

_LARGE_STACK = 512 * 1024 * 1024
_one_at_a_time = threading.Lock()


@contextmanager
def collector_paused() -> Iterator[None]:
    """No garbage collection inside: trees and summaries are many objects and little garbage; a tree is read in a third
    less time."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def with_room_if_needed(function: Callable[..., T], *arguments: object) -> T:
    try:
        return function(*arguments)
    except RecursionError:
        return with_room(function, *arguments)


def with_room(function: Callable[..., T], *arguments: object) -> T:
    """Call a function in a thread with a large stack, where Python's own recursion limit is out of the way."""
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(function(*arguments))
        except BaseException as error:
            errors.append(error)

    with _one_at_a_time:
        limit = sys.getrecursionlimit()
        stack = threading.stack_size(_LARGE_STACK)
        try:
            sys.setrecursionlimit(1_000_000)
            thread = threading.Thread(target=run)
            thread.start()
            thread.join()
        finally:
            threading.stack_size(stack)
            sys.setrecursionlimit(limit)
    if errors:
        raise errors[0]
    return results[0]
