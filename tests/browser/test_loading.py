"""The page while the model is being loaded."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import expect

from ragbot.bot import Ragbot
from ragbot.settings import load_settings
from ragbot.ui.server import create_app
from tests.browser.conftest import Visit
from tests.hashing import HashingEmbedder, without_weights


@pytest.fixture
def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, threading.Event]]:
    """The address of a server whose model is loaded when the event is set."""
    loaded = threading.Event()

    def load(*_: object, **__: object) -> HashingEmbedder:
        assert loaded.wait(60)
        return HashingEmbedder()

    without_weights(monkeypatch, load)
    with Ragbot(load_settings(data_dir=tmp_path, refuse_below=0), lambda _: None) as bot:
        config = uvicorn.Config(create_app(bot), port=0, log_level="warning")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            assert thread.is_alive()
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}", loaded
        loaded.set()
        server.should_exit = server.force_exit = True
        thread.join(30)


def test_the_page_says_that_it_is_loading_and_answers_when_it_is_done(
    slow: tuple[str, threading.Event], visit: Callable[..., Visit]
) -> None:
    """A question asked meanwhile is kept, and answered."""
    address, loaded = slow
    chat = visit(address)
    expect(chat.page.locator("#status .loading")).to_contain_text("正在加载")
    chat.page.fill("#question textarea", "上海计划建设什么中心？")
    chat.page.press("#question textarea", "Enter")
    expect(chat.page.locator("#chat .note")).to_contain_text("正在准备")
    chat.shoot("loading")
    loaded.set()
    chat.page.locator("#chat .places").wait_for()
    expect(chat.page.locator("#status .status")).to_contain_text("hashing")
