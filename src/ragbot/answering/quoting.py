"""The reader without a model: which sentences answer, and which of their clauses."""

import math
import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ragbot.documents.bylines import TITLES
from ragbot.documents.passages import split_units
from ragbot.index.protocols import Store
from ragbot.index.store import PassageRow
from ragbot.retrieval.citing import Quote
from ragbot.retrieval.evidence import demand_of
from ragbot.retrieval.found import Found
from ragbot.retrieval.query import Kind, Query
from ragbot.retrieval.signals import Terms, cover
from ragbot.text.fold import fold
from ragbot.text.sentences import clauses, sentences

__all__ = ["choose"]

_SHORT = 60
"""Longest quote that is never narrowed to the clauses that answer, in characters."""
_LONG = 120
"""Longest quote that is narrowed only where the clauses hold all of the question that the sentence
does, the thing asked for by name: on CMRC narrowing every quote at 60 loses one answer in ten."""
_MEANING = 4.0
"""Weight of a unit's cosine below the passage's best one; cosines of one passage differ by some
hundredths, shares of the question by tenths."""

# What an answer of the kind asked for is likely to hold.
_SHAPES = {
    Kind.ROLE: re.compile(TITLES),
    Kind.WHEN: re.compile(r"\d[年月日]|世纪|年代|时期|朝|近期|近日|今年|去年|\d{4}"),
    Kind.HOW_MANY: re.compile(r"\d|[一二三四五六七八九十百千万亿两半]"),
    Kind.WHY: re.compile(r"因为|由于|因此|所以|为了|原因|使得|故|是因|导致|以便"),
    Kind.WHERE: re.compile(r"位于|在|于|省|市|县|区|州|国|地"),
}


_SIDES = 6
"""Passages that may each give a quote where several statements are asked for."""
_READ = 1.0
"""What the words that the reader is sure of count, where a sentence that holds all of the question
counts some two."""
_WORSE = 0.35
"""How much less of the question than the best quote another one may hold."""
_AT_LENGTH = 240
"""Longest quote where more is asked for than the clause that answers."""
_TITLE = 16
"""An item of a list that is no longer than this only says what the next sentences are about."""
_ITEM = re.compile(r"[一二三四五六七八九十]{1,3}是|[(（]?[一二三四五六七八九十\d]{1,2}[)）、.．]")
_EXPLAINED = (Kind.HOW, Kind.WHAT, Kind.WHICH, Kind.WHY)


@dataclass(frozen=True, slots=True)
class _Sentence:
    passage: PassageRow
    start: int
    end: int
    score: float
    answer: tuple[int, int] | None = None
    """The words in it that the reader holds for an answer."""


def choose(
    store: Store, query: Query, terms: Terms, found: Sequence[Found], least: float
) -> list[Quote]:
    """Return the quotes that answer, the best first; empty where nothing fits.

    A question about many statements gets the best of each whose probability is ``least`` or more.
    """
    looked_at = found[:_SIDES] if query.many else found[:3]
    best: list[tuple[float, float, _Sentence]] = []
    top = found[0].probability if found else 0.0
    for place, hit in enumerate(looked_at):
        # A lower passage needs a clearly better sentence.
        handicap = 0.05 * place + 0.5 * max(0.0, top - hit.probability)
        sentences_of_it = _score(store, query, terms, hit)
        if sentences_of_it:
            one = max(sentences_of_it, key=lambda sentence: sentence.score)
            best.append((one.score - handicap, hit.probability, one))
    best.sort(key=lambda item: -item[0])
    if not query.many:
        return [q for _, _, one in best[:1] for q in _whole(store, _narrow(query, terms, one))]
    quotes: dict[int, Quote] = {}
    for score, probability, one in best:
        if probability >= least and score >= best[0][0] - _WORSE:
            quotes.setdefault(one.passage.statement, _narrow(query, terms, one))
    return list(quotes.values())


def _score(store: Store, query: Query, terms: Terms, hit: Found) -> list[_Sentence]:
    passage = hit.passage
    text = passage.unfold().text
    statement = store.statement(passage.statement)
    shape = _SHAPES.get(query.kind)
    demand = demand_of(query)
    near = _nearness(text, hit)
    scored = []
    read = hit.extract
    for start, end in sentences(text):
        line = text[start:end].strip()
        if statement.byline and line == statement.byline:
            # The two characters of a short name may be spaced out in print.
            key = fold(f"{statement.office} {statement.name}")
        else:
            key = fold(line)
        if not key:
            continue
        score = _overlap(terms, key, passage.context) + _named(query.focus, key)
        score += _MEANING * near(start)
        if shape and shape.search(key):
            score += 0.1
        if demand.answer:
            score += 0.3 if demand.met([key], "") else -0.3 * demand.person
        if line == statement.heading:
            score -= 0.1
        answer = None
        if read and start <= read.start < end:
            score += _READ / (1 + math.exp(-read.score))
            if read.score >= 0 and read.start < read.end:
                # What ends a sentence for us and for the reader need not be the same.
                end = max(end, next(b for _, b in sentences(text) if b >= read.end))
                answer = read.start, read.end
        scored.append(_Sentence(passage, start, end, score, answer))
    return scored


def _nearness(text: str, hit: Found) -> Callable[[int], float]:
    """Return how far behind the passage's nearest unit the unit at an offset lies, at most 0."""
    starts = [start for start, end in split_units(text) if fold(text[start:end])]
    behind = (hit.cosines - hit.cosines.max()).tolist()
    return lambda at: behind[min(max(0, bisect_right(starts, at) - 1), len(behind) - 1)]


def _overlap(terms: Terms, key: str, context: str) -> float:
    """Share of the question that a sentence covers; what only its context covers counts half.

    Pairs of characters count besides words, less: they tell 筹建中心 from 中心 for 建设中心; and so
    do triples, which tell 省委书记 from 党组书记.
    """
    own = cover(terms.words, key)
    both = cover(terms.words, key, context)
    pairs = sum(idf for pair, idf in terms.bigrams if pair in key)
    chars = sum(idf for pair, idf in terms.bigrams if pair[0] in key or pair[-1] in key)
    triples = sum(idf for triple, idf in terms.trigrams if triple in key)
    all_pairs = sum(idf for _, idf in terms.bigrams) or 1.0
    all_triples = sum(idf for _, idf in terms.trigrams) or 1.0
    return (
        (own + both) / (2 * terms.total)
        + (0.3 * pairs + 0.1 * chars) / all_pairs
        + 0.3 * triples / all_triples
    )


def _named(focus: str, key: str) -> float:
    """Reward a sentence that names the thing asked for; more so where a name ends with it.

    知识产权保护中心, is called a 中心; 中心节点 is a 节点.
    """
    if not focus or focus not in key:
        return 0.0
    return 0.15 if re.search(re.escape(focus) + r"(?:[^\w]|等|$)", key) else 0.05


def _narrow(query: Query, terms: Terms, sentence: _Sentence) -> Quote:
    passage, answer = sentence.passage, sentence.answer
    text = passage.unfold().text
    start, end = _trim(text, sentence.start, sentence.end)
    if query.kind in _EXPLAINED and end - start <= _TITLE and _ITEM.match(text, start):
        return Quote(passage, start, _what_follows(text, start, end))
    if query.at_length:
        return Quote(passage, *_around(text, start, end))
    if end - start <= _SHORT:
        return Quote(passage, start, end, answer)
    a, b = _clauses_that_answer(query, terms, text, start, end, _SHORT, answer)
    if not _holds_all(query, terms, fold(text[a:b]), fold(text[start:end]), passage):
        if end - start <= _LONG:
            return Quote(passage, start, end, answer)
        a, b = _clauses_that_answer(query, terms, text, start, end, _LONG, answer)
    return Quote(passage, a, b, answer)


def _holds_all(query: Query, terms: Terms, part: str, whole: str, passage: PassageRow) -> bool:
    """Whether a part of a sentence names the thing asked for and says no less of the question.

    What the passage is about need not be said again: 北京 of a statement of 北京.
    """
    said = cover(terms.words, part, passage.context)
    return _named(query.focus, part) > 0 and said >= cover(terms.words, whole, passage.context)


def _clauses_that_answer(
    query: Query,
    terms: Terms,
    text: str,
    start: int,
    end: int,
    longest: int,
    answer: tuple[int, int] | None,
) -> tuple[int, int]:
    """Return the clauses in a row that hold most of the question, and the words that answer it.

    They are not longer than ``longest``, unless one clause or the answer is.
    """
    spans = [(start + a, start + b) for a, b in clauses(text[start:end])]
    first, last = answer or (end, start)
    best, best_score = (start, end), -math.inf
    for i, (a, _) in enumerate(spans):
        if a > first:
            break
        shortest = max(i, next(j for j, (_, b) in enumerate(spans) if b >= last))
        for j in range(shortest, len(spans)):
            b = spans[j][1]
            if b - a > longest and j > shortest:
                break
            # Room that is left goes to what follows the words of the question.
            key = fold(text[a:b])
            score = _overlap(terms, key, "") + _named(query.focus, key)
            score += 0.0005 * (b - a) - 0.0003 * a
            if answer:
                score -= max(0, b - a - longest)
            if score > best_score:
                best, best_score = (a, b), score
    a, b = _trim(text, *best)
    while b > max(a, last if answer else a) and text[b - 1] in "，,；;、：:":
        b -= 1
    return a, b


def _around(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a sentence with those behind it, then those before it, of its line, while they fit."""
    begin = text.rfind("\n", 0, start) + 1
    line = text.find("\n", end)
    stop = line if line >= 0 else len(text)
    last = end
    for _, b in sentences(text[end:stop]):
        if end + b - start > _AT_LENGTH:
            break
        last = end + b
    for a, _ in reversed(list(sentences(text[begin:start]))):
        if last - (begin + a) > _AT_LENGTH:
            break
        start = begin + a
    return _trim(text, start, last)


def _whole(store: Store, quote: Quote) -> list[Quote]:
    """Return a quote, with the first sentences of the next passage where it is a title at an end.

    二是健全保护体系。 may close one passage, and what is done for it open the next.
    """
    text = quote.passage.unfold().text
    title = text[quote.start : quote.end]
    if len(title) > _TITLE or not _ITEM.match(title) or text[quote.end :].strip():
        return [quote]
    after = store.next_passage(quote.passage)
    if after is None:
        return [quote]
    stop = _what_follows(after.unfold().text, 0, 0)
    return [quote, Quote(after, 0, stop)] if stop else [quote]


def _what_follows(text: str, start: int, end: int) -> int:
    """Return where the sentences end that explain the title of an item."""
    line = text.find("\n", end)
    rest = text[end : line if line >= 0 else len(text)]
    stop = end
    for a, b in sentences(rest):
        if end + b - start > _LONG or _ITEM.match(rest[a:b].strip()):
            break
        stop = end + b
    return _trim(text, start, stop)[1]


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
