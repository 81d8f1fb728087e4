"""Text to vectors: one ``Embedder``, the model that ships, and any sentence-transformers model."""

from ragbot.embedding.base import Embedder
from ragbot.embedding.loading import load_embedder

__all__ = ["Embedder", "load_embedder"]
