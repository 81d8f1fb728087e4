"""How well a sentence bears out an answer: what is measured of it, and what that is worth.

The question with the sentence in its place is a claim. It is compared with the sentence and with
what governs it: the headings, the column names, the sentences before it. A year, an item or a group
that contradicts the question speaks against it, as does a name or a number that nobody states.

Both sets of weights are fitted by ``python -m benchmarks.confidence``, which prints what they reach
on documents and sets that they were not fitted on.
"""

import math
import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ragbot.answering.claim import ASKS, COUNTED, Sentence, check, sentences_of, with_whole_amounts
from ragbot.documents.bylines import TITLES
from ragbot.documents.passages import split_units
from ragbot.index.store import PassageRow, StatementRow
from ragbot.reader.spans import Extract
from ragbot.retrieval.evidence import demand_of
from ragbot.retrieval.found import Found
from ragbot.retrieval.query import Kind, Query
from ragbot.retrieval.ranking import gate, log_odds, topical
from ragbot.retrieval.rereading import limited
from ragbot.retrieval.signals import Terms, cover
from ragbot.text.fold import fold
from ragbot.text.sentences import sentences

__all__ = [
    "SHIPPED",
    "WEIGHTS",
    "Candidate",
    "Weights",
    "candidates",
    "cannot_be_right",
    "named",
    "overlap",
]

# What is measured of a candidate, with what it counts in the choice and in the confidence.
WEIGHTS: dict[str, tuple[float, float]] = {
    # The share of the question it holds; the longest stretch of the question in it; the cosine
    # of its window below the passage's best, times ten.
    "overlap": (0.64, 0.0),
    "run": (1.64, 0.3),
    "near": (0.0, 2.55),
    # It looks like an answer of the kind asked for; it holds a thing of that kind, or does not.
    "shape": (1.48, 0.0),
    "met": (1.27, 0.0),
    "unmet": (-0.88, 0.0),
    "unmet_person": (-1.01, -1.11),
    "heading": (0.0, -0.38),
    # How far its passage is behind the first: by probability, by rank.
    "behind": (-0.03, -9.43),
    "place": (-0.38, -1.61),
    # What the reader says of its words; whether it has read the passage at all.
    "reader": (0.13, 0.14),
    "share": (0.76, 0.47),
    "margin": (0.19, 0.10),
    "pointed": (-0.07, -0.24),
    "unread": (-0.63, 0.41),
    # Log-odds that the passage is of the topic, and what it lacks of names and kinds.
    "topic": (0.11, 0.02),
    "lacking": (-0.38, -2.98),
    "cosine": (2.29, 0.0),
    # The share of the question's words in it, and in it with what governs it; the weight of the
    # rarest word that both lack.
    "covered": (0.42, 0.18),
    "governed": (2.06, 0.0),
    "rarest": (0.0, -0.42),
    # The check of the claim. Set by hand, because too few questions of the sets need them to fit
    # a weight: shapeless, misplaced, stated, foreign.
    "shapeless": (-1.0, -0.5),
    "contradicted": (-1.25, -1.22),
    "misplaced": (-2.0, -0.5),
    "refuted": (-0.09, -0.43),
    "stated": (2.8, 0.58),
    "unstated": (-0.16, -0.54),
    "nameless": (0.0, -0.89),
    "afar": (-0.58, -1.26),
    "numberless": (-2.43, 0.0),
    "foreign": (0.0, -2.6),
    "echo": (-0.22, -1.18),
    "leads": (-1.17, -4.16),
    # What is asked: the same for every candidate of a question.
    "yes_no": (0.0, 0.90),
    "explains": (0.0, 0.0),
    "lists": (0.0, -0.06),
    # What settles the probability whatever else is measured: see ``Weights.probability``.
    "amountless": (0.0, 0.0),
    "office": (0.0, 0.0),
}
_BIAS = -0.52

_COLUMNS = {name: column for column, name in enumerate(WEIGHTS)}
_AMISS = 0.3
"""What is left of the probability of an answer that cannot be right."""
_OFF_TOPIC = -6.0
"""Log-odds of the topic below which nothing answers."""
_ECHO = 0.8
"""A question or heading that says this much of the question is not its answer."""
_OFFICES = frozenset({Kind.ROLE, Kind.WHO})
_ALL = 0.99
_EXPLAINS = frozenset({Kind.WHY, Kind.HOW})
_SPANS = 4
"""Words of one sentence that are looked at, the best of each part."""
_NUMERIC = re.compile(r"[\d一二三四五六七八九十百千万亿两半几数零]")
# What an answer of the kind asked for is likely to hold.
_SHAPES = {
    Kind.ROLE: re.compile(TITLES),
    Kind.WHEN: re.compile(r"\d[年月日]|世纪|年代|时期|朝|近期|近日|今年|去年|\d{4}"),
    Kind.HOW_MANY: _NUMERIC,
    Kind.WHY: re.compile(r"因为|由于|因此|所以|为了|原因|使得|故|是因|导致|以便"),
    Kind.WHERE: re.compile(r"位于|在|于|省|市|县|区|州|国|地"),
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may be quoted, the words in it that answer, and what was measured of it."""

    passage: PassageRow
    start: int
    end: int
    answer: tuple[int, int] | None
    measured: NDArray[np.float64]
    """In the order of ``WEIGHTS``."""

    def __getitem__(self, name: str) -> float:
        return float(self.measured[_COLUMNS[name]])


@dataclass(frozen=True, slots=True)
class Weights:
    """What each column counts in the choice of a sentence and in the confidence in it."""

    choice: NDArray[np.float64]
    confidence: NDArray[np.float64]
    bias: float
    """Of the confidence."""

    def score(self, measured: NDArray[np.float64]) -> float:
        """Return how well a candidate answers; comparable among those of one question only."""
        return float(measured @ self.choice)

    def probability(self, measured: NDArray[np.float64]) -> float:
        """Return the probability that an answer with a candidate is right, 0 to 1."""
        if measured[_COLUMNS["office"]]:
            return 1.0
        likely = 1 / (1 + math.exp(-float(measured @ self.confidence) - self.bias))
        return likely * (_AMISS if cannot_be_right(measured) else 1.0)


def cannot_be_right(measured: NDArray[np.float64]) -> bool:
    """Tell whether a candidate is refused whatever speaks for it.

    It contradicts the question, holds no amount where one is asked for, or is of another topic.
    """
    amiss = measured[_COLUMNS["contradicted"]] or measured[_COLUMNS["amountless"]]
    return bool(amiss) or float(measured[_COLUMNS["topic"]]) < _OFF_TOPIC


_CHOICE, _CONFIDENCE = np.array(list(WEIGHTS.values())).T
SHIPPED = Weights(_CHOICE, _CONFIDENCE, _BIAS)


def candidates(
    query: Query, terms: Terms, found: Sequence[Found], place: int, statement: StatementRow
) -> list[Candidate]:
    """Return every sentence of the passage found at a place that may answer.

    A heading, and a line that asks the question again, is never an answer.
    """
    hit = found[place]
    passage, text = hit.passage, hit.passage.unfold().text
    about = {
        "behind": max(0.0, found[0].probability - hit.probability),
        "place": float(place),
        "unread": float(not hit.extracts),
        "topic": log_odds(topical(hit.signals)),
        "lacking": -math.log(gate(query, terms, passage)),
        "yes_no": float(query.kind is Kind.YES_NO),
        "explains": float(query.kind in _EXPLAINS),
        "lists": float(query.many or query.kind is Kind.WHICH),
    }
    near, nearest = _nearness(text, hit), float(hit.cosines.max())
    made = []
    for sentence in sentences_of(passage, statement):
        start, end = sentence.start, sentence.end
        spans = [one for one in hit.extracts if start <= one.start < end][:_SPANS]
        spans = [with_whole_amounts(text, sentence, one) for one in spans]
        choices: list[Extract | None] = [*spans] if spans else [None]
        checked = [(one, check(query, hit, sentence, one)) for one in choices]
        # The best words that do not speak of something else.
        fitting = (pair for pair in checked if not pair[1]["misplaced"] + pair[1]["contradicted"])
        span, claim = next(fitting, checked[0])
        measured = (
            about
            | {"near": 10 * (near(sentence.start) - nearest), "cosine": 10 * near(sentence.start)}
            | _match(query, terms, passage, statement, sentence)
            | _read(hit, span if not claim["misplaced"] else None)
            | claim
        )
        if measured["echo"] >= _ECHO and (measured["heading"] or ASKS.search(sentence.text)):
            continue
        answer = None
        if measured["pointed"] and span and span.start < span.end:
            # What ends a sentence for us and for the reader need not be the same.
            end = max(end, next(b for _, b in sentences(text) if b >= span.end))
            answer = span.start, span.end
        values = np.array([measured[name] for name in WEIGHTS])
        made.append(Candidate(passage, start, end, answer, values))
    return made


def _match(
    query: Query, terms: Terms, passage: PassageRow, statement: StatementRow, sentence: Sentence
) -> dict[str, float]:
    """Measure how much of the question a sentence holds, and whether it looks like an answer."""
    key, demand = sentence.key, demand_of(query)
    shape = _SHAPES.get(query.kind)
    met = demand.met([key], "")
    covered = cover(terms.words, key) / terms.total
    names_office = sentence.text == statement.byline and query.kind in _OFFICES
    governing = f"{sentence.columns} {passage.context} {' '.join(sentence.before[:2])}"
    return {
        "overlap": overlap(terms, key, passage.context),
        "run": _run(query.content, key),
        "shape": float(bool(shape and shape.search(key))),
        "met": float(bool(demand.answer) and met),
        "unmet": float(not met and not demand.person),
        "unmet_person": float(not met and demand.person),
        "heading": float(sentence.text == statement.heading),
        "covered": covered,
        "governed": cover(terms.words, key, governing) / terms.total,
        "rarest": _rarest(terms, f"{key} {governing}"),
        "amountless": float(not met and query.kind in COUNTED),
        "office": float(names_office and covered > _ALL and (met or not demand.person)),
    }


def _read(hit: Found, span: Extract | None) -> dict[str, float]:
    """Measure what the reader says of the words of a sentence."""
    if span is None or hit.extract is None:
        return {"reader": 0.0, "share": 0.0, "margin": 0.0, "pointed": 0.0}
    behind = math.exp(span.score - hit.extract.score)
    second = hit.extracts[1].score if len(hit.extracts) > 1 else -math.inf
    return {
        "reader": limited(span.score),
        "share": behind / (1 + math.exp(-span.score)),
        "margin": limited(max(span.score - second, 0.0)),
        "pointed": float(span.score >= 0),
    }


def _run(content: str, key: str) -> float:
    """Return the length of the longest stretch of a question that a text has, in tens; at most 1.2.

    校长奖学金 is no 校长励志奖学金, though all its words are in it.
    """
    for length in range(min(len(content), 12), 1, -1):
        if any(content[at : at + length] in key for at in range(len(content) - length + 1)):
            return length / 10
    return 0.0


def _rarest(terms: Terms, text: str) -> float:
    """Return the weight of the rarest word of a question that a text lacks; of all words 1."""
    missing = [word.idf for word in terms.words if cover([word], text) < word.idf / 2]
    return max(missing, default=0.0) / max((word.idf for word in terms.words), default=1.0)


def _nearness(text: str, hit: Found) -> Callable[[int], float]:
    """Return the cosine of the window of a passage at an offset."""
    starts = [start for start, end in split_units(text) if fold(text[start:end])]
    cosines = hit.cosines.tolist()
    return lambda at: cosines[min(max(0, bisect_right(starts, at) - 1), len(cosines) - 1)]


def overlap(terms: Terms, key: str, context: str) -> float:
    """Return the share of the question that a text holds; what only its context holds counts half.

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


def named(focus: str, key: str) -> float:
    """Reward a text that names the thing asked for; more so where a name ends with it.

    知识产权保护中心 is called a 中心; 中心节点 is a 节点.
    """
    if not focus or focus not in key:
        return 0.0
    return 0.15 if re.search(re.escape(focus) + r"(?:[^\w]|等|$)", key) else 0.05
