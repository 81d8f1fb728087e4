"""Put measured passages in order, and say how probable it is that one answers.

The numbers are fitted by ``python -m benchmarks.fit``; what they reach on sets they were not fitted
on is printed there and by ``python -m benchmarks.refusal``.
"""

import math

import numpy as np
from numpy.typing import NDArray

from ragbot.index.store import PassageRow
from ragbot.retrieval.evidence import demand_of
from ragbot.retrieval.query import Query
from ragbot.retrieval.signals import Terms, cover, windows

__all__ = ["confidence", "gate", "log_odds", "rank", "topical"]

# In the order of SIGNALS: cosine, bm25, coverage, window, sentence, trigrams.
_RANK_WEIGHTS = np.array([0.73, 0.46, 0.4, 0.38, 0.83, 0.37])

# Logistic regression on the same columns, every set and both its classes counting the same: the
# probability is that of a question of which as many are answered as not.
_TOPIC_WEIGHTS = np.array([66.69, 3.33, 3.56, 1.17, 1.44, 2.4])
_TOPIC_BIAS = -77.47

_AMISS = 0.3
"""What is left of the probability where a name of the question is missing, or nothing of the kind
asked for is there. Any number below a half refuses; one this high keeps such a question above those
that miss by topic, which is where it belongs in one of three hundred."""

_NEAR = 0.1
"""Windows that cover this much less of the question than the best one are looked at too."""


def rank(signals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Score passages, higher is better: a weighted sum of signals normalised over the candidates.

    ``signals`` has shape (passages, len(SIGNALS)); each column is brought to mean 0 and deviation
    1, so that no leg counts for more where its numbers happen to spread wider.
    """
    spread = signals.std(axis=0)
    normalised = (signals - signals.mean(axis=0)) / np.where(spread > 0, spread, 1)
    scores: NDArray[np.float64] = normalised @ _RANK_WEIGHTS
    return scores


def topical(signals: NDArray[np.float64]) -> float:
    """Return the probability that a passage is of the question's topic, 0 to 1."""
    return 1 / (1 + math.exp(-float(signals @ _TOPIC_WEIGHTS) - _TOPIC_BIAS))


def log_odds(probability: float) -> float:
    """Return ln(p / (1 - p)), with p kept off 0 and 1 by a millionth."""
    kept = min(max(probability, 1e-6), 1 - 1e-6)
    return math.log(kept / (1 - kept))


def confidence(
    query: Query, terms: Terms, passage: PassageRow, signals: NDArray[np.float64]
) -> float:
    """Return the probability that a passage answers the question, 0 to 1.

    That it is of the question's topic, times what is left where it lacks what an answer must hold.
    """
    return topical(signals) * gate(query, terms, passage)


def gate(query: Query, terms: Terms, passage: PassageRow) -> float:
    """Return what is left of a probability where a passage lacks what an answer must hold; else 1.

    An answer must hold the names of the question, and a thing of the kind asked for.
    """
    demand, left = demand_of(query), 1.0
    if not demand.named(f"{passage.context} {passage.key}"):
        left *= _AMISS
    near = windows(passage.key)
    covered = [cover(terms.words, window, passage.context) for window in near]
    least = max(covered) - _NEAR * terms.total
    near = [window for window, share in zip(near, covered, strict=True) if share >= least]
    if not demand.met(near, passage.context):
        left *= _AMISS
    return left
