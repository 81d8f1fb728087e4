"""Put measured passages in order, and say how probable it is that one answers."""

import math

import numpy as np
from numpy.typing import NDArray

from ragbot.index.store import PassageRow
from ragbot.retrieval.query import Query

__all__ = ["confidence", "rank"]

_RANK_WEIGHTS = np.array([0.74, 0.45, 0.44, 0.34, 0.74, 0.33])


def rank(signals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Score passages, higher is better: a weighted sum of signals normalised over the candidates.

    ``signals`` has shape (passages, len(SIGNALS)); each column is brought to mean 0 and deviation
    1, so that no leg counts for more where its numbers happen to spread wider.
    """
    spread = signals.std(axis=0)
    normalised = (signals - signals.mean(axis=0)) / np.where(spread > 0, spread, 1)
    scores: NDArray[np.float64] = normalised @ _RANK_WEIGHTS
    return scores


def confidence(query: Query, passage: PassageRow, signals: NDArray[np.float64]) -> float:
    """Return the probability that a passage answers the question, 0 to 1."""
    text = f"{passage.context} {passage.key}"
    cosine, _, covered, window, _, _ = signals
    if any(place not in text for place in query.places):
        covered = window = min(covered, window) * 0.5
    z = 14 * (window - 0.6) + 20 * (cosine - 0.86)
    return 1 / (1 + math.exp(-z))
