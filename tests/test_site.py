"""The built site: every link and anchor leads somewhere, every page is reached, nothing comes from the network."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlsplit

import pytest

from sqla_lint.engine.run import load_catalogue
from tests.audit.browser import browser
from tests.hooked import ROOT

pytest.importorskip("mkdocs", reason="mkdocs is not installed")

LOADS = {
    "script": "src",
    "link": "href",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "object": "data",
}
"""What makes a browser fetch something, and where it says what."""
LEFT = re.compile(r"^(?:[*-] |\d+\. |#+ |\| |```)|\]\(", re.MULTILINE)


@dataclass
class Page(HTMLParser):
    """A page of the site: its anchors, where it leads, what it loads, and its paragraphs."""

    anchors: set[str] = field(default_factory=lambda: {""})
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    paragraphs: list[str] = field(default_factory=list)
    inside: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in LOADS and LOADS[tag] in given:
            self.loads.append(given[LOADS[tag]])
        if tag in ("p", "code"):
            self.inside.append(tag)
        if tag == "p":
            self.paragraphs.append("")

    def handle_endtag(self, tag: str) -> None:
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if self.inside == ["p"]:
            self.paragraphs[-1] += data


@dataclass(frozen=True)
class Site:
    """The built folder, and its pages by their path in it."""

    folder: Path
    pages: dict[str, Page]

    def internal(self, path: str) -> Iterator[tuple[str, str]]:
        """The files and anchors that a page links to."""
        for link in self.pages[path].links:
            url = urlsplit(link)
            if url.scheme or url.netloc:
                continue
            # The page for what is not found stands at every address, and its links begin at the top.
            start = self.folder if url.path.startswith("/") else (self.folder / path).parent
            target = (start / unquote(url.path).lstrip("/")).resolve() if url.path else self.folder / path
            target = target / "index.html" if target.is_dir() else target
            yield target.relative_to(self.folder).as_posix(), unquote(url.fragment)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The site, built as `nox -s docs` builds it; a warning fails the build, which `--quiet` would not count."""
    folder = tmp_path_factory.mktemp("site").resolve()
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert built.returncode == 0, built.stdout + built.stderr
    pages = {}
    for path in sorted(folder.rglob("*.html")):
        pages[path.relative_to(folder).as_posix()] = page = Page()
        page.feed(path.read_text("utf-8"))
    return Site(folder, pages)


def test_every_internal_link_leads_to_a_file_and_an_anchor(site: Site) -> None:
    broken = []
    for path in site.pages:
        for target, anchor in site.internal(path):
            found = site.pages.get(target)
            if not (site.folder / target).is_file() or (anchor and (found is None or anchor not in found.anchors)):
                broken.append(f"{path}: {target}#{anchor}")
    assert not broken
    assert sum(len(page.links) for page in site.pages.values()) > 1000


def test_every_page_is_reached_from_the_first(site: Site) -> None:
    reached: set[str] = set()
    waiting = ["index.html"]
    while waiting:
        path = waiting.pop()
        if path not in reached and path in site.pages:
            reached.add(path)
            waiting += [target for target, _ in site.internal(path)]
    assert set(site.pages) - reached == {"404.html"}


def test_every_page_of_the_documentation_and_every_rule_is_there(site: Site) -> None:
    pages = {f"{path.stem}.html" for path in (ROOT / "docs").glob("*.md")}
    rules = {f"rules/{rule.name}.html" for rule in load_catalogue().rules}
    assert pages | rules <= set(site.pages)
    assert rules <= {target for target, _ in site.internal("rules/index.html")}


def test_links_between_documentation_and_rules_stay_on_the_site(site: Site) -> None:
    assert "rules/commit-in-repository.html" in dict(site.internal("working-rules.html"))
    assert "rules/expire-on-commit-in-async.html" in dict(site.internal("rules/implicit-io-in-async.html"))
    assert not [link for page in site.pages.values() for link in page.links if link.endswith(".md")]


def test_nothing_is_loaded_from_elsewhere(site: Site) -> None:
    elsewhere = [
        f"{path}: {load}"
        for path, page in site.pages.items()
        for load in page.loads
        if urlsplit(load).netloc or urlsplit(load).scheme not in ("", "data")
    ]
    assert not elsewhere
    for style in site.folder.rglob("*.css"):
        text = style.read_text("utf-8")
        assert "@import" not in text
        assert not re.search(r"url\([\"']?(?:https?:)?//", text), style


def test_what_is_loaded_is_there(site: Site) -> None:
    for path, page in site.pages.items():
        for load in (urlsplit(load).path for load in page.loads if path != "404.html"):
            assert ((site.folder / path).parent / load).is_file(), f"{path}: {load}"


def test_no_markdown_is_left_in_the_text(site: Site) -> None:
    """What GitHub shows as a list or a table and the site does not."""
    left = [(path, text) for path, page in site.pages.items() for text in page.paragraphs if LEFT.search(text)]
    assert not left


def test_lines_with_marks_are_highlighted(site: Site) -> None:
    text = (site.folder / "rules/commit-in-repository.html").read_text("utf-8")
    assert re.search(r'<span class="hll">.*# error: SQA201', text)


def test_a_browser_shows_and_searches_it_and_asks_nobody_else(site: Site) -> None:
    handler = partial(SimpleHTTPRequestHandler, directory=str(site.folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, browser() as chromium:
        Thread(target=server.serve_forever, daemon=True).start()
        home = f"http://127.0.0.1:{server.server_port}/"
        asked: list[str] = []
        said: list[str] = []
        page = chromium.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"{home}index.html")
        page.get_by_role("link", name="Rules", exact=True).first.click()
        page.get_by_role("link", name="commit-in-repository", exact=True).first.click()
        assert page.url == f"{home}rules/commit-in-repository.html"
        page.goto(f"{home}getting-started.html?q=savepoint")
        page.wait_for_selector(".md-search-result__item")
        server.shutdown()
    assert len(asked) > 5
    assert [url for url in asked if not url.startswith((home, "data:", "blob:"))] == []
    assert said == []
