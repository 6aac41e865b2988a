"""`sqla-lint ci`: a gate that reports what is new, to people and to the host it runs on, and changes no file of the
project."""

from __future__ import annotations

import os
from dataclasses import dataclass

import click

from sqla_lint.commands.common import Untrusted, encoded, show, tell
from sqla_lint.commands.examine import Asked, analysis, baseline_file, examine, exit_code
from sqla_lint.commands.outputs import outputs_option, target_of, write_file
from sqla_lint.config import folder_in_repository
from sqla_lint.report.azure import tamed
from sqla_lint.report.formats import render
from sqla_lint.report.summary import counted

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Host:
    """Where a pipeline runs: the variable that tells, the format of its annotations ("" when it takes none from the
    output), the variables that name the target of a pull request (a branch or a commit), and the one that names a file
    for a summary."""

    name: str
    told_by: str
    annotations: str = ""
    branch: str = ""
    commit: str = ""
    summary: str = ""


HOSTS = (
    Host("GitHub Actions", "GITHUB_ACTIONS", "github", branch="GITHUB_BASE_REF", summary="GITHUB_STEP_SUMMARY"),
    Host("GitLab CI", "GITLAB_CI", commit="CI_MERGE_REQUEST_DIFF_BASE_SHA"),
    Host("Azure Pipelines", "TF_BUILD", "azure", branch="SYSTEM_PULLREQUEST_TARGETBRANCH"),
)


def host() -> Host | None:
    """The host that a run finds itself on."""
    return next((one for one in HOSTS if os.environ.get(one.told_by)), None)


@click.command()
@analysis
@click.option(
    "--since", metavar="REF", help=f"Report only what is new since a commit; `{AUTO}`: the target of the pull request."
)
@outputs_option
def ci(asked: Asked, since: str | None, outputs: tuple[str, ...]) -> None:
    """Report what is new in PATHS against the baseline or a commit, with annotations for the host."""
    targets = [target_of(output, "full") for output in outputs]
    where = host()
    found = examine(asked, since=_target_of_request(where) if since == AUTO else since)
    found.close(verbose=asked.verbose)
    report, folder = found.report, folder_in_repository(found.configuration.root)
    for target in targets:
        write_file(target.path, render(report, target.format, root=folder))
    colour = bool(os.environ.get("FORCE_COLOR")) and not os.environ.get("NO_COLOR")
    text = render(report, "full", colour=colour)
    show(tamed(text) if where is not None and where.annotations == "azure" else text)
    for error in report.errors:
        tell(f"error: {error.told}")
    if where is not None and where.annotations:
        show(render(report, where.annotations, root=folder))
    if where is not None and (page := _value(where.summary)):
        _append(page, render(report, "markdown", root=folder))
    code = exit_code(report, found.configuration.settings.fail_on)
    if report.stale and since is None:
        gone, file = counted(len(report.stale), "finding"), baseline_file(found.configuration)
        tell(f"error: {gone} of {file} are mended: run `sqla-lint baseline prune` and commit the file")
        code = max(code, 1)
    raise SystemExit(code)


def _target_of_request(where: Host | None) -> str:
    """The commit or branch that a pull request would change. Raises `Untrusted` when nothing tells."""
    if where is None:
        names = ", ".join(one.name for one in HOSTS)
        raise Untrusted(f"--since {AUTO} asks the host what a pull request is made to, and this is none of {names}")
    commit, branch = _value(where.commit), _value(where.branch)
    if not commit and not branch:
        raise Untrusted(f"--since {AUTO}: {where.name} runs no pull request here")
    return commit or f"origin/{branch.removeprefix('refs/heads/')}"


def _value(name: str) -> str:
    """What a variable of the host says; "" where it has none of that kind."""
    return os.environ.get(name, "") if name else ""


def _append(path: str, text: str) -> None:
    try:
        with open(path, "ab") as file:
            file.write(encoded(text))
    except OSError as error:
        tell(f"warning: {path} cannot be written: {error.strerror or error}")
