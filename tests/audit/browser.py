"""A real browser, for what a page does: Chromium, without a window and without a network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, sync_playwright

DEMANDED = "SQLA_LINT_BROWSER"
"""Where this variable is set, a test that finds no browser fails; elsewhere it is skipped."""


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium or Chrome: the one on the path, else the one that Playwright has installed."""
    with sync_playwright() as playwright:
        try:
            started = playwright.chromium.launch(
                executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
                args=["--no-sandbox"] if os.geteuid() == 0 else [],
            )
        except Error as error:
            reason = f"Chromium cannot be started: {str(error).splitlines()[0]}"
            if os.environ.get(DEMANDED):
                pytest.fail(reason)
            pytest.skip(reason)
        try:
            yield started
        finally:
            started.close()


class Opened:
    """A page that was opened from a file, and everything it has complained of or asked for."""

    def __init__(self, chromium: Browser, file: Path, *, width: int = 1280, scheme: str = "light") -> None:
        self.said: list[str] = []
        self.asked: list[str] = []
        dark = scheme == "dark"
        self.page: Page = chromium.new_page(
            viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
        )
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(file.as_uri())
        self.url = self.page.url

    def is_quiet(self) -> bool:
        """Whether nothing went wrong and nothing but the file itself was asked for."""
        return not self.said and self.asked == [self.url]
