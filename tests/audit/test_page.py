"""The page of an audit, in a real browser."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser, expect

from sqla_lint.engine.audited import Audit, Budget, Demand, Engine, PoolSetting, Server
from sqla_lint.engine.trend import Run
from sqla_lint.model import Finding, Place, Step
from sqla_lint.report.audit import page
from sqla_lint.report.audit.markup import data, escaped, tag
from tests.audit.browser import Opened
from tests.audit.by_hand import APP, audited

EVIL = "</script><img src=x onerror=window.ran=1><!--<script>\"'&`${window.ran=1}`\u2028\u202e.py"
"""A name that tries to end whatever it is put in."""
Open = Callable[..., Opened]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    return audited(tmp_path_factory.mktemp("app"))


@pytest.fixture
def show(chromium: Browser, tmp_path: Path) -> Open:
    def opened(audit: Audit, trend: tuple[Run, ...] = (), **how: object) -> Opened:
        file = tmp_path / "audit.html"
        file.write_bytes(page.render(audit, trend).encode("utf-8", "backslashreplace"))
        return Opened(chromium, file, **how)  # type: ignore[arg-type]  # options of a window

    return opened


def evil(finding: Finding) -> Finding:
    """A finding all of whose words are hostile."""
    place = Place(f"app/{EVIL}", 1, 1, 1, 5)
    return replace(
        finding,
        place=place,
        symbol=EVIL,
        message=EVIL,
        label=EVIL,
        why=EVIL,
        help=EVIL,
        role=EVIL,
        entry=EVIL,
        because=(EVIL,),
        legs=(EVIL, f"{EVIL}2"),
        trace=(Step(place, EVIL, EVIL), Step(place, EVIL, EVIL, True)),
    )


def budget_of(word: str, place: Place) -> Budget:
    """A budget all of whose words are these."""
    settings = tuple(
        PoolSetting(name, how, word, word)
        for name in ("poolclass", "pool_size", "max_overflow", "pool_pre_ping")
        for how in ("said", "unknown")
    )
    engine = Engine(place, word, word, word, word, settings, None, False, "", True, word)
    return Budget(
        (engine,),
        (replace(engine, left_out=word),),
        (Demand(word, word, 1, 1, 0, word, 1, 1, True, False),),
        tuple(Server(word, (word,), 1, wanted, limit, True) for wanted, limit in ((9, 1), (1, 9), (1, 0))),
        (word,),
        (word,),
    )


def declared(made: Audit) -> Audit:
    """The same with a deployment."""
    return replace(made, budget=budget_of("one_of_many_pools_of_the_project", made.findings[0].place))


def hostile(made: Audit) -> Audit:
    findings = tuple(map(evil, made.findings))
    place = findings[0].place
    owned = made.ownership
    nodes = tuple(replace(node, symbol=EVIL, name=EVIL, entry=node.entry and EVIL) for node in owned.map.nodes)
    endings = tuple(replace(one, symbol=EVIL, text=EVIL, place=place) for one in owned.endings)
    layers = tuple(replace(one, because=((EVIL, 1),)) for one in owned.layers)
    return replace(
        made,
        name=EVIL,
        requires=(("sqlalchemy", EVIL),),
        findings=findings,
        rules=tuple(replace(one, worst=place) for one in made.rules),
        causes=tuple(replace(one, place=place, symbol=EVIL, text=EVIL) for one in made.causes),
        paths=tuple(replace(one, path=EVIL) for one in made.paths),
        packages=tuple(replace(one, path=EVIL) for one in made.packages),
        ownership=replace(owned, map=replace(owned.map, nodes=nodes), endings=endings, layers=layers),
        budget=budget_of(EVIL, place),
        unseen=replace(made.unseen, unparsed=(EVIL,), unknown=((EVIL, 1),), unsettled=(EVIL,)),
        sources={place.path: f"{EVIL}\n{EVIL}\n{EVIL}\n"},
    )


class TestNothingRuns:
    def test_hostile_names_and_source_are_only_text(self, show: Open, made: Audit) -> None:
        run = Run(EVIL, EVIL, 1, 1, 0)
        opened = show(hostile(made), (run, run))
        window = opened.page
        for index in range(window.locator("#list details").count()):
            window.locator("#list details > summary").nth(index).click()
        window.select_option("#entry", index=1)
        assert window.evaluate("window.ran") is None
        assert window.locator("img").count() == 0
        assert opened.is_quiet(), (opened.said, opened.asked)
        shown = window.locator("#list .what").first.inner_text()
        assert "</script><img src=x onerror=window.ran=1>" in shown

    def test_a_file_with_such_a_name_can_be_audited(self, show: Open, tmp_path: Path) -> None:
        name = "</script><img src=x onerror=alert(1)>.py".replace("/", "\u2215")
        files = {
            f"app/{name}": "x = '</script><img src=x onerror=window.ran=1>'\ndef f(:\n",
            "app/</script><img src=x onerror=window.ran=1>.py": "def f(:\n",
        }
        opened = show(audited(tmp_path / "tree", {**APP, **files}))
        opened.page.fill("#by-text", "syntax-error")
        opened.page.locator("#list summary").first.click()
        assert opened.page.evaluate("window.ran") is None
        assert opened.is_quiet(), (opened.said, opened.asked)

    def test_the_page_asks_for_nothing(self, made: Audit) -> None:
        whole = page.render(made)
        assert f'content="{escaped(page.POLICY)}"' in whole
        assert not re.search(r"""(?:src|href)=["'](?!#)|@import|url\(|https?://(?!www\.w3\.org)""", whole)

    @given(st.text())
    def test_data_never_ends_its_element_and_stays_the_same(self, raw: str) -> None:
        shown = data({"x": raw})
        assert not set(shown) & set("<>&\u2028\u2029")
        assert json.loads(shown) == {"x": raw}

    @given(st.text())
    def test_text_never_begins_an_element(self, raw: str) -> None:
        assert not set(escaped(raw)) & set("<>\"'")
        assert tag("a", raw, title=raw).count("<") == 2


class TestFilters:
    def test_the_number_of_findings_is_told(self, show: Open, made: Audit) -> None:
        window = show(made).page
        count = window.locator("#count")
        assert count.get_attribute("aria-live") == "polite"
        assert count.inner_text() == f"{len(made.findings)} findings"

    @pytest.mark.parametrize("name", ["rule", "severity", "sure"])
    def test_each_choice_shows_what_it_says(self, show: Open, made: Audit, name: str) -> None:
        window = show(made).page
        finding = made.findings[0]
        value = {"rule": finding.name, "severity": finding.severity.value, "sure": finding.confidence.word}[name]
        window.select_option(f"#by-{name}", value)
        wanted = {
            "rule": [one for one in made.findings if one.name == value],
            "severity": [one for one in made.findings if one.severity.value == value],
            "sure": [one for one in made.findings if one.confidence >= finding.confidence],
        }[name]
        expect(window.locator("#list details")).to_have_count(len(wanted))

    def test_words_and_paths_are_looked_for(self, show: Open, made: Audit) -> None:
        window = show(made).page
        window.fill("#by-path", "APP/BASE")
        expect(window.locator("#count")).to_contain_text(" of ")
        shown = window.locator("#list .where").all_inner_texts()
        assert shown
        assert all(one.startswith("app/base.py") for one in shown)
        window.fill("#by-text", "nothing says this")
        expect(window.locator("#count")).to_have_text(re.compile("^0 of "))
        window.click("#reset")
        assert window.locator("#count").inner_text() == f"{len(made.findings)} findings"

    def test_a_root_cause_shows_its_findings(self, show: Open, made: Audit) -> None:
        window = show(made).page
        window.locator("button[data-cause]").first.click()
        assert window.locator("#list details").count() == len(made.causes[0].findings)

    def test_a_finding_opens_its_trace_with_the_source(self, show: Open, made: Audit) -> None:
        window = show(made).page
        window.select_option("#by-rule", "commit-in-repository")
        expect(window.locator("#count")).to_have_text(re.compile("^1 of "))
        window.locator("#list summary").first.click()
        assert window.locator("#list .trace > li").count() == len(
            next(one for one in made.findings if one.name == "commit-in-repository").trace
        )
        assert "self.session.commit()" in window.locator("#list .trace > li.main .hit").inner_text()


class TestForEverybody:
    def test_it_can_be_used_with_the_keyboard_alone(self, show: Open, made: Audit) -> None:
        window = show(made).page
        window.keyboard.press("Tab")
        assert window.evaluate("document.activeElement.className") == "skip"
        window.locator("#list summary").first.focus()
        window.keyboard.press("Enter")
        assert window.locator("#list details").first.get_attribute("open") is not None
        window.locator("#theme").focus()
        window.keyboard.press("Space")
        assert window.evaluate("document.documentElement.dataset.theme") == "dark"

    def test_it_follows_the_system_and_can_be_turned(self, show: Open, made: Audit) -> None:
        ground = "getComputedStyle(document.body).backgroundColor"
        dark = show(made, scheme="dark").page
        light = show(made).page
        assert dark.evaluate(ground) != light.evaluate(ground)
        before = dark.evaluate(ground)
        dark.click("#theme")
        assert dark.evaluate(ground) == light.evaluate(ground) != before

    def test_everything_has_a_name(self, show: Open, made: Audit) -> None:
        window = show(declared(made)).page
        nameless = """[...document.querySelectorAll('button, select, input, svg[role=img], section, table')].filter(
            one => !(one.textContent.trim() || one.labels?.length || one.ariaLabel))
        """
        assert window.evaluate(f"{nameless}.length") == 0
        assert window.locator("main, nav[aria-label], header, footer").count() == 4
        assert window.evaluate("document.querySelectorAll('th:not([scope])').length") == 0
        levels = window.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(one => +one.tagName[1])")
        assert levels[0] == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
        ids = window.evaluate("[...document.querySelectorAll('[id]')].map(one => one.id)")
        assert len(ids) == len(set(ids))

    def test_the_map_has_words_and_a_table_that_says_the_same(self, show: Open, made: Audit) -> None:
        window = show(made).page
        assert "2 of them entries" in window.locator("#mapbox svg desc").inner_html()
        rows = window.locator("#map table").first.locator("tbody tr").all_inner_texts()
        assert len(rows) == 2
        assert all("BaseRepository.save" in row for row in rows)

    @pytest.mark.parametrize("width", [360, 800, 1600])
    def test_nothing_is_wider_than_the_window(self, show: Open, made: Audit, width: int) -> None:
        window = show(declared(made), width=width).page
        assert window.evaluate("document.documentElement.scrollWidth") <= width

    def test_the_map_of_one_entry_is_that_of_one_entry(self, show: Open, made: Audit) -> None:
        window = show(made).page
        assert window.locator("#mapbox .n").count() == 3
        window.select_option("#entry", label="POST /orders place")
        assert "What POST /orders place reaches" in window.locator("#map-told").inner_text()
        assert {"POST /orders", "BaseRepository.save", "get_session"} >= set(
            window.locator("#mapbox .n > text:not(.f)").all_text_contents()
        )

    def test_it_prints_what_was_not_drawn_yet(self, show: Open, made: Audit) -> None:
        window = show(many(made, 120)).page
        assert window.locator("#list details").count() == 50
        window.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert window.locator("#list details").count() == 120


def many(made: Audit, count: int) -> Audit:
    first = made.findings[0]
    findings = tuple(
        replace(first, message=f"number {at}", place=replace(first.place, path=f"app/part{at % 90}/file{at % 400}.py"))
        for at in range(count)
    )
    return replace(made, findings=findings, causes=())


def test_of_four_thousand_findings_few_are_drawn_at_once(show: Open, made: Audit) -> None:
    opened = show(many(made, 4000))
    window = opened.page
    assert window.locator("#list details").count() == 50
    window.fill("#by-text", "number 3999")
    expect(window.locator("#list details")).to_have_count(1)
    window.click("#reset")
    window.click("#more")
    assert window.locator("#list details").count() == 100
    assert opened.is_quiet()


def test_a_trend_is_drawn_where_there_is_one(show: Open, made: Audit) -> None:
    runs = (Run("2026-11-01", "abc", 30, 20, 10), Run("2026-11-20", "", 20, 15, 5))
    assert show(made).page.locator(".spark").count() == 0
    window = show(made, runs).page
    assert "30 findings on 2026-11-01, 20 on 2026-11-20" in window.locator(".spark title").inner_html()


def test_a_deployment_is_told_in_words_beside_its_numbers(show: Open, made: Audit) -> None:
    section = show(declared(made)).page.locator("#deployment")
    assert section.locator(".verdicts > li").all_inner_texts()[0].startswith("too many one_of_many")
    assert section.locator("caption").all_text_contents()[:2] == ["Connections by process", "Engines that are counted"]
    assert "Not known" in section.locator("h3").all_inner_texts()
    assert show(made).page.locator("#deployment").count() == 0


def test_nothing_found_is_a_page_too(show: Open, tmp_path: Path) -> None:
    opened = show(audited(tmp_path / "empty", {"pyproject.toml": "", "a.py": "x = 1\n"}))
    assert opened.is_quiet(), opened.said
    assert "No findings." in opened.page.locator("#findings").inner_text()


def test_the_same_audit_is_the_same_page(made: Audit) -> None:
    assert page.render(made) == page.render(made)
