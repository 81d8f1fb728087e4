"""From what the model says of every token to the words that answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ragbot.reader.joining import Joined

__all__ = ["LONGEST", "Extract", "best_span", "best_spans"]

LONGEST = 60
"""Longest answer, in tokens: one in sixty of CMRC's is longer, none of DRCD's."""

_SPACE = "".join(c for c in map(chr, range(0x3001)) if c.isspace())
_EDGES = _SPACE + ",，.。;；:：、!！?？\"“”'‘’"
_OPENING, _CLOSING = "（([「『《【〈", "）)]」』》】〉"
"""What a token may carry at its edge and no answer begins or ends with."""

_PART_END = re.compile("[。！？!?；;\\n]")
"""No answer goes on behind one. Of two parts between semicolons each tells of something else."""

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
    """Return the best span of a passage, as ``best_spans`` does."""
    return best_spans(passage, joined, logits)[0]


def best_spans(passage: str, joined: Joined, logits: NDArray[np.float32]) -> tuple[Extract, ...]:
    """Return the best span of every sentence and of every part between semicolons, best first.

    ``logits`` has shape (tokens, 2): it begins here, it ends here. Token 0 stands for "no answer".
    A span is an empty range where the passage has no token, or where it is nothing but marks and
    spaces.
    """
    null = float(logits[0].sum())
    inside = logits[joined.first : joined.first + len(joined.offsets)].astype(np.float64)
    if not len(inside):
        return (Extract(0, 0, -null),)
    # The token of a line's first word may begin with the end of the line before.
    words = [b - len(passage[a:b].lstrip(_SPACE)) for a, b in joined.offsets]
    stops = [match.end() for match in _PART_END.finditer(passage)]
    sentence = np.searchsorted(stops, words, side="right")
    bounds = np.flatnonzero(np.diff(sentence, prepend=-1, append=-1))
    found = [
        _best_within(passage, joined, inside, int(first), int(end))
        for first, end in pairwise(bounds)
    ]
    spans = [Extract(start, end, score - null) for start, end, score in found]
    return tuple(sorted(spans, key=lambda span: -span.score))


def _best_within(
    passage: str, joined: Joined, inside: NDArray[np.float64], first: int, end: int
) -> tuple[int, int, float]:
    """Return the best span among the tokens from ``first`` to ``end``, and its logits' sum."""
    sums = inside[first:end, :1] + inside[first:end, 1][None, :]
    allowed = np.tril(np.triu(np.ones_like(sums, bool)), LONGEST - 1)
    sums = np.where(allowed, sums, -np.inf)
    a, b = np.unravel_index(int(sums.argmax()), sums.shape)
    start, stop = _trimmed(passage, joined.offsets[first + a], joined.offsets[first + b])
    return start, stop, float(sums[a, b])


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
