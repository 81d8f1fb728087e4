"""What one browser has asked so far, kept while its page is open and saved in the browser."""

import secrets
import threading
from collections import deque
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakValueDictionary

from pydantic import TypeAdapter, ValidationError

from ragbot.results import Answer, Turn, as_json

__all__ = ["Conversation", "Exchange", "conversation_of"]

_SAVED = 40
"""Exchanges that a browser keeps: some hundred kilobytes of the megabytes it has."""
_ANSWER = TypeAdapter(Answer)
_OPEN: "WeakValueDictionary[str, Conversation]" = WeakValueDictionary()


@dataclass(frozen=True, slots=True)
class Exchange:
    """One turn of a conversation, and how its answer is shown; no answer where it failed."""

    turn: Turn
    html: str
    answer: Answer | None = None


class Conversation:
    """The exchanges of one browser. Questions asked at once are answered in turn."""

    def __init__(self) -> None:
        self.asked: deque[str] = deque()
        self.exchanges: list[Exchange] = []
        self.index: str | None = None
        self.turn = threading.Lock()
        self.token = secrets.token_urlsafe(16)
        """Names the conversation to whoever has its page."""
        _OPEN[self.token] = self

    def __deepcopy__(self, _: object) -> "Conversation":
        """Begin a conversation: Gradio copies the first value of a state for each browser."""
        return Conversation()

    def saved(self) -> list[dict[str, Any]]:
        """Return the answered exchanges as plain values, without the passages behind them."""
        kept = [exchange for exchange in self.exchanges if exchange.answer][-_SAVED:]
        return [as_json(replace(exchange.answer, hits=())) for exchange in kept if exchange.answer]

    @staticmethod
    def read(saved: Any) -> list[Answer]:
        """Return the answers that a browser has saved; none where it has saved something else."""
        try:
            return [_ANSWER.validate_python(one) for one in saved or []][-_SAVED:]
        except (ValidationError, TypeError):
            return []


def conversation_of(token: str) -> Conversation | None:
    """Return the conversation that a token names, while its page is open."""
    return _OPEN.get(token)
