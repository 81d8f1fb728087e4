"""What is measured of a passage against a question: the numbers ranking and confidence stand on."""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ragbot.index.store import PassageRow
from ragbot.text.tokens import bigrams, content_words

__all__ = ["SIGNALS", "Terms", "Weights", "bm25", "cover", "measure", "weigh", "windows"]

# Okapi BM25's usual constants (Robertson and Zaragoza, 2009).
_K1, _B = 1.2, 0.75

SIGNALS = ("cosine", "bm25", "coverage", "window")
"""The columns of ``measure``."""

Weights = tuple[tuple[str, float], ...]
"""Terms with their inverse document frequencies."""

_PARTIAL = 0.5
"""What a word counts of which only parts occur: 部长会议 where the passage says 部长级会议."""


@dataclass(frozen=True, slots=True)
class Terms:
    """A question's terms, weighted by how rare they are in the index."""

    bigrams: Weights
    words: Weights

    @property
    def total(self) -> float:
        """The weight of all words."""
        return sum(idf for _, idf in self.words) or 1.0


def weigh(content: str, frequency: Callable[[str], int], passages: int) -> Terms:
    """Weigh a question's bigrams and words by how rare they are in the index.

    ``frequency`` returns how many passages hold a bigram. A word is at most as frequent as its
    rarest bigram. idf = ln(1 + (N - n + 0.5) / (n + 0.5)), as in BM25.
    """

    def idf(terms: Iterable[str]) -> float:
        n = min((min(frequency(term), passages) for term in terms), default=0)
        return math.log1p((passages - n + 0.5) / (n + 0.5))

    pairs = tuple((term, idf([term])) for term in dict.fromkeys(bigrams(content)))
    words = tuple((word, idf(bigrams(word))) for word in content_words(content))
    return Terms(pairs, words)


def cover(words: Weights, text: str, context: str = "") -> float:
    """Return the weight of the words that occur in a text or its context; parts count half."""
    covered = 0.0
    for word, idf in words:
        if word in text or word in context:
            covered += idf
        elif len(word) > 2:
            parts = bigrams(word)
            covered += _PARTIAL * idf * sum(part in text for part in parts) / len(parts)
    return covered


def bm25(pairs: Weights, text: str, relative_length: float) -> float:
    """Return the BM25 score of a text, ``relative_length`` times as long as the average one."""
    norm = _K1 * (1 - _B + _B * relative_length)
    score = 0.0
    for term, idf in pairs:
        if count := text.count(term):
            score += idf * count * (_K1 + 1) / (count + norm)
    return score


def windows(key: str) -> list[str]:
    """Return every two neighbouring units of a passage's key; the one unit of a short one."""
    units = key.split("\n")
    return [f"{a}\n{b}" for a, b in pairwise(units)] or units


def measure(
    terms: Terms, passages: Sequence[PassageRow], cosines: NDArray[np.float32], mean_chars: float
) -> NDArray[np.float64]:
    """Measure passages against a question; shape (passages, len(SIGNALS))."""
    signals = np.empty((len(passages), len(SIGNALS)))
    for row, (passage, cosine) in enumerate(zip(passages, cosines, strict=True)):
        text = f"{passage.context}\n{passage.key}"
        covered = cover(terms.words, text)
        # Only words the passage has can be in one of its windows.
        present = tuple(pair for pair in terms.words if pair[0] in text)
        best = max((cover(present, w, passage.context) for w in windows(passage.key)), default=0.0)
        signals[row] = (
            cosine,
            bm25(terms.bigrams, text, len(passage.key) / mean_chars),
            covered / terms.total,
            best / terms.total,
        )
    return signals


_YEARS_AND_NUMBERS = re.compile(r"\d+(?:\.\d+)?%?")


def numbers_in(key: str) -> frozenset[str]:
    """Return the numbers of a folded text as written."""
    return frozenset(_YEARS_AND_NUMBERS.findall(key))
