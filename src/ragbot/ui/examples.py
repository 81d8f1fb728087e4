"""Example questions, drawn from whatever is indexed."""

import threading
from collections.abc import Iterator

from ragbot.bot import Ragbot
from ragbot.errors import RagbotError
from ragbot.index.protocols import Store
from ragbot.index.store import StatementRow
from ragbot.text.script import convert
from ragbot.ui.i18n import Language, say, script_of

__all__ = ["Examples"]

_SHOWN = 4
_TRIED = 16
"""Questions tried at most: each costs as much as answering it with a quote."""
_LONGEST = 30


class Examples:
    """A few questions that the index answers; drawn again when the index has changed."""

    def __init__(self, bot: Ragbot) -> None:
        self._bot = bot
        self._lock = threading.Lock()
        self._generation = ""
        self._questions: list[tuple[str, dict[str, str]]] = []

    def questions(self, language: Language) -> list[str]:
        """Return the questions in the reader's script. Loads the model where it is not loaded.

        Raises:
            RagbotError: there is nothing to serve.
        """
        status = self._bot.status()
        with self._lock:
            if self._generation != status.generation:
                self._questions = self._draw()
                self._generation = status.generation
            drawn = self._questions
        script = script_of(language)
        return [convert(say(language, kind, **blanks), script) for kind, blanks in drawn]

    def _draw(self) -> list[tuple[str, dict[str, str]]]:
        drawn: list[tuple[str, dict[str, str]]] = []
        candidates = self._bot.current.ask(lambda one: list(_candidates(one.store)))
        for kind, blanks in candidates[:_TRIED]:
            question = say("zh-CN", kind, **blanks)
            if len(question) <= _LONGEST and self._is_answered(question):
                drawn.append((kind, blanks))
                if len(drawn) == _SHOWN:
                    break
        return drawn

    def _is_answered(self, question: str) -> bool:
        try:
            return self._bot.answers(question)
        except RagbotError:
            return False


def _candidates(store: Store) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield phrases of the page with their blanks, from statements spread over the whole index."""
    count = store.statements_count()
    kinds = (_heading, _office, _name)
    for n in range(min(count, _TRIED)):
        statement = store.statement(n * count // min(count, _TRIED))
        for turn in range(len(kinds)):
            if found := kinds[(n + turn) % len(kinds)](statement):
                yield found
                break


def _heading(statement: StatementRow) -> tuple[str, dict[str, str]] | None:
    heading = (statement.heading or "").split(" › ")[-1]
    # In a feature the heading of a statement is 滬 打造…: a place, then what it does.
    _, _, deed = heading.partition(" ")
    if not heading:
        return None
    if not statement.place or not deed:
        return "example_topic", {"heading": heading}
    return "example_heading", {"place": statement.place, "heading": deed}


def _office(statement: StatementRow) -> tuple[str, dict[str, str]] | None:
    return ("example_office", {"office": statement.office}) if statement.office else None


def _name(statement: StatementRow) -> tuple[str, dict[str, str]] | None:
    return ("example_name", {"name": statement.name}) if statement.name else None
