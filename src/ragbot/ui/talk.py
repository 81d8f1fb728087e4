"""What one browser has asked so far, kept while its page is open and saved in the browser."""

import secrets
import threading
from collections import deque
from dataclasses import dataclass, replace
from typing import Annotated, Any
from weakref import WeakValueDictionary

from pydantic import StringConstraints, TypeAdapter, ValidationError

from ragbot.results import Answer, Turn

__all__ = ["Conversation", "Exchange", "Saved", "conversation_of"]

_SAVED = 40
"""Exchanges of a conversation that a browser keeps: some hundred kilobytes."""
_OPEN: "WeakValueDictionary[str, Conversation]" = WeakValueDictionary()


@dataclass(frozen=True, slots=True)
class Exchange:
    """One turn of a conversation, and how its answer is shown; no answer where it failed."""

    turn: Turn
    html: str
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """A conversation as a browser keeps it: its answers, without the passages behind them."""

    id: Annotated[str, StringConstraints(pattern=r"^[\w-]{1,64}$")]
    index: str | None
    answers: tuple[Answer, ...]

    @staticmethod
    def read(value: Any) -> "Saved | None":
        """Return what a browser has saved; None where it has saved something else."""
        try:
            saved = _ADAPTER.validate_python(value)
        except ValidationError:
            return None
        return replace(saved, answers=saved.answers[-_SAVED:])


_ADAPTER = TypeAdapter(Saved)


class Conversation:
    """The exchanges of one browser. Questions asked at once are answered in turn."""

    def __init__(self, index: str | None = None) -> None:
        self.asked: deque[str] = deque()
        self.exchanges: list[Exchange] = []
        self.index = index
        self.turn = threading.Lock()
        self.id = secrets.token_urlsafe(9)
        """Names the conversation among those that its browser keeps."""
        self.token = secrets.token_urlsafe(16)
        """Names the conversation to whoever has its page."""
        _OPEN[self.token] = self

    def __deepcopy__(self, _: object) -> "Conversation":
        """Begin a conversation: Gradio copies the first value of a state for each browser."""
        return Conversation()

    def saved(self) -> Saved:
        """Return what a browser keeps of it."""
        kept = [exchange.answer for exchange in self.exchanges if exchange.answer][-_SAVED:]
        return Saved(self.id, self.index, tuple(replace(answer, hits=()) for answer in kept))


def conversation_of(token: str) -> Conversation | None:
    """Return the conversation that a token names, while its page is open."""
    return _OPEN.get(token)
