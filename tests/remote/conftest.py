"""Indexes in Milvus: files, and the lite edition served as a Milvus server is."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from ragbot.bot import Ragbot
from ragbot.index.opening import index_of
from ragbot.index.protocols import Index
from ragbot.settings import load_settings
from tests.hashing import without_weights

PLACES = ("北京", "天津", "河北", "山西", "上海")


class Server:
    """A Milvus server that can be killed, stopped and started again, on the port it had."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, name: str = "laws") -> str:
        """The address of an index on it."""
        return f"milvus+http://127.0.0.1:{self.port}/{name}"

    def start(self) -> None:
        """Start, and wait until it listens."""
        command = [sys.executable, "-m", "milvus_lite", "server", "--host", "127.0.0.1"]
        command += ["--data-dir", str(self._folder / "served.db"), "--port", str(self.port)]
        with (self._folder / "server.txt").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        while True:
            assert self._process.poll() is None, (self._folder / "server.txt").read_text()
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)

    def signal(self, number: int) -> None:
        """Send a signal."""
        assert self._process
        os.kill(self._process.pid, number)

    def kill(self) -> None:
        """End at once, as a machine does that loses its power."""
        if self._process and self._process.poll() is None:
            self.signal(signal.SIGKILL)
            self._process.wait()


@contextmanager
def delayed(port: int, seconds: float) -> Iterator[int]:
    """Forward a port to another, every piece of what is sent so much later; yields the new port."""

    def forward(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                time.sleep(seconds)
                target.sendall(data)

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listening.accept()
                upstream = socket.create_connection(("127.0.0.1", port))
                for pair in ((client, upstream), (upstream, client)):
                    threading.Thread(target=forward, args=pair, daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=accept, daemon=True).start()
        yield listening.getsockname()[1]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server that is empty."""
    started = Server(tmp_path)
    started.start()
    yield started
    started.kill()


def write(folder: Path, number: int, edition: int) -> None:
    """Write a document about a place; every text of an edition names it."""
    folder.mkdir(exist_ok=True)
    place = PLACES[number]
    text = f"{place} 推进知识产权工作\n{place}市知识产权局局长 张三\n"
    text += f"{place}将建设第{edition}号知识产权保护中心，服务当地企业，这是第{edition}版。\n" * 4
    (folder / f"{number}.txt").write_text(text, "utf-8")


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """Five documents, each about a place of its own."""
    for number in range(len(PLACES)):
        write(tmp_path / "docs", number, 0)
    return tmp_path / "docs"


@pytest.fixture
def open_bot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str, str], Ragbot]]:
    """Open an index by name or address, on a machine of this name; no model is loaded."""
    without_weights(monkeypatch)
    opened = []

    def run(index: str, machine: str = "here") -> Ragbot:
        bot = Ragbot(load_settings(data_dir=tmp_path / machine, index=index), lambda _: None)
        opened.append(bot)
        return bot

    yield run
    for bot in opened:
        bot.close()


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    """An index in a file, that has not been built."""
    found = index_of(
        load_settings(data_dir=tmp_path / "here", index=f"milvus+file://{tmp_path}/f.db")
    )
    yield found
    found.close()
