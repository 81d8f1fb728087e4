"""The map of an answer's passages."""

import re
from itertools import pairwise
from math import hypot

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ragbot.ui.map_svg import map_svg

_DOT = re.compile(r'<circle class="passage" cx="([^"]+)" cy="([^"]+)" r="([^"]+)"/>')
_MIDDLE = 130


def _units(rows: int, seed: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    drawn = np.random.default_rng(seed).standard_normal((rows, 16)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


@given(st.integers(0, 12), st.integers(0, 10**6))
def test_a_passage_is_the_farther_from_the_middle_the_farther_in_meaning(
    passages: int, seed: int
) -> None:
    """Every passage is drawn, inside the picture, in the order of its distance."""
    question, *rows = _units(passages + 1, seed)
    found = np.asarray(rows, np.float32).reshape(passages, 16)
    drawn = map_svg(question, found, [0.5] * passages)
    # The first passage is drawn last.
    dots = [(float(x), float(y)) for x, y, _ in _DOT.findall(drawn)][::-1]
    assert len(dots) == passages
    distances = [hypot(x - _MIDDLE, y - _MIDDLE) for x, y in dots]
    assert all(distance < _MIDDLE - 12 for distance in distances)
    order = np.argsort(1 - found @ question)
    assert all(distances[a] <= distances[b] + 0.2 for a, b in pairwise(order))


def test_passages_alike_lie_on_the_same_side() -> None:
    """Two of one meaning are next to each other, one of another meaning is not."""
    question, one, other = np.eye(3, dtype=np.float32)
    near = np.asarray([0.1, 0.99, 0.1], np.float32)
    dots = _DOT.findall(map_svg(question, np.stack([one, near, other]), [0.9, 0.5, 0.1]))
    (third, second, first) = [np.asarray([float(x), float(y)]) for x, y, _ in dots]
    assert np.linalg.norm(first - second) < np.linalg.norm(first - third) / 2
    assert [float(r) for *_, r in dots] == sorted(float(r) for *_, r in dots)
