"""The fast engine: ``tokenizers`` and an ONNX Runtime session, without torch."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from ragbot.embedding.base import Progress
from ragbot.embedding.embedder import Card, Kind

if TYPE_CHECKING:
    # It exports these names without saying so, which strict checking takes for private.
    from onnxruntime import InferenceSession  # type: ignore[attr-defined]
    from tokenizers import Tokenizer

__all__ = [
    "CARD",
    "GRAPH",
    "TOKENIZER",
    "OnnxEngine",
    "open_session",
    "open_tokenizer",
    "read_card",
    "write_card",
]

GRAPH, TOKENIZER, CARD = "model.onnx", "tokenizer.json", "card.json"
"""The files of an export folder."""

_WORKERS = 4  # texts computed side by side; each holds some 10 MB while it runs


def write_card(card: Card, folder: Path) -> None:
    """Write the card as JSON into an export folder."""
    text = json.dumps(asdict(card), indent=1, ensure_ascii=False)
    (folder / CARD).write_text(text, encoding="utf-8")


def read_card(folder: Path) -> Card:
    """Read the card of an export folder."""
    return Card(**json.loads((folder / CARD).read_text(encoding="utf-8")))


class OnnxEngine:
    """Runs the graph of an export folder, one text at a time."""

    label = "onnxruntime-int8"

    def __init__(self, folder: Path, card: Card) -> None:
        """Load graph and tokenizer, at the same time: each takes a good part of a second."""
        import onnxruntime  # noqa: F401 - the session's thread must not be held up by it

        with ThreadPoolExecutor(1) as side:
            session = side.submit(open_session, folder / GRAPH)
            # Building the tokenizer never lets go of Python's lock: what opens the session has to
            # be in its native code before.
            wait([session], timeout=0.01)
            self._tokenizer = open_tokenizer(folder / TOKENIZER, card.max_tokens)
            self._session = session.result()
        self._prompts = card.prompts
        self.special_tokens: Sequence[str] = sorted(
            token.content
            for token in self._tokenizer.get_added_tokens_decoder().values()
            if token.special
        )

    def encode(self, text: str, kind: Kind) -> NDArray[np.float32]:
        """Return the vector of one text, read-only because it may be cached."""
        row = self._run(self._ids(text, kind))
        row.flags.writeable = False
        return row

    def encode_many(
        self, texts: Sequence[str], kind: Kind, progress: Progress
    ) -> NDArray[np.float32]:
        """Return the vectors of many texts; questions asked meanwhile do not wait for them."""
        rows = []
        with ThreadPoolExecutor(min(_WORKERS, _usable_cpus())) as workers:
            for row in workers.map(lambda text: self._run(self._ids(text, kind)), texts):
                rows.append(row)
                progress(len(rows))
        return np.stack(rows)

    def _ids(self, text: str, kind: Kind) -> NDArray[np.int64]:
        return np.array([self._tokenizer.encode(self._prompts[kind] + text).ids], np.int64)

    def _run(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        (rows,) = self._session.run(None, {"input_ids": ids})
        row: NDArray[np.float32] = np.asarray(rows, np.float32)[0]
        return row


def open_tokenizer(path: Path, max_tokens: int) -> Tokenizer:
    """Open a tokenizer; one and the same for all files of one content, as each holds 300 MB."""
    from tokenizers import Tokenizer

    content = path.read_bytes()
    key = hashlib.sha256(content).digest(), max_tokens
    with _opening:
        if key not in _opened:
            tokenizer = Tokenizer.from_buffer(content)
            tokenizer.no_padding()
            tokenizer.enable_truncation(max_tokens)
            _opened[key] = tokenizer
        return _opened[key]


_opening = threading.Lock()
_opened: WeakValueDictionary[tuple[bytes, int], Tokenizer] = WeakValueDictionary()


def open_session(
    path: Path, optimised: Path | None = None, *, threads: int = 1
) -> InferenceSession:
    """Open a graph whose runs take so many threads each, and write it as it runs to ``optimised``.

    What is written holds the extended level of ONNX Runtime's optimisations, which any CPU can run;
    opening it adds the rest.
    """
    from onnxruntime import (  # type: ignore[attr-defined]
        GraphOptimizationLevel,
        InferenceSession,
        SessionOptions,
    )

    options = SessionOptions()
    options.log_severity_level = 3  # warnings are for authors of graphs
    # A text is some fifty tokens: two threads that share one finish later than either alone, for
    # they wait for each other in every layer. Two texts side by side finish 2.4 times as many.
    options.intra_op_num_threads = threads
    # One that waits for the others takes no time of whoever else has work.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if optimised:
        options.graph_optimization_level = GraphOptimizationLevel.ORT_ENABLE_EXTENDED
        options.optimized_model_filepath = str(optimised)
    return InferenceSession(
        str(path),
        options,
        providers=["CPUExecutionProvider"],
        # The fused operator is four times slower than the two it stands for: an eighth of the whole
        # (ONNX Runtime 1.32, AVX2).
        disabled_optimizers=["SkipLayerNormFusion"],
    )


def _usable_cpus() -> int:
    if hasattr(os, "sched_getaffinity"):  # Linux: what this process may use
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
