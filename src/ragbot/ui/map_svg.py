"""A map of the passages behind an answer: how near each is to the question, and to the others."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["map_svg"]

_SIZE = 260
_MIDDLE = _SIZE / 2
_NEAREST, _FARTHEST = 26.0, 112.0
"""Radii, in pixels: a passage never hides the question, nor leaves the picture."""
_STYLE = """
text { font: 11px system-ui, sans-serif; text-anchor: middle; dominant-baseline: central }
.ring { fill: none; stroke: #8885 } .question { fill: #a63f33 } .passage { fill: #7a736b }
.label { fill: #fff }
"""


def map_svg(
    question: NDArray[np.float32], passages: NDArray[np.float32], scores: Sequence[float]
) -> str:
    """Draw the question in the middle and each passage around it, numbered as they are given.

    ``question`` has shape (dimension,), ``passages`` (n, dimension), all of length 1. The distance
    from the middle grows with the distance of meaning (one minus the cosine); it is exact but for
    its scale, the farthest passage being on the outer ring. The directions are the first two
    principal components of the differences from the question, so that passages alike lie on the
    same side. A passage is drawn the larger, the likelier it answers (``scores``, 0 to 1).
    """
    apart = 1 - passages @ question
    radii = np.full(len(apart), _NEAREST)
    if len(apart) and (farthest := float(apart.max())) > 0:
        radii += (_FARTHEST - _NEAREST) * np.clip(apart / farthest, 0, 1)
    angles = _angles(passages - question)
    rings = "".join(
        f'<circle class="ring" cx="{_MIDDLE}" cy="{_MIDDLE}" r="{radius:.0f}"/>'
        for radius in (_NEAREST, (_NEAREST + _FARTHEST) / 2, _FARTHEST)
    )
    dots = "".join(
        _dot(
            _MIDDLE + float(radius * np.cos(angle)),
            _MIDDLE + float(radius * np.sin(angle)),
            score,
            number,
        )
        # The likeliest last, so that nothing hides it.
        for number, radius, angle, score in reversed(
            list(zip(range(1, len(radii) + 1), radii, angles, scores, strict=True))
        )
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_SIZE} {_SIZE}" '
        f'width="{_SIZE}" height="{_SIZE}"><style>{_STYLE}</style>{rings}'
        f'<circle class="question" cx="{_MIDDLE}" cy="{_MIDDLE}" r="9"/>'
        f'<text class="label" x="{_MIDDLE}" y="{_MIDDLE}">?</text>{dots}</svg>'
    )


def _angles(differences: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the direction of each row in the plane of the first two principal components."""
    plane = np.zeros((len(differences), 2))
    if len(differences) > 1:
        centred = differences - differences.mean(axis=0)
        *_, axes = np.linalg.svd(centred, full_matrices=False)
        found = centred @ axes[:2].T
        plane[:, : found.shape[1]] = found
    return np.arctan2(plane[:, 1], plane[:, 0])


def _dot(x: float, y: float, score: float, number: int) -> str:
    radius = 7 + 5 * min(max(score, 0), 1)
    return (
        f'<circle class="passage" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>'
        f'<text class="label" x="{x:.1f}" y="{y:.1f}">{number}</text>'
    )
