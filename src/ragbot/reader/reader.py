"""Read passages for the words that answer a question."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ragbot.embedding.onnx_engine import open_session
from ragbot.reader.joining import Joiner
from ragbot.reader.spans import Extract, best_spans

__all__ = ["GraphReader", "Reader", "Text"]

_THREADS = min(os.cpu_count() or 1, 4)
"""Threads that share a passage: unlike a sentence it is long enough. Of 300 tokens one takes two
threads 65 ms and one 118; five one after the other 331 ms, and 351 side by side on one thread each.
"""
_REMEMBERED = 1024
"""Passages read lately: questions come again, from the examples and from who asks a follow-up."""


class Text(NamedTuple):
    """A passage, and what it is about: its title and headings."""

    passage: str
    context: str


class Reader(Protocol):
    """Finds the words that answer; safe to share among threads."""

    def read(self, question: str, texts: Sequence[Text]) -> list[tuple[Extract, ...]]:
        """Return the best words of every sentence of each passage, the best first, at least one."""
        ...


class GraphReader:
    """The reader that ships, as a graph for ONNX Runtime."""

    def __init__(self, graph: Path, joiner: Joiner) -> None:
        self._session = open_session(graph, threads=_THREADS)
        self._joiner = joiner
        self._remembered = lru_cache(_REMEMBERED)(self._one)

    def read(self, question: str, texts: Sequence[Text]) -> list[tuple[Extract, ...]]:
        """Return the best words of every sentence of each passage, the best first, at least one."""
        return [self._remembered(question, text) for text in texts]

    def _one(self, question: str, text: Text) -> tuple[Extract, ...]:
        joined = self._joiner.join(question, text.passage, text.context)
        (logits,) = self._session.run(None, {"input_ids": np.array([joined.ids], np.int64)})
        rows: NDArray[np.float32] = np.asarray(logits, np.float32)[0]
        return best_spans(text.passage, joined, rows)
