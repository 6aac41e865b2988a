"""Every rule that can speak, and which of them the settings turn on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pathspec import GitIgnoreSpec

from sqla_lint.config import FIRST_EDITION, ConfigError, Configuration, Option, Settings, nearest
from sqla_lint.model import Severity

SYNTAX_ERROR = "SQA001"
INTERNAL_ERROR = "SQA002"
UNUSED = "SQA003"
UNKNOWN = "SQA004"
REASONLESS = "SQA005"
EXPIRED = "SQA006"
LETTERS = "SQA"
"""What the codes of our own rules begin with."""
PLUGINS = "plugins"
"""What all rules of others are selected by."""
PREVIEW = "a preview: it needs `preview = true`"
"""Why a rule that is selected is off."""
ALWAYS = frozenset((SYNTAX_ERROR, INTERNAL_ERROR))
"""Never turned off by a selection of other rules: a run that could not see must not look clean."""


_KINDS: dict[type, str] = {bool: "true or false", int: "a number", str: "a string", tuple: "a list of strings"}
"""What options can be, in the words of messages."""


class Told(Protocol):
    """What the engine needs to know of an option of a rule."""

    @property
    def name(self) -> str: ...
    @property
    def default(self) -> Option: ...


class Rule(Protocol):
    """What the engine needs to know of a rule."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def severity(self) -> Severity: ...
    @property
    def default(self) -> bool: ...
    @property
    def since(self) -> str: ...
    @property
    def preview(self) -> bool: ...
    @property
    def chapter(self) -> str: ...
    @property
    def options(self) -> Sequence[Told]: ...


@dataclass(frozen=True, slots=True)
class OwnRule:
    """A rule the engine judges itself: it is about the run, not about the project."""

    code: str
    name: str
    severity: Severity
    default: bool = True
    chapter: str = "linter"
    since: str = FIRST_EDITION
    preview: bool = False
    options: tuple[Told, ...] = ()


OWN = (
    OwnRule(SYNTAX_ERROR, "syntax-error", Severity.ERROR),
    OwnRule(INTERNAL_ERROR, "internal-error", Severity.ERROR),
    OwnRule(UNUSED, "unused-suppression", Severity.WARNING),
    OwnRule(UNKNOWN, "unknown-rule-in-suppression", Severity.WARNING),
    OwnRule(REASONLESS, "suppression-without-reason", Severity.WARNING),
    OwnRule(EXPIRED, "expired-fixme", Severity.WARNING),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """Whether a rule is on, and why."""

    rule: Rule
    on: bool
    because: str


class Catalogue:
    """Rules by code, name and selector."""

    def __init__(self, rules: Iterable[Rule]):
        known = {rule.code: rule for rule in OWN} | {rule.code: rule for rule in rules}
        self.rules: tuple[Rule, ...] = tuple(known[code] for code in sorted(known))
        self._by_word = {word: rule for rule in self.rules for word in (rule.code, rule.name)}
        self.chapters = tuple(sorted({rule.chapter for rule in self.rules}))
        self.marks = tuple(sorted({"sqla", *(rule.code[:-3].lower() for rule in self.rules)}))
        """What, in small letters, a comment has in it that can name a rule."""

    def __getitem__(self, word: str) -> Rule:
        return self._by_word[word]

    def get(self, word: str) -> Rule | None:
        """The rule with this name or code."""
        return self._by_word.get(word)

    def nearest_rule(self, word: str) -> str:
        """`, did you mean ...?` with the name or code of a rule, or nothing."""
        return nearest(word, list(self._by_word))

    def nearest_selector(self, word: str) -> str:
        """The same, where chapters and `default` and `all` would do too."""
        return nearest(word, [*self._by_word, *self.chapters, "default", "all", PLUGINS])

    def named_by(self, selector: str, edition: str = "") -> frozenset[str]:
        """The codes a selector stands for, `default` as of an edition where one is given; empty when it is for none."""
        if rule := self.get(selector):
            return frozenset((rule.code,))
        if selector == "all":
            return frozenset(rule.code for rule in self.rules)
        if selector == "default":
            return frozenset(
                rule.code for rule in self.rules if rule.default and (not edition or rule.since <= edition)
            )
        if selector == PLUGINS:
            return frozenset(rule.code for rule in self.rules if not rule.code.startswith(LETTERS))
        if re.fullmatch(r"[A-Z]{2,}\d*", selector):
            return frozenset(rule.code for rule in self.rules if _begins(rule.code, selector))
        return frozenset(rule.code for rule in self.rules if rule.chapter == selector)

    def choices(self, settings: Settings) -> tuple[Choice, ...]:
        """Every rule, on or off, with the selector that decided. `ignore` wins over `select`."""
        return tuple(self._choice(rule, settings) for rule in self.rules)

    def _choice(self, rule: Rule, settings: Settings) -> Choice:
        for key, selectors in (("ignore", settings.ignore),):
            for selector in selectors:
                if rule.code in self.named_by(selector):
                    return Choice(rule, False, f"{key} `{selector}`")
        later = False
        for key, selectors in (("select", settings.select), ("extend-select", settings.extend_select)):
            for selector in selectors:
                if rule.code in self.named_by(selector, settings.edition):
                    if rule.preview and not settings.preview:
                        return Choice(rule, False, PREVIEW)
                    return Choice(rule, True, f"{key} `{selector}`")
                later = later or rule.code in self.named_by(selector)
        if rule.code in ALWAYS:
            return Choice(rule, True, "always on unless ignored")
        return Choice(rule, False, f"in `default` since edition {rule.since}" if later else "not selected")

    def check(self, configuration: Configuration) -> None:
        """Raises `ConfigError` for a selector that stands for no rule, or selects nothing but previews in vain."""
        settings = configuration.settings
        words = [*settings.select, *settings.extend_select, *settings.ignore]
        words += [word for word, _ in settings.severity]
        words += [word for _, ignored in settings.per_file_ignores for word in ignored]
        for word in words:
            if not self.named_by(word):
                raise configuration.blame(f"no rule is called `{word}`{self.nearest_selector(word)}", word)
        for word in (*settings.select, *settings.extend_select) if not settings.preview else ():
            if all(self[code].preview for code in self.named_by(word)):
                raise configuration.blame(f"`{word}` is {PREVIEW}", word)
        for word, options in settings.rules:
            self._check_options(configuration, word, options)

    def _check_options(self, configuration: Configuration, word: str, given: Sequence[tuple[str, Option]]) -> None:
        rule = self.get(word)
        if rule is None:
            message = f"no rule is called `{word}`{self.nearest_rule(word)}"
            raise configuration.blame_key(message, "rules", word)
        known = {one.name: one.default for one in rule.options}
        for name, value in given:
            if name not in known:
                there = nearest(name, list(known)) or f"; it has {', '.join(f'`{one}`' for one in known) or 'none'}"
                message = f"`{rule.name}` has no option `{name}`{there}"
                raise configuration.blame_key(message, "rules", word, name)
            if type(value) is not type(known[name]):
                message = f"`rules.{word}.{name}` must be {_KINDS[type(known[name])]}, not {_KINDS[type(value)]}"
                raise configuration.blame_key(message, "rules", word, name)

    def find(self, word: str) -> Rule:
        """The rule with this name or code. Raises `ConfigError` when there is none."""
        rule = self.get(word)
        if rule is None:
            raise ConfigError(f"no rule is called `{word}`{self.nearest_rule(word)}")
        return rule


def _begins(code: str, selector: str) -> bool:
    """Whether a code has all letters of a selector and then its digits."""
    letters = selector.rstrip("0123456789")
    return code.startswith(selector) and code[len(letters)].isdigit()


class PerFile:
    """Which rules are ignored in which files."""

    def __init__(self, catalogue: Catalogue, ignores: Sequence[tuple[str, tuple[str, ...]]]):
        self._ignores = [
            (GitIgnoreSpec.from_lines([pattern]), frozenset().union(*map(catalogue.named_by, words)))
            for pattern, words in ignores
        ]

    def ignores(self, path: str, code: str) -> bool:
        return any(code in codes and spec.match_file(path) for spec, codes in self._ignores)


def severities(catalogue: Catalogue, wanted: Sequence[tuple[str, Severity]]) -> dict[str, Severity]:
    """The severity the settings give to rules, by code; a name or code beats a prefix or chapter."""
    found: dict[str, Severity] = {}
    for selector, severity in sorted(wanted, key=lambda pair: catalogue.get(pair[0]) is not None):
        found |= dict.fromkeys(catalogue.named_by(selector), severity)
    return found
