"""Documents are put in, indexed, asked about and taken out again; nothing else is touched."""

import json
import threading
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.hashing import HashingEmbedder
from tests.ui.conftest import Serve

FERRY = "渡口每天早晨六点开船。\n".encode()


def _ask(http: TestClient, question: str, **options: str) -> dict[str, object]:
    found: dict[str, object] = http.post("/api/ask", json={"question": question, **options}).json()
    return found


def _names(http: TestClient, index: str = "default") -> dict[str, tuple[bool, bool]]:
    found = http.get("/api/documents", params={"index": index}).json()["documents"]
    return {one["document"]: (one["uploaded"], one["indexed"]) for one in found}


def test_a_document_comes_and_goes(serve_app: Serve) -> None:
    """What is uploaded is found after a rebuild, and not any more once it is removed."""
    http = serve_app()
    assert _names(http) == {"仓库.txt": (False, True)}
    assert http.put("/api/documents/渡口.txt", content=FERRY).status_code == 201
    assert _names(http)["渡口.txt"] == (True, False)
    report = http.post("/api/rebuild", json={}).json()
    assert report["documents"]["added"] == 1
    assert report["documents"]["unchanged"] == 1
    assert _names(http)["渡口.txt"] == (True, True)
    answer = _ask(http, "渡口几点开船？")
    assert answer["citations"][0]["document"] == "渡口.txt"  # type: ignore[index]
    assert http.delete("/api/documents/渡口.txt").status_code == 200
    assert http.post("/api/rebuild").json()["documents"]["removed"] == 1
    assert _names(http) == {"仓库.txt": (False, True)}


def test_only_uploaded_documents_can_be_removed(serve_app: Serve, tmp_path: Path) -> None:
    """Never a file outside the library, whatever its name."""
    http = serve_app()
    secret = tmp_path / "data" / "indexes" / "default" / "current"
    for name in ("仓库.txt", "..%2Fcurrent", "%2e%2e%2fcurrent", "..%5Ccurrent", "/etc/passwd"):
        assert http.delete(f"/api/documents/{name}").status_code in (400, 404, 405)
    assert secret.exists()
    assert (tmp_path / "docs" / "仓库.txt").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.exe", b"MZ"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100)),
        ("a.zip", b"Rar!\x1a\x07" + bytes(10)),
        (".hidden.txt", b"a"),
        ("~$lock.txt", b"a"),
        ("%2e%2e%2fup.txt", b"a"),
        ("a%5cb.txt", b"a"),
        ("a%00b.txt", b"a"),
        ("a%3Cimg%3E.txt", b"a"),
        ("长" * 80 + ".txt", b"a"),
        ("%20", b"a"),
    ],
)
def test_what_is_no_document_is_refused(
    serve_app: Serve, tmp_path: Path, name: str, content: bytes
) -> None:
    """By name or by content, with a sentence, and nothing is left behind."""
    response = serve_app().put(f"/api/documents/{name}", content=content)
    assert response.status_code in (400, 404)
    assert response.json()["error"].endswith(".")
    library = tmp_path / "data" / "indexes" / "default" / "library"
    assert not library.exists() or not list(library.iterdir())
    assert not (tmp_path / "data" / "indexes" / "default" / "up.txt").exists()


def test_uploads_have_a_limit(serve_app: Serve, tmp_path: Path) -> None:
    """Told before the file is sent where its length is said, else as soon as it is passed."""
    http = serve_app(max_upload_mb=1)
    big = b"x" * (1 << 20) + b"y"
    assert http.put("/api/documents/a.txt", content=big).status_code == 413
    streamed = http.put("/api/documents/a.txt", content=iter([big[:-1], b"y"]))
    assert streamed.status_code == 413
    claimed = http.put(
        "/api/documents/a.txt", content=b"", headers={"Content-Length": "2147483648"}
    )
    assert claimed.status_code == 413
    assert "1,048,576 bytes" in claimed.json()["error"]
    library = tmp_path / "data" / "indexes" / "default" / "library"
    assert not list(library.iterdir())


def test_no_path_comes_from_a_request(serve_app: Serve) -> None:
    """A rebuild reads what the server was told to read."""
    http = serve_app()
    for body in ({"paths": ["/etc"]}, {"index": "../other"}, {"index": "/etc"}):
        assert http.post("/api/rebuild", json=body).status_code in (404, 422)
    assert http.get("/api/documents", params={"index": "../.."}).status_code == 404


def test_a_second_index_has_its_own_documents(serve_app: Serve) -> None:
    """It is chosen by its name in every call, and holds only what is uploaded to it."""
    http = serve_app()
    assert http.post("/api/indexes", json={"name": "渡口"}).status_code == 201
    assert http.post("/api/indexes", json={"name": "渡口"}).status_code == 400
    assert http.post("/api/indexes", json={"name": "../x"}).status_code == 400
    assert http.get("/api/indexes").json() == {"indexes": ["default", "渡口"]}
    assert _names(http, "渡口") == {}
    assert http.post("/api/rebuild", json={"index": "渡口"}).status_code in (400, 503)
    http.put("/api/documents/船.txt", params={"index": "渡口"}, content=FERRY)
    assert http.post("/api/rebuild", json={"index": "渡口"}).json()["documents"]["added"] == 1
    assert _names(http, "渡口") == {"船.txt": (True, True)}
    assert _names(http) == {"仓库.txt": (False, True)}
    answer = _ask(http, "渡口几点开船？", index="渡口")
    assert answer["citations"][0]["document"] == "船.txt"  # type: ignore[index]
    assert http.get("/api/status", params={"index": "渡口"}).json()["documents"] == 1
    body = {"question": "渡口几点开船？", "index": "没有"}
    assert http.post("/api/ask", json=body).status_code == 404


def test_the_last_document_can_be_forgotten(serve_app: Serve) -> None:
    """An index of uploads serves nothing once the last is removed, and something after the next."""
    http = serve_app()
    http.post("/api/indexes", json={"name": "渡口"})
    for _ in range(2):
        http.put("/api/documents/船.txt", params={"index": "渡口"}, content=FERRY)
        assert http.post("/api/rebuild", json={"index": "渡口"}).json()["documents"]["added"] == 1
        assert _ask(http, "渡口几点开船？", index="渡口")["refused"] is False
        http.delete("/api/documents/船.txt", params={"index": "渡口"})
        report = http.post("/api/rebuild", json={"index": "渡口"}).json()
        assert report["documents"]["removed"] == 1
        assert _names(http, "渡口") == {}
        body = {"question": "渡口几点开船？", "index": "渡口"}
        refused = http.post("/api/ask", json=body)
        assert refused.status_code == 503
        assert "no index named" in refused.json()["error"]


def test_a_rebuild_is_watched_and_cancelled(
    serve_app: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Meanwhile questions are answered, and a second rebuild is refused."""
    http = serve_app()
    begun, go = threading.Event(), threading.Event()
    embed = HashingEmbedder.embed_passages

    def slow(self: HashingEmbedder, *args: object, **options: object) -> object:
        begun.set()
        assert go.wait(30)
        return embed(self, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(HashingEmbedder, "embed_passages", slow)
    for n in range(3):
        http.put(f"/api/documents/{n}.txt", content=f"第{n}号渡口开船。".encode())
    assert http.get("/api/rebuild").json()["running"] is False
    done: list[int] = []
    thread = threading.Thread(target=lambda: done.append(http.post("/api/rebuild").status_code))
    thread.start()
    assert begun.wait(30)
    progress = http.get("/api/rebuild").json()
    assert progress["running"] is True
    assert http.post("/api/rebuild").status_code == 409
    assert _ask(http, "仓库多久清点一次？")["refused"] is False
    assert http.delete("/api/rebuild").json() == {"cancelled": True}
    go.set()
    thread.join(30)
    assert done == [409]
    assert http.get("/api/status").json()["documents"] == 1
    monkeypatch.undo()
    assert http.get("/api/rebuild").json()["running"] is False


def test_a_bad_file_stops_nothing(serve_app: Serve) -> None:
    """It is named with its reason; the others are indexed."""
    http = serve_app()
    http.put("/api/documents/坏.pdf", content=b"%PDF-1.7 nothing")
    http.put("/api/documents/渡口.txt", content=FERRY)
    report = http.post("/api/rebuild").json()
    assert report["documents"]["added"] == 1
    (failure,) = report["failures"]
    assert failure["document"] == "坏.pdf"
    assert json.dumps(report)
