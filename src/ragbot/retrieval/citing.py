"""Citations: ranges of the raw text, and the reading of exactly those ranges."""

from bisect import bisect_right
from dataclasses import dataclass

from ragbot.index.protocols import Store
from ragbot.index.store import PassageRow
from ragbot.results import Citation, Hit
from ragbot.retrieval.found import Found
from ragbot.retrieval.signals import SIGNALS

__all__ = ["Quote", "cite", "hit_of", "page_of"]


@dataclass(frozen=True, slots=True)
class Quote:
    """A range of a passage's reading, and the range inside it of the very words that answer."""

    passage: PassageRow
    start: int
    end: int
    answer: tuple[int, int] | None = None


def cite(store: Store, quote: Quote, n: int) -> Citation:
    """Cite a quote; a range that touches a group of torn characters takes all of it."""
    passage = quote.passage
    reading = passage.unfold()
    start, end = reading.widen(quote.start, quote.end)
    raw_start, raw_end = reading.to_raw(start, end)
    document = store.document(passage.document)
    statement = store.statement(passage.statement)
    words = answer_start = answer_end = None
    if quote.answer:
        a, b = reading.widen(*quote.answer)
        words = reading.text[a:b]
        answer_start, answer_end = (passage.start + at for at in reading.to_raw(a, b))
    return Citation(
        n=n,
        document=document.name,
        document_id=document.id,
        sha256=document.sha256,
        start=passage.start + raw_start,
        end=passage.start + raw_end,
        raw=reading.raw[raw_start:raw_end],
        quote=reading.text[start:end],
        page=page_of(store, passage, passage.start + raw_start),
        heading=statement.heading,
        byline=statement.byline,
        state=reading.state(raw_start, raw_end),
        answer=words,
        answer_start=answer_start,
        answer_end=answer_end,
    )


def page_of(store: Store, passage: PassageRow, start: int) -> int | None:
    """Return the page, from 1, that a range of a passage begins on at a raw offset of its document.

    A passage may run over the end of a page. None where the document has no pages.
    """
    if passage.page is None:
        return None
    return bisect_right(store.pages(passage.document), start)


def hit_of(store: Store, found: Found, n: int) -> Hit:
    """Show a found passage as a hit that cites the whole of it."""
    reading = found.passage.unfold()
    citation = cite(store, Quote(found.passage, 0, len(reading.text)), n)
    return Hit(
        text=reading.text,
        score=round(found.probability, 4),
        heading=citation.heading,
        byline=citation.byline,
        citation=citation,
        signals=_signals(found),
    )


def _signals(found: Found) -> dict[str, float]:
    named = dict(zip(SIGNALS, found.signals.tolist(), strict=True))
    if found.extract:
        named["reader"] = found.extract.score
    return {name: round(value, 4) for name, value in named.items()}
