from __future__ import annotations

import re
from pathlib import Path

import pytest

from sqla_lint import cli
from sqla_lint.config import Settings, load
from sqla_lint.engine.run import load_catalogue
from sqla_lint.rules import registry
from tests.runs import write

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_the_finding_shown_is_what_is_printed(
    capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    with pytest.raises(SystemExit) as stop:
        cli.main(["check", "fixtures/projects/leaky_shop"])
    printed = capfdbinary.readouterr().out.decode().split("\n\n")
    assert stop.value.code == 1
    assert blocks("text")[0].rstrip("\n") in printed


def test_the_first_page_of_the_documentation_shows_the_same_finding() -> None:
    assert f"```text\n{blocks('text')[0]}```" in (ROOT / "docs/index.md").read_text("utf-8")


def test_the_first_two_commands_install_and_test() -> None:
    first, second = blocks("sh")[:2]
    assert first.rstrip().endswith("sqla-lint check fixtures/projects/leaky_shop")
    assert second.rstrip().endswith("pytest -n 2 --dist loadfile")


def test_the_settings_shown_are_accepted(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": blocks("toml")[0]})
    configuration = load([tmp_path])
    load_catalogue().check(configuration)
    assert configuration.settings != Settings()


def test_nobody_is_told_to_install_what_is_not_ours() -> None:
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")):
        assert not re.search(r"pip install (-\S+ )*sqla-lint", page.read_text("utf-8"))


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
)
def test_links_between_pages_lead_somewhere(page: str) -> None:
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#]+)", path.read_text("utf-8")):
        assert target.startswith("https://") or (path.parent / target).exists(), target


def test_every_rule_stands_under_one_heading_of_the_working_rules() -> None:
    page = (ROOT / "docs" / "working-rules.md").read_text("utf-8")
    listed = re.findall(r"^\* (\*?)\[([a-z-]+)\]\(\S+\)\1 \((SQA\d+)\)$", page, re.MULTILINE)
    found = [(code, name, not star) for star, name, code in listed]
    assert sorted(found) == [(rule.code, rule.name, rule.default) for rule in registry.load()]
    assert len(re.findall(r"^## ", page, re.MULTILINE)) == 8  # the seven, and the rest
