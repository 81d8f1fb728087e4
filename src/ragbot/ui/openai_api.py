"""The OpenAI protocol for chat, so that other chat pages can take ragbot as a model.

An index is a model. What an answer cites follows its text, and nothing in either can become an
image or a link of the page that shows it; ``ragbot`` beside it has the exact answer.
"""

import json
import time
import uuid
from collections.abc import Iterator
from itertools import chain
from typing import Any, Literal

from fastapi import APIRouter, FastAPI, HTTPException
from pydantic import BaseModel, Field
from starlette.responses import Response, StreamingResponse

from ragbot.results import Answer, Turn, as_json
from ragbot.ui.api import Json
from ragbot.ui.inert import as_code_and_text, settled
from ragbot.ui.service import Service

__all__ = ["add_openai"]

_QUOTED = 60
"""Characters of a quote that are shown where it is listed."""


class _Part(BaseModel):
    type: str
    text: str = ""


class _Message(BaseModel):
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[_Part] | None = None

    def text(self) -> str:
        """Return the message's text; images and the like are left out."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text")
        return self.content or ""


class _Request(BaseModel):
    model: str = Field(default="", description="Name of an index; else the server's own.")
    messages: list[_Message] = Field(min_length=1)
    stream: bool = False

    def conversation(self) -> tuple[str, list[Turn]]:
        """Return the last question, and the turns before it."""
        turns: list[Turn] = []
        for message in self.messages:
            if message.role == "user":
                turns.append(Turn(message.text()))
            elif message.role == "assistant" and turns:
                turns[-1] = Turn(turns[-1].question, message.text())
        if not turns or turns[-1].answer:
            raise HTTPException(400, "The last message must be the user's; ask something.")
        return turns[-1].question, turns[:-1]


def add_openai(app: FastAPI, service: Service) -> None:
    """Add the routes."""
    router = APIRouter(prefix="/v1", default_response_class=Json)

    @router.get("/models")
    def models() -> Response:
        """List the indexes as models."""
        found = [
            {"id": name, "object": "model", "created": 0, "owned_by": "ragbot"}
            for name in service.collections.names()
        ]
        return Json({"object": "list", "data": found})

    @router.post("/chat/completions")
    @service.limiting.in_turn
    def complete(asked: _Request) -> Response:
        """Answer the last question of a conversation."""
        question, turns = asked.conversation()
        names = service.collections.names()
        bot = service.collections.get(asked.model if asked.model in names else None)
        head = {
            "id": f"chatcmpl-{uuid.uuid4().hex}",
            "created": int(time.time()),
            "model": bot.index.name,
        }
        if not asked.stream:
            answer = bot.answer(question, history=turns)
            message = {
                "role": "assistant",
                "content": as_code_and_text(answer.text) + _sources(answer),
            }
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            usage = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
            whole = {"object": "chat.completion", "choices": [choice], "usage": usage}
            return Json(head | whole | {"ragbot": as_json(answer)})
        pieces = bot.answer_stream(question, history=turns)
        # The first piece now: what is wrong with the question is still a status of its own.
        events = _events(head, chain([next(pieces)], pieces))
        return StreamingResponse(
            service.limiting.pieces(events),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store"},
        )

    app.include_router(router)


def _events(head: dict[str, Any], pieces: Iterator[str | Answer]) -> Iterator[bytes]:
    def event(delta: dict[str, str], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        chunk = head | {"object": "chat.completion.chunk", "choices": [choice]}
        return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode(errors="replace")

    yield event({"role": "assistant", "content": ""})
    held = ""
    for piece in pieces:
        if isinstance(piece, Answer):
            yield event({"content": as_code_and_text(held) + _sources(piece)})
        else:
            # What may be part of an address or a link is held back until its end has come.
            whole = held + piece
            cut = settled(whole)
            held = whole[cut:]
            yield event({"content": as_code_and_text(whole, cut)})
    yield event({}, "stop")
    yield b"data: [DONE]\n\n"


def _sources(answer: Answer) -> str:
    lines = []
    for c in answer.citations:
        place = " · ".join(part for part in (c.document, c.heading, c.byline) if part)
        short = c.quote[:_QUOTED] + ("…" if len(c.quote) > _QUOTED else "")
        lines.append(as_code_and_text(f"[{c.n}] {place}：“{' '.join(short.split())}”"))
    if answer.reason:
        lines.append(as_code_and_text(answer.reason))
    return "\n\n" + "\n\n".join(lines) if lines else ""
