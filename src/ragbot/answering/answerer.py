"""Compose the answer: judge, quote, cite; or refuse and say why."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest

from ragbot.answering import phrases
from ragbot.answering.phrases import Language
from ragbot.answering.quoting import choose
from ragbot.answering.verification import judge
from ragbot.index.protocols import Generation, Store
from ragbot.index.store import PassageRow
from ragbot.results import Answer, Citation, Claim
from ragbot.retrieval.citing import Quote, cite, hit_of
from ragbot.retrieval.found import Found
from ragbot.retrieval.query import Kind, Query
from ragbot.retrieval.retriever import Search
from ragbot.text.script import Script, convert, detect_script

__all__ = ["answer"]

_SURE = 0.5
"""Confidence below which an answer says that it is not sure."""
_LEAD = 0.6
"""The largest part of a quote that is worth saying before it."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A quote on a line of its own, under a name where several are listed."""

    quote: Quote
    name: str | None = None
    leads: bool = False
    """Whether the very words that answer stand above the quote they are from."""


def answer(
    generation: Generation,
    search: Search,
    *,
    refuse_below: float,
    sides: Sequence[tuple[str, Search]] = (),
) -> tuple[Answer, list[PassageRow]]:
    """Answer from what was found, or refuse where it is too improbable that it answers.

    Returns the passages of the hits besides, in their order.

    ``sides`` are the searches for each of several places, by name; where one of them answers, the
    answer is put together from theirs.
    """
    started = time.perf_counter()
    query, store = search.query, generation.store
    language: Language = "en" if query.english else query.script
    said = [(name, side, _said_of(store, side, refuse_below)) for name, side in sides]
    found, lines, confidence = _together(said)
    if not lines:
        found = search.found
        lines, confidence = _said_of(store, search, refuse_below)
    absent = [name for name, _, (spoken, _) in said if not spoken]
    hits = tuple(hit_of(store, one, n) for n, one in enumerate(found, 1))
    citations = tuple(cite(store, line.quote, n) for n, line in enumerate(lines, 1))
    text = "\n".join(map(partial(_write, query.script), lines, citations))
    frame = phrases.FRAME if confidence >= _SURE else phrases.UNSURE
    text = f"{frame[language]}{text}"
    if absent and citations:
        names = "、".join(convert(place, query.script) for place in absent)
        text = f"{text}\n{phrases.SIDE_ABSENT[language].format(missing=names)}"
    refused = not citations
    timing = dict(search.timing_ms)
    timing["answer"] = round((time.perf_counter() - started) * 1000, 3)
    for _, side in sides:
        timing["total"] += side.timing_ms["total"]
    timing["total"] = round(timing["total"] + timing["answer"], 3)
    made = Answer(
        question=query.text,
        reading=query.reading,
        text=phrases.REFUSAL[language] if refused else text,
        citations=citations,
        claims=tuple(_claims(query.script, lines, citations)),
        refused=refused,
        reason=_reason(query, search, language) if refused else None,
        confidence=round(confidence, 4),
        engine="quote",
        generation=generation.id,
        hits=hits,
        timing_ms=timing,
    )
    return made, [one.passage for one in found]


_Said = tuple[list[_Line], float]
"""The lines that answer, none where the question is refused; the probability that they do."""


def _together(
    said: Sequence[tuple[str, Search, _Said]],
) -> tuple[tuple[Found, ...], list[_Line], float]:
    """Return what was found for the sides that answer, a line a quote, and the least probability.

    The best of each side come first.
    """
    sure = [(name, search, answer) for name, search, answer in said if answer[0]]
    lines = [
        _Line(line.quote, None if n else name)
        for name, _, (spoken, _) in sure
        for n, line in enumerate(spoken)
    ]
    ranks = zip_longest(*(search.found for _, search, _ in sure))
    found = {one.passage.row: one for rank in ranks for one in rank if one}
    kept = tuple(found.values())[: max((len(search.found) for _, search, _ in sure), default=0)]
    return kept, lines, min((confidence for _, _, (_, confidence) in sure), default=0.0)


def _said_of(store: Store, search: Search, least: float) -> _Said:
    """Answer one question: the quotes; several statements each under its place."""
    choice = choose(store, search.query, search.terms, search.found)
    if choice.confidence < least:
        return [], choice.confidence
    if not search.query.many or len(choice.quotes) < 2:
        lines = [_Line(quote, leads=_leads(search.query, quote)) for quote in choice.quotes]
    else:
        lines = [
            _Line(quote, store.statement(quote.passage.statement).place) for quote in choice.quotes
        ]
    return lines, choice.confidence


def _leads(query: Query, quote: Quote) -> bool:
    """Tell whether the words that answer say it better than the quote alone."""
    if quote.answer is None or query.kind is Kind.YES_NO:
        return False
    start, end = quote.answer
    return end - start <= _LEAD * (quote.end - quote.start)


def _said(script: Script, line: _Line, cited: Citation) -> list[str]:
    """Return what is said of a citation in the script of the question.

    The passage tells the script it is in: 台北 alone is written so in both.
    """
    texts = [cited.answer, cited.quote] if line.leads else [cited.quote]
    kept = detect_script(line.quote.passage.raw) == script == "hant"
    return [text if kept else convert(text, script) for text in texts if text]


def _write(script: Script, line: _Line, cited: Citation) -> str:
    said = _said(script, line, cited)
    text = "\n".join(f"{phrases.unmarked(one)}[{cited.n}]" for one in said)
    return f"{convert(line.name, script)}：{text}" if line.name else text


def _claims(
    script: Script, lines: Sequence[_Line], citations: Sequence[Citation]
) -> Iterator[Claim]:
    """Yield every line as a claim; what is quoted is compared with its source like any other."""
    for line, cited in zip(lines, citations, strict=True):
        for said in _said(script, line, cited):
            state = judge(said, cited.quote, line.quote.passage.context)
            yield Claim(said, state, (cited.n,))


def _reason(query: Query, search: Search, language: Language) -> str:
    if not search.found:
        return phrases.NOTHING_NEAR[language]
    best = search.found[0].passage
    evidence = f"{best.context} {best.key}"
    absent = [place for place in query.places if place not in evidence]
    if absent:
        return phrases.PLACE_ABSENT[language].format(
            missing=convert("、".join(absent), query.script)
        )
    missing = [word.text for word in search.terms.words if word.text not in evidence]
    if not missing:
        return phrases.NOTHING_NEAR[language]
    return phrases.TOO_UNSURE[language].format(
        missing=convert("、".join(missing[:4]), query.script)
    )
