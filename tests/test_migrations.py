"""Files that the settings call migrations."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands import Shell
from tests.runs import write

FILES = {
    "pyproject.toml": "",
    "sqla-lint.toml": "",
    "db/__init__.py": "",
    "db/upgrade/__init__.py": "",
    "db/upgrade/step_1.py": """\
from sqlalchemy.orm import Session


class StepRepository:
    def __init__(self, session: Session) -> None:
        self.session = session

    def run(self) -> None:
        self.session.add(object())
        self.session.commit()
""",
}


@pytest.mark.parametrize("pattern", ["db/upgrade/", "db/upgrade/**", "step_*.py", "/db/*/step_1.py"])
def test_they_own_their_transaction(shell: Shell, tmp_path: Path, pattern: str) -> None:
    write(tmp_path, FILES)
    assert shell("check", "--select", "commit-in-repository").code == 1
    write(tmp_path, {"sqla-lint.toml": f'migrations.paths = ["{pattern}"]'})
    assert shell("check", "--select", "commit-in-repository").code == 0
    said = shell("debug", "layers", ".").out
    assert "StepRepository.run is migration (declared: migrations.paths, certain)" in said
    assert f'migrations = {{ paths = ["{pattern}"] }}  (sqla-lint.toml:1)' in shell("config").out.splitlines()


def test_a_declared_layer_has_the_last_word(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, FILES)
    write(tmp_path, {"sqla-lint.toml": 'migrations.paths = ["db/"]\nlayers.repository = ["db.upgrade.**"]'})
    assert shell("check", "--select", "commit-in-repository").code == 1
