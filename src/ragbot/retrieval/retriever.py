"""Find the passages of a generation that answer a question."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ragbot.embedding import Embedder
from ragbot.index.protocols import Generation
from ragbot.index.store import PassageRow
from ragbot.reader.reader import Reader
from ragbot.retrieval.found import Found
from ragbot.retrieval.query import Query
from ragbot.retrieval.ranking import confidence, rank
from ragbot.retrieval.rereading import reread
from ragbot.retrieval.signals import Terms, bigrams_of, measure, weigh

__all__ = ["MOST", "Filter", "Search", "deepen", "passages_of", "search"]

MOST = 1000
"""Passages that may be asked for at once."""

_DEPTH = 30
"""Passages each leg proposes. On CMRC and DRCD fifty of either find the right one first no more
often, and cost a third more time."""

_JUDGED = 5
"""Passages one of which may be put first because it holds what an answer must hold."""

_SURE = 0.9
"""How probably that one must answer: of less than that, near misses on laws have one too often."""

_UNITS_A_PASSAGE = 4
_MOST_UNITS = 16_384
"""Units asked for in one search; Milvus returns no more."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Limits a search: a document by name or id, headings that hold these words."""

    document: str | None = None
    heading: str | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """The outcome of a search, best passage first."""

    query: Query
    terms: Terms
    found: tuple[Found, ...]
    timing_ms: dict[str, float]


def search(
    generation: Generation,
    embedder: Embedder,
    query: Query,
    k: int,
    only: Filter | None = None,
    *,
    reader: Reader | None = None,
    words: bool = True,
) -> Search:
    """Search both legs, measure every passage either proposes, rank them, and read the best.

    The legs propose thirty passages each; ``deepen`` finds more where ``k`` wants more.

    Without ``words``, for who wants passages only, none is read where none could come first but
    the one that does: reading costs more than all the rest.
    """
    timing: dict[str, float] = {}
    clock = time.perf_counter()

    def lap(name: str) -> None:
        nonlocal clock
        now = time.perf_counter()
        timing[name] = round((now - clock) * 1000, 3)
        clock = now

    allowed = generation.store.passages_where(only.document, only.heading) if only else None
    vector = embedder.embed_queries([query.key])[0]
    lap("embed")
    near = _near(generation, vector, _DEPTH * _UNITS_A_PASSAGE, allowed)[:_DEPTH]
    lap("dense")
    # All at once: an engine over the network is asked for them in one call.
    pairs = [("bigrams", pair) for pair in bigrams_of(query.content)]
    frequencies = generation.lexical.frequencies([*query.terms, *pairs])
    matching, _ = generation.lexical.search(query.terms, _DEPTH, allowed)
    lap("lexical")
    rows = sorted({*near, *matching.tolist()})
    if not rows:
        return Search(
            query, weigh("", lambda _: 0, 1), (), {**timing, "total": sum(timing.values())}
        )
    passages = generation.store.passages(rows)
    cosines = _unit_cosines(generation, rows, vector)
    terms = weigh(
        query.content,
        lambda term: frequencies["bigrams", term],
        generation.manifest.passages,
    )
    signals = measure(terms, passages, cosines, generation.manifest.mean_key_chars)
    scores = rank(signals)
    order = np.argsort(-scores, kind="stable").tolist()
    if query.many:
        order = _spread(query, passages, order)
    found = [
        Found(
            passages[i],
            cosines[i],
            signals[i],
            float(scores[i]),
            confidence(query, terms, passages[i], signals[i]),
        )
        for i in order[: max(k, _JUDGED)]
    ]
    if not query.many and found[0].probability < 0.5:
        # It lacks what an answer must hold; one close behind may have it.
        sure = [i for i, one in enumerate(found[:_JUDGED]) if one.probability >= _SURE]
        found.insert(0, found.pop(sure[0] if sure else 0))
    lap("rank")
    if reader and not query.many and not query.english:
        found = reread(reader, query, found, words=words)
        lap("read")
    timing["total"] = round(sum(timing.values()), 3)
    return Search(query, terms, tuple(found[:k]), timing)


def deepen(
    generation: Generation, embedder: Embedder, search: Search, k: int, only: Filter | None = None
) -> Search:
    """Add the passages that only a deeper search finds, until there are ``k`` or no more exist.

    They come behind those found before, so that the best five of a hundred are the best five of
    five. ``only`` is what limited the search.
    """
    started, query = time.perf_counter(), search.query
    allowed = generation.store.passages_where(only.document, only.heading) if only else None
    vector = embedder.embed_queries([query.key])[0]
    matching, _ = generation.lexical.search(query.terms, k, allowed)
    units, most = k * _UNITS_A_PASSAGE, min(generation.manifest.units, _MOST_UNITS)
    near = _near(generation, vector, min(units, most), allowed)
    while len(near) < k and units < most:
        units *= 2
        near = _near(generation, vector, min(units, most), allowed)
    rows = sorted({*near, *matching.tolist()} - {one.passage.row for one in search.found})
    if not rows:
        return search
    passages = generation.store.passages(rows)
    cosines = _unit_cosines(generation, rows, vector)
    signals = measure(search.terms, passages, cosines, generation.manifest.mean_key_chars)
    scores = rank(signals)
    more = [
        Found(
            passages[i],
            cosines[i],
            signals[i],
            float(scores[i]),
            confidence(query, search.terms, passages[i], signals[i]),
        )
        for i in np.argsort(-scores, kind="stable").tolist()[: k - len(search.found)]
    ]
    taken = round((time.perf_counter() - started) * 1000, 3)
    timing = search.timing_ms | {
        "deepen": taken,
        "total": round(search.timing_ms["total"] + taken, 3),
    }
    return replace(search, found=(*search.found, *more), timing_ms=timing)


def _near(
    generation: Generation,
    vector: NDArray[np.float32],
    count: int,
    allowed: NDArray[np.int64] | None,
) -> list[int]:
    """Return the passages of the nearest ``count`` units, the nearest first."""
    among = None
    if allowed is not None:
        among = _units_of(generation, allowed.tolist())
    units, _ = generation.dense.search(vector, count, among)
    return list(dict.fromkeys(passages_of(generation, units).tolist()))


def passages_of(generation: Generation, units: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the passage of each unit."""
    found: NDArray[np.int64] = np.searchsorted(generation.first_units, units, side="right") - 1
    return found


def _spread(query: Query, passages: Sequence[PassageRow], order: list[int]) -> list[int]:
    """Put the best passage of each place asked about first, then of each statement, then the rest.

    Five passages of one statement answer for one place only.
    """
    first: dict[object, int] = {}
    for place in query.places:
        for i in order:
            if place in passages[i].context or place in passages[i].key:
                first.setdefault(place, i)
                break
    chosen = dict.fromkeys(first.values())
    taken = {passages[i].statement for i in chosen}
    for i in order:
        if passages[i].statement not in taken:
            taken.add(passages[i].statement)
            chosen[i] = None
    return [*chosen, *(i for i in order if i not in chosen)]


def _units_of(generation: Generation, rows: Sequence[int]) -> NDArray[np.int64]:
    """Return the rows of all units of these passages."""
    firsts = generation.first_units
    spans = [np.arange(firsts[row], firsts[row + 1], dtype=np.int64) for row in rows]
    return np.concatenate([*spans, np.empty(0, np.int64)])


def _unit_cosines(
    generation: Generation, rows: Sequence[int], vector: NDArray[np.float32]
) -> list[NDArray[np.float32]]:
    """Return the calibrated cosines of all units of these passages, an array a passage."""
    firsts = generation.first_units
    cosines = generation.dense.vectors(_units_of(generation, rows)) @ vector
    if calibration := generation.manifest.calibration:
        cosines = cosines * calibration.scale + calibration.shift
    lengths = [int(firsts[row + 1] - firsts[row]) for row in rows]
    return np.split(cosines, np.cumsum(lengths)[:-1])
