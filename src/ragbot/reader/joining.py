"""Join a question and a passage into one sequence of tokens, and find characters again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ragbot.text.script import to_simplified

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

__all__ = ["MAX_TOKENS", "Joined", "Joiner", "simplified"]

MAX_TOKENS = 512
"""Rows of the position table of multilingual-e5-small."""

_QUESTION_TOKENS, _CONTEXT_TOKENS = 96, 64
_PROMPT = "query: "
_SPECIAL = re.compile("<(?:s|/s|pad|unk|mask)>")
_BEGIN, _END = 0, 2  # ids of <s> and </s> in the XLM-RoBERTa vocabulary


@dataclass(frozen=True, slots=True)
class Joined:
    """``<s> query: question </s></s> context passage </s>`` as tokens.

    Tokens ``first`` to ``first + len(offsets)`` are the passage's; ``offsets`` has shape
    (tokens, 2): where each begins and ends in the passage, in code points.
    """

    ids: list[int]
    first: int
    offsets: NDArray[np.int64]

    def token_span(self, start: int, end: int) -> tuple[int, int] | None:
        """Return the first and the last token, counted in ``ids``, of a range of characters.

        None where the range is empty or was cut off.
        """
        inside = (self.offsets[:, 0] < end) & (self.offsets[:, 1] > start)
        (rows,) = np.nonzero(inside)
        if not len(rows) or self.offsets[rows[-1], 1] < end:
            return None
        return self.first + int(rows[0]), self.first + int(rows[-1])


def simplified(text: str) -> str:
    """Convert to Simplified without changing how many characters there are."""
    converted = to_simplified(text)
    if len(converted) == len(text):
        return converted
    # A phrase was converted to one of another length: one character at a time, then.
    singly = (to_simplified(character) for character in text)
    return "".join(s if len(s) == 1 else c for s, c in zip(singly, text, strict=True))


class Joiner:
    """Turns questions and passages into the sequences the reader was trained on."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    def join(self, question: str, passage: str, context: str = "") -> Joined:
        """Join a question and a passage; what is beyond 512 tokens is cut off.

        ``context`` says what the passage is about and holds no answer: its title, its headings.
        """
        asked = self._encode(_PROMPT + question).ids[:_QUESTION_TOKENS]
        about = self._encode(context).ids[:_CONTEXT_TOKENS] if context else []
        head = [_BEGIN, *asked, _END, _END, *about]
        encoded = self._encode(passage)
        room = MAX_TOKENS - len(head) - 1
        offsets = np.array(encoded.offsets[:room], np.int64).reshape(-1, 2)
        return Joined([*head, *encoded.ids[:room], _END], len(head), offsets)

    def _encode(self, text: str) -> Encoding:
        # A text that spells a special token would be read as one; its key is the same this way.
        text = _SPECIAL.sub(lambda match: f"\uff1c{match[0][1:]}", simplified(text))
        return self._tokenizer.encode(text, add_special_tokens=False)
