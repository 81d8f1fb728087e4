"""What the rest of ragbot knows of an embedding model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Embedder", "Progress"]

Progress = Callable[[int], None]
"""Called now and then with how many of the texts of this call are embedded."""


class Embedder(Protocol):
    """Turns texts into vectors whose inner product is the cosine; safe to share among threads."""

    name: str
    """What the user configured: a model name or a path."""
    fingerprint: str
    """Identifies weights, tokenizer, pooling, prompts and normalisation.

    Vectors of two embedders with the same fingerprint may be mixed in one index. The engine is no
    part of it: the int8 engine stays within the accepted distance of torch (median cosine of at
    least 0.995, measured by ``benchmarks/embedding.py``), so an index built by one engine serves
    questions embedded by the other.
    """
    dimension: int
    engine: str
    """What computes, as shown in ``status``: ``onnxruntime-int8`` or ``torch``."""
    max_tokens: int
    """Longer texts are cut here, special tokens included."""

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one L2-normalised row per question, shape (n, dimension)."""
        ...

    def embed_passages(
        self, texts: Sequence[str], *, progress: Progress | None = None
    ) -> NDArray[np.float32]:
        """Return one L2-normalised row per passage, shape (n, dimension)."""
        ...
