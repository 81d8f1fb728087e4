"""Let the reader judge the best passages: which answers, with which words, and how surely.

The numbers are fitted by ``python -m benchmarks.reader`` on questions that the reader was not
trained on; what they reach is printed there.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from ragbot.reader.reader import Reader, Text
from ragbot.reader.spans import Extract
from ragbot.retrieval.constraints import contradicted
from ragbot.retrieval.found import Found
from ragbot.retrieval.query import Query
from ragbot.retrieval.ranking import log_odds, topical
from ragbot.text.fold import fold
from ragbot.text.sentences import sentences

__all__ = ["BEHIND", "CONFIDENCE", "LIMIT", "RANK_WEIGHTS", "READ", "limited", "reread"]

READ = 5
"""Passages that are read, at most."""
BEHIND = 1.0
"""Passages further behind the first, by their rank score, are not read. With 2.5 no more of CMRC's
and DRCD's come first, and twice as many questions have more than one to read.
"""

RANK_WEIGHTS = (0.57, 0.38)
"""What the log-odds of the probability so far, and the reader's score, count in the order, against
the rank score."""
LIMIT = 8.0
"""Scores beyond this, either way, say no more."""
CONFIDENCE = (0.7, 0.2, 0.0)
"""Weights of the log-odds that a passage is of the topic, of the reader's score, and the bias."""


def reread(
    reader: Reader, query: Query, found: Sequence[Found], *, words: bool = True
) -> list[Found]:
    """Read the passages that may come first, and put them in order anew.

    ``found`` is in order of rank; what is not read keeps its place behind what is. Where only one
    may come first it is read for its words, if they are wanted.
    """
    if not found:
        return []
    top = max(one.rank_score for one in found)
    first, *others = found[:READ]
    close = [first, *(one for one in others if top - one.rank_score <= BEHIND)]
    if len(close) == 1 and not words:
        return list(found)
    spans = _read(reader, query, close)
    if words and _is_contradicted(query, close, spans):
        # What was found first tells of another year or item: one further behind may have it.
        further = [one for one in others if one not in close]
        close, spans = [*close, *further], [*spans, *_read(reader, query, further)]
    read = sorted(zip(close, spans, strict=True), key=lambda pair: -_rank(pair[0], pair[1][0]))
    rows = {one.passage.row for one in close}
    return [
        *(
            replace(one, extracts=spans, probability=_confidence(one, spans[0]))
            for one, spans in read
        ),
        *(one for one in found if one.passage.row not in rows),
    ]


def _read(reader: Reader, query: Query, found: Sequence[Found]) -> list[tuple[Extract, ...]]:
    texts = [Text(one.passage.unfold().text, one.passage.context) for one in found]
    return reader.read(query.reading, texts)


def _is_contradicted(
    query: Query, found: Sequence[Found], spans: Sequence[tuple[Extract, ...]]
) -> bool:
    """Tell whether the best words are said of something else than the question asks about."""
    one, (best, *_) = max(zip(found, spans, strict=True), key=lambda pair: pair[1][0].score)
    text = one.passage.unfold().text
    start, end = next(
        ((a, b) for a, b in sentences(text) if a <= best.start < b), (best.start, best.end)
    )
    words = fold(text[best.start : best.end])
    return contradicted(query.key, fold(text[start:end]), words, (one.passage.context,))


def _rank(one: Found, extract: Extract) -> float:
    odds, score = RANK_WEIGHTS
    return one.rank_score + odds * log_odds(one.probability) + score * limited(extract.score)


def _confidence(one: Found, extract: Extract) -> float:
    """Return the probability that a passage answers, after it was read.

    The reader judges what retrieval measured; it does not make up for a name of the question that
    is missing, or for a thing of the kind asked for that is not there.
    """
    about = topical(one.signals)
    left = min(one.probability / about, 1.0) if about else 1.0
    before, score, bias = CONFIDENCE
    odds = before * log_odds(about) + score * limited(extract.score) + bias
    return left / (1 + math.exp(-odds))


def limited(score: float) -> float:
    """Return a score of the reader, no further from 0 than what says more."""
    return min(max(score, -LIMIT), LIMIT)
