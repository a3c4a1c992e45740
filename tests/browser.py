"""A real browser for pages: Chromium as the system has it, never one that is downloaded."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

# What fades in has not enough contrast until it is there.
STILL: dict[str, Any] = {"reduced_motion": "reduce"}
INSTALL = "apt-get update && apt-get install -y --no-install-recommends chromium"


@dataclass
class Opened:
    """A page in the browser, and what it did: errors and warnings in the console, requests for anything else."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


Open = Callable[..., Opened]


# Not longer than a module: its event loop would get in the way of the asynchronous tests of others.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A running Chromium."""
    executable = shutil.which("chromium")
    if executable is None:
        pytest.fail(f"The tests of the page need Chromium. Install it as root: {INSTALL}", pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens HTML from a file, in a fresh profile; the options are those of playwright's `new_context`."""
    with ExitStack() as stack:

        def open_html(html: str, **options: Any) -> Opened:
            file = tmp_path / "page.html"
            file.write_text(html, encoding="utf-8")
            context = stack.enter_context(chromium.new_context(**(STILL | options)))
            return _opened(context, file.as_uri(), lambda url: url.partition("#")[0] == file.as_uri())

        yield open_html


@pytest.fixture
def open_address(chromium: Browser) -> Iterator[Open]:
    """Opens an address in a fresh profile; of the requests those to other origins are kept."""
    with ExitStack() as stack:

        def open_url(address: str, **options: Any) -> Opened:
            origin = "/".join(address.split("/")[:3])
            context = stack.enter_context(chromium.new_context(**(STILL | options)))
            return _opened(context, address, lambda url: url == origin or url.startswith(f"{origin}/"))

        yield open_url


def _opened(context: BrowserContext, address: str, is_own: Callable[[str], bool]) -> Opened:
    context.set_default_timeout(120_000)
    opened = Opened(context.new_page())

    def on_console(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            opened.complaints.append(message.text)

    def on_request(url: str) -> None:
        if not is_own(url) and not url.startswith("data:"):
            opened.requests.append(url)

    opened.page.on("console", on_console)
    opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
    context.on("request", lambda request: on_request(request.url))
    opened.page.goto(address)
    return opened
