"""Choose the sentence that answers, and the clauses of it that are quoted."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ragbot.answering.support import SHIPPED, Candidate, candidates, named, overlap
from ragbot.index.protocols import Store
from ragbot.index.store import PassageRow
from ragbot.retrieval.citing import Quote
from ragbot.retrieval.found import Found
from ragbot.retrieval.query import Kind, Query
from ragbot.retrieval.signals import Terms, cover
from ragbot.text.fold import fold
from ragbot.text.sentences import clauses, sentences

__all__ = ["Choice", "choose"]

_SHORT = 60
"""Longest quote that is never narrowed to the clauses that answer, in characters."""
_LONG = 120
"""Longest quote that is narrowed only where the clauses hold all of the question that the sentence
does, the thing asked for by name: on CMRC narrowing every quote at 60 loses one answer in ten."""
_LOOKED_AT = 3
"""Passages one of which gives the quote."""
_SIDES = 6
"""Passages that may each give a quote where several statements are asked for."""
_RIGHT = 0.6
"""What the probability of a passage counts as that of its quote. A passage from 0.5 was answered
from before quotes had a probability of their own: this makes it the default of ``refuse_below``."""
_LIKELY = 0.5
"""Least probability of a passage that is quoted beside another one."""
_WORSE = 0.35
"""How much less of the question than the best quote another one may hold."""
_AT_LENGTH = 240
"""Longest quote where more is asked for than the clause that answers."""
_TITLE = 16
"""An item of a list that is no longer than this only says what the next sentences are about."""
_ITEM = re.compile(r"[一二三四五六七八九十]{1,3}是|[(（]?[一二三四五六七八九十\d]{1,2}[)）、.．]")
_PARTS = re.compile("[；;]")
_EXPLAINED = (Kind.HOW, Kind.WHAT, Kind.WHICH, Kind.WHY)


@dataclass(frozen=True, slots=True)
class Choice:
    """The quotes that answer, the best first, and the probability that the first is right."""

    quotes: tuple[Quote, ...] = ()
    confidence: float = 0.0


def choose(store: Store, query: Query, terms: Terms, found: Sequence[Found]) -> Choice:
    """Return the quotes that answer, the best first; none where nothing fits.

    A question about many statements gets the best of each passage that is likely to answer.
    """
    best: list[Candidate] = []
    for place, hit in enumerate(found[: _SIDES if query.many else _LOOKED_AT]):
        statement = store.statement(hit.passage.statement)
        made = candidates(query, terms, found, place, statement)
        if made and (not query.many or not best or hit.probability >= _LIKELY):
            best.append(max(made, key=_score))
    if not best:
        return Choice()
    first = max(best, key=_score)
    if not query.many:
        quoted = tuple(_whole(store, _narrow(query, terms, first)))
        return Choice(quoted, _confidence(query, found, first))
    quotes: dict[int, Quote] = {}
    for one in sorted(best, key=_score, reverse=True):
        if _relevance(one) >= _relevance(first) - _WORSE:
            quotes.setdefault(one.passage.statement, _narrow(query, terms, one))
    return Choice(tuple(quotes.values()), _confidence(query, found, first))


def _score(one: Candidate) -> float:
    return SHIPPED.score(one.measured)


def _relevance(one: Candidate) -> float:
    """Return how much of a question a candidate holds, less how far its passage is behind."""
    return one["overlap"] - 0.5 * one["behind"] - 0.05 * one["place"]


def _confidence(query: Query, found: Sequence[Found], first: Candidate) -> float:
    """Return the probability that an answer is right.

    What is quoted at length, or from many statements, is passages and no claim: the probability is
    that of its passage, less what choosing a sentence may miss. So it is where no reader has read.
    """
    if query.at_length or query.many or not any(hit.extracts for hit in found):
        row = first.passage.row
        return _RIGHT * max(hit.probability for hit in found if hit.passage.row == row)
    return SHIPPED.probability(first.measured)


def _narrow(query: Query, terms: Terms, sentence: Candidate) -> Quote:
    passage, answer = sentence.passage, sentence.answer
    text = passage.unfold().text
    start, end = _trim(text, *_part(terms, passage, text, sentence))
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


def _part(terms: Terms, passage: PassageRow, text: str, sentence: Candidate) -> tuple[int, int]:
    """Return the part between semicolons that answers, where it says no less of the question.

    2023年收入16.74亿元;2022年收入15.20亿元。 tells of two years: only one was asked about.
    """
    start, end = sentence.start, sentence.end
    whole = text[start:end]
    inner = [match.end() for match in _PARTS.finditer(whole)]
    bounds = [start, *(start + at for at in inner if whole[at:].strip()), end]
    if len(bounds) < 3 or sentence.answer is None:
        return start, end
    first, last = sentence.answer
    for a, b in pairwise(bounds):
        if a <= first and last <= b:
            part, all_ = fold(text[a:b]), fold(whole)
            if overlap(terms, part, passage.context) >= overlap(terms, all_, passage.context):
                return a, b
    return start, end


def _holds_all(query: Query, terms: Terms, part: str, whole: str, passage: PassageRow) -> bool:
    """Whether a part of a sentence names the thing asked for and says no less of the question.

    What the passage is about need not be said again: 北京 of a statement of 北京.
    """
    said = cover(terms.words, part, passage.context)
    return named(query.focus, part) > 0 and said >= cover(terms.words, whole, passage.context)


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
            score = overlap(terms, key, "") + named(query.focus, key)
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
