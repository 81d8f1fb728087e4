"""Text to vectors: one ``Embedder``, the model that ships, and any sentence-transformers model."""

from ragbot.embedding.base import Embedder
from ragbot.embedding.loading import load_embedder
from ragbot.embedding.served import load_served

__all__ = ["Embedder", "load_embedder", "load_served"]
