"""The same answers for programs, over HTTP."""

import json
import logging
from collections.abc import Iterator
from itertools import chain
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Header, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.responses import JSONResponse, Response, StreamingResponse

from ragbot.bot import Ragbot
from ragbot.errors import (
    IndexDamagedError,
    IndexMismatchError,
    IndexMissingError,
    ModelError,
    RagbotError,
)
from ragbot.results import Answer, Turn, as_json
from ragbot.ui.preparing import Preparation

__all__ = ["LAST_TURNS", "add_api"]

LAST_TURNS = 50
"""Earlier turns that are looked at; a question seldom refers back further than two."""

# The server is all right, what it serves is not: the asker can only wait.
_UNAVAILABLE = (IndexMissingError, IndexDamagedError, IndexMismatchError, ModelError)

_log = logging.getLogger(__name__)


class _Json(JSONResponse):
    """JSON in UTF-8, not escaped to ASCII; a lone surrogate of a file name becomes ``?``."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, ensure_ascii=False, allow_nan=False).encode(errors="replace")


class _TurnIn(BaseModel):
    question: str
    answer: str = ""


class _Asked(BaseModel):
    question: str
    history: list[str | _TurnIn] = Field(default=[], description="Earlier turns, oldest first.")
    index: str | None = Field(default=None, description="Must be the index this server serves.")

    def turns(self) -> list[str | Turn]:
        """Return the last turns as ``Ragbot`` takes them."""
        return [
            turn if isinstance(turn, str) else Turn(turn.question, turn.answer)
            for turn in self.history[-LAST_TURNS:]
        ]


class _Wanted(BaseModel):
    query: str
    k: int = Field(default=5, ge=1, le=1000)


def add_api(app: FastAPI, bot: Ragbot, preparation: Preparation) -> None:
    """Add the routes for programs, and one shape for every error: ``{"error": one sentence}``."""
    router = APIRouter(default_response_class=_Json)

    @router.post("/api/ask")
    def ask(asked: _Asked, accept: Annotated[str, Header()] = "") -> Response:
        """Answer a question; as server-sent events (``text``…, ``answer``) where they are accepted.

        The data of ``text`` is a piece of the answer's text as it is; that of ``answer`` the whole
        answer as JSON.
        """
        if asked.index not in (None, bot.settings.index):
            raise HTTPException(
                404, f"This server serves the index {bot.settings.index}; leave index out."
            )
        if "text/event-stream" not in accept:
            return _Json(as_json(bot.answer(asked.question, history=asked.turns())))
        pieces = bot.answer_stream(asked.question, history=asked.turns())
        # The first piece now: what is wrong with the question is still a status of its own.
        events = _events(chain([next(pieces)], pieces))
        return StreamingResponse(
            events, media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    @router.post("/api/retrieve")
    def retrieve(wanted: _Wanted) -> Response:
        """Return the k passages that answer best."""
        return _Json(as_json(bot.retrieve(wanted.query, wanted.k)))

    @router.get("/api/status")
    def status() -> Response:
        """Describe what is served."""
        if not preparation.ready:
            # Asking the bot would wait for an index that may just be in the making.
            return _unavailable(preparation)
        return _Json(as_json(bot.status()))

    @router.get("/healthz")
    def healthz() -> Response:
        """Return 200 once questions are answered without waiting, 503 before."""
        return _Json({"status": "ready"}) if preparation.ready else _unavailable(preparation)

    @router.api_route("/api/{rest:path}", methods=["GET", "POST"], include_in_schema=False)
    def unknown(rest: str) -> Response:
        return _Json({"error": f"There is nothing at this address: /api/{rest}."}, 404)

    app.include_router(router)
    app.exception_handler(RagbotError)(_ragbot_error)
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(StarletteHTTPException)(_http_error)
    app.exception_handler(Exception)(_unexpected)


def _events(pieces: Iterator[str | Answer]) -> Iterator[bytes]:
    try:
        for piece in pieces:
            if isinstance(piece, str):
                yield _event("text", piece)
            else:
                yield _event("answer", json.dumps(as_json(piece), ensure_ascii=False))
    except Exception as error:  # the status has gone out: an event is all that is left
        _log.exception("An answer broke off")
        known = isinstance(error, RagbotError)
        yield _event("error", json.dumps({"error": str(error) if known else _BROKEN}))


def _event(name: str, data: str) -> bytes:
    # A line end inside the data begins another data line, by the standard for server-sent events.
    lines = data.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    body = "".join(f"data: {line}\n" for line in lines)
    return f"event: {name}\n{body}\n".encode(errors="replace")


_BROKEN = "Something went wrong on the server; its log says what."


def _unavailable(preparation: Preparation) -> Response:
    failure = preparation.failure
    loading = "The model and the index are being loaded; try again in a moment."
    return _Json(
        {"status": "failed" if failure else "loading", "error": failure or loading},
        503,
        headers={"Retry-After": "5"},
    )


def _ragbot_error(_: Request, error: RagbotError) -> Response:
    return _Json({"error": str(error)}, 503 if isinstance(error, _UNAVAILABLE) else 400)


def _invalid(_: Request, error: RequestValidationError) -> Response:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:]) or "body"
    return _Json({"error": f"The request cannot be read: {where}: {first['msg']}."}, 422)


def _http_error(_: Request, error: StarletteHTTPException) -> Response:
    return _Json({"error": str(error.detail)}, error.status_code, headers=error.headers)


def _unexpected(_: Request, error: Exception) -> Response:
    # The traceback goes to the log: the server raises the error on after answering.
    return _Json({"error": _BROKEN}, 500)
