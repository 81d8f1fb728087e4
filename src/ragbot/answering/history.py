"""How much of the turns before a question is looked at, and what their answers cost."""

from collections.abc import Callable, Sequence
from functools import cache

from ragbot.answering.conversation import Recall, complete
from ragbot.results import Turn
from ragbot.text.fold import fold

__all__ = ["last_turns", "recall_of"]

_TURNS = 50
"""A question seldom refers back further than two."""
_LONGEST_ANSWER = 8_000


def last_turns(history: Sequence[str | Turn], longest: int) -> list[Turn]:
    """Return the last turns, each question cut to ``longest`` characters, each answer to 8,000."""
    return [
        Turn(turn[:longest])
        if isinstance(turn, str)
        else Turn(turn.question[:longest], turn.answer[:_LONGEST_ANSWER])
        for turn in history[-_TURNS:]
    ]


def recall_of(turns: Sequence[Turn], answer: Callable[[str], str]) -> Recall:
    """Return a function that answers the last turn's question, at most once, and no other.

    Each answer costs a search: one for every turn would make a history of questions a way to ask
    many at the price of one.
    """
    if not turns or turns[-1].answer:
        return lambda _: ""
    # Folded: completed in Simplified or as it was asked, it is the same question.
    last = fold(complete(turns[-1].question, turns[:-1]))
    once = cache(answer)
    return lambda full: once(full) if fold(full) == last else ""
