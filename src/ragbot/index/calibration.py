"""Bring the cosines of any embedding model to the scale of the model that ships.

The numbers of ranking and refusal are fitted to cosines of the model that ships, which lie between
.8 and .9. Other models give .2 to .7, or -.1 to .5.

What a model's cosines mean is measured on thirty-two questions and the passages that answer them,
each on a subject of its own (``calibration.tsv``: question, heading, passage). They come with the
package and are not taken from the documents, because pairs of those say what the documents are
about: with the model that ships, random pairs of passages have a mean cosine of .83 in an
encyclopaedia, .91 in the sample corpus and .97 in a lease. One passage alone has no pairs.
"""

from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from ragbot.embedding.base import Embedder
from ragbot.embedding.shipped import SHIPPED_FINGERPRINT
from ragbot.index.manifest import Calibration
from ragbot.text.fold import fold

__all__ = [
    "IDENTITY",
    "SHIPPED_SPREAD",
    "Spread",
    "calibrate",
    "calibration_of",
    "pairs",
    "spread_of",
]


IDENTITY = Calibration(1.0, 0.0)


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean cosines of questions with their own passages and with others, and the deviation."""

    related: float
    unrelated: float
    deviation: float
    """Within each of the two kinds; the root of the mean of both variances."""

    @property
    def middle(self) -> float:
        """The cosine that lies between both kinds."""
        return (self.related + self.unrelated) / 2


SHIPPED_SPREAD = Spread(related=0.90659, unrelated=0.81773, deviation=0.01676)
"""Of the model that ships, as ``spread_of`` measures it."""


def calibrate(embedder: Embedder) -> Calibration:
    """Measure how a model's cosines compare with those of the model that ships.

    Embeds thirty-two short questions and passages, but for the model that ships, whose cosines stay
    as they are.

    Raises:
        ModelError: the model cannot be asked.
    """
    if embedder.fingerprint == SHIPPED_FINGERPRINT:
        return IDENTITY
    return calibration_of(spread_of(embedder))


def spread_of(embedder: Embedder) -> Spread:
    """Measure a model on the questions and passages that come with the package."""
    questions, passages = zip(*pairs(), strict=True)
    cosines = embedder.embed_queries(questions) @ embedder.embed_passages(passages).T
    own = np.eye(len(cosines), dtype=bool)
    related, unrelated = cosines[own].astype(float), cosines[~own].astype(float)
    return Spread(
        float(related.mean()),
        float(unrelated.mean()),
        float(np.sqrt((related.var() + unrelated.var()) / 2)),
    )


def calibration_of(measured: Spread) -> Calibration:
    """Return the map that takes the middle of a model's cosines to that of the model that ships.

    Its slope makes related and unrelated cosines lie as far apart as those of the model that ships,
    and less where the model tells them apart less surely: then a cosine is to say less, and words
    decide. In a linear discriminant a cosine's log-odds grow with distance / variance. A model that
    cannot tell them apart at all gets slope 0.
    """
    wanted = SHIPPED_SPREAD.related - SHIPPED_SPREAD.unrelated
    distance = measured.related - measured.unrelated
    scale = 0.0
    if distance > 0:
        certainty = distance / max(measured.deviation, 1e-6) ** 2
        scale = min(wanted / distance, certainty / (wanted / SHIPPED_SPREAD.deviation**2))
    return Calibration(scale, SHIPPED_SPREAD.middle - scale * measured.middle)


@cache
def pairs() -> tuple[tuple[str, str], ...]:
    """Return the (question, passage) pairs that models are measured on, folded as a search is."""
    text = resources.files("ragbot.index").joinpath("calibration.tsv").read_text("utf-8")
    rows = [line.split("\t") for line in text.splitlines()]
    return tuple(
        (fold(question), f"{fold(heading)}\n{fold(passage)}") for question, heading, passage in rows
    )
