"""Vectors from a server: our own model, served over the OpenAI protocol by a small one."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ragbot.bot import Ragbot
from ragbot.documents.sample import sample_corpus
from ragbot.embedding import load_served, served
from ragbot.errors import IndexMismatchError, ModelError, SettingsError
from ragbot.settings import load_settings

QUESTIONS = ("上海计划建设什么中心？", "北京的局长是谁？", "吉林聚焦服务哪些重点产业？")
Answer = Callable[[list[str]], Any]


class _Server:
    """Counts what it is asked; ``answer`` makes its data, a status, or (status, headers, body)."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[list[str]] = []
        self.keys: list[str] = []
        self.url = ""


@contextmanager
def _serving(answer: Answer) -> Iterator[_Server]:
    server = _Server(answer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            server.asked.append(request["input"])
            server.keys.append(self.headers["Authorization"])
            found = server.answer(request["input"])
            if not isinstance(found, tuple):
                found = (found, {}, {}) if isinstance(found, int) else (200, {}, found)
            status, headers, body = found
            data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            usual = {"Content-Type": "application/json", "Content-Length": str(len(data))}
            self.send_response(status)
            for name, value in (usual | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server.url = f"http://127.0.0.1:{http.server_address[1]}/v1"
    threading.Thread(target=http.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()


def _data(rows: Any) -> dict[str, Any]:
    listed = [
        {"object": "embedding", "index": n, "embedding": [float(x) for x in row]}
        for n, row in enumerate(rows)
    ]
    usage = {"prompt_tokens": 0, "total_tokens": 0}
    return {"object": "list", "model": "m", "data": listed[::-1], "usage": usage}


def _ours(bot: Ragbot) -> Answer:
    """Serve the model that ships; prompts come from the client, as they would for any server."""
    embed: Any = bot.embedder

    def answer(texts: list[str]) -> dict[str, Any]:
        if texts[0].startswith("query: "):
            return _data(3 * embed.embed_queries([t.removeprefix("query: ") for t in texts]))
        return _data(3 * embed.embed_passages([t.removeprefix("passage: ") for t in texts]))

    return answer


def _served(tmp_path: Path, server: _Server, model: str = "multilingual-e5-small") -> Ragbot:
    settings = load_settings(
        data_dir=tmp_path, embedding_url=server.url, embedding_model=model, embedding_api_key="k"
    )
    return Ragbot(settings, lambda _: None)


def test_an_index_of_served_vectors_answers_as_ours_does(bot: Ragbot, tmp_path: Path) -> None:
    """Whatever the length of the vectors and their order in the response."""
    with _serving(_ours(bot)) as server, _served(tmp_path, server) as other:
        report = other.rebuild([sample_corpus()])
        assert report.embedded > 0
        for question in QUESTIONS:
            assert other.answer(question).text == bot.answer(question).text
        assert other.status().engine == "served"
        assert other.status().model == "multilingual-e5-small"
        assert set(server.keys) == {"Bearer k"}
        assert max(len(texts) for texts in server.asked) <= 64


def test_a_server_that_goes_in_the_middle_costs_only_what_was_under_way(
    bot: Ragbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rebuild says so and publishes nothing; the next one goes on from there."""
    monkeypatch.setattr(served, "_RETRIES", 0)
    monkeypatch.setattr("ragbot.index.vectors._AT_ONCE", 8)
    ours = _ours(bot)
    with _serving(ours) as server, _served(tmp_path, server) as other:

        def failing(texts: list[str]) -> Any:
            return ours(texts) if len(server.asked) < 6 else 500

        server.answer = failing
        with pytest.raises(ModelError, match="RAGBOT_EMBEDDING_URL"):
            other.rebuild([sample_corpus()])
        server.answer = ours
        report = other.rebuild([sample_corpus()])
        assert report.passages.added == bot.status().passages
        with _served(tmp_path / "whole", server) as fresh:
            assert 0 < report.embedded < fresh.rebuild([sample_corpus()]).embedded
        assert other.answer(QUESTIONS[0]).text == bot.answer(QUESTIONS[0]).text


def test_a_busy_server_is_asked_again(bot: Ragbot) -> None:
    """With a pause, as the client does."""
    ours = _ours(bot)
    with _serving(lambda _: 429) as server:

        def busy(texts: list[str]) -> Any:
            return 429 if len(server.asked) < 3 else ours(texts)

        server.answer = busy
        began = time.monotonic()
        assert load_served(server.url, "multilingual-e5-small", "").dimension == 384
        assert time.monotonic() > began
        assert len(server.asked) == 3


@pytest.mark.parametrize(
    "first",
    [
        (429, {"Retry-After": "0.01"}, {}),
        (503, {"Retry-After": "0.01"}, {}),
        (200, {"Content-Length": "100000"}, _data([[1.0, 2.0]])),  # cut off in the middle
    ],
)
def test_what_passes_is_tried_again(first: Any) -> None:
    """A server that is full, that starts, or that went in the middle of its response."""
    with _serving(lambda texts: first if len(server.asked) == 1 else _hashed(texts)) as server:
        assert load_served(server.url, "m", "").dimension == 8
        assert len(server.asked) == 2


def _hashed(texts: list[str]) -> dict[str, Any]:
    """Return vectors of eight numbers, another for every text."""
    return _data([np.random.default_rng(list(text.encode())).normal(size=8) for text in texts])


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_server_gets_as_many_texts_as_it_takes(status: int) -> None:
    """Servers differ in what they say, and do not say how many they take."""
    texts = [f"第{number}条" for number in range(100)]
    with _serving(_hashed) as server:
        expected = load_served(server.url, "m", "").embed_passages(texts)
        server.answer = lambda some: status if len(some) > 10 else _hashed(some)
        assert np.array_equal(load_served(server.url, "m", "").embed_passages(texts), expected)


def test_a_text_that_is_too_long_for_the_server_is_cut() -> None:
    """As the models that run here do; what stands beside it is not."""
    texts = ["短" * 90, "长" * 1000, "知识产权"]
    with _serving(_hashed) as server:
        embedder = load_served(server.url, "m", "")
        expected = embedder.embed_passages(["短" * 90, "长" * 250, "知识产权"])
        server.answer = lambda some: 400 if max(map(len, some)) > 300 else _hashed(some)
        assert np.array_equal(embedder.embed_passages(texts), expected)
        assert embedder.embed_queries(["问" * 2000]).shape == (1, 8)


def test_a_refusal_that_is_not_for_size_ends_soon() -> None:
    """The smallest part has been refused by then."""
    with _serving(_hashed) as server:
        embedder = load_served(server.url, "m", "")
        server.asked.clear()
        server.answer = lambda _: 400
        with pytest.raises(ModelError, match="RAGBOT_EMBEDDING_MODEL"):
            embedder.embed_passages(["知识产权"] * 64)
        assert [len(texts) for texts in server.asked] == [64, 32, 16, 8, 4, 2, 1]


def test_vectors_of_large_numbers_keep_their_direction() -> None:
    """Though their squares are beyond 32 bits."""
    with _serving(lambda texts: _data(np.full((len(texts), 4), 1e30))) as server:
        row = load_served(server.url, "m", "").embed_passages(["知识"])[0]
        assert np.allclose(row, 0.5)


@pytest.mark.parametrize(
    "data",
    [
        lambda rows: rows[:-1],
        lambda rows: [*rows[:-1], rows[0]],
        lambda rows: [*rows, rows[0]],
        lambda rows: [rows[0] | {"embedding": [float("nan")] * 8}, *rows[1:]],
        lambda rows: [rows[0] | {"embedding": [1.0]}, *rows[1:]],
    ],
    ids=["fewer", "doubled", "more", "nan", "ragged"],
)
def test_vectors_that_are_not_those_of_the_texts_are_refused(data: Any) -> None:
    """Whatever of them could be used: none may end beside the wrong text."""
    with _serving(_hashed) as server:
        embedder = load_served(server.url, "m", "")
        server.answer = lambda texts: {"data": data(_hashed(texts)["data"])}
        with pytest.raises(ModelError, match="The embedding server at"):
            embedder.embed_passages(["一", "二", "三"])


@pytest.mark.parametrize(
    "answer",
    [
        404,
        {"data": "nothing"},
        {"data": []},
        _data([[0.0, 0.0]]),
        _data([[float("nan"), 1.0]]),
        {"data": [{"index": 0, "embedding": "x"}]},
    ],
)
def test_what_is_no_vector_is_said(answer: Any) -> None:
    """In one sentence that names the setting or the model."""
    with _serving(lambda _: answer) as server, pytest.raises(ModelError) as said:
        load_served(server.url, "m", "")
    assert str(said.value).startswith("The embedding server at http://127.0.0.1")


def test_a_model_of_another_length_is_refused(bot: Ragbot, tmp_path: Path) -> None:
    """In the middle of its work, and when it opens an index of another."""
    with _serving(_ours(bot)) as server:
        with _served(tmp_path, server) as other:
            other.rebuild([sample_corpus()])
            server.answer = lambda texts: _data(np.ones((len(texts), 5)))
            with pytest.raises(ModelError, match="of 5 numbers, and of 384 before"):
                other.answer("一个没有问过的问题是什么？")
        with _served(tmp_path, server) as again, pytest.raises(IndexMismatchError):
            again.answer(QUESTIONS[0])


def test_the_address_needs_a_model(tmp_path: Path) -> None:
    """And holds no secret."""
    with pytest.raises(SettingsError, match="embedding_model"):
        load_settings(embedding_url="http://127.0.0.1:1/v1")
    with pytest.raises(SettingsError, match="of its own"):
        load_settings(embedding_url="http://a:b@127.0.0.1:1/v1", embedding_model="m")
