"""The server comes up before the model, says where it is, and says what is wrong."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ragbot.bot import Ragbot
from ragbot.errors import RagbotError
from ragbot.settings import load_settings
from ragbot.ui.server import create_app, serve
from tests.hashing import HashingEmbedder, without_weights
from tests.serving import APP, environment


@pytest.fixture
def loading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A model that is not loaded before the event is set."""
    loaded = threading.Event()

    def load(*_: object, **__: object) -> HashingEmbedder:
        assert loaded.wait(30)
        return HashingEmbedder()

    without_weights(monkeypatch, load)
    yield loaded
    loaded.set()


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """A folder with a document about a warehouse."""
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "仓库.txt").write_text("仓库每日清点一次。\n" * 5, "utf-8")
    return folder


def _client(app: Any) -> TestClient:
    return TestClient(app, base_url="http://127.0.0.1:7860", raise_server_exceptions=False)


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_page_is_up_before_the_model(tmp_path: Path, loading: threading.Event) -> None:
    """Meanwhile the health check and the status are 503 and say that it is loading."""
    with (
        Ragbot(load_settings(data_dir=tmp_path), lambda _: None) as bot,
        _client(create_app(bot)) as client,
    ):
        assert client.get("/").status_code == 200
        for path in ("/healthz", "/api/status"):
            response = client.get(path)
            assert response.status_code == 503
            assert response.json()["status"] == "loading"
            assert response.json()["error"].endswith(".")
        loading.set()
        _until(lambda: client.get("/healthz").status_code == 200)
        assert client.get("/api/status").status_code == 200


def test_what_is_missing_is_said_and_noticed_when_it_comes(
    tmp_path: Path, documents: Path, loading: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an index there is a 503 that says what to do; once it is built, answers."""
    loading.set()
    monkeypatch.setattr("ragbot.ui.preparing._RETRY_SECONDS", 0.05)
    settings = load_settings(data_dir=tmp_path, index="papers")
    with Ragbot(settings) as bot, _client(create_app(bot)) as client:
        _until(lambda: client.get("/healthz").json()["status"] == "failed")
        for response in (
            client.get("/healthz"),
            client.get("/api/status"),
            client.post("/api/ask", json={"question": "仓库多久清点一次？"}),
        ):
            assert response.status_code == 503
            assert "ragbot rebuild" in response.json()["error"]
        with Ragbot(settings) as other:
            other.rebuild([documents])
        _until(lambda: client.get("/healthz").status_code == 200)
        assert client.get("/api/status").json()["documents"] == 1


def test_a_failure_of_ours_is_no_traceback(
    tmp_path: Path, loading: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The asker gets a sentence and a 500; in a stream that has begun, an event."""
    loading.set()

    def stream(*_: object, **__: object) -> Iterator[str]:
        yield "甲"
        raise RuntimeError("inner secret")

    with Ragbot(load_settings(data_dir=tmp_path), lambda _: None) as bot:
        monkeypatch.setattr(bot, "answer_stream", stream)
        monkeypatch.setattr(bot, "answer", lambda *_, **__: next(iter(())))
        with _client(create_app(bot)) as client:
            whole = client.post("/api/ask", json={"question": "甲"})
            accept = {"accept": "text/event-stream"}
            streamed = client.post("/api/ask", json={"question": "甲"}, headers=accept)
    assert whole.status_code == 500
    assert list(whole.json()) == ["error"]
    assert streamed.text.startswith("event: text\ndata: 甲\n\nevent: error\ndata: ")
    assert "secret" not in whole.text + streamed.text


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "example.com", ""])  # noqa: S104
def test_only_this_machine_is_served(host: str) -> None:
    """Any other address is refused, and the sentence says why."""
    with pytest.raises(RagbotError, match="no password"):
        serve(host, 0)


def test_a_port_in_use_is_one_clear_line(data_dir: Path, tmp_path: Path) -> None:
    """On stderr, with exit code 1 and no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, str(APP), "--port", str(port)],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env=environment(data_dir),
        )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert f"Port {port}" in done.stderr
    assert "--port" in done.stderr
