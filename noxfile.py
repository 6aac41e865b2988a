"""`nox` with no argument does what CI does; each session is one part of it."""

from __future__ import annotations

import nox

nox.options.sessions = ["ci"]
nox.options.reuse_existing_virtualenvs = True

PEERS = ["ruff", "flake8", "flake8-sqlalchemy2", "pylint", "pylint-sqlalchemy2", "mypy", "fixit", "semgrep"]
PYTHONS = ["3.10", "3.11", "3.12", "3.13"]


@nox.session(venv_backend="none")
def ci(session: nox.Session) -> None:
    """Everything, from nothing: README commands, tests, lint, types, wheel."""
    session.run(".ci/run", external=True)


@nox.session
def lint(session: nox.Session) -> None:
    """Lint and format; `-- --fix` repairs."""
    session.install("ruff>=0.9")
    session.run("ruff", "check", *session.posargs, ".")
    session.run("ruff", "format", *([] if "--fix" in session.posargs else ["--check"]), ".")


@nox.session
def types(session: nox.Session) -> None:
    """Types, strictly."""
    session.install("-e", ".[dev]")
    session.run("mypy", "--strict", "sqla_lint", "tests")


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """All tests, in two processes; arguments go to pytest."""
    session.install("-e", ".[dev]")
    session.run("pytest", "-n", "2", "--dist", "loadfile", *session.posargs)


@nox.session
def pages(session: nox.Session) -> None:
    """The rules' pages, or those whose name contains a word: `nox -s pages -- commit`."""
    session.install("-e", ".[dev]")
    words = [option for word in session.posargs for option in ("-k", word)]
    session.run("pytest", "tests/test_pages.py", *words)


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation as a site, in `site/`."""
    session.install("-e", ".[dev]")
    session.run("mkdocs", "build", "--strict", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """What a run costs beside the bare parse and beside other tools: `nox -s bench -- FOLDER...`."""
    session.install("-e", ".")
    tools = session.create_tmp() + "/tools"
    session.run("python", "-m", "venv", tools)
    session.run(f"{tools}/bin/pip", "install", "-q", *PEERS, external=True)
    session.run("python", "-m", "tests.bench.bench_peers", *session.posargs, "--tools", f"{tools}/bin")


@nox.session
def corpus(session: nox.Session) -> None:
    """The linter on real packages, brought from the index: `nox -s corpus -- DEST [NAME...]`."""
    if not session.posargs:
        session.error("say where the packages are, or shall be: nox -s corpus -- DEST [NAME...]")
    dest = session.posargs[0]
    session.install("-e", ".[dev]")
    session.run("python", "-m", "tests.corpus.fetch", *session.posargs)
    session.run("python", "-m", "tests.corpus.run", "run", *session.posargs)
    session.run("python", "-m", "tests.corpus.run", "recall", dest)
    session.run("python", "-m", "tests.corpus.run", "precision", dest, "--seed", "20261123")
