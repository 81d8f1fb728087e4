"""The trained weights as they ship: differences from the embedding model, in four bits each.

A matrix that was trained is stored as its difference from the shipped model's, in groups of 64 of
a row that share a scale: value = scale * (nibble - 8), the low nibble of a byte first. Rounding
loses at most a fourteenth of the largest *difference* of a group. Vectors (biases, norms) and the
head are stored as they are, in float16 and float32.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ragbot.embedding.graph import Weights

__all__ = ["pack", "trained_weights"]

_GROUP = 64
_NIBBLES, _SCALES = ".delta4", ".scale"
_LARGEST = 7


def pack(
    trained: Mapping[str, NDArray[np.float32]], base: Weights
) -> dict[str, NDArray[np.generic]]:
    """Return the tensors to store for trained weights; ``base`` returns what they were before.

    Names that begin with ``head`` were not there before.
    """
    stored: dict[str, NDArray[np.generic]] = {}
    for name, values in trained.items():
        if name.startswith("head"):
            stored[name] = values.astype(np.float32)
        elif values.ndim == 1:
            stored[name] = values.astype(np.float16)
        else:
            stored |= _packed(name, values - base(name).astype(np.float32))
    return stored


def _packed(name: str, delta: NDArray[np.float32]) -> dict[str, NDArray[np.generic]]:
    """Return a difference, shape (rows, columns), in four bits; columns are a multiple of 64."""
    rows, columns = delta.shape
    groups = delta.reshape(rows, columns // _GROUP, _GROUP)
    scales = (np.abs(groups).max(axis=2) / _LARGEST).astype(np.float16)
    divisor = np.maximum(scales.astype(np.float32), np.finfo(np.float32).tiny)[:, :, None]
    steps = np.clip(np.rint(groups / divisor), -_LARGEST, _LARGEST).astype(np.int8) + 8
    nibbles = steps.astype(np.uint8).reshape(rows, columns // 2, 2)
    return {
        name + _NIBBLES: nibbles[:, :, 0] | nibbles[:, :, 1] << 4,
        name + _SCALES: scales,
    }


def trained_weights(path: Path, base: Weights) -> Weights:
    """Return the trained model's weights by name, from the file at ``path`` and the shipped model.

    Raises:
        KeyError: neither has a tensor of that name.
    """
    from safetensors.numpy import load_file

    stored = load_file(path)

    def weights(name: str) -> NDArray[np.floating]:
        if name in stored:
            return stored[name]
        if name + _NIBBLES not in stored:
            return base(name)
        both = stored[name + _NIBBLES]
        scales = stored[name + _SCALES].astype(np.float32)
        steps = np.stack([both & 15, both >> 4], axis=2).astype(np.float32) - 8
        rows = len(both)
        delta = steps.reshape(rows, -1, _GROUP) * scales[:, :, None]
        return base(name).astype(np.float32) + delta.reshape(rows, -1)

    return weights
