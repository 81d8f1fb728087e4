"""Any sentence-transformers model, computed by torch."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ragbot.embedding.base import Progress
from ragbot.embedding.embedder import Card, Kind
from ragbot.embedding.prompts import prompts_by_name
from ragbot.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

__all__ = ["TorchEngine", "open_model", "prompts_of"]

_BATCH = 32


def open_model(model: str) -> SentenceTransformer:
    """Open a sentence-transformers model by hub name or path.

    Raises:
        ModelError: it is not such a model, or parts of it are missing.
    """
    # The default spins between operations, which on a busy machine costs twenty times the work.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        opened = SentenceTransformer(model, model_kwargs={"dtype": torch.float32})
    except Exception as error:  # the loaders raise a dozen unrelated classes
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__).rstrip(".")
        raise ModelError(
            f"The embedding model {model} cannot be opened as a sentence-transformers model "
            f"({reason}); check that it is complete."
        ) from error
    return opened.eval()


def prompts_of(model: SentenceTransformer, name: str) -> dict[Kind, str]:
    """Return what goes before a question and before a passage.

    Models name the second ``document``, ``passage`` or ``corpus``. The E5 family was trained with
    prompts but its hub entries do not record them, so there they follow from the name.
    """
    query = model.prompts.get("query") or ""
    passage = next(
        (found for key in ("document", "passage", "corpus") if (found := model.prompts.get(key))),
        "",
    )
    if not query and not passage:
        return prompts_by_name(name)
    return {"query": query, "passage": passage}


class TorchEngine:
    """Runs an opened sentence-transformers model."""

    label = "torch"

    def __init__(self, model: SentenceTransformer, card: Card) -> None:
        self.model = model
        self._prompts = card.prompts
        self.special_tokens: Sequence[str] = sorted(
            getattr(model.tokenizer, "all_special_tokens", ())
        )
        self._turn = threading.Lock()

    def encode(self, text: str, kind: Kind) -> NDArray[np.float32]:
        """Return the vector of one text, read-only because it may be cached."""
        row: NDArray[np.float32] = self._encode([text], kind)[0]
        row.flags.writeable = False
        return row

    def encode_many(
        self, texts: Sequence[str], kind: Kind, progress: Progress
    ) -> NDArray[np.float32]:
        """Return the vectors of many texts, embedded in batches of similar length."""
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        parts = []
        for start in range(0, len(order), _BATCH):
            parts.append(self._encode([texts[i] for i in order[start : start + _BATCH]], kind))
            progress(min(start + _BATCH, len(order)))
        rows = np.empty((len(texts), parts[0].shape[1]), np.float32)
        rows[order] = np.concatenate(parts)
        return rows

    def _encode(self, texts: list[str], kind: Kind) -> NDArray[np.float32]:
        # Not one method with the prompt put before the text: a router chooses by the method, and
        # some models leave the prompt out of the pooling.
        encode = self.model.encode_query if kind == "query" else self.model.encode_document
        with self._turn:
            rows: NDArray[np.float32] = encode(
                texts,
                prompt=self._prompts[kind],
                batch_size=_BATCH,
                normalize_embeddings=True,
                show_progress_bar=False,
            )
        return rows.astype(np.float32, copy=False)
