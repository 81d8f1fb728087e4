"""Embeddings from an OpenAI-compatible server: text-embeddings-inference, vLLM, Ollama, a cloud."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ragbot.embedding.base import Progress
from ragbot.embedding.embedder import Card, Kind, ModelEmbedder
from ragbot.embedding.exports import digest, fingerprint
from ragbot.embedding.prompts import prompts_by_name
from ragbot.errors import ModelError

if TYPE_CHECKING:
    from openai import OpenAI

__all__ = ["load_served"]

_BATCH = 64
_AT_ONCE = 4
"""Batches under way: enough to keep a server busy, few enough that none of its queues fills."""
_SECONDS = 60.0
_RETRIES = 4
"""Of the client, for connections, 408, 409, 429 and 5xx, with growing pauses."""


class ServedEngine:
    """Sends texts to a server in batches, some at a time."""

    label = "served"
    special_tokens: Sequence[str] = ()

    def __init__(self, client: OpenAI, model: str) -> None:
        self._client = client
        self._model = model
        self._prompts = prompts_by_name(model)
        self.dimension = len(self._ask([self._prompts["query"] + "知识"], None)[0])

    def encode(self, text: str, kind: Kind) -> NDArray[np.float32]:
        """Return the vector of one text, read-only because it may be cached."""
        row: NDArray[np.float32] = self._ask([self._prompts[kind] + text], self.dimension)[0]
        row.flags.writeable = False
        return row

    def encode_many(
        self, texts: Sequence[str], kind: Kind, progress: Progress
    ) -> NDArray[np.float32]:
        """Return the vectors of many texts. The first batch that fails for good ends it."""
        prompted = [self._prompts[kind] + text for text in texts]
        batches = [prompted[start : start + _BATCH] for start in range(0, len(texts), _BATCH)]
        rows, done = [], 0
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            try:
                for part in threads.map(lambda batch: self._ask(batch, self.dimension), batches):
                    rows.append(part)
                    done += len(part)
                    progress(done)
            except BaseException:
                threads.shutdown(wait=False, cancel_futures=True)
                raise
        return np.concatenate(rows)

    def _ask(self, texts: list[str], dimension: int | None) -> NDArray[np.float32]:
        """Return the normalised vectors of a batch.

        Raises:
            ModelError: the server cannot be reached, refuses, or answers with something else.
        """
        where = f"The embedding server at {self._client.base_url}"
        try:
            answer = self._client.embeddings.create(
                model=self._model, input=texts, encoding_format="float"
            )
            found = sorted(answer.data, key=lambda one: one.index)
            rows = np.array([one.embedding for one in found], np.float32)
        except Exception as error:
            # What a server says against the protocol may end as any exception of the client.
            reason = f"{type(error).__name__}: {error}"[:200]
            raise ModelError(
                f"{where} gave no vectors of {self._model} ({reason}); check that it runs, "
                "RAGBOT_EMBEDDING_URL and RAGBOT_EMBEDDING_MODEL."
            ) from error
        norms = np.linalg.norm(rows, axis=1, keepdims=True) if rows.ndim == 2 else np.zeros(1)
        if len(rows) != len(texts) or not np.isfinite(rows).all() or (norms == 0).any():
            raise ModelError(f"{where} gave vectors that cannot be used; check its model.")
        if dimension is not None and rows.shape[1] != dimension:
            raise ModelError(
                f"{where} gave vectors of {rows.shape[1]} numbers, and of {dimension} before; "
                "restart ragbot, and rebuild if its model was changed."
            )
        return rows / norms


def load_served(url: str, model: str, key: str) -> ModelEmbedder:
    """Return an embedder whose vectors a server computes.

    An index knows it by the model's name and the length of its vectors.

    Raises:
        ModelError: the server cannot be reached or has no such model.
    """
    from openai import OpenAI

    client = OpenAI(base_url=url, api_key=key or "none", timeout=_SECONDS, max_retries=_RETRIES)
    engine = ServedEngine(client, model)
    card = Card(
        fingerprint=fingerprint(digest("served", Path(model).name, str(engine.dimension))),
        dimension=engine.dimension,
        max_tokens=512,
        prompts=prompts_by_name(model),
    )
    return ModelEmbedder(model, card, engine)
