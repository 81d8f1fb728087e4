"""Find the passages of a generation that answer a question."""

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ragbot.embedding import Embedder
from ragbot.index.generation import Generation
from ragbot.index.store import PassageRow
from ragbot.retrieval.query import Query
from ragbot.retrieval.ranking import confidence, rank
from ragbot.retrieval.signals import Terms, measure, weigh

__all__ = ["Found", "Search", "search"]

_DEPTH = 50
"""Passages each leg proposes. On CMRC and DRCD the right one is among the lexical leg's first 50
for 99.8 % of the questions (benchmarks/retrieval.py)."""

_UNITS_A_PASSAGE = 4


@dataclass(frozen=True, slots=True)
class Found:
    """A passage with what was measured of it."""

    passage: PassageRow
    cosines: NDArray[np.float32]
    """Of each of the passage's units."""
    signals: NDArray[np.float64]
    rank_score: float
    probability: float


@dataclass(frozen=True, slots=True)
class Search:
    """The outcome of a search, best passage first."""

    query: Query
    terms: Terms
    found: tuple[Found, ...]
    timing_ms: dict[str, float]


def search(generation: Generation, embedder: Embedder, query: Query, k: int) -> Search:
    """Search both legs, measure every passage either proposes, and rank them."""
    timing: dict[str, float] = {}
    clock = time.perf_counter()

    def lap(name: str) -> None:
        nonlocal clock
        now = time.perf_counter()
        timing[name] = round((now - clock) * 1000, 3)
        clock = now

    vector = embedder.embed_queries([query.key])[0]
    lap("embed")
    near_units, _ = generation.dense.search(vector, _DEPTH * _UNITS_A_PASSAGE)
    near = dict.fromkeys(generation.passages_of(near_units).tolist())
    lap("dense")
    matching, _ = generation.lexical.search(query.terms, _DEPTH)
    lap("lexical")
    rows = sorted({*list(near)[:_DEPTH], *matching.tolist()})
    passages = generation.store.passages(rows)
    cosines = _unit_cosines(generation, rows, vector)
    terms = weigh(
        query.content,
        lambda term: generation.lexical.document_frequency("bigrams", term),
        generation.manifest.passages,
    )
    signals = measure(terms, passages, cosines, generation.manifest.mean_key_chars)
    scores = rank(signals)
    order = np.argsort(-scores, kind="stable")[:k]
    found = tuple(
        Found(
            passages[i],
            cosines[i],
            signals[i],
            float(scores[i]),
            confidence(query, passages[i], signals[i]),
        )
        for i in order
    )
    lap("rank")
    timing["total"] = round(sum(timing.values()), 3)
    return Search(query, terms, found, timing)


def _unit_cosines(
    generation: Generation, rows: list[int], vector: NDArray[np.float32]
) -> list[NDArray[np.float32]]:
    """Return the cosines of all units of these passages, an array a passage."""
    firsts = generation.first_units
    spans = [range(int(firsts[row]), int(firsts[row + 1])) for row in rows]
    units = np.concatenate([np.asarray(span, np.int64) for span in spans])
    cosines = generation.dense.vectors(units) @ vector
    return np.split(cosines, np.cumsum([len(span) for span in spans])[:-1])
