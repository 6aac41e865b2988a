"""The command, as its user sees it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.audit.browser import browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for the tests of one file: while it lives an event loop runs, and no other test could run one."""
    with browser() as started:
        yield started
