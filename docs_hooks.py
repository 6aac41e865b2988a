"""What the site has beyond `docs/`: the rules' pages and those at the top, with links that hold on GitHub and here."""

from __future__ import annotations

import importlib
import posixpath
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))

from sqla_lint.engine.catalogue import Rule  # noqa: E402  the folder must be importable first
from sqla_lint.engine.run import load_catalogue, page  # noqa: E402  likewise

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

RULES = load_catalogue().rules
CHAPTERS = tuple(sorted(dict.fromkeys(rule.chapter for rule in RULES), key="linter".__eq__))
"""In the order of their codes, but what is about the linter itself comes last."""
INDEX = "rules/index.md"
PAGES = {
    "README.md": "readme.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changes.md",
    **{f"sqla_lint/rules/{rule.chapter}/{rule.name.replace('-', '_')}.md": f"rules/{rule.name}.md" for rule in RULES},
}
"""Pages from elsewhere: where each stands in the repository, and where on the site."""
_TARGETS = {**PAGES, "sqla_lint/rules": INDEX}
_SOURCES = {site: source for source, site in PAGES.items()}
_FENCED = re.compile(r"^(`{3,}).*?^\1$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<=\]\()(?P<path>[^)#:\s]+)(?P<anchor>#[^)\s]*)?(?=\))")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`])")
_MARK = re.compile(r"#\s(?:error|trace): ")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Puts the rules below their chapter into the navigation."""
    assert config.nav is not None
    (section,) = (entry["Rules"] for entry in config.nav if "Rules" in entry)
    section += [
        {chapter: [{rule.name: f"rules/{rule.name}.md"} for rule in RULES if rule.chapter == chapter]}
        for chapter in CHAPTERS
    ]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages that do not stand in `docs/`."""
    from mkdocs.structure.files import File

    for source, site in PAGES.items():
        files.append(File.generated(config, site, content=(ROOT / source).read_text("utf-8")))
    files.append(File.generated(config, INDEX, content=rules_index()))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """The page's text as the site needs it."""
    here = page.file.src_uri
    text = _outside_fences(markdown, lambda prose: _LINK.sub(lambda link: _on_site(here, link), prose))
    by_page = {f"rules/{rule.name}.md": rule for rule in RULES}
    return _rule_page(text, by_page[here]) if here in by_page else text


def rules_index() -> str:
    """The page that lists the rules by chapter."""
    lines = [
        "# Rules",
        "",
        f"{len(RULES)} rules, as `sqla-lint rule --all` lists them. Those in *italics* are off unless selected.",
        "Each page is also the rule's test: every example on it is analysed, a line that ends with `# error:` is",
        "reported, one that ends with `# trace:` is a step of the way there, and nothing else is said.",
    ]
    for chapter in CHAPTERS:
        lines += [
            "",
            f"## {chapter}",
            "",
            _about(chapter),
            "",
            "| code | rule | | what happens |",
            "| --- | --- | --- | --- |",
        ]
        lines += [_row(rule) for rule in RULES if rule.chapter == chapter]
    return "\n".join(lines) + "\n"


def _about(chapter: str) -> str:
    if chapter == "linter":
        return "About the run itself and about suppressions."
    said = str(importlib.import_module(f"sqla_lint.rules.{chapter}").__doc__).strip().rpartition(": ")[2]
    return said[:1].upper() + said[1:]


def _row(rule: Rule) -> str:
    link = f"[{rule.name}]({rule.name}.md)"
    paragraph = page(rule.code).split("\n\n")[1]
    first = _SENTENCE.split(" ".join(paragraph.split()))[0].replace("|", "\\|")
    return f"| {rule.code} | {link if rule.default else f'*{link}*'} | {rule.severity.value} | {first} |"


def _rule_page(text: str, rule: Rule) -> str:
    title, rest = text.split("\n", 1)
    state = "on by default" if rule.default else "off unless selected"
    facts = f"{rule.severity.value} · {state} · chapter [{rule.chapter}](index.md#{rule.chapter})"
    return f"{title}\n\n{facts}\n{{ .facts }}\n{_FENCED.sub(lambda block: _marked(block[0]), rest)}"


def _marked(block: str) -> str:
    """A block of code whose lines with marks are highlighted."""
    head, *lines = block.split("\n")
    numbers = " ".join(str(number) for number, line in enumerate(lines, 1) if _MARK.search(line))
    return "\n".join([f'{head} hl_lines="{numbers}"' if numbers else head, *lines])


def _outside_fences(text: str, change: Callable[[str], str]) -> str:
    parts: list[str] = []
    end = 0
    for block in _FENCED.finditer(text):
        parts += [change(text[end : block.start()]), block[0]]
        end = block.end()
    return "".join([*parts, change(text[end:])])


def _on_site(here: str, link: re.Match[str]) -> str:
    """A link of the repository as one of the site; what has no place there stays, and breaks the build."""
    folder = posixpath.dirname(_SOURCES.get(here, here if here == INDEX else f"docs/{here}"))
    target = posixpath.normpath(posixpath.join(folder, link["path"]))
    site = _TARGETS.get(target, target.removeprefix("docs/"))
    if here == INDEX or site == target:
        return link[0]
    return posixpath.relpath(site, posixpath.dirname(here) or ".") + (link["anchor"] or "")
