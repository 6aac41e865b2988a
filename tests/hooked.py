"""A small project whose commits go through the hook, with the real pre-commit or prek."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.runs import write

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ("pre-commit", "prek")
INDEX = "https://pypi.org/simple/hatchling/"
_PUBLISHED = ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml", "sqla_lint")
CONFIG = """\
repos:
  - repo: {repository}
    rev: {commit}
    hooks:
      - id: {hook}
"""


def tool(name: str) -> str:
    """The command of a tool: the one beside this Python, or the one on the path; "" where there is none."""
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else shutil.which(name) or ""


class Repository:
    """A git repository in a folder of its own, in an environment where nothing of the user's counts."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            **{f"GIT_{who}_NAME": "somebody" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": "somebody@example.org" for who in ("AUTHOR", "COMMITTER")},
            "PRE_COMMIT_HOME": str(home / "pre-commit"),
            "PREK_HOME": str(home / "prek"),
        }
        self.run("git", "init", "--quiet")

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Runs a command there; what it says is in `stdout`, also what it says about errors."""
        ran = subprocess.run(
            command,
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        if check and ran.returncode:
            raise RuntimeError(f"{command}: {ran.stdout}")
        return ran

    def commit(self, files: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Writes files and commits them, if the hook lets them pass."""
        write(self.folder, files)
        self.run("git", "add", "--", *files)
        return self.run("git", "commit", "--quiet", "-m", "some files", check=False)

    @property
    def head(self) -> str:
        return self.run("git", "rev-parse", "HEAD").stdout.strip()


def publish(folder: Path, home: Path) -> Repository:
    """The linter as a repository that hooks can be installed from."""
    repository = Repository(folder, home)
    for name in _PUBLISHED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    repository.run("git", "add", "--all")
    repository.run("git", "commit", "--quiet", "-m", "the linter")
    return repository


def project(folder: Path, home: Path, linter: Repository, files: Mapping[str, str], hook: str) -> Repository:
    """A project with one commit and the configuration of a hook, which is not installed yet."""
    repository = Repository(folder, home)
    config = CONFIG.format(repository=linter.folder, commit=linter.head, hook=hook)
    said = repository.commit({**files, ".pre-commit-config.yaml": config})
    if said.returncode:
        raise RuntimeError(said.stdout)
    return repository
