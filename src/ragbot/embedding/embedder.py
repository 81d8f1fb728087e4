"""The one embedder: prompts, safe text and a cache of questions around an engine."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from ragbot.embedding.base import Progress

__all__ = ["Card", "Engine", "Kind", "ModelEmbedder", "plain"]

Kind = Literal["query", "passage"]

_CACHED_QUESTIONS = 1024  # 1.5 MB at 384 dimensions

_SURROGATES = re.compile("[\ud800-\udfff]")

_Row = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Card:
    """What there is to know of a model besides its weights."""

    fingerprint: str
    dimension: int
    max_tokens: int
    prompts: Mapping[Kind, str]
    """What the model was trained to see before a text of each kind."""


class Engine(Protocol):
    """Puts the prompt before a text and computes its vector; safe to share among threads."""

    label: str
    special_tokens: Sequence[str]

    def encode(self, text: str, kind: Kind) -> _Row:
        """Return the L2-normalised vector of one text, shape (dimension,)."""
        ...

    def encode_many(self, texts: Sequence[str], kind: Kind, progress: Progress) -> _Row:
        """Return the L2-normalised vectors, shape (n, dimension), of a non-empty sequence."""
        ...


class ModelEmbedder:
    """An ``Embedder`` made of a model's card and an engine that has its weights."""

    def __init__(self, name: str, card: Card, engine: Engine) -> None:
        self.name = name
        self.fingerprint = card.fingerprint
        self.dimension = card.dimension
        self.max_tokens = card.max_tokens
        self.engine = engine.label
        self._engine = engine
        # A program asks the same question of several indexes, a chat the same follow-up twice.
        self._question: Callable[[str], _Row] = lru_cache(_CACHED_QUESTIONS)(self._embed_question)

    def embed_queries(self, texts: Sequence[str]) -> _Row:
        """Return one row per question; a question's row does not depend on the others."""
        rows = np.empty((len(texts), self.dimension), np.float32)
        for number, text in enumerate(texts):
            rows[number] = self._question(text)
        return rows

    def embed_passages(self, texts: Sequence[str], *, progress: Progress | None = None) -> _Row:
        """Return one row per passage; ``progress`` hears how many of them are done."""
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        clean = [plain(text, self._engine.special_tokens) for text in texts]
        return self._engine.encode_many(clean, "passage", progress or (lambda _: None))

    def _embed_question(self, text: str) -> _Row:
        return self._engine.encode(plain(text, self._engine.special_tokens), "query")


def plain(text: str, special_tokens: Sequence[str]) -> str:
    """Return ``text`` as a tokenizer can take it: data only, never control.

    A text that spells a special token (``</s>``) would be read as that token and distort the
    vector, and a lone surrogate is no text at all to a tokenizer. The first gets a space inside,
    the second becomes U+FFFD.
    """
    for token in special_tokens:
        if token in text:
            text = text.replace(token, f"{token[0]} {token[1:]}")
    return _SURROGATES.sub("\ufffd", text)
