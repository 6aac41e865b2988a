"""A history of edits, and how well findings are found again along it: `python -m tests.replay [COMMITS] [SEED]`.

The repository is real and of our making: a shop whose repositories commit, whose modules have global sessions, and
whose jobs leak theirs. Each commit is an edit as people make them. Every statement that is reported, and every call
that leads to one, has a number in a comment that no key of a finding sees: by it the truth is known.
"""

from __future__ import annotations

import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from sqla_lint.config import Settings
from sqla_lint.engine import baseline, git, run
from sqla_lint.engine.cache import Cache
from sqla_lint.model import Finding, Place, Report

_MARK = re.compile(r"# (\d+)$")


# -- the shop, as it is edited --


@dataclass
class Method:
    """A method of a repository that commits, at once or by a helper of its class."""

    name: str
    mark: int
    helped: bool = False
    mended: bool = False


@dataclass
class Repository:
    name: str
    methods: list[Method]


@dataclass
class Handler:
    """A handler that calls a method of a repository, through a service or not."""

    name: str
    mark: int
    of: Repository
    method: Method
    service: str = ""


@dataclass
class Job:
    """A function that opens a session and may leave it open."""

    name: str
    mark: int


@dataclass
class Module:
    name: str
    repositories: list[Repository] = field(default_factory=list)
    handlers: list[Handler] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    globals: list[tuple[str, int]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    spread: bool = False
    quote: str = '"'


class Shop:
    """The modules of the shop and the edits it gets; what is random comes from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.marks = 0
        self.words = 0
        self.modules = [Module(self.word("mod")) for _ in range(8)]
        for _ in range(14):
            self.add_repository()
        for _ in range(24):
            self.add_handler()
        for _ in range(8):
            self.add_job()
            self.add_global()

    def word(self, kind: str) -> str:
        self.words += 1
        return f"{kind}{self.words}"

    def mark(self) -> int:
        self.marks += 1
        return self.marks

    def module(self) -> Module:
        return self.random.choice(self.modules)

    def repositories(self) -> list[tuple[Module, Repository]]:
        return [(module, one) for module in self.modules for one in module.repositories]

    def handlers(self) -> list[tuple[Module, Handler]]:
        return [(module, one) for module in self.modules for one in module.handlers]

    # edits that bring something to report

    def add_repository(self) -> None:
        methods = [Method(self.word("save"), self.mark()) for _ in range(self.random.randint(1, 3))]
        self.module().repositories.append(Repository(self.word("Order") + "Repository", methods))

    def add_method(self) -> None:
        _, repository = self.random.choice(self.repositories())
        repository.methods.append(Method(self.word("save"), self.mark()))

    def add_handler(self) -> None:
        _, repository = self.random.choice(self.repositories())
        service = self.word("serve") if self.random.random() < 0.5 else ""
        handler = Handler(self.word("create"), self.mark(), repository, self.random.choice(repository.methods), service)
        self.module().handlers.append(handler)

    def add_job(self) -> None:
        self.module().jobs.append(Job(self.word("job"), self.mark()))

    def add_global(self) -> None:
        self.module().globals.append((self.word("session"), self.mark()))

    # edits that bring nothing

    def write_above(self) -> None:
        self.module().notes.append(self.word("note"))

    def rename_function(self) -> None:
        module, handler = self.random.choice(self.handlers())
        handler.name = self.word("create")
        if module.jobs:
            self.random.choice(module.jobs).name = self.word("job")

    def rename_method(self) -> None:
        _, repository = self.random.choice(self.repositories())
        self.random.choice(repository.methods).name = self.word("save")

    def rename_class(self) -> None:
        _, repository = self.random.choice(self.repositories())
        repository.name = self.word("Order") + "Repository"

    def rename_module(self) -> None:
        self.module().name = self.word("mod")

    def move_class(self) -> None:
        module, repository = self.random.choice(self.repositories())
        module.repositories.remove(repository)
        self.module().repositories.append(repository)

    def move_handler(self) -> None:
        module, handler = self.random.choice(self.handlers())
        module.handlers.remove(handler)
        self.module().handlers.append(handler)

    def extract_helper(self) -> None:
        _, repository = self.random.choice(self.repositories())
        self.random.choice(repository.methods).helped = True

    def extract_service(self) -> None:
        _, handler = self.random.choice(self.handlers())
        handler.service = handler.service or self.word("serve")

    def reformat(self) -> None:
        module = self.module()
        module.spread = not module.spread
        module.quote = "'" if module.quote == '"' else '"'

    def shuffle(self) -> None:
        module = self.module()
        self.random.shuffle(module.handlers)
        self.random.shuffle(module.repositories)

    # edits that mend

    def mend(self) -> None:
        _, repository = self.random.choice(self.repositories())
        self.random.choice(repository.methods).mended = True

    def remove_handler(self) -> None:
        module, handler = self.random.choice(self.handlers())
        if len(self.handlers()) > 12:
            module.handlers.remove(handler)

    def edit(self) -> str:
        """One edit, and what it is called."""
        news = (self.add_method, self.add_handler, self.add_handler, self.add_repository, self.add_job, self.add_global)
        same: tuple[Callable[[], None], ...] = (
            *(self.write_above, self.write_above, self.rename_function, self.rename_method, self.rename_class),
            *(self.rename_module, self.move_class, self.move_handler, self.extract_helper, self.extract_service),
            *(self.reformat, self.reformat, self.shuffle),
        )
        gone = (self.mend, self.remove_handler)
        chosen = self.random.choice(self.random.choices((news, same, gone), (25, 65, 10))[0])
        chosen()
        return chosen.__name__.replace("_", " ")

    # as files

    def files(self) -> dict[str, str]:
        where = {id(one): module.name for module, one in self.repositories()}
        texts = {f"shop/{module.name}.py": self._text(module, where) for module in self.modules}
        return {"pyproject.toml": "[tool.sqla-lint]\n", "shop/__init__.py": "", "shop/db.py": _DB, **texts}

    def _text(self, module: Module, where: dict[int, str]) -> str:
        lines = [f'"""{module.name}"""', *_IMPORTS]
        wanted = {(where[id(one.of)], one.of.name) for one in module.handlers if where[id(one.of)] != module.name}
        lines += [f"from shop.{name} import {klass}" for name, klass in sorted(wanted)]
        lines += ["", "router = APIRouter()", *(f"# {note}" for note in module.notes), ""]
        lines += [f"{name} = Session(engine)  # {mark}" for name, mark in module.globals]
        for repository in module.repositories:
            lines += self._class(module, repository)
        for handler in module.handlers:
            lines += self._handler(module, handler)
        for job in module.jobs:
            lines += ["", "", f"def {job.name}(rows: list[object]) -> None:"]
            lines += [
                f"    session = Session(engine)  # {job.mark}",
                "    for row in rows:",
                "        session.add(row)",
            ]
            lines += ["    session.commit()", "    session.close()"]
        return "\n".join(lines) + "\n"

    def _class(self, module: Module, repository: Repository) -> Iterator[str]:
        yield from ("", "", f"class {repository.name}:", "    def __init__(self, session: Session) -> None:")
        yield "        self.session = session"
        for method in repository.methods:
            yield from ("", f"    def {method.name}(self, order: object, kind: str) -> None:")
            yield f"        self.session.add(order)  {'# spread' if module.spread else ''}".rstrip()
            if method.mended:
                yield "        self.session.flush()"
            elif method.helped:
                yield f"        self._keep_{method.name}()  # {method.mark}"
                yield from ("", f"    def _keep_{method.name}(self) -> None:")
                yield f"        self.session.commit()  # {method.mark}"
            else:
                yield f"        self.session.commit()  # {method.mark}"

    def _handler(self, module: Module, handler: Handler) -> Iterator[str]:
        kind = f"{module.quote}new{module.quote}"
        arguments = [f"(  # {handler.mark}", f"        order, {kind},", "    )"] if module.spread else []
        call = f"{handler.of.name}(session).{handler.method.name}"
        if handler.service:
            yield from ("", "", f"def {handler.service}(session: Session, order: object, kind: str) -> None:")
            yield f"    {call}(order, kind)"
            call = handler.service
            arguments = [f"(  # {handler.mark}", f"        session, order, {kind},", "    )"] if module.spread else []
        plain = f"(session, order, {kind})" if handler.service else f"(order, {kind})"
        yield from ("", "", f"@router.post({module.quote}/{handler.mark}{module.quote})")
        yield f"def {handler.name}(order: str, session: Session = Depends(get_session)) -> None:"
        if arguments:
            yield f"    {call}{arguments[0]}"
            yield from arguments[1:]
        else:
            yield f"    {call}{plain}  # {handler.mark}"


_DB = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql://")
maker = sessionmaker(engine)


def get_session():
    with maker() as session:
        yield session
"""
_IMPORTS = (
    "from fastapi import APIRouter, Depends",
    "from sqlalchemy.orm import Session",
    "from shop.db import engine, get_session",
)


# -- the repository, and the walk --


def make(folder: Path, commits: int, seed: int) -> list[str]:
    """A repository with so many commits on one line; their names, the first first."""
    shop = Shop(seed)
    _git(folder, "init", "--initial-branch", "main")
    for number in range(commits):
        edit = "the first state" if not number else shop.edit()
        for old in (folder / "shop").glob("*.py"):
            old.unlink()
        for path, text in shop.files().items():
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_text(text)
        _git(folder, "add", "--all")
        _git(folder, "commit", "--allow-empty", "--message", edit)
    return _git(folder, "rev-list", "--first-parent", "--reverse", "HEAD").split()


def _git(folder: Path, *args: str) -> str:
    who = ("-c", "user.name=replay", "-c", "user.email=replay@example.org", "-c", "gc.auto=0")
    done = subprocess.run(["git", *who, *args], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


class Figures(NamedTuple):
    """Of comparisons of one commit with a later one: findings and ways that were there, how many of them were reported
    again; those that were not, how many of them were hidden."""

    old: int
    again: int
    new: int
    hidden: int

    def __str__(self) -> str:
        return (
            f"{self.again} of {self.old} known ones reported again ({self.again / max(1, self.old):.2%}), "
            f"{self.hidden} of {self.new} new ones hidden ({self.hidden / max(1, self.new):.2%})"
        )


class Walk:
    """The findings of each commit, worked out once."""

    def __init__(self, folder: Path, commits: list[str], cache: Cache) -> None:
        self.commits = commits
        self._settings = Settings()
        self._wholes = []
        for commit in commits:
            with TemporaryDirectory() as scratch:
                root = git.export(folder, commit, Path(scratch), run.may_matter(self._settings))
                whole = run.read_project(root, [root], self._settings, cache=cache)
                self._wholes.append(run.check_whole(whole, self._settings, cache=cache, known=()))

    def compare(self, distance: int) -> Figures:
        """Every commit, every `distance` steps, with the one so many steps later."""
        old = again = new = hidden = 0
        for at in range(0, len(self._wholes) - distance, max(1, distance // 2)):
            before, after = self._wholes[at], self._wholes[at + distance]
            was, now = set(_known(before)), set(_marks(after))
            text = after.sources.__getitem__
            told = {
                _mark(after, finding.place)
                for finding in baseline.compare(after.findings, baseline.entries(before), text).new
            }
            old += len(was & now)
            again += len(told & was)
            new += len(now - was)
            hidden += len(now - was - told)
        return Figures(old, again, new, hidden)


def _marks(report: Report) -> Iterator[int]:
    """What a report says, by the numbers of the statements: of each way to a finding that of its first call, of one
    without ways its own."""
    for finding in report.findings:
        yield from {_mark(report, place) for place in _places(finding)}


def _known(report: Report) -> Iterator[int]:
    """The numbers of everything that was told before, also of what is only told by its ways."""
    yield from _marks(report)
    yield from (_mark(report, finding.place) for finding in report.findings)


def _places(finding: Finding) -> Iterator[Place]:
    ways = [next((step.place for step in steps if step.symbol == leg), None) for leg, steps in finding.ways]
    found = [place for place in ways if place is not None]
    yield from found or [finding.place]


def _mark(report: Report, place: Place) -> int:
    line = report.sources[place.path].splitlines()[place.line - 1]
    found = _MARK.search(line)
    if found is None:
        raise AssertionError(f"no number in {place.path}:{place.line}: {line}")
    return int(found[1])


def replay(commits: int, seed: int, distances: tuple[int, ...]) -> dict[int, Figures]:
    """Makes a history and walks it."""
    with TemporaryDirectory() as scratch:
        folder = Path(scratch) / "shop"
        folder.mkdir()
        names = make(folder, commits, seed)
        cache = Cache(str(Path(scratch) / "cache"))
        walk = Walk(folder, names, cache)
        cache.close()
        return {distance: walk.compare(distance) for distance in distances}


if __name__ == "__main__":
    count, start = (int(arg) for arg in (*sys.argv[1:], "400", "1")[:2])
    for steps, figures in replay(count, start, (1, 5, 20, 100)).items():
        print(f"{steps:>4} commits apart: {figures}")
