"""A server that speaks the OpenAI streaming protocol over a socket, and misbehaves on demand.

The name of the model that is asked for says how: ``says`` answers with the script's text, others
break the protocol or the rules in one way each.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Peer:
    """What a test sees of the server."""

    url: str = ""
    says: Callable[[dict[str, Any]], str] = lambda _: ""
    """Makes the text of an answer of a request."""
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    gone: threading.Event = field(default_factory=threading.Event)
    """Set when a reader hung up before the end."""
    size: int = 3
    """Characters of a piece."""


def _chunk(text: str | None, finish: str | None = None) -> bytes:
    delta = {} if text is None else {"content": text}
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    body = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return f"data: {json.dumps(body | {'choices': [choice]})}\n\n".encode()


def _handler(peer: Peer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            request = json.loads(self.rfile.read(length))
            peer.requests.append(request)
            peer.headers.append({key.lower(): value for key, value in self.headers.items()})
            try:
                self._answer(request, request["model"])
            except (BrokenPipeError, ConnectionResetError):
                peer.gone.set()

        def _answer(self, request: dict[str, Any], model: str) -> None:
            if model in ("429", "500", "401", "404"):
                return self._error(int(model))
            if model == "recovers" and len(peer.requests) == 1:
                return self._error(503)
            if model == "mute":
                time.sleep(30)
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            if model == "html":
                self.wfile.write(b"<html>502 Bad Gateway</html>")
                return None
            if model == "invalid":
                self.wfile.write(b"data: {not json\n\n")
                return None
            if model == "shapeless":
                self.wfile.write(b'data: {"choices": [{"delta": 7}]}\n\ndata: [1, 2]\n\n')
                return None
            if model == "alive":
                for _ in range(300):
                    self.wfile.write(b": still here\n\n")
                    self.wfile.flush()
                    time.sleep(0.1)
            text = peer.says(request)
            pieces = [text[i : i + peer.size] for i in range(0, len(text), peer.size)]
            for piece in pieces if model != "cut" else pieces[: len(pieces) * 2 // 3]:
                self.wfile.write(_chunk(piece))
                self.wfile.flush()
                if model in ("slow", "endless"):
                    time.sleep(0.05)
            while model == "endless":
                self.wfile.write(_chunk("啊" * 50))
                self.wfile.flush()
                time.sleep(0.01)
            if model != "cut":
                self.wfile.write(_chunk(None, "stop") + b"data: [DONE]\n\n")
            return None

        def _error(self, status: int) -> None:
            body = json.dumps({"error": {"message": "no", "type": "error"}}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def writing_peer(says: Callable[[dict[str, Any]], str] = lambda _: "") -> Iterator[Peer]:
    """Serve until the end of the block."""
    peer = Peer(says=says)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(peer))
    server.daemon_threads = True
    peer.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield peer
    finally:
        server.shutdown()
        server.server_close()
