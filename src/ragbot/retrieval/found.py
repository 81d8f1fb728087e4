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
    """Of each of the passage's units, on the scale of the model that ships."""
    signals: NDArray[np.float64]
    rank_score: float
    probability: float
    """That it answers the question, 0 to 1."""
    extracts: tuple[Extract, ...] = ()
    """The words of each sentence that answer best, the best first; none where it was not read."""

    @property
    def extract(self) -> Extract | None:
        """The words of the passage that answer best; None where the reader has not read it."""
        return self.extracts[0] if self.extracts else None
