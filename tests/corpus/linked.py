"""What the linter knows of real packages: which calls on sessions it follows, and which layer it gives to functions."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click

from sqla_lint import config
from sqla_lint.engine.run import link, read_project
from sqla_lint.facts.schema import Call
from sqla_lint.project import Project, Unit, describe
from sqla_lint.project.modules import last_name
from tests.corpus.tables import chosen

ROUTES = {"get", "post", "put", "patch", "delete", "route", "websocket", "expose", "api_route", "view_config"}
VERBS = {"get", "post", "put", "patch", "delete"}
VIEWS = re.compile(r"(View|Resource|Handler|RestApi|Controller)$")
SERVICES = re.compile(r"(?:^|/)(?:services?|contexts|use_?cases|commands|managers|internal|logic|actions)(?:/|\.py$)")
STORES = re.compile(
    r"(?:^|/)(?:repositor\w*|repos?|crud|daos?|dal|stores?|storage)(?:/|\.py$)|_(?:repo|crud|dao|store)\.py$"
)
KINDS = ("handler", "service", "repository")

_dest = click.argument("dest", type=click.Path(path_type=Path, file_okay=False, exists=True))
_names = click.argument("names", nargs=-1)


@click.group()
def commands() -> None:
    """Look at what is known of real packages."""


@commands.command()
@_dest
@_names
def calls(dest: Path, names: tuple[str, ...]) -> None:
    """How many calls on sessions are known as such, and the ten most frequent reasons why others are not."""
    reasons: Counter[str] = Counter()
    total = 0
    for name, project in _projects(dest, names):
        found = describe.calls(project)
        reasons += found.unknown
        total += found.known
        unknown = found.unknown.total()
        share = 100 * found.known / (found.known + unknown) if found.known + unknown else 100
        click.echo(f"{name:32} {found.known:6} known {unknown:6} unknown {share:5.1f} %")
    click.echo(f"{'all':32} {total:6} known {reasons.total():6} unknown\n")
    for why, count in reasons.most_common(10):
        click.echo(f"{count:6} {why}")


@commands.command()
@_dest
@_names
@click.option("--seed", type=int, required=True, help="The same seed draws the same functions.")
@click.option("--each", type=click.IntRange(1), default=20, show_default=True)
def layers(dest: Path, names: tuple[str, ...], seed: int, each: int) -> None:
    """Draw functions that look like handlers, services and repositories, and say which layer the linter gives them.

    What they look like is decided by decorators and paths alone, not by the linter.
    """
    drawn: dict[str, list[tuple[str, Project, Unit]]] = {kind: [] for kind in KINDS}
    for name, project in _projects(dest, names):
        for unit in project.functions():
            kind = _looks_like(project, unit)
            if kind:
                drawn[kind].append((name, project, unit))
    for kind, found in drawn.items():
        click.echo(f"== {each} of {len(found)} that look like a {kind}")
        for name, project, unit in random.Random(f"{seed} {kind}").sample(found, min(each, len(found))):
            role = project.layers.of(unit)
            told = f"{role.layer or 'none'} ({role.sure.word}: {'; '.join(role.because)})"
            click.echo(f"{name} {unit.module.path} {unit.symbol}\n    {told}")


def _projects(dest: Path, names: tuple[str, ...]) -> Iterator[tuple[str, Project]]:
    for package in chosen(names):
        root = dest / package.name
        if root.is_dir():
            settings = config.load([root]).settings
            yield package.name, link(read_project(root, [root], settings), settings)


def _looks_like(project: Project, unit: Unit) -> str:
    if project.layers.is_test(unit.module):
        return ""
    if unit.kind != "function" or unit.owner is None or unit.owner.kind not in ("module", "class"):
        return ""
    decorators = (last_name(one) for one in unit.definition.decorators if isinstance(one, Call))
    if any(name in ROUTES for name in decorators):
        return "handler"
    if unit.klass is not None and unit.definition.name in VERBS and VIEWS.search(unit.klass.definition.name):
        return "handler"
    summary = project.summary(unit)
    if not (summary.effects or summary.events or summary.opened):
        return ""
    if STORES.search(unit.module.path):
        return "repository"
    return "service" if SERVICES.search(unit.module.path) else ""


if __name__ == "__main__":
    commands()
