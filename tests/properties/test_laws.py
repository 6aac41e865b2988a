"""Sentences that must hold for every drawn application."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sqla_lint.config import Settings
from sqla_lint.engine.run import check, judge, load_catalogue, read_project
from sqla_lint.model import Finding, Report, Step
from sqla_lint.project import link
from tests.properties.applications import (
    INSIDE_BEGIN,
    LAYOUT_CHANGES,
    NESTED,
    REPOSITORY,
    RULES,
    Application,
    Link,
    Look,
    Pair,
    Plan,
    applications,
    build,
    links,
    looks,
    plans,
    reformatted,
    settled,
    write,
)

FEW = settings(max_examples=3)
Files = dict[str, str]
Essence = tuple[object, ...]


def checked(files: Files, jobs: int = 1, chosen: Callable[[Path], Sequence[Path]] = lambda root: [root]) -> Report:
    """A run over these files; `chosen` says which paths are given to it."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write(root, files)
        return check(root, chosen(root), Settings(), jobs=jobs)


def found(files: Files) -> list[Finding]:
    """The findings of a run that had no trouble."""
    report = checked(files)
    assert report.errors == ()
    return list(report.findings)


def expected(*each: Application) -> list[tuple[str, str, int, str]]:
    return sorted((one.rule, one.path, one.line, one.symbol) for app in each for one in app.defects)


def told(findings: Sequence[Finding]) -> list[tuple[str, str, int, str]]:
    return sorted((one.code, one.place.path, one.place.line, one.symbol) for one in findings)


def essence(finding: Finding) -> Essence:
    """What of a finding must survive a change that means nothing: all but places and the reader's own names."""
    steps = tuple((step.place.path, step.symbol, step.main) for step in finding.trace)
    return finding.code, finding.place.path, finding.symbol, finding.severity, finding.confidence, finding.legs, steps


def essences(files: Files) -> list[Essence]:
    return sorted(map(essence, found(files)), key=repr)


# -- the answer --


@given(applications())
def test_the_drawn_defect_is_found_and_nothing_else(pair: Pair) -> None:
    assert told(found(pair.broken.files)) == expected(pair.broken)


@given(applications())
def test_the_repaired_application_is_silent(pair: Pair) -> None:
    assert [finding.message for finding in found(pair.repaired.files)] == []


@given(plans(), plans(), st.sampled_from(("second", "namespace")))
def test_applications_side_by_side_do_not_disturb_each_other(first: Plan, second: Plan, layout: str) -> None:
    one, other = beside(first, second, layout)
    assert told(found({**one.files, **other.files})) == expected(one, other)


def beside(first: Plan, second: Plan, layout: str = "second") -> tuple[Application, Application]:
    """Two broken applications that share a source root and no package."""
    return build(replace(first, layout="src")), build(replace(second, layout=layout))


# -- traces --


@given(applications())
def test_a_trace_passes_its_finding_and_every_step_is_really_there(pair: Pair) -> None:
    for finding in found(pair.broken.files):
        if finding.trace:
            assert [step.place for step in finding.trace if step.main] == [finding.place]
        for step in finding.trace:
            assert_real(step, pair.broken.files)


@given(applications())
def test_a_call_in_a_trace_leads_to_the_next_step(pair: Pair) -> None:
    for finding in found(pair.broken.files):
        for step, following in zip(finding.trace, finding.trace[1:], strict=False):
            if calls := CALLS.fullmatch(step.text):
                assert f".{step.symbol}".endswith(f".{calls['caller']}")
                assert f".{following.symbol}".endswith(f".{calls['callee']}")


@given(applications((REPOSITORY, INSIDE_BEGIN)))
def test_a_trace_runs_from_the_top_through_every_link_to_the_effect(pair: Pair) -> None:
    (finding,) = found(pair.broken.files)
    assume(pair.plan.links)
    callers = [step.symbol for step in finding.trace if CALLS.fullmatch(step.text)]
    assert callers[0].endswith(".place_order")
    assert len(callers) >= len(pair.plan.links)
    assert finding.trace[-1].main


CALLS = re.compile(r"`(?P<caller>[\w.]+)` calls `(?P<callee>[\w.]+)`")
PROVIDES = re.compile(r"`(?P<provider>[\w.]+)` provides the session")


def assert_real(step: Step, files: Files) -> None:
    """The step stands inside the function it names, on the source of a call, a definition's name or a statement."""
    text = files[step.place.path]
    tree = ast.parse(text)
    source = text_of(step, text)
    if "returns" in step.text:
        assert source.startswith("return")
    else:
        call = ast.parse(source.strip(), mode="eval").body
        while isinstance(call, ast.Await):
            call = call.value
        assert isinstance(call, ast.Call), source
        if provides := PROVIDES.fullmatch(step.text):
            assert f".{step.symbol}".endswith(f".{provides['provider']}")
        if calls := CALLS.fullmatch(step.text):
            owner, _, name = calls["callee"].rpartition(".")
            assert original(last_name(call.func), tree) == (owner if name == "__init__" else name)
    around = definition(tree, step.symbol, module_of(step.place.path))
    assert around.lineno <= step.place.line <= (around.end_lineno or 0)


def text_of(step: Step, text: str) -> str:
    lines = text.split("\n")[step.place.line - 1 : step.place.end_line]
    lines[-1] = lines[-1][: step.place.end_column - 1]
    lines[0] = lines[0][step.place.column - 1 :]
    return "\n".join(lines)


def module_of(path: str) -> str:
    return path.removeprefix("src/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def definition(tree: ast.Module, symbol: str, module: str) -> ast.stmt:
    """The definition of a symbol in its module's tree; for the module itself, a statement that spans it."""
    assert symbol == module or symbol.startswith(f"{module}.")
    here: ast.stmt = ast.Pass(lineno=1, end_lineno=1 << 30, col_offset=0)
    body = tree.body
    for name in symbol[len(module) + 1 :].split(".") if symbol != module else ():
        (here,) = (one for one in body if getattr(one, "name", "") == name)
        assert isinstance(here, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        body = here.body
    return here


def last_name(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""


def original(name: str, tree: ast.Module) -> str:
    """What an imported name is called where it comes from."""
    aliases = [alias for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names]
    return next((alias.name for alias in aliases if alias.asname == name), name)


# -- what changes nothing --


@given(applications(), st.randoms(use_true_random=False))
def test_order_of_files_changes_nothing(pair: Pair, random: Random) -> None:
    paths = [path for path in pair.broken.files if path.endswith(".py")]
    random.shuffle(paths)
    shuffled = checked(pair.broken.files, chosen=lambda root: [root / path for path in paths])
    assert shuffled.findings == checked(pair.broken.files).findings
    assert claims(pair.broken.files, random) == claims(pair.broken.files, None)


def claims(files: Files, random: Random | None) -> list[str]:
    """What the rules claim of the linked modules, in the order that `random` brings them into."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), files)
        modules = list(read_project(Path(folder), [Path(folder)], Settings()).modules())
    if random is not None:
        random.shuffle(modules)
    rules = [rule for rule in load_catalogue().rules if rule.code in RULES]
    claimed, crashed = judge(link(modules, Settings()), rules)
    assert crashed == []
    return sorted(map(repr, claimed))


@given(plans(), looks())
def test_names_of_locals_and_aliases_change_nothing(plan: Plan, look: Look) -> None:
    assert essences(build(plan, look).files) == essences(build(plan).files)


@given(plans(), st.data())
def test_the_way_things_are_imported_changes_nothing(plan: Plan, data: st.DataObject) -> None:
    styles = ("absolute", "relative", "aliased", "module", "submodule", "re-export", "star", "local")
    other = replace(
        plan,
        imported=data.draw(st.sampled_from(styles)),
        links=tuple(replace(one, imported=data.draw(st.sampled_from(styles))) for one in plan.links),
    )
    assert essences(build(other).files) == essences(build(plan).files)


@given(applications(), st.sampled_from(sorted(LAYOUT_CHANGES)))
def test_layout_changes_nothing_but_places(pair: Pair, change: str) -> None:
    plain, changed = found(pair.broken.files), found(reformatted(pair.broken.files, change))
    assert list(map(essence, changed)) == list(map(essence, plain))
    assert [one.message for one in changed] == [one.message for one in plain]
    assert [one.fingerprint for one in changed] == [one.fingerprint for one in plain]


@FEW
@given(plans())
def test_the_number_of_processes_changes_nothing(plan: Plan) -> None:
    files = build(plan).files
    assert checked(files, jobs=2) == checked(files, jobs=1)


@pytest.mark.parametrize("rule", ["SQA201", "SQA301"])
def test_the_hash_seed_changes_no_byte(rule: str, tmp_path: Path) -> None:
    chain = (Link("position", "star"), Link("self", "re-export"), Link("base", "relative"))
    shape = {"SQA201": "base", "SQA301": "group"}[rule]
    plan = settled(Plan(rule, shape, "in turn", chain, True, entry="annotated", openers=2, noise=2, decoys=True, fan=1))
    write(tmp_path, build(plan).files)
    first, second = (printed(tmp_path, seed) for seed in ("1", "2"))
    assert rule in first
    assert first == second


def printed(root: Path, seed: str) -> str:
    command = [sys.executable, "-m", "sqla_lint", "check", "--format", "json", "-j", "1", "."]
    here = str(Path(__file__).resolve().parents[2])
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": here}
    run = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 1, run.stderr
    return run.stdout


@settings(max_examples=8)
@given(applications())
def test_facts_of_a_file_do_not_depend_on_other_files(pair: Pair) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write(root, pair.broken.files)
        together = read_project(root, [root], Settings()).reading.facts
    for path, text in pair.broken.files.items():
        if path.endswith(".py"):
            with tempfile.TemporaryDirectory() as folder:
                write(Path(folder), {path: text})
                alone = read_project(Path(folder), [Path(folder)], Settings()).reading.facts
            assert alone[path] == together[path]


# -- what only adds --


@given(plans(), st.data())
def test_a_call_more_never_removes_a_finding(plan: Plan, data: st.DataObject) -> None:
    assume(plan.links and not plan.composed)
    index = st.integers(0, len(plan.links) - 1)
    calls = data.draw(st.lists(st.tuples(index, st.integers(-1, len(plan.links) - 1)), min_size=1, max_size=3))
    before, after = build(plan), build(replace(plan, extra=tuple(calls)))
    assert lines(before.files) <= lines(after.files)


def lines(files: Files) -> set[tuple[str, str, str]]:
    return {
        (one.code, one.symbol, files[one.place.path].split("\n")[one.place.line - 1].strip()) for one in found(files)
    }


@given(plans(), plans(), st.booleans())
def test_a_suppression_removes_its_finding_and_no_other(first: Plan, second: Plan, alone: bool) -> None:
    one, other = beside(first, second)
    (defect,) = one.defects
    (finding,) = found(one.files)
    comment = f"# sqla: ignore[{finding.name}] drawn"
    text = one.files[defect.path].split("\n")
    line = text[defect.line - 1]
    if alone:
        text.insert(defect.line - 1, " " * (len(line) - len(line.lstrip())) + comment)
    else:
        text[defect.line - 1] = f"{line}  {comment}"
    suppressed = {**one.files, **other.files, defect.path: "\n".join(text)}
    report = checked(suppressed)
    assert told(report.findings) == expected(other)
    assert report.suppressed == 1


@given(plans(), st.data())
def test_confidence_does_not_fall_when_the_chain_gets_longer(plan: Plan, data: st.DataObject) -> None:
    longest = NESTED if plan.composed else 5
    assume(len(plan.links) < longest)
    (one,) = data.draw(links(1, 1, plan.composed))
    at = data.draw(st.integers(0, max(len(plan.links) - 1, 0)))
    longer = settled(
        replace(
            plan,
            links=(*plan.links[:at], one, *plan.links[at:]),
            fan=plan.fan + 1 if plan.fan >= at else plan.fan,
        )
    )
    assert surest(build(longer)) >= surest(build(plan))


def surest(application: Application) -> int:
    """The confidence of the one finding."""
    (finding,) = found(application.files)
    return int(finding.confidence)
