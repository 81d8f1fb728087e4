"""Compose the answer: judge, quote, cite; or refuse and say why."""

import time
from collections.abc import Sequence

from ragbot.answering import phrases
from ragbot.answering.quoting import choose
from ragbot.index.generation import Generation
from ragbot.results import Answer, Citation
from ragbot.retrieval.citing import Quote, cite, hit_of
from ragbot.retrieval.query import Query
from ragbot.retrieval.retriever import Search
from ragbot.text.script import convert

__all__ = ["answer"]


def answer(generation: Generation, search: Search, *, refuse_below: float) -> Answer:
    """Answer from what was found, or refuse where it is too improbable that it answers."""
    started = time.perf_counter()
    query, store = search.query, generation.store
    hits = tuple(hit_of(store, found, n) for n, found in enumerate(search.found, 1))
    confidence = search.found[0].probability if search.found else 0.0
    quotes: Sequence[Quote] = ()
    if confidence >= refuse_below:
        quotes = choose(store, query, search.terms, search.found, refuse_below)
    citations = _cite(generation, quotes)
    text = "\n".join(f"{convert(c.quote, query.script)}[{c.n}]" for c in citations)
    refused = not citations
    timing = dict(search.timing_ms)
    timing["answer"] = round((time.perf_counter() - started) * 1000, 3)
    timing["total"] = round(timing["total"] + timing["answer"], 3)
    return Answer(
        question=query.text,
        reading=query.reading,
        text=phrases.refusal(query.script) if refused else text,
        citations=citations,
        refused=refused,
        reason=_reason(query, search) if refused else None,
        confidence=round(confidence, 4),
        engine="quote",
        generation=generation.id,
        hits=hits,
        timing_ms=timing,
    )


def _cite(generation: Generation, quotes: Sequence[Quote]) -> tuple[Citation, ...]:
    return tuple(cite(generation.store, quote, n) for n, quote in enumerate(quotes, 1))


def _reason(query: Query, search: Search) -> str:
    if not search.found:
        return phrases.NOTHING_NEAR[query.script]
    best = search.found[0].passage
    evidence = f"{best.context} {best.key}"
    absent = [place for place in query.places if place not in evidence]
    if absent:
        return phrases.PLACE_ABSENT[query.script].format(
            missing=convert("、".join(absent), query.script)
        )
    missing = [word.text for word in search.terms.words if word.text not in evidence]
    if not missing:
        return phrases.NOTHING_NEAR[query.script]
    return phrases.TOO_UNSURE[query.script].format(
        missing=convert("、".join(missing[:4]), query.script)
    )
