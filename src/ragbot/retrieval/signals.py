"""What is measured of a passage against a question: the numbers ranking and confidence stand on."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ragbot.index.store import PassageRow
from ragbot.text.tokens import bigrams, content_words, trigrams

__all__ = [
    "SIGNALS",
    "Terms",
    "Weights",
    "Word",
    "bigrams_of",
    "bm25",
    "cover",
    "measure",
    "weigh",
    "windows",
]

# Okapi BM25's usual constants (Robertson and Zaragoza, 2009).
_K1, _B = 1.2, 0.75

SIGNALS = ("cosine", "bm25", "coverage", "window", "sentence", "trigrams")
"""The columns of ``measure``: the nearest unit's cosine; BM25 over bigrams, 1 where every term is
there often; the share of the words that occur, by weight; the same in the best two neighbouring
units; the best unit by words and cosine together; the share of the trigrams that occur."""

Weights = tuple[tuple[str, float], ...]
"""Terms with their inverse document frequencies."""

_COSINE_SCALE = 10.0
"""Cosines of this model lie within a tenth of each other, shares of words between 0 and 1."""

_PARTIAL = 0.5
"""What a word counts of which only parts occur: 部长会议 where the passage says 部长级会议."""


class Word(NamedTuple):
    """A word of a question, its inverse document frequency, and the pairs it is made of."""

    text: str
    idf: float
    parts: tuple[str, ...]
    """Only of a word that may occur in part: of three characters or more."""


@dataclass(frozen=True, slots=True)
class Terms:
    """A question's terms, weighted by how rare they are in the index."""

    bigrams: Weights
    trigrams: Weights
    words: tuple[Word, ...]
    total: float
    """The weight of all words, 1 where there are none."""


def weigh(content: str, frequency: Callable[[str], int], passages: int) -> Terms:
    """Weigh a question's bigrams and words by how rare they are in the index.

    ``frequency`` returns how many passages hold a bigram. A word is at most as frequent as its
    rarest bigram. idf = ln(1 + (N - n + 0.5) / (n + 0.5)), as in BM25.
    """

    def idf(terms: Iterable[str]) -> float:
        n = min((min(frequency(term), passages) for term in terms), default=0)
        return math.log1p((passages - n + 0.5) / (n + 0.5))

    pairs = tuple((term, idf([term])) for term in dict.fromkeys(bigrams(content)))
    triples = tuple((term, idf(bigrams(term))) for term in dict.fromkeys(trigrams(content)))
    words = tuple(
        Word(word, idf(parts), tuple(parts) if len(word) > 2 else ())
        for word in content_words(content)
        for parts in [bigrams(word)]
    )
    return Terms(pairs, triples, words, sum(word.idf for word in words) or 1.0)


def bigrams_of(content: str) -> set[str]:
    """Return the bigrams whose frequency ``weigh`` asks for."""
    words = content_words(content)
    return {pair for part in (content, *trigrams(content), *words) for pair in bigrams(part)}


def cover(words: Iterable[Word], text: str, context: str = "") -> float:
    """Return the weight of the words that occur in a text or its context; parts count half."""
    return sum(_weights(words, text, context))


def _weights(words: Iterable[Word], text: str, context: str) -> list[float]:
    """Return what each word counts."""
    return [
        idf
        if word in text or word in context
        else _PARTIAL * idf * sum([part in text for part in parts]) / len(parts)
        if parts
        else 0.0
        for word, idf, parts in words
    ]


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
    terms: Terms,
    passages: Sequence[PassageRow],
    cosines: Sequence[NDArray[np.float32]],
    mean_chars: float,
) -> NDArray[np.float64]:
    """Measure passages against a question; shape (passages, len(SIGNALS)).

    ``cosines`` holds an array a passage, a cosine a unit; ``mean_chars`` is the average length of
    a key in the index.
    """
    signals = np.empty((len(passages), len(SIGNALS)))
    most = (_K1 + 1) * (sum(idf for _, idf in terms.bigrams) or 1.0)
    all_triples = sum(idf for _, idf in terms.trigrams) or 1.0
    for row, (passage, near) in enumerate(zip(passages, cosines, strict=True)):
        text = f"{passage.context}\n{passage.key}"
        # Only words the passage has can be in one of its units.
        present = [word for word in terms.words if _occurs(word, text)]
        weights = [_weights(present, unit, passage.context) for unit in passage.key.split("\n")]
        units = [sum(found) for found in weights]
        # Two neighbours hold what either of them holds.
        pairs = [sum(map(max, a, b)) for a, b in pairwise(weights)] or units
        signals[row] = (
            near.max(),
            bm25(terms.bigrams, text, len(passage.key) / mean_chars) / most,
            cover(present, text) / terms.total,
            max(pairs) / terms.total,
            max(
                covered / terms.total + _COSINE_SCALE * float(cosine)
                for covered, cosine in zip(units, near, strict=True)
            ),
            sum([idf for triple, idf in terms.trigrams if triple in text]) / all_triples,
        )
    return signals


def _occurs(word: Word, text: str) -> bool:
    """Tell whether a word or a part of it that counts occurs."""
    return word.text in text or any(part in text for part in word.parts)
