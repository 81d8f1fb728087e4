"""HTTP gives the same answers as Python, and every error in the same shape."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from httpx_sse import connect_sse

from ragbot.bot import Ragbot
from ragbot.results import Answer, Citation, Hit, Retrieval, Status, Turn, as_json

QUESTION = "上海计划建设什么中心？"
FOLLOW_UP = "那吉林呢？"


@pytest.fixture(scope="module")
def http(served: str) -> Iterator[httpx.Client]:
    """A client of the server on the sample corpus."""
    with httpx.Client(base_url=served, timeout=60) as client:
        yield client


def _untimed(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "timing_ms"}


def _keys(kind: type) -> list[str]:
    return list(kind.__dataclass_fields__)  # type: ignore[attr-defined]


def test_ask_gives_the_answer_that_python_gives(http: httpx.Client, bot: Ragbot) -> None:
    """The object has the contract's keys, in readable UTF-8."""
    response = http.post("/api/ask", json={"question": QUESTION})
    answer = response.json()
    assert response.status_code == 200
    assert list(answer) == _keys(Answer)
    assert list(answer["hits"][0]) == _keys(Hit)
    assert list(answer["hits"][0]["citation"]) == _keys(Citation)
    assert _untimed(answer) == _untimed(as_json(bot.answer(QUESTION)))
    assert "知識產權保護中心" in response.text


@pytest.mark.parametrize("history", [[QUESTION], [{"question": QUESTION, "answer": "保护中心"}]])
def test_a_follow_up_is_understood_from_the_history(
    http: httpx.Client, bot: Ragbot, history: list[Any]
) -> None:
    """A turn may be a question or a question with its answer."""
    answer = http.post("/api/ask", json={"question": FOLLOW_UP, "history": history}).json()
    expected = bot.answer(FOLLOW_UP, history=[Turn(QUESTION)])
    assert _untimed(answer) == _untimed(as_json(expected))
    assert "吉林" in answer["reading"]


def test_a_conversation_of_any_length_is_taken(http: httpx.Client) -> None:
    """Only the last turns are looked at."""
    history = ["那天津呢？"] * 5000 + [QUESTION]
    response = http.post("/api/ask", json={"question": FOLLOW_UP, "history": history})
    assert response.status_code == 200, response.text
    assert "吉林" in response.json()["reading"]


@pytest.mark.parametrize("question", [QUESTION, "湖南打算怎么保护知识产权？"])
def test_an_answer_streams_as_events(http: httpx.Client, question: str) -> None:
    """The pieces make up the text of the answer that ends the stream."""
    pieces, answers = [], []
    with connect_sse(http, "POST", "/api/ask", json={"question": question}) as source:
        for event in source.iter_sse():
            assert not answers, "nothing follows the answer"
            if event.event == "text":
                pieces.append(event.data)
            else:
                assert event.event == "answer"
                answers.append(json.loads(event.data))
    assert len(pieces) > 1
    assert "".join(pieces) == answers[0]["text"]
    whole = http.post("/api/ask", json={"question": question}).json()
    assert _untimed(answers[0]) == _untimed(whole)


def test_retrieve_gives_the_hits_that_python_gives(http: httpx.Client, bot: Ragbot) -> None:
    """``k`` says how many; five where nothing is said."""
    found = http.post("/api/retrieve", json={"query": QUESTION, "k": 3}).json()
    assert list(found) == _keys(Retrieval)
    assert found["hits"] == as_json(bot.retrieve(QUESTION, 3).hits)
    assert len(http.post("/api/retrieve", json={"query": QUESTION}).json()["hits"]) == 5


def test_status_says_what_is_served(http: httpx.Client, bot: Ragbot) -> None:
    """The loaded engine included; the health check agrees that it can answer."""
    status = http.get("/api/status").json()
    assert list(status) == _keys(Status)
    assert status["generation"] == bot.status().generation
    assert status["engine"] != "not loaded"
    assert http.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/api/ask", {"question": ""}, 400),
        ("/api/ask", {"question": " \n"}, 400),
        ("/api/ask", {"question": "？！。"}, 400),
        ("/api/ask", {"question": "问" * 100_000}, 400),
        ("/api/ask", {"question": QUESTION, "index": "another"}, 404),
        ("/api/ask", {}, 422),
        ("/api/ask", {"question": 7}, 422),
        ("/api/ask", {"question": QUESTION, "history": [7]}, 422),
        ("/api/ask", [], 422),
        ("/api/retrieve", {"query": QUESTION, "k": 0}, 422),
        ("/api/retrieve", {"query": QUESTION, "k": "many"}, 422),
        ("/api/retrieve", {"query": ""}, 400),
        ("/api/nothing", {}, 404),
        ("/api/ask", {"question": QUESTION, "history": ["长" * 400_000]}, 413),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_answered_is_one_sentence(
    http: httpx.Client, path: str, body: Any, code: int
) -> None:
    """With a status that says whose fault it is, and nothing of our insides."""
    response = http.post(path, json=body)
    assert response.status_code == code, response.text
    assert list(response.json()) == ["error"]
    sentence = response.json()["error"]
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "Traceback" not in sentence


def test_a_streamed_bad_question_has_a_status_too(http: httpx.Client) -> None:
    """Nothing streams before the question has been read."""
    response = http.post(
        "/api/ask", json={"question": "？"}, headers={"accept": "text/event-stream"}
    )
    assert response.status_code == 400
    assert list(response.json()) == ["error"]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b'{"question": "\\ud800"}', b"null"])
def test_a_broken_body_is_refused(http: httpx.Client, body: bytes) -> None:
    """Whatever bytes come, the answer is a sentence and never a failure of ours."""
    response = http.post("/api/ask", content=body, headers={"content-type": "application/json"})
    assert 400 <= response.status_code < 500
    assert list(response.json()) == ["error"]


def test_a_body_without_its_length_is_limited_too(http: httpx.Client) -> None:
    """It is refused while it comes, before all of it is read."""

    def body() -> Iterator[bytes]:
        yield b'{"question": "'
        for _ in range(40):
            yield b"x" * (1 << 16)
        yield b'"}'

    headers = {"content-type": "application/json"}
    response = http.post("/api/ask", content=body(), headers=headers)
    assert response.status_code == 413
    assert list(response.json()) == ["error"]


def test_half_a_pair_in_a_question_does_no_harm(http: httpx.Client) -> None:
    """A lone surrogate, which no UTF-8 can hold, is asked and answered."""
    body = json.dumps({"question": "上海计划建设什么中心\ud800？"}).encode()
    response = http.post("/api/ask", content=body, headers={"content-type": "application/json"})
    assert response.status_code == 200
    assert response.json()["question"].startswith("上海")


def test_many_askers_at_once_get_their_own_answers(http: httpx.Client) -> None:
    """Concurrent questions are neither mixed up nor refused."""
    places = ["上海", "北京", "天津", "河北", "山西", "辽宁", "吉林", "江苏"]

    def ask(place: str) -> dict[str, Any]:
        body = {"question": f"{place}将怎样推进知识产权工作？"}
        return _untimed(http.post("/api/ask", json=body).json())

    one_by_one = [ask(place) for place in places]
    with ThreadPoolExecutor(16) as pool:
        together = list(pool.map(ask, places * 4))
    assert together == one_by_one * 4


@pytest.mark.parametrize("path", ["/", "/api/status", "/healthz", "/page/source"])
def test_every_response_carries_the_policy(http: httpx.Client, path: str) -> None:
    """Nothing may be fetched from or sent to another host."""
    headers = http.get(path).headers
    policy = headers["content-security-policy"]
    for rule in ("default-src 'self'", "connect-src 'self'", "object-src 'none'"):
        assert rule in policy
    assert "http" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/", "/api/status", "/healthz"])
@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil:80", ""]
)
def test_a_foreign_host_name_is_refused(http: httpx.Client, path: str, host: str) -> None:
    """A name that somebody points at this machine does not make the server answer to it."""
    response = http.get(path, headers={"host": host})
    assert response.status_code == 400
    assert "知识" not in response.text


def test_the_names_of_this_machine_are_accepted(http: httpx.Client) -> None:
    """With any port, as behind a tunnel."""
    for host in ("localhost:9", "127.0.0.1", "[::1]:7860"):
        assert http.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", ""])
@pytest.mark.parametrize("path", ["/api/ask", "/gradio_api/queue/join"])
def test_a_page_of_another_site_may_not_ask(http: httpx.Client, path: str, origin: str) -> None:
    """Its browser names where it comes from; the server's own page goes through."""
    body = {"question": QUESTION}
    response = http.post(path, json=body, headers={"origin": origin})
    assert response.status_code == 403
    own = str(http.base_url).rstrip("/")
    assert http.post(path, json=body, headers={"origin": own}).status_code != 403


def test_the_server_takes_no_files(http: httpx.Client) -> None:
    """Gradio's own upload is closed: nothing on the page needs it."""
    response = http.post("/gradio_api/upload", files={"files": ("a.txt", b"x")})
    assert response.status_code == 404
    assert list(response.json()) == ["error"]


def test_programs_have_one_interface_only(http: httpx.Client) -> None:
    """The page's own events are not offered as endpoints; ours are described."""
    offered = http.get("/gradio_api/info").json()
    assert offered == {"named_endpoints": {}, "unnamed_endpoints": {}}
    paths = http.get("/openapi.json").json()["paths"]
    assert set(paths) == {
        *("/api/ask", "/api/retrieve", "/api/status", "/healthz", "/api/rebuild"),
        *("/api/documents", "/api/documents/{name}", "/api/indexes"),
        *("/v1/chat/completions", "/v1/models"),
    }
    page = http.get("/docs")
    assert page.status_code == 200
    # Its scripts come from here.
    assert "://" not in page.text
    script = re.search('src="([^"]+js)"', page.text)
    assert script
    assert http.get(script[1]).status_code == 200


def test_the_source_of_a_citation_is_a_piece_of_page(http: httpx.Client, bot: Ragbot) -> None:
    """In the reader's language; a place that is gone or makes no sense is said to be."""
    citation = bot.retrieve(QUESTION).hits[0].citation
    place = {"document_id": citation.document_id, "start": citation.start, "end": citation.end}
    english = {"accept-language": "en"}
    page = http.get("/page/source", params=place, headers=english)
    assert page.status_code == 200
    assert "<mark>" in page.text
    assert "Compare with the raw text" in page.text
    gone = http.get("/page/source", params=place | {"document_id": "<b>"})
    assert gone.status_code == 404
    assert "<b>" not in gone.text
    for wrong in ({"start": -1}, {"end": "x"}, {"end": 10**30}):
        assert http.get("/page/source", params=place | wrong).status_code in (404, 422)
