"""How much of the turns before a question is looked at."""

from collections.abc import Sequence

from ragbot.results import Turn

__all__ = ["last_turns"]

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
