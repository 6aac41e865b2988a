"""What is worked out once for each project."""

from __future__ import annotations

import gc
import weakref

from sqla_lint.project import Project
from sqla_lint.project.once import once
from tests.facts_by_hand import module, project


def test_a_project_is_asked_once_for_each_question() -> None:
    asked = list[str]()

    @once
    def length(of: Project, word: str, end: str = "") -> int:
        asked.append(word + end)
        return len(word + end)

    first, second = project(module("m")), project(module("m"))
    assert [length(of, "one") for of in (first, first, second)] == [3, 3, 3]
    assert [length(first, "one", "s"), length(first, "one", end="s!"), length(first, "one", end="s!")] == [4, 5, 5]
    assert asked == ["one", "one", "ones", "ones!"]


def test_what_was_answered_does_not_keep_a_project() -> None:
    @once
    def names(of: Project) -> tuple[str, ...]:
        return tuple(of.names.modules)

    of = project(module("m"))
    assert names(of) == ("m",)
    gone = weakref.ref(of)
    del of
    gc.collect()
    assert gone() is None
