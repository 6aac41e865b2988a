"""Editions of the default set, and previews."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import date
from pathlib import Path

import pytest

from sqla_lint import config
from sqla_lint.config import EDITIONS, FIRST_EDITION, NEWEST_EDITION, ConfigError, Settings, load
from sqla_lint.engine.catalogue import Catalogue, OwnRule
from sqla_lint.engine.run import load_catalogue
from sqla_lint.model import Severity
from sqla_lint.rules import registry
from tests import reference
from tests.commands import Shell
from tests.runs import write
from tests.test_plugins import CLAIM, FILES, a_rule, rules_found, run

LATER = OwnRule("SQA809", "later-rule", Severity.ERROR, True, "models", since="2027.02")
PREVIEWED = OwnRule("SQA808", "previewed-rule", Severity.ERROR, True, "models", preview=True)
KNOWN = OwnRule("SQA807", "known-rule", Severity.ERROR, True, "models")
CATALOGUE = Catalogue((KNOWN, PREVIEWED, LATER))


def on(**keys: object) -> set[str]:
    settings = dataclasses.replace(Settings(edition="2027.02"), **keys)  # type: ignore[arg-type]  # keys of Settings
    return {one.rule.code for one in CATALOGUE.choices(settings) if one.on and one.rule.chapter == "models"}


def because(code: str, **keys: object) -> str:
    settings = dataclasses.replace(Settings(), **keys)  # type: ignore[arg-type]  # keys of Settings
    return next(one.because for one in CATALOGUE.choices(settings) if one.rule.code == code)


class TestEditions:
    def test_they_are_named_by_the_month_of_their_day(self) -> None:
        assert all(f"{day:%Y.%m}" == name for name, day in EDITIONS.items())
        assert list(EDITIONS) == sorted(EDITIONS)

    def test_every_edition_but_the_newest_is_as_it_was(self) -> None:
        """If not: a new rule of the default set says `since` which edition, and a rule that was in it stays."""
        catalogue = load_catalogue()
        for edition in EDITIONS:
            if edition != NEWEST_EDITION:
                was = (reference.FROZEN / f"{edition}.txt").read_text("utf-8").split()
                assert sorted(catalogue.named_by("default", edition)) == was

    def test_one_is_frozen_once(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reference, "EDITIONS", {"2026.11": date(2026, 11, 26), "2027.02": date(2027, 2, 9)})
        monkeypatch.setattr(reference, "NEWEST_EDITION", "2027.02")
        monkeypatch.setattr(reference, "load_catalogue", lambda: CATALOGUE)
        for _ in range(2):
            reference.freeze(tmp_path / "editions")
            (file,) = (tmp_path / "editions").iterdir()
            codes = file.read_text("utf-8").split()
            assert (file.name, codes[-1], "SQA809" in codes) == ("2026.11.txt", "SQA808", False)
            monkeypatch.setattr(reference, "load_catalogue", lambda: Catalogue(()))

    def test_default_stands_for_the_rules_of_its_edition(self) -> None:
        assert on() == {"SQA807", "SQA809"}
        assert on(edition="2026.11") == {"SQA807"}
        assert because("SQA809", edition="2026.11") == "in `default` since edition 2027.02"

    def test_what_is_selected_otherwise_runs_in_every_edition(self) -> None:
        assert on(edition="2026.11", select=("SQA8",)) == {"SQA807", "SQA809"}
        assert on(edition="2026.11", extend_select=("later-rule",)) == {"SQA807", "SQA809"}

    def test_a_day_means_the_edition_that_was_the_newest(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        two = {"2026.11": date(2026, 11, 26), "2027.02": date(2027, 2, 9)}
        monkeypatch.setattr(config, "EDITIONS", two)

        def edition(day: str) -> str:
            write(tmp_path, {"sqla-lint.toml": f'edition = "{day}"'})
            return load([tmp_path]).settings.edition

        days = ["2026-11-26", "2027-02-08", "2027-02-09", "2030-01-01", "2026.11", "2027.02"]
        assert [edition(day) for day in days] == ["2026.11", "2026.11", "2027.02", "2027.02", "2026.11", "2027.02"]

    def test_a_rule_cannot_be_since_an_edition_that_is_none(self) -> None:
        with pytest.raises(ValueError, match=r"`2027.13` is no edition"):
            registry.rule("SHOP101", on=registry.Defined, since="2027.13")

    def test_config_tells_it_with_its_place(self, shell: Shell, tmp_path: Path) -> None:
        write(tmp_path, {"sqla-lint.toml": '\nedition = "2026-12-24"\n'})
        assert f'edition = "{FIRST_EDITION}"  (sqla-lint.toml:2)' in shell("config").out.splitlines()

    def test_on_a_command_line_it_is_no_number(self, shell: Shell) -> None:
        assert 'edition = "2026.11"  (--config)' in shell("config", "--config", "edition=2026.11").out.splitlines()

    def test_without_the_key_it_is_the_newest(self, shell: Shell) -> None:
        assert f'edition = "{NEWEST_EDITION}"  (default)' in shell("config").out.splitlines()


class TestPreviews:
    def test_they_must_be_asked_for(self) -> None:
        assert on(select=("all",)) == on(select=("models",)) == {"SQA807", "SQA809"}
        assert on(select=("all",), preview=True) == on(preview=True) == {"SQA807", "SQA808", "SQA809"}
        assert on(select=("SQA807",), preview=True) == {"SQA807"}
        assert on(ignore=("previewed-rule",), preview=True) == {"SQA807", "SQA809"}
        assert because("SQA808", select=("all",)) == "a preview: it needs `preview = true`"

    @pytest.mark.parametrize("key", ["select", "extend-select"])
    def test_to_select_nothing_else_is_an_error(self, tmp_path: Path, key: str) -> None:
        write(tmp_path, {"sqla-lint.toml": f'{key} = ["models", "previewed-rule"]'})
        with pytest.raises(ConfigError) as caught:
            CATALOGUE.check(load([tmp_path]))
        assert caught.value.message == "`previewed-rule` is a preview: it needs `preview = true`"
        assert (caught.value.line, caught.value.text) == (1, f'{key} = ["models", "previewed-rule"]')
        CATALOGUE.check(load([tmp_path], typed={"preview": True}))

    def test_it_may_be_ignored_all_the_same(self, tmp_path: Path) -> None:
        write(tmp_path, {"sqla-lint.toml": 'ignore = ["previewed-rule"]'})
        CATALOGUE.check(load([tmp_path]))

    def test_a_rule_of_a_plugin_may_be_one(self, tmp_path: Path) -> None:
        text = a_rule("SHOP101", "some_rule", ", preview=True", CLAIM)
        write(tmp_path, {"sqla-lint.toml": "plugins = ['rules_here']\n", "app/orders.py": FILES["app/orders.py"]})
        write(tmp_path, {"rules_here.py": text})
        plain = ("check", "--trust-project", "--format", "json", "--no-cache", "app")
        assert rules_found(run(tmp_path, *plain)) == []
        assert set(rules_found(run(tmp_path, *plain, "--preview"))) == {"SHOP101"}
        ran = run(tmp_path, *plain, "--select", "some-rule")
        assert (ran.code, "`some-rule` is a preview" in ran.err) == (2, True)

    def test_the_list_of_rules_says_which(self, shell: Shell) -> None:
        found = [rule.name for rule in registry.load() if rule.preview]
        told = re.findall(r"^\S+ +(\S+) .* preview$", shell("rule", "--all").out, re.MULTILINE)
        assert told == found
        rows = json.loads(shell("rule", "--all", "--format", "json").out)
        assert [row["name"] for row in rows if row["preview"]] == found
