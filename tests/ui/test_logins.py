"""A cookie gives away no password, guessing is slow for everybody together, and logins end."""

import json
import stat
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from fastapi.testclient import TestClient
from itsdangerous import TimestampSigner
from starlette.requests import Request

from ragbot.errors import RagbotError
from ragbot.ui import guessing, logins
from ragbot.ui.frame import leave
from ragbot.ui.i18n import LANGUAGES
from ragbot.ui.logins import end_login, open_logins
from ragbot.ui.page import _leave
from tests.ui.conftest import Serve

PASSWORD, EDITOR = "read-me-please", "change-me-please"
BOTH = {"password": PASSWORD, "editor_password": EDITOR}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash at a small cost: what is tested is who is hashed, and how often."""
    monkeypatch.setitem(logins._COST, "n", 2)


def _from(http: TestClient, address: str) -> TestClient:
    """Reach the same server from another address."""
    client = (address, 50_000)
    other = TestClient(http.app, "http://127.0.0.1:7860", client=client, follow_redirects=False)
    other.portal = http.portal  # on the event loop of the same server
    return other


def _log_in(http: TestClient, password: str = PASSWORD) -> str:
    http.cookies.clear()
    sent = http.post("/login", data={"password": password}, follow_redirects=False)
    assert sent.status_code == 303
    return str(http.cookies["ragbot"])


def _status(http: TestClient, cookie: str = "", bearer: str = "") -> int:
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    headers |= {"Cookie": f"ragbot={cookie}"} if cookie else {}
    return http.get("/api/status", headers=headers).status_code


def test_the_key_does_not_come_from_the_passwords(serve_app: Serve) -> None:
    """Who has one password and can guess the other still signs no cookie."""
    http = serve_app(**BOTH)
    key = sha256(f"ragbot\0{PASSWORD}\0{EDITOR}".encode()).digest()
    signer = TimestampSigner(key, salt="ragbot login", digest_method=sha256)
    for forged in ("editor", "editor.abc"):
        assert _status(http, signer.sign(forged).decode()) == 401


def test_the_key_is_nobody_elses(serve_app: Serve, tmp_path: Path) -> None:
    """The file is its owner's, and no password stands in it."""
    serve_app(**BOTH)
    file = tmp_path / "data" / "logins.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert PASSWORD not in file.read_text()
    assert list(file.parent.glob(".logins.json.????????*")) == []


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    """On one key."""
    program = (
        "import sys; from pathlib import Path; from ragbot.ui.logins import open_logins; "
        f"sys.stdin.read(1); print(open_logins(Path({str(tmp_path)!r}), ['a', 'b']).key)"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in started:
        assert process.stdin
        process.stdin.write("!")
        process.stdin.flush()
    keys = {process.communicate(timeout=60)[0] for process in started}
    assert len(keys) == 1
    assert len(keys.pop().strip()) == 64


def test_a_login_outlives_the_server_and_not_its_password(serve_app: Serve) -> None:
    """Whichever of the two passwords changes."""
    cookie = _log_in(serve_app(**BOTH))
    assert _status(serve_app(**BOTH), cookie) == 200
    assert _status(serve_app(**BOTH | {"editor_password": "another-editor"}), cookie) == 401
    assert _status(serve_app(**BOTH), cookie) == 401


@pytest.mark.parametrize("text", ["", "{", "[]", '{"key": "", "salt": "", "hashes": []}'])
def test_a_damaged_file_is_made_anew(tmp_path: Path, text: str) -> None:
    """Everybody logs in again."""
    (tmp_path / "logins.json").write_text(text)
    assert len(open_logins(tmp_path, ["a", ""]).key) == 64


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    """And says which."""
    (tmp_path / "file").write_text("")
    with pytest.raises(RagbotError, match="cannot be kept in"):
        open_logins(tmp_path / "file", ["a", ""])


def test_parallel_tries_are_few(serve_app: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten a minute from one address are looked at; a cookie opens the door meanwhile."""
    http = serve_app(**BOTH)
    cookie = _log_in(http)
    tried: list[str] = []
    hashed = guessing.slow_hash
    monkeypatch.setattr(
        guessing, "slow_hash", lambda text, salt: (tried.append(text), hashed(text, salt))[1]
    )
    guesser = _from(http, "10.0.0.1")
    with ThreadPoolExecutor(50) as threads:
        codes = list(threads.map(lambda n: _status(guesser, bearer=f"guess-{n}"), range(200)))
    form = guesser.post("/login", data={"password": PASSWORD})
    assert _status(guesser, bearer=PASSWORD) == 429
    assert _status(guesser, cookie) == 200
    assert Counter(codes) == {401: 10, 429: 190}
    assert len(tried) == 10
    assert form.status_code == 429
    assert form.headers["retry-after"]
    assert 'role="alert"' in form.text


def test_many_addresses_together_try_few(serve_app: Serve) -> None:
    """What is limited is the guessing: cookies, and passwords known to be right, still pass."""
    http = serve_app(**BOTH)
    cookie = _log_in(http)
    assert _status(http, bearer=EDITOR) == 200
    codes = Counter[int]()
    for number in range(110):
        codes[_status(_from(http, f"10.0.0.{number}"), bearer="guess")] += 1
    assert codes == {401: 98, 429: 12}
    assert _status(http, cookie) == 200
    assert _status(http, bearer=EDITOR) == 200
    http.cookies.clear()
    assert http.post("/login", data={"password": EDITOR}, follow_redirects=False).is_redirect


def test_the_same_wrong_password_is_one_guess(serve_app: Serve) -> None:
    """A program with an old password does not lock its neighbours out."""
    http = serve_app(editor_password=EDITOR)
    assert [_status(http, bearer="none") for _ in range(30)] == [200] * 30
    _log_in(http, EDITOR)


def test_who_logs_out_is_out(serve_app: Serve) -> None:
    """So is a copy of the cookie, after a restart too; other logins go on."""
    http = serve_app(**BOTH)
    other, cookie = _log_in(http, EDITOR), _log_in(http)
    assert http.get("/logout", follow_redirects=False).status_code != 303
    left = http.post("/logout", follow_redirects=False)
    assert (left.status_code, left.headers["location"]) == (303, "/login")
    assert "ragbot" not in http.cookies
    for server in (http, serve_app(**BOTH)):
        assert _status(server, cookie) == 401
        assert _status(server, other) == 200
    assert http.post("/logout", headers={"Origin": "http://evil.example"}).status_code == 403


def test_what_has_ended_is_forgotten_in_time(tmp_path: Path) -> None:
    """Once the cookie is too old anyhow."""
    key = open_logins(tmp_path, ["a", ""]).key
    for login, until in (("old", 1.0), ("new", 9e9), ("newer", 9e9)):
        end_login(tmp_path, key, login, until)
    end_login(tmp_path, "another key", "x", 9e9)
    assert set(json.loads((tmp_path / "logins.json").read_text())["ended"]) == {"new", "newer"}


def test_the_page_has_a_button_for_it() -> None:
    """In three languages, for those who have logged in."""
    labels = {leave(language) for language in LANGUAGES}
    assert len(labels) == 3
    assert all('method="post" action="logout"' in label for label in labels)

    def shown(*headers: tuple[bytes, bytes]) -> Any:
        return _leave(gr.Request(Request({"type": "http", "headers": headers})))

    button = shown((b"cookie", b"a=b; ragbot=x"), (b"accept-language", b"zh-TW"))
    assert (button.visible, button.value) == (True, leave("zh-TW"))
    assert not isinstance(shown((b"cookie", b"a=b")), gr.HTML)
