"""Answers that are worked out once for each project, and forgotten with it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from .project import Project

P = ParamSpec("P")
V = TypeVar("V")


def once(work: Callable[Concatenate[Project, P], V]) -> Callable[Concatenate[Project, P], V]:
    """A function that remembers what it has answered of a project. For judging, when all is known; what it is asked
    with must be hashable, and what it answers must not hold the project."""
    kept: WeakKeyDictionary[Project, dict[Hashable, V]] = WeakKeyDictionary()

    @wraps(work)
    def answer(project: Project, /, *args: P.args, **kwargs: P.kwargs) -> V:
        known, asked = kept.setdefault(project, {}), (args, *kwargs.items())
        if asked not in known:
            known[asked] = work(project, *args, **kwargs)
        return known[asked]

    return answer
