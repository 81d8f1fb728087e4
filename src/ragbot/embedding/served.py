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
_TOO_MUCH = 400, 413, 422
"""What servers say to more texts, or a longer one, than they take; some to other faults as well."""
_SHORT = 128
"""Characters that every model takes: a text of so few is not refused for its length."""


class _RefusedError(ModelError):
    """The server will not have these texts as they are, however often it is asked."""


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
        row: NDArray[np.float32] = self._embed([self._prompts[kind] + text])[0]
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
                for part in threads.map(self._embed, batches):
                    rows.append(part)
                    done += len(part)
                    progress(done)
            except BaseException:
                threads.shutdown(wait=False, cancel_futures=True)
                raise
        return np.concatenate(rows)

    def _embed(self, texts: list[str]) -> NDArray[np.float32]:
        """Return the vectors of a batch, in as many requests as the server wants it in.

        A text that is too long for its model is cut, as the models that run here do.
        """
        try:
            return self._ask(texts, self.dimension)
        except _RefusedError:
            half = len(texts) // 2
            if half:
                return np.concatenate([self._embed(texts[:half]), self._embed(texts[half:])])
            if len(texts[0]) > _SHORT:
                return self._embed([texts[0][: max(_SHORT, len(texts[0]) // 2)]])
            raise

    def _ask(self, texts: list[str], dimension: int | None) -> NDArray[np.float32]:
        """Return the normalised vectors of a batch.

        Raises:
            ModelError: the server cannot be reached, refuses, or answers with something else.
        """
        from openai import APIStatusError

        where = f"The embedding server at {self._client.base_url}"
        try:
            answer = self._client.embeddings.create(
                model=self._model, input=texts, encoding_format="float"
            )
            found = sorted(answer.data, key=lambda one: one.index)
            places = [one.index for one in found]
            # Numbers whose squares are beyond 32 bits are vectors all the same.
            rows = np.array([one.embedding for one in found], np.float64)
        except Exception as error:
            # What a server says against the protocol may end as any exception of the client.
            reason = f"{type(error).__name__}: {error}"[:200]
            refused = isinstance(error, APIStatusError) and error.status_code in _TOO_MUCH
            raise (_RefusedError if refused else ModelError)(
                f"{where} gave no vectors of {self._model} ({reason}); check that it runs, "
                "RAGBOT_EMBEDDING_URL and RAGBOT_EMBEDDING_MODEL."
            ) from error
        norms = np.linalg.norm(rows, axis=1, keepdims=True) if rows.ndim == 2 else np.zeros(1)
        # The norm of what is no number is none.
        if places != [*range(len(texts))] or not np.isfinite(norms).all() or (norms == 0).any():
            raise ModelError(f"{where} gave vectors that cannot be used; check its model.")
        if dimension is not None and rows.shape[1] != dimension:
            raise ModelError(
                f"{where} gave vectors of {rows.shape[1]} numbers, and of {dimension} before; "
                "restart ragbot, and rebuild if its model was changed."
            )
        unit: NDArray[np.float32] = (rows / norms).astype(np.float32)
        return unit


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
