"""A long conversation that a browser has kept is opened again, as the page's own events do it."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ragbot.ui import page

Serve = Callable[..., TestClient]
_HISTORY = Path(page.__file__).parent / "static" / "history.js"


def _reopen(client: TestClient, saved: Any) -> Any:
    """Send what the page sends when a kept conversation is chosen; return the chat's messages."""
    events = client.get("/config").json()["dependencies"]
    (event,) = [e["id"] for e in events if "ragbot.chosen" in str(e.get("js"))]
    # The browser writes JSON without escapes.
    body = {"data": [saved, None], "fn_index": event, "session_hash": "a"}
    sent = json.dumps(body, ensure_ascii=False).encode()
    joined = client.post(
        "/gradio_api/queue/join", content=sent, headers={"content-type": "application/json"}
    )
    assert joined.status_code == 200, joined.text
    stream = client.get("/gradio_api/queue/data", params={"session_hash": "a"}).text
    told = [json.loads(line.removeprefix("data: ")) for line in stream.splitlines() if line]
    (done,) = [message for message in told if message["msg"] == "process_completed"]
    assert done["success"], done
    return done["output"]["data"][0]


@pytest.mark.parametrize("megabytes", [0, 1, 3])
def test_a_conversation_of_megabytes_is_opened_again(serve_app: Serve, megabytes: int) -> None:
    """A question may have 2,000 characters and an answer many quotes, and there may be forty."""
    client = serve_app()
    answer = client.post("/api/ask", json={"question": "仓库每日清点什么？"}).json()
    answer["hits"] = []
    answers = [
        answer | {"question": f"{number}？", "text": "仓" * (megabytes * 1_000_000 // 3 // 40)}
        for number in range(40)
    ]
    shown = _reopen(client, {"id": "abc", "index": None, "answers": answers})
    asked = [message for message in shown if message["role"] == "user"]
    assert len(asked) == 40
    assert "39？" in json.dumps(asked[-1], ensure_ascii=False)


def test_only_what_the_page_brings_back_may_be_so_long(serve_app: Serve) -> None:
    """And not without end."""
    client = serve_app()
    assert client.post("/api/ask", json={"question": "长" * 700_000}).status_code == 413
    event = {"data": ["长" * 2_000_000], "fn_index": 0, "session_hash": "b"}
    assert client.post("/gradio_api/queue/join", json=event).status_code == 413


def test_the_browser_sends_the_newest_answers_that_fit() -> None:
    """The server would refuse a longer request, and nothing would be opened."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node to run the page's script in")
    script = """
        const kept = {
          "ragbot.conversations": JSON.stringify(CONVERSATIONS),
          "ragbot.conversation": CURRENT,
        };
        const storage = { getItem: (key) => kept[key] ?? null, setItem() {} };
        Object.assign(globalThis, {
          window: { ragbot: {} },
          document: { addEventListener() {} },
          localStorage: storage,
          sessionStorage: storage,
        });
        SCRIPT
        const found = window.ragbot.last();
        console.log(JSON.stringify([found?.id, found?.answers.map((one) => one.question)]));
    """

    def last(current: str) -> Any:
        text = "字" * 500_000  # 1.5 MB each
        conversations = [
            {"id": "long", "answers": [{"question": n, "text": text} for n in range(4)]},
            {"id": "short", "answers": [{"question": 7, "text": ""}]},
        ]
        code = script.replace("CONVERSATIONS", json.dumps(conversations))
        code = code.replace("CURRENT", json.dumps(current))
        code = code.replace("SCRIPT", _HISTORY.read_text("utf-8"))
        done = subprocess.run([node, "-"], input=code, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    assert last("long") == ["long", [2, 3]]
    assert last("short") == ["short", [7]]
    assert last("") == [None, None]
