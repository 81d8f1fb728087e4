"""An embedding model that needs no weights: hashed character bigrams, normalised.

It lets the tests of the index rebuild hundreds of times; what depends on the quality of vectors is
tested with the model that ships.
"""

import zlib
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from ragbot.index.calibration import pairs
from ragbot.text.tokens import bigrams

_MEASURED_ON = {passage for _, passage in pairs()}


def without_weights(
    monkeypatch: pytest.MonkeyPatch, load: "Callable[..., HashingEmbedder] | None" = None
) -> None:
    """Let every bot embed by hashing, and read nothing."""
    monkeypatch.setattr("ragbot.models.load_embedder", load or (lambda *_, **__: HashingEmbedder()))
    monkeypatch.setattr("ragbot.models.load_reader", lambda *_, **__: None)


class HashingEmbedder:
    """Notes every text of documents it embeds: a test can tell what was embedded again."""

    name = "hashing"
    engine = "numpy"
    max_tokens = 512

    def __init__(self, fingerprint: str = "hashing-1", dimension: int = 64) -> None:
        self.fingerprint = fingerprint
        self.dimension = dimension
        self.embedded: list[str] = []

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed questions; shape (n, dimension)."""
        return self._embed(texts)

    def embed_passages(
        self, texts: Sequence[str], *, progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        """Embed passages; shape (n, dimension)."""
        self.embedded += [text for text in texts if text not in _MEASURED_ON]
        if progress:
            progress(len(texts))
        return self._embed(texts)

    def _embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.full((len(texts), self.dimension), 1e-3, np.float32)
        for row, text in enumerate(texts):
            for term in bigrams(text):
                code = zlib.crc32(term.encode())
                vectors[row, code % self.dimension] += 1 if code & 0x10000 else -1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
