"""A slow question delays nothing but the questions behind it."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from ragbot.bot import Ragbot
from ragbot.settings import load_settings
from ragbot.ui.server import create_app
from tests.hashing import without_weights

PATIENCE = 60.0
ASK = {"question": "仓库多久清点一次？"}
CALL = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "ask", "arguments": ASK},
}
ACCEPT = {"Accept": "application/json, text/event-stream"}


class Gate:
    """Holds every question in its search until it is opened; counts those inside."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.inside = threading.Semaphore(0)
        self.most = self.now = 0
        self._lock = threading.Lock()

    def __call__(self, *_: Any, **__: Any) -> Any:
        """Wait, in place of a search."""
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.inside.release()
        assert self.opened.wait(PATIENCE)
        with self._lock:
            self.now -= 1
        raise RuntimeError("the gate was opened")


@contextmanager
def _on_loopback(bot: Ragbot) -> Iterator[str]:
    config = uvicorn.Config(create_app(bot), port=0, log_level="error", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + PATIENCE
        while not server.started:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(PATIENCE)


@pytest.fixture
def gated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Gate]]:
    """A server on loopback that is ready, and the gate its questions are held by."""
    without_weights(monkeypatch)
    (tmp_path / "仓库.txt").write_text("仓库每日清点一次。\n" * 5, "utf-8")
    with Ragbot(load_settings(data_dir=tmp_path / "data"), lambda _: None) as bot:
        bot.rebuild([tmp_path / "仓库.txt"])
        gate = Gate()
        with _on_loopback(bot) as address:
            deadline = time.monotonic() + PATIENCE
            while httpx.get(f"{address}/healthz").status_code != 200:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            monkeypatch.setattr("ragbot.bot.search", gate)
            try:
                yield address, gate
            finally:
                gate.opened.set()


def _ask(address: str) -> httpx.Response:
    return httpx.post(f"{address}/api/ask", json=ASK, timeout=PATIENCE)


def _call(address: str) -> httpx.Response:
    return httpx.post(f"{address}/mcp", json=CALL, headers=ACCEPT, timeout=PATIENCE)


@pytest.mark.parametrize(("ask", "many"), [(_call, 1), (_ask, 60)], ids=["mcp", "api"])
def test_the_health_check_waits_for_no_question(
    gated: tuple[str, Gate], ask: Callable[[str], httpx.Response], many: int
) -> None:
    """One call of an assistant is under way, or more questions than there are threads."""
    address, gate = gated
    with ThreadPoolExecutor(many) as askers:
        asked = [askers.submit(ask, address) for _ in range(many)]
        try:
            assert gate.inside.acquire(timeout=PATIENCE)
            if many > 1:
                time.sleep(1)  # for the others to arrive
            for path in ("/healthz", "/api/status", "/api/unknown"):
                answered = httpx.get(address + path, timeout=PATIENCE / 4)
                assert answered.status_code in (200, 404)
        finally:
            gate.opened.set()
        assert {one.result().status_code for one in asked} <= {200, 500}


def test_questions_have_few_threads_and_the_last_ones_are_told(
    gated: tuple[str, Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many as there are cores; beyond those that may wait, one sentence at once."""
    address, gate = gated
    monkeypatch.setattr("ragbot.ui.limiting._MOST_AT_ONCE", 20)
    with ThreadPoolExecutor(24) as askers:
        asked = [askers.submit(_ask, address) for _ in range(24)]
        try:
            at_once = [one.result() for one in islice(as_completed(asked, PATIENCE), 4)]
            assert {answer.status_code for answer in at_once} == {503}
            assert "Too many questions" in at_once[0].json()["error"]
            assert at_once[0].headers["retry-after"]
            time.sleep(1)  # for all the others to reach a thread, were there one
        finally:
            gate.opened.set()
        assert sorted(one.result().status_code for one in asked) == [500] * 20 + [503] * 4
    assert 1 <= gate.most <= max(2, os.cpu_count() or 1)
