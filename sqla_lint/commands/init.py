"""`sqla-lint init`: the first settings of a project, from what is found in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sqla_lint import DISTRIBUTION, __version__
from sqla_lint.commands.common import FILE, Untrusted, jobs_option, read_whole, show
from sqla_lint.config import Configuration, find_root, load

if TYPE_CHECKING:
    from sqla_lint.engine.starting import Edit
    from sqla_lint.project.survey import Survey

HOOK = f"""\
repos:
  - repo: local
    hooks:
      - id: sqla-lint
        name: sqla-lint
        entry: sqla-lint check --through
        language: python
        additional_dependencies: ["{DISTRIBUTION}=={__version__}"]
        types: [python]
        require_serial: true
"""


@click.command()
@click.argument("path", type=FILE, default=Path())
@jobs_option
@click.option("--diff", is_flag=True, help="Show what would be written, and write nothing.")
def init(path: Path, jobs: int, diff: bool) -> None:
    """Write settings for the project at PATH, from what is found in it, and say what to do next.

    They go to the end of pyproject.toml, or to sqla-lint.toml where there is none. Settings that are there already are
    never changed.
    """
    from sqla_lint.engine import starting
    from sqla_lint.engine.run import link
    from sqla_lint.project.survey import survey

    if not path.is_dir():
        raise Untrusted(f"{path} is not a folder")
    _refuse_settings(load((path,)))
    configuration, whole = read_whole((find_root([path]),), (), jobs)
    found = survey(link(whole, configuration.settings))
    edit = starting.edit(configuration.root, found, whole.requires)
    if diff:
        show(_diff(edit))
        return
    try:
        edit.file.write_bytes(edit.after)
    except OSError as error:
        raise Untrusted(f"{edit.file} cannot be written: {error.strerror or error}") from error
    show(_found(found, starting.tools(found, whole.requires), len(whole.files)) + _next(edit, configuration.root))


def _refuse_settings(configuration: Configuration) -> None:
    if configuration.sources:
        name = configuration.sources[0].name
        raise Untrusted(f"{configuration.root / name} has settings already: `sqla-lint config` shows them")


def _diff(edit: Edit) -> str:
    from difflib import unified_diff

    from sqla_lint.report.plain import printable

    before = (edit.before or b"").decode("utf-8-sig").splitlines()
    after = edit.after.decode("utf-8-sig").splitlines()
    old = "/dev/null" if edit.before is None else edit.file.name
    lines = unified_diff(before, after, old, edit.file.name, lineterm="")
    return "".join(f"{printable(line)}\n" for line in lines)


def _found(found: Survey, tools: list[str], files: int) -> str:
    from sqla_lint.engine.starting import evidence
    from sqla_lint.report.plain import printable
    from sqla_lint.report.summary import counted

    lines = [f"{counted(files, 'file')}: {', '.join(tools) or 'no library that is known'}"]
    lines += [f"{package.layer}: {package.name} ({evidence(package)})" for package in found.packages]
    if found.commits:
        lines.append(f"who commits: {', '.join(f'{who} {count}' for who, count in found.commits)}")
    return "".join(f"{printable(line)}\n" for line in lines)


def _next(edit: Edit, root: Path) -> str:
    hooks = root / ".pre-commit-config.yaml"
    where = "to the repositories of" if hooks.exists() else "as"
    indented = "".join(f"    {line}\n" for line in HOOK.splitlines())
    return f"""\

written: {edit.file}

next:
  sqla-lint check              the findings of today
  sqla-lint baseline create    know them, so that only new ones are reported
  sqla-lint ci                 what a pipeline runs
  a hook of pre-commit or prek, {where} {hooks.name}:
{indented}"""
