"""Answer questions from Chinese documents, with citations that are exact ranges of the original.

The functions here read the settings at each call and keep what they open for the next call.
"""

import os
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ragbot.results import Answer, Hit, RebuildReport, Turn

if TYPE_CHECKING:
    from ragbot.bot import Ragbot
    from ragbot.settings import Settings

__all__ = [
    "Answer",
    "Hit",
    "Ragbot",
    "RebuildReport",
    "Turn",
    "answer",
    "rebuild",
    "retrieve",
    "retrieve_many",
]

_bots: "dict[Settings, Ragbot]" = {}
_lock = threading.Lock()


def __getattr__(name: str) -> Any:
    # The facade pulls in the index and the model's libraries: only for who asks for it.
    if name == "Ragbot":
        from ragbot.bot import Ragbot

        return Ragbot
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _bot() -> "Ragbot":
    from ragbot.bot import Ragbot
    from ragbot.settings import load_settings

    settings = load_settings()
    with _lock:
        if settings not in _bots:
            for bot in _bots.values():
                bot.close()
            _bots.clear()
            _bots[settings] = Ragbot(settings)
        return _bots[settings]


def retrieve(
    query: str, k: int = 5, *, document: str | None = None, heading: str | None = None
) -> list[Hit]:
    """Find the k passages that answer a question best, best first.

    ``document``, a name or an id, and ``heading``, words of it, limit the search.

    Raises:
        ragbot.errors.RagbotError: one sentence saying what is wrong and what to do.
    """
    return list(_bot().retrieve(query, k, document=document, heading=heading).hits)


def retrieve_many(queries: Sequence[str], k: int = 5) -> list[list[Hit]]:
    """Find the k passages that answer best for each of many questions, in their order.

    Raises:
        ragbot.errors.RagbotError: one sentence saying what is wrong and what to do.
    """
    return [list(found.hits) for found in _bot().retrieve_many(queries, k)]


def answer(question: str, history: Sequence[str | Turn] = ()) -> Answer:
    """Answer a question from the documents, with citations, or refuse.

    ``history`` holds the earlier turns, oldest first: questions, or questions with answers.

    Raises:
        ragbot.errors.RagbotError: one sentence saying what is wrong and what to do.
    """
    return _bot().answer(question, history=history)


def rebuild(paths: Sequence[str | os.PathLike[str]] = ()) -> RebuildReport:
    """Make the documents under ``paths`` the index; without paths, those of the last time.

    Raises:
        ragbot.errors.RagbotError: one sentence saying what is wrong and what to do.
    """
    return _bot().rebuild(paths)
