"""What the plugin of a framework commits when a request has succeeded, because its settings say so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..facts.schema import Call, Expr, Lit
from ..knowledge.repositories import COMMIT_HANDLERS, COMMIT_MODES, SESSION_CONFIGS, SESSION_KEY, USUAL_SESSION_KEY
from . import meanings
from .dependents import provided_by
from .modules import Unit, last_name
from .parts import parts
from .questions.lending import COMMITS
from .summary import Frame
from .text import render
from .values import Path

if TYPE_CHECKING:
    from .project import Project

_BY_NAME = "litestar."
"""How the paths begin of what Litestar provides by a name that no function of the project stands for."""


class Requests:
    """The plugins of one project; they are looked for on first use."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._found: dict[str, Frame] | None = None

    def committed(self, unit: Unit) -> Frame | None:
        """The end of a request, at which a plugin commits a session that it has given this provider."""
        for key, index in self._project.summary(unit).injected.items():
            said = meanings.meaning(self._project, unit.module, unit.definition.params[index].annotation).types
            is_session = any(self._project.classes.session_kind(kind) for kind in said)
            maker = provided_by(key)
            if is_session and (maker == unit.symbol or maker not in self._project.names.by_symbol):
                by_name = key.startswith(_BY_NAME)
                found = self._ends().get(key.removeprefix(_BY_NAME) if by_name else "")
                if found is not None:
                    return found
        return None

    def _ends(self) -> dict[str, Frame]:
        """The plugins that commit, by the name under which each provides its session, "" when that is by a function."""
        if self._found is None:
            self._found = {}
            for module in self._project.names.modules.values():
                if self._project.packages(module) & {"advanced_alchemy", "litestar"}:
                    for unit in self._project.names.units_in(module.name):
                        self._found.update(self._in(unit))
        return self._found

    def _in(self, unit: Unit) -> Iterator[tuple[str, Frame]]:
        for part in parts(unit.body):
            if not isinstance(part, Call) or self._project.names.dotted(unit.module, part.func) not in SESSION_CONFIGS:
                continue
            given = {arg.name: arg.value for arg in part.args}
            for setting in COMMIT_MODES:
                if setting in given and _commits(setting, given[setting]):
                    key = given.get(SESSION_KEY, Lit(USUAL_SESSION_KEY)) if setting != "commit_mode" else Lit("")
                    text = f"{setting}={render(given[setting])}"
                    path = Path("injected", f"{_BY_NAME}{render(key)}")
                    yield str(getattr(key, "value", "")), Frame(COMMITS, path, unit.key, part.at, text)


def _commits(setting: str, value: Expr) -> bool:
    """Whether a setting says that a request that has succeeded is committed."""
    if isinstance(value, Lit):
        return value.value in COMMIT_MODES[setting]
    return last_name(value.func if isinstance(value, Call) else value) in COMMIT_HANDLERS
