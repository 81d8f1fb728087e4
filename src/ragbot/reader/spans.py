"""From what the model says of every token to the words that answer."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ragbot.reader.joining import Joined

__all__ = ["LONGEST", "Extract", "best_span"]

LONGEST = 60
"""Longest answer, in tokens: one in sixty of CMRC's is longer, none of DRCD's."""

_SPACE = "".join(c for c in map(chr, range(0x3001)) if c.isspace())
_EDGES = _SPACE + ",，.。;；:：、!！?？\"“”'‘’"
_OPENING, _CLOSING = "（([「『《【〈", "）)]」』》】〉"
"""What a token may carry at its edge and no answer begins or ends with."""

_SENTENCE_END = re.compile("[。！？!?\\n]")
"""No answer goes on behind one: in CMRC one in sixty does, in DRCD none."""

_BEFORE, _BEHIND = "是的", "的"
"""Characters that many tokens begin or end with and hardly an answer of CMRC or DRCD: the answer in
是由, 的中国 and 重要的 is the rest."""


@dataclass(frozen=True, slots=True)
class Extract:
    """The words of a passage that answer best, as a range of its code points.

    ``score`` is how much more likely the model holds the best span to be than that the passage
    has no answer: the difference of the two sums of logits, no probability.
    """

    start: int
    end: int
    score: float


def best_span(passage: str, joined: Joined, logits: NDArray[np.float32]) -> Extract:
    """Return the best span; ``logits`` has shape (tokens, 2): it begins here, it ends here.

    Token 0 stands for "no answer". An empty range where the passage has no token, or the best
    span nothing but marks and spaces.
    """
    null = float(logits[0].sum())
    inside = logits[joined.first : joined.first + len(joined.offsets)].astype(np.float64)
    if not len(inside):
        return Extract(0, 0, -null)
    sums = inside[:, :1] + inside[:, 1][None, :]
    allowed = np.tril(np.triu(np.ones_like(sums, bool)), LONGEST - 1)
    # Where two places may answer, the begin of one and the end of the other are the best of each.
    stops = [match.end() for match in _SENTENCE_END.finditer(passage)]
    # The token of a line's first word may begin with the end of the line before.
    words = [b - len(passage[a:b].lstrip(_SPACE)) for a, b in joined.offsets]
    before = np.searchsorted(stops, words, side="right")
    allowed &= before[:, None] == before[None, :]
    sums = np.where(allowed, sums, -np.inf)
    first, last = np.unravel_index(int(sums.argmax()), sums.shape)
    start, end = _trimmed(passage, joined.offsets[first], joined.offsets[last])
    return Extract(start, end, float(sums[first, last]) - null)


def _trimmed(passage: str, first: NDArray[np.int64], last: NDArray[np.int64]) -> tuple[int, int]:
    """Return a range from a first to a last token without what is no part of an answer."""
    start, end = int(first[0]), int(last[1])
    if first[1] - start > 1 and passage[start] in _BEFORE:
        start += 1
    if end - last[0] > 1 and passage[end - 1] in _BEHIND:
        end -= 1
    kept = passage[start:end].lstrip(_EDGES + _CLOSING)
    start = end - len(kept)
    return start, start + len(kept.rstrip(_EDGES + _OPENING))
