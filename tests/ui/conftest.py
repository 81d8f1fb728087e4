"""A server in this process, on documents of a test's own."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ragbot.bot import Ragbot
from ragbot.settings import load_settings
from ragbot.ui.server import create_app
from tests.hashing import without_weights

Serve = Callable[..., TestClient]


@pytest.fixture
def serve_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Serve an index of one document about a warehouse, with these settings."""
    without_weights(monkeypatch)
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "仓库.txt").write_text("仓库每日清点一次。\n" * 5, "utf-8")
    with ExitStack() as stack:

        def start(**settings: Any) -> TestClient:
            chosen = load_settings(data_dir=tmp_path / "data", refuse_below=0.0, **settings)
            bot = stack.enter_context(Ragbot(chosen, lambda _: None))
            bot.rebuild([folder])
            client = TestClient(
                create_app(bot), base_url="http://127.0.0.1:7860", raise_server_exceptions=False
            )
            stack.enter_context(client)
            deadline = time.monotonic() + 30
            while client.get("/healthz").status_code != 200:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            return client

        yield start
