"""With a password nothing is open but the door; without the editor's, nothing can be changed."""

import pytest
from fastapi.testclient import TestClient

from ragbot.errors import RagbotError
from tests.ui.conftest import Serve

ASK = {"question": "仓库多久清点一次？"}
PASSWORD, EDITOR = "read-me-please", "change-me-please"
GUARDED = [
    ("GET", "/"),
    ("GET", "/api/status"),
    ("GET", "/api/documents"),
    ("GET", "/api/indexes"),
    ("GET", "/api/rebuild"),
    ("GET", "/v1/models"),
    ("GET", "/metrics"),
    ("GET", "/openapi.json"),
    ("GET", "/docs"),
    ("GET", "/static-offline-docs/swagger-ui-bundle.js"),
    ("GET", "/page/source?document_id=x&start=0&end=1"),
    ("GET", "/gradio_api/info"),
    ("GET", "/config"),
    ("POST", "/api/ask"),
    ("POST", "/api/retrieve"),
    ("POST", "/api/rebuild"),
    ("POST", "/api/indexes"),
    ("POST", "/v1/chat/completions"),
    ("POST", "/mcp"),
    ("POST", "/gradio_api/queue/join"),
    ("PUT", "/api/documents/a.txt"),
    ("DELETE", "/api/documents/a.txt"),
    ("DELETE", "/api/rebuild"),
]
CHANGING = [
    ("POST", "/api/rebuild"),
    ("POST", "/api/indexes"),
    ("PUT", "/api/documents/a.txt"),
    ("DELETE", "/api/documents/a.txt"),
    ("DELETE", "/api/rebuild"),
]


def _bearer(password: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {password}"}


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_nothing_answers_without_the_password(serve_app: Serve, method: str, path: str) -> None:
    """A wrong one, an empty one and a forged cookie are none."""
    http = serve_app(password=PASSWORD)
    for headers in (
        {},
        _bearer("wrong"),
        _bearer(""),
        {"Cookie": "ragbot=editor.x.y"},
        {"Authorization": "Basic cmVhZC1tZS1wbGVhc2U6cmVhZC1tZS1wbGVhc2U="},
    ):
        response = http.request(method, path, headers=headers)
        assert response.status_code == 401
        assert "password" in response.json()["error"]


def test_the_health_check_is_open(serve_app: Serve) -> None:
    """A load balancer has no password."""
    assert serve_app(password=PASSWORD).get("/healthz").status_code == 200


def test_programs_send_the_password_as_a_token(serve_app: Serve) -> None:
    """Alone it opens everything."""
    http = serve_app(password=PASSWORD)
    assert http.post("/api/ask", json=ASK, headers=_bearer(PASSWORD)).status_code == 200
    assert http.post("/api/rebuild", headers=_bearer(PASSWORD)).status_code == 200


def test_a_password_may_be_of_any_characters(serve_app: Serve) -> None:
    """Sent in UTF-8, as every program does."""
    password = PASSWORD + "密码"
    http = serve_app(password=password)
    token = {"Authorization": f"Bearer {password}".encode()}
    assert http.get("/api/status", headers=token).status_code == 200


@pytest.mark.parametrize(("method", "path"), CHANGING)
def test_readers_change_nothing(serve_app: Serve, method: str, path: str) -> None:
    """Where editors have a password of their own, with or without one for readers."""
    for settings in ({"password": PASSWORD}, {}):
        http = serve_app(editor_password=EDITOR, **settings)
        assert http.post("/api/ask", json=ASK, headers=_bearer(PASSWORD)).status_code in (200, 401)
        body = {"json": {"name": "neu"}} if path == "/api/indexes" else {}
        refused = http.request(method, path, headers=_bearer(PASSWORD) if settings else {}, **body)
        assert refused.status_code == 403
        assert "editor" in refused.json()["error"]


def test_editors_may(serve_app: Serve) -> None:
    """Upload and rebuild, and ask too."""
    http = serve_app(password=PASSWORD, editor_password=EDITOR)
    headers = _bearer(EDITOR)
    assert http.put("/api/documents/a.txt", content=b"abc", headers=headers).status_code == 201
    assert http.post("/api/rebuild", headers=headers).status_code == 200
    assert http.post("/api/ask", json=ASK, headers=headers).status_code == 200


def test_people_log_in_on_a_page(serve_app: Serve) -> None:
    """And stay in by a cookie that scripts cannot read."""
    http = serve_app(password=PASSWORD, editor_password=EDITOR)
    led = http.get("/", headers={"Accept": "text/html"}, follow_redirects=False)
    assert led.status_code == 303
    assert led.headers["location"] == "/login"
    page = http.get("/login", headers={"Accept-Language": "zh-CN"})
    assert "密码" in page.text
    wrong = http.post("/login", data={"password": "guess"})
    assert wrong.status_code == 401
    assert "set-cookie" not in wrong.headers
    right = http.post("/login", data={"password": PASSWORD}, follow_redirects=False)
    cookie = right.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert http.get("/", headers={"Accept": "text/html"}).status_code == 200
    assert http.post("/api/ask", json=ASK).status_code == 200
    assert http.post("/api/rebuild").status_code == 403


def test_a_cookie_cannot_be_promoted(serve_app: Serve) -> None:
    """Its role is signed."""
    http = serve_app(password=PASSWORD, editor_password=EDITOR)
    http.post("/login", data={"password": PASSWORD})
    forged = http.cookies["ragbot"].replace("reader", "editor")
    http.cookies.clear()
    headers = {"Cookie": f"ragbot={forged}"}
    assert http.post("/api/rebuild", headers=headers).status_code == 401


def test_other_passwords_log_everybody_out(serve_app: Serve) -> None:
    """The server has another key then, under the same folder."""
    first = serve_app(password=PASSWORD)
    first.post("/login", data={"password": PASSWORD})
    second = serve_app(password=PASSWORD + "!")
    second.cookies.set("ragbot", first.cookies["ragbot"])
    assert second.post("/api/ask", json=ASK).status_code == 401


def _host(http: TestClient, host: str) -> int:
    return http.get("/healthz", headers={"Host": host}).status_code


def test_only_known_names_lead_here(serve_app: Serve) -> None:
    """Addresses too, once others can reach the server; never another site's name."""
    alone = serve_app()
    assert _host(alone, "localhost:7860") == 200
    assert _host(alone, "192.168.1.4") == 400
    team = serve_app(password=PASSWORD, hosts="chat.example.cn, ragbot.local")
    for good in ("192.168.1.4:7860", "[fe80::1]:7860", "chat.example.cn", "RAGBOT.local:80"):
        assert _host(team, good) == 200
    for bad in ("evil.example", "chat.example.cn.evil.example", "127.0.0.1.evil.example", "", "["):
        assert _host(team, bad) == 400


def test_a_client_may_ask_so_often(serve_app: Serve) -> None:
    """Then it is told to wait; other addresses cost nothing."""
    http = serve_app(rate="2/minute")
    codes = [http.post("/api/ask", json=ASK).status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    refused = http.post("/api/retrieve", json={"query": "仓库"})
    assert "2 per 1 minute" in refused.json()["error"]
    assert refused.headers["retry-after"]
    assert http.get("/api/status").status_code == 200


def test_pictures_and_maps_count_as_questions(serve_app: Serve) -> None:
    """Each costs as much."""
    http = serve_app(rate="2/minute")
    paths = ["/page/picture?document_id=x&page=1", "/page/map/x/0", "/page/map/x/0"]
    assert [http.get(path).status_code for path in paths] == [404, 404, 429]


def test_metrics_count_by_route(serve_app: Serve) -> None:
    """No name of a document becomes a label."""
    http = serve_app()
    http.post("/api/ask", json=ASK)
    http.put("/api/documents/geheim.txt", content=b"abc")
    text = http.get("/metrics").text
    assert 'ragbot_requests_total{method="POST",route="/api/ask",status="200"} 1.0' in text
    assert "geheim" not in text
    assert "process_resident_memory_bytes" in text


def test_metrics_count_what_is_refused(serve_app: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the password, by another name, from another site, too often, too much at once."""
    http = serve_app(password=PASSWORD, rate="1/minute")
    http.headers |= _bearer(PASSWORD)
    http.get("/api/status", headers=_bearer("wrong"))
    http.get("/api/status", headers={"Host": "evil.example"})
    http.post("/api/ask", json=ASK, headers={"Origin": "http://evil.example"})
    http.post("/api/ask", json=ASK)
    http.post("/api/ask", json=ASK)
    monkeypatch.setattr("ragbot.ui.limiting._MOST_AT_ONCE", 0)
    monkeypatch.setattr("ragbot.ui.limiting.Limiting.refusal", lambda *_: None)
    http.post("/api/ask", json=ASK)
    text = http.get("/metrics").text
    for labels in (
        'method="GET",route="api",status="401"',
        'method="GET",route="api",status="400"',
        *(f'method="POST",route="/api/ask",status="{n}"' for n in (200, 403, 429, 503)),
    ):
        assert f"ragbot_requests_total{{{labels}}} 1.0" in text


@pytest.mark.parametrize("editor", [None, EDITOR])
def test_a_server_with_a_name_has_a_password(serve_app: Serve, editor: str | None) -> None:
    """Whoever comes through the proxy would be an editor."""
    with pytest.raises(RagbotError, match="RAGBOT_PASSWORD"):
        serve_app(hosts="chat.example.cn", editor_password=editor)
