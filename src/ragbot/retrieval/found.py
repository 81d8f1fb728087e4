"""A passage that was found, with what was measured of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ragbot.index.store import PassageRow
from ragbot.reader.spans import Extract

__all__ = ["Found"]


@dataclass(frozen=True, slots=True)
class Found:
    """A passage with what was measured of it."""

    passage: PassageRow
    cosines: NDArray[np.float32]
    """Of each of the passage's units."""
    signals: NDArray[np.float64]
    rank_score: float
    probability: float
    """That it answers the question, 0 to 1."""
    extract: Extract | None = None
    """The words of its reading that answer best, where the reader has read it."""
