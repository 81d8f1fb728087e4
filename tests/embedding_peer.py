"""An embedding server in processes of its own: the model that ships, over the OpenAI protocol.

Its workers share one listening socket, so that a client sees one server, and each writes down what
it is asked and what it has answered.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from ragbot.index.calibration import pairs

ROOT = Path(__file__).parents[1]
_MEASURED_ON = {passage for _, passage in pairs()}


class Workers:
    """Workers behind one port; leave the context to stop what is left of them."""

    def __init__(self, models: Path, folder: Path) -> None:
        self._models, self._folder = models, folder
        self._folder.mkdir()
        self._processes: list[subprocess.Popen[bytes]] = []
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._address = free.getsockname()
        self.url = f"http://127.0.0.1:{self._address[1]}/v1"

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.kill()
            process.wait()

    def start(self, count: int, holds_at: int = 0) -> None:
        """Start workers. The first that gets so many requests holds that one, and all after it.

        The port is the workers' alone: it is gone with the last of them.
        """
        with socket.create_server(self._address, backlog=64) as listening:
            fd = listening.fileno()
            for _ in range(count):
                log = self._folder / str(len(self._processes))
                given = (str(fd), str(self._models), str(log), str(holds_at))
                command = [sys.executable, "-m", "tests.embedding_peer", *given]
                self._processes.append(subprocess.Popen(command, pass_fds=[fd], cwd=ROOT))
        for number, process in enumerate(self._processes):
            while process.returncode is None and not self._lines(number):
                assert process.poll() is None
                time.sleep(0.05)

    def kill_when_one_holds(self, *, others: bool) -> None:
        """Kill the worker that holds a request with -9, and the others with it."""
        held = self._folder / "held"
        while not (held.exists() and held.read_text()):
            time.sleep(0.01)
        for process in self._processes:
            if others or process.pid == int(held.read_text()):
                os.kill(process.pid, signal.SIGKILL)
                process.wait()

    def texts(self, kind: str) -> list[str]:
        """Return the passages of documents that were ``asked`` or ``answered``, by any worker."""
        every = [line for n in range(len(self._processes)) for line in self._lines(n)]
        found = [t for line in every for t in line.get(kind, []) if t.startswith("passage: ")]
        return [text for text in found if text.removeprefix("passage: ") not in _MEASURED_ON]

    def _lines(self, number: int) -> list[dict[str, Any]]:
        path = self._folder / str(number)
        whole = path.read_bytes().rpartition(b"\n")[0] if path.exists() else b""
        return [json.loads(line) for line in whole.splitlines()]


def _main(fd: int, models: Path, log: Path, holds_at: int) -> None:
    import uvicorn
    from fastapi import FastAPI

    from ragbot.embedding import load_embedder

    app, model, asked, holding = FastAPI(), load_embedder(None, models), 0, False

    def note(**what: Any) -> None:
        with log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(what) + "\n")

    @app.post("/v1/embeddings")
    def embeddings(body: dict[str, Any]) -> dict[str, Any]:
        nonlocal asked, holding
        asked += 1
        texts = body["input"]
        note(asked=texts)
        if asked == holds_at:
            with suppress(FileExistsError), (log.parent / "held").open("x") as held:
                holding = True
                held.write(str(os.getpid()))
        if holding:
            time.sleep(3600)
        if texts[0].startswith("query: "):
            rows = model.embed_queries([text.removeprefix("query: ") for text in texts])
        else:
            rows = model.embed_passages([text.removeprefix("passage: ") for text in texts])
        data = [
            {"object": "embedding", "index": n, "embedding": row.tolist()}
            for n, row in enumerate(rows)
        ]
        note(answered=texts)
        usage = {"prompt_tokens": 0, "total_tokens": 0}
        return {"object": "list", "model": body["model"], "data": data, "usage": usage}

    note(ready=True)
    config = uvicorn.Config(app, log_level="error")
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=fd)])


if __name__ == "__main__":
    _main(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
