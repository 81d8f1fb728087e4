"""A real Chromium, and what it did."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 60_000
DESK, PHONE = (1280, 800), (390, 844)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser; the tests that need one are skipped where there is none.

    It runs an event loop in this thread, so it ends before other tests begin.
    """
    if not Path(CHROMIUM).exists():
        pytest.skip("NO BROWSER TEST RUNS: install chromium and fonts-noto-cjk to run them")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Visit:
    """A page of the chat, and everything suspicious that happened on it."""

    page: Page
    hosts: set[str] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)

    def ask(self, question: str) -> None:
        """Ask, and wait for the whole answer."""
        done = self.page.locator("#chat .answer:has(.places), #chat .refused, #chat .failure")
        before = done.count()
        self.page.fill("#question textarea", question)
        self.page.press("#question textarea", "Enter")
        done.nth(before).wait_for()

    def shoot(self, name: str) -> None:
        """Keep a screenshot to look at."""
        folder = Path(__file__).parents[2] / "test-artifacts"
        folder.mkdir(exist_ok=True)
        self.page.screenshot(path=folder / f"{name}.png")


Open = Callable[..., Visit]


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Open]:
    """Open the chat in a browser of its own; checks at the end that nothing went wrong there."""
    visits: list[Visit] = []

    def open_page(
        address: str,
        size: tuple[int, int] = DESK,
        locale: str = "zh-CN",
        login: str | None = None,
        **options: Any,
    ) -> Visit:
        viewport = {"width": size[0], "height": size[1]}
        context = chromium.new_context(viewport=viewport, locale=locale, **options)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script("window.harm = 0")
        opened = Visit(context.new_page())
        page = opened.page
        page.on("request", lambda request: opened.hosts.add(request.url.split("/")[2]))
        page.on("pageerror", lambda error: opened.errors.append(str(error)))
        page.on(
            "console",
            lambda message: opened.errors.append(message.text) if message.type == "error" else None,
        )
        page.on("dialog", lambda dialog: (opened.errors.append("dialog"), dialog.dismiss()))
        page.goto(address)
        if login:
            page.fill("#password", login)
            page.press("#password", "Enter")
        page.locator("#question textarea").wait_for()
        visits.append(opened)
        return opened

    yield open_page
    for opened in visits:
        hosts = {host for host in opened.hosts if host}
        assert all(host.startswith("127.0.0.1:") for host in hosts), hosts
        assert opened.errors == []
        opened.page.context.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs a browser."""
    here = os.fspath(Path(__file__).parent)
    for item in items:
        if os.fspath(item.path).startswith(here):
            item.add_marker(pytest.mark.browser)
