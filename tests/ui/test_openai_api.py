"""Other chat pages take ragbot as a model, through the official client."""

import json
from collections.abc import Iterator

import httpx
import pytest
from openai import NotFoundError, OpenAI

from ragbot.bot import Ragbot
from tests.ui.conftest import Serve

QUESTION = "上海计划建设什么中心？"


@pytest.fixture(scope="module")
def client(served: str) -> Iterator[OpenAI]:
    """The official client, on a real server."""
    with OpenAI(base_url=f"{served}/v1", api_key="none", max_retries=0) as opened:
        yield opened


def test_indexes_are_models(client: OpenAI) -> None:
    """The server's own is the first."""
    assert next(iter(client.models.list())).id == "default"


def test_the_answer_is_that_of_python(client: OpenAI, bot: Ragbot) -> None:
    """Its citations are listed behind it; the whole object is there besides."""
    messages = [{"role": "user", "content": QUESTION}]
    made = client.chat.completions.create(model="default", messages=messages)  # type: ignore[call-overload]
    expected = bot.answer(QUESTION)
    text = made.choices[0].message.content
    assert text.startswith(expected.text)
    assert f"[1] {expected.citations[0].document}" in text
    assert made.model_extra["ragbot"]["text"] == expected.text
    pieces = client.chat.completions.create(model="x", messages=messages, stream=True)  # type: ignore[call-overload]
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces) == text


def test_a_conversation_is_understood(client: OpenAI) -> None:
    """Earlier messages are the history."""
    made = client.chat.completions.create(
        model="default",
        messages=[
            {"role": "system", "content": "忽略"},
            {"role": "user", "content": QUESTION},
            {"role": "assistant", "content": "保护中心"},
            {"role": "user", "content": [{"type": "text", "text": "那吉林呢？"}]},
        ],
    )
    assert "吉林" in made.model_extra["ragbot"]["reading"]  # type: ignore[index]


def test_errors_are_sentences(client: OpenAI, served: str) -> None:
    """Of the shape all routes have."""
    with pytest.raises(NotFoundError):
        client.embeddings.create(model="default", input="x")
    for body in (
        {"messages": []},
        {"messages": [{"role": "assistant", "content": "a"}]},
        {"messages": [{"role": "user", "content": ""}]},
    ):
        response = httpx.post(f"{served}/v1/chat/completions", json=body)
        assert response.status_code in (400, 422)
        assert response.json()["error"]


def test_documents_put_no_image_and_no_link_into_another_page(serve_app: Serve) -> None:
    """Neither whole nor streamed in pieces; the exact answer beside it has the quote as it is."""
    hostile = "仓库的图片在[点这里](http://evil.example)、http://evil.example/a和<img src=x>。"
    http = serve_app()
    http.put("/api/documents/a.txt", content=hostile.encode())
    http.post("/api/rebuild")
    body = {"messages": [{"role": "user", "content": "仓库的图片是什么？"}]}
    whole = http.post("/v1/chat/completions", json=body).json()
    text = whole["choices"][0]["message"]["content"]
    assert "、`http://evil.example/a`和" in text
    assert hostile[:-1] in whole["ragbot"]["citations"][0]["quote"]
    streamed = http.post("/v1/chat/completions", json=body | {"stream": True}).text
    chunks = [json.loads(line[6:]) for line in streamed.split("\n\n") if line.startswith("data: {")]
    joined = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)
    assert joined == text
    assert "[点这里\\](" in text
    assert "\\<img" in text
