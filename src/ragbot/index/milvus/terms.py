"""The lexical leg as sparse vectors, whose inner product is the BM25 of the local index.

Milvus has a BM25 of its own. In its lite edition that counts each segment by itself, and it has no
analyser that leaves terms alone which are already cut, so the order would be another one there.
"""

import hashlib
import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from ragbot.text.tokens import bigrams, words

__all__ = ["Statistics", "idf", "sparse", "term_id", "term_ids"]

_K1, _B = 1.2, 0.75  # as Tantivy has them
_EMPTY = 0
"""The dimension of a passage without a term, for a sparse vector must not be empty."""


def _norms() -> list[int]:
    """Return the lengths Tantivy tells apart: the first 40, then eight to a doubling."""
    steps = [(i & 7 | 8) << (i >> 3) - 1 if i >= 8 else i for i in range(232)]
    return [*range(24), *(24 + step for step in steps)]


_NORMS = _norms()


def term_id(field: str, term: str) -> int:
    """Return the number of a term: 63 bits, the same everywhere."""
    digest = hashlib.blake2b(f"{field}\0{term}".encode(errors="replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def dimension(number: int) -> int:
    """Return the dimension of a term in a sparse vector: 31 bits, never the one of no term."""
    return number & 0x7FFFFFFF | 1


def term_ids(key: str) -> tuple[list[int], list[int]]:
    """Return the numbers of a key's terms, of the words and of the bigrams."""
    return (
        [term_id("words", term) for term in words(key)],
        [term_id("bigrams", term) for term in bigrams(key)],
    )


def idf(frequency: int, passages: int) -> float:
    """Return the inverse document frequency of BM25."""
    return math.log1p((passages - frequency + 0.5) / (frequency + 0.5))


class Statistics:
    """What BM25 has to know of all passages: how many hold a term, and how long they are."""

    def __init__(self, keys: Iterable[str]) -> None:
        self.frequencies: Counter[int] = Counter()
        lengths, count = [0, 0], 0
        for key in keys:
            count += 1
            for field, terms in enumerate(term_ids(key)):
                lengths[field] += len(terms)
                self.frequencies.update(set(terms))
        self._averages = [max(length, 1) / max(count, 1) for length in lengths]

    def vector(self, key: str) -> dict[int, float]:
        """Return the sparse vector of a passage: what each term counts, before its rarity."""
        found: dict[int, float] = {}
        for average, terms in zip(self._averages, term_ids(key), strict=True):
            length = _NORMS[bisect_right(_NORMS, len(terms)) - 1]
            norm = _K1 * (1 - _B + _B * length / average)
            for number, count in Counter(terms).items():
                at = dimension(number)
                weight = (_K1 + 1) * count / (count + norm)
                found[at] = float(np.float32(found.get(at, 0.0) + weight))
        return dict(sorted(found.items())) or {_EMPTY: 1.0}


def sparse(
    terms: Sequence[tuple[str, str]], frequencies: dict[tuple[str, str], int], passages: int
) -> dict[int, float]:
    """Return the sparse vector of a question; a term that is there twice counts twice."""
    found: dict[int, float] = {}
    for field, term in terms:
        if frequencies[field, term]:
            at = dimension(term_id(field, term))
            found[at] = found.get(at, 0.0) + idf(frequencies[field, term], passages)
    return found
