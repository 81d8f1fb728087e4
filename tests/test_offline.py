"""No request leaves the machine."""

from pathlib import Path

import httpx

from tests.serving import serving

# Loaded by every Python that starts with this folder on its path.
GUARD = """
import os, socket

def _allowed(address):
    if not isinstance(address, tuple):
        return True
    return str(address[0]) in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "::", "")

def _refuse(kind, target):
    with open(os.environ["SOCKET_LOG"], "a") as log:
        log.write(f"{kind} {target}\\n")
    raise OSError(f"no network here: {target}")

class Guarded(socket.socket):
    def connect(self, address):
        return super().connect(address) if _allowed(address) else _refuse("connect", address)
    def connect_ex(self, address):
        return super().connect_ex(address) if _allowed(address) else _refuse("connect", address)
    def sendto(self, data, *rest):
        return super().sendto(data, *rest) if _allowed(rest[-1]) else _refuse("sendto", rest[-1])

_look_up = socket.getaddrinfo
def getaddrinfo(host, *rest, **options):
    name = host.decode() if isinstance(host, bytes) else host
    return _look_up(host, *rest, **options) if _allowed((name or "",)) else _refuse("look up", name)

socket.socket, socket.getaddrinfo = Guarded, getaddrinfo
with open(os.environ["SOCKET_LOG"], "a") as log:
    log.write("guarded\\n")
"""


def test_the_whole_chat_runs_without_a_network(tmp_path: Path, models_dir: Path) -> None:
    """First start, page, question, upload, rebuild, MCP: every socket but loopback is refused."""
    data, log = tmp_path / "data", tmp_path / "sockets.txt"
    data.mkdir()
    (data / "models").symlink_to(models_dir.resolve(), target_is_directory=True)
    (tmp_path / "sitecustomize.py").write_text(GUARD, "utf-8")
    settings = {"PYTHONPATH": str(tmp_path), "SOCKET_LOG": str(log)}
    with (
        serving(data, tmp_path / "stderr.txt", **settings) as address,
        httpx.Client(base_url=address, timeout=120) as http,
    ):
        assert http.get("/").status_code == 200
        assert http.get("/config").status_code == 200
        answer = http.post("/api/ask", json={"question": "上海计划建设什么中心？"}).json()
        assert answer["citations"]
        assert (
            http.put("/api/documents/a.txt", content="渡口六点开船。".encode()).status_code == 201
        )
        assert http.post("/api/rebuild").json()["documents"]["added"] == 1
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        accept = {"Accept": "application/json, text/event-stream"}
        assert http.post("/mcp", json=call, headers=accept).status_code == 200
    assert set(log.read_text("utf-8").split("\n")) == {"guarded", ""}
