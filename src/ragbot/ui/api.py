"""The same answers for programs, over HTTP."""

import json
import logging
from collections.abc import Iterator
from itertools import chain
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Header, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.responses import JSONResponse, Response, StreamingResponse

from ragbot.errors import (
    EngineError,
    IndexDamagedError,
    IndexMismatchError,
    IndexMissingError,
    ModelError,
    RagbotError,
    RebuildCancelledError,
    RebuildRunningError,
)
from ragbot.results import Answer, Turn, as_json
from ragbot.ui.collections import UnknownIndexError
from ragbot.ui.preparing import Preparation
from ragbot.ui.service import Service

__all__ = ["Json", "add_api", "add_unknown"]

# The server is all right, what it serves is not: the asker can only wait.
_UNAVAILABLE = (
    IndexMissingError,
    IndexDamagedError,
    IndexMismatchError,
    ModelError,
    EngineError,
)
_STATUS: tuple[tuple[type[RagbotError] | tuple[type[RagbotError], ...], int], ...] = (
    (_UNAVAILABLE, 503),
    (UnknownIndexError, 404),
    ((RebuildRunningError, RebuildCancelledError), 409),
)

_METHODS = ["GET", "POST", "PUT", "DELETE"]

_log = logging.getLogger(__name__)


class Json(JSONResponse):
    """JSON in UTF-8, not escaped to ASCII; a lone surrogate of a file name becomes ``?``."""

    def render(self, content: Any) -> bytes:
        """Return the content as bytes."""
        return json.dumps(content, ensure_ascii=False, allow_nan=False).encode(errors="replace")


class _TurnIn(BaseModel):
    question: str
    answer: str = ""


class _Asked(BaseModel):
    question: str
    history: list[str | _TurnIn] = Field(default=[], description="Earlier turns, oldest first.")
    index: str | None = Field(default=None, description="Name of an index; else the server's own.")

    def turns(self) -> list[str | Turn]:
        """Return the turns as ``Ragbot`` takes them."""
        return [
            turn if isinstance(turn, str) else Turn(turn.question, turn.answer)
            for turn in self.history
        ]


class _Wanted(BaseModel):
    query: str
    k: int = Field(default=5, ge=1, le=1000)
    index: str | None = Field(default=None, description="Name of an index; else the server's own.")


def add_api(app: FastAPI, service: Service) -> None:
    """Add the routes that ask, and one shape for every error: ``{"error": one sentence}``."""
    router = APIRouter(default_response_class=Json)
    preparation, limiting = service.preparation, service.limiting

    @router.post("/api/ask")
    @limiting.in_turn
    def ask(asked: _Asked, accept: Annotated[str, Header()] = "") -> Response:
        """Answer a question; as server-sent events (``text``…, ``answer``) where they are accepted.

        The data of ``text`` is a piece of the answer's text as it is; that of ``answer`` the whole
        answer as JSON.
        """
        bot = service.collections.get(asked.index)
        if "text/event-stream" not in accept:
            return Json(as_json(bot.answer(asked.question, history=asked.turns())))
        pieces = bot.answer_stream(asked.question, history=asked.turns())
        # The first piece now: what is wrong with the question is still a status of its own.
        events = _events(chain([next(pieces)], pieces))
        return StreamingResponse(
            limiting.pieces(events),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store"},
        )

    @router.post("/api/retrieve")
    @limiting.in_turn
    def retrieve(wanted: _Wanted) -> Response:
        """Return the k passages that answer best."""
        bot = service.collections.get(wanted.index)
        return Json(as_json(bot.retrieve(wanted.query, wanted.k)))

    @router.get("/api/status")
    def status(index: str | None = None) -> Response:
        """Describe what is served."""
        bot = service.collections.get(index)
        if bot is service.collections.own and not preparation.ready:
            # Asking the bot would wait for an index that may just be in the making.
            return _unavailable(preparation)
        return Json(as_json(bot.status()))

    @router.get("/healthz")
    async def healthz() -> Response:
        """Return 200 once questions are answered without waiting, 503 before.

        It waits for no thread and no lock, so that it answers however much is asked.
        """
        return Json({"status": "ready"}) if preparation.ready else _unavailable(preparation)

    app.include_router(router)
    app.exception_handler(RagbotError)(_ragbot_error)
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(StarletteHTTPException)(_http_error)
    app.exception_handler(Exception)(_unexpected)


def add_unknown(app: FastAPI) -> None:
    """Answer for every other address of programs, which would be the page's otherwise."""

    @app.api_route("/api/{rest:path}", methods=_METHODS, include_in_schema=False)
    @app.api_route("/v1/{rest:path}", methods=_METHODS, include_in_schema=False)
    async def unknown(request: Request) -> Response:
        return Json({"error": f"There is nothing at this address: {request.url.path}."}, 404)


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
    return Json(
        {"status": "failed" if failure else "loading", "error": failure or loading},
        503,
        headers={"Retry-After": "5"},
    )


async def _ragbot_error(_: Request, error: RagbotError) -> Response:
    return Json({"error": str(error)}, next((s for k, s in _STATUS if isinstance(error, k)), 400))


async def _invalid(_: Request, error: RequestValidationError) -> Response:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:]) or "body"
    return Json({"error": f"The request cannot be read: {where}: {first['msg']}."}, 422)


async def _http_error(_: Request, error: StarletteHTTPException) -> Response:
    return Json({"error": str(error.detail)}, error.status_code, headers=error.headers)


async def _unexpected(_: Request, error: Exception) -> Response:
    # The traceback goes to the log: the server raises the error on after answering.
    return Json({"error": _BROKEN}, 500)
