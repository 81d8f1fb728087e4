"""How much one client may ask, how much all together, and in how many threads that is answered."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial, wraps
from typing import ParamSpec, TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from ragbot.settings import Settings

__all__ = ["Limiting"]

_MOST_AT_ONCE = 400
"""Questions under way or waiting; each holds a connection and a little memory."""
_WAITING_THREADS = 32
"""Threads for questions that spend their time waiting for another server."""
_PIECE_THREADS = 32
_PICTURES_AT_ONCE = 2
"""Each page is drawn by a process of its own, which may take a gigabyte of memory."""
_END = object()

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Limiting:
    """Counts questions by client, and gives them threads that nothing else needs."""

    def __init__(self, settings: Settings) -> None:
        self._rate = parse(settings.rate) if settings.rate else None
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._under_way = 0
        waits = settings.llm_url or settings.embedding_url or "://" in settings.index
        # More threads than cores answer nothing sooner, and each of them delays the event loop.
        threads = _WAITING_THREADS if waits else max(2, os.cpu_count() or 1)
        self._threads = CapacityLimiter(threads)
        self._pieces = CapacityLimiter(_PIECE_THREADS)
        self._pictures = CapacityLimiter(_PICTURES_AT_ONCE)

    def refusal(self, client: str) -> str | None:
        """Count a question; returns why it may not be asked now, or None."""
        if self._rate and not self._limiter.hit(self._rate, client):
            return f"More questions than {self._rate}; wait a moment and ask again."
        return None

    def begin(self) -> bool:
        """Take a place among those under way; returns whether there was one.

        Called from the event loop only.
        """
        if self._under_way >= _MOST_AT_ONCE:
            return False
        self._under_way += 1
        return True

    def end(self) -> None:
        """Give the place back."""
        self._under_way -= 1

    def in_turn(self, answer: Callable[_P, _T]) -> Callable[_P, Awaitable[_T]]:
        """Return a function that answers a question as one to await: a thread runs it."""
        return _threaded(answer, self._threads)

    def drawn_in_turn(self, draw: Callable[_P, _T]) -> Callable[_P, Awaitable[_T]]:
        """Return a function that draws a page of a document as one to await."""
        return _threaded(draw, self._pictures)

    async def pieces(self, pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
        """Yield the rest of an answer that has begun: it waits for no other question."""
        while (piece := await run_sync(next, pieces, _END, limiter=self._pieces)) is not _END:
            assert isinstance(piece, bytes)  # noqa: S101 - for the type checker
            yield piece


def _threaded(function: Callable[_P, _T], limiter: CapacityLimiter) -> Callable[_P, Awaitable[_T]]:
    @wraps(function)
    async def run(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        return await run_sync(partial(function, *args, **kwargs), limiter=limiter)

    return run
