"""Prepare the reader once, from the weights in this package and the model that ships; open it."""

from __future__ import annotations

import json
from pathlib import Path

from ragbot.embedding import stamp
from ragbot.embedding.exports import Announce, have_onnxruntime
from ragbot.embedding.graph import GRAPH_VERSION, write_graph
from ragbot.embedding.loading import local_folder
from ragbot.embedding.onnx_engine import GRAPH, TOKENIZER, open_session, open_tokenizer
from ragbot.embedding.shipped import DEFAULT_MODEL, prepare_shipped
from ragbot.reader.joining import MAX_TOKENS, Joiner
from ragbot.reader.packing import trained_weights
from ragbot.reader.reader import GraphReader, Reader

__all__ = ["TRAINED", "load_reader"]

TRAINED = Path(__file__).with_name("reader.safetensors")
"""The trained weights; the model card lies beside them."""

_NEEDED = ("config.json", "model.safetensors", TOKENIZER)
"""Files of the model that the reader is made of."""

_READER_VERSION = 1
"""Raised whenever the same weights read another way."""


def load_reader(models_dir: Path, *, announce: Announce = lambda _: None) -> Reader | None:
    """Return the reader, prepared in ``models_dir``; None where its model is not to be had.

    Raises:
        ModelError: the folder cannot be written.
    """
    if not TRAINED.is_file() or not have_onnxruntime():
        return None
    # Where the packaged model has no wheel, the embedder has brought it from its hub name.
    base = prepare_shipped(models_dir, announce) or local_folder(f"intfloat/{DEFAULT_MODEL}")
    # A hub's folder is there from the first file on: wait for the last.
    if base is None or not all((base / name).is_file() for name in _NEEDED):
        return None
    size = (base / "model.safetensors").stat().st_size
    trained = stamp.file_sha256(TRAINED)
    recipe = f"reader {_READER_VERSION} {trained} base {size} graph {GRAPH_VERSION}"
    folder = models_dir / "reader-onnx"
    if not stamp.is_whole(folder, recipe):
        announce(f"Preparing the reader in {folder} (once, some seconds) …")
        stamp.build(folder, recipe, lambda target: _export(base, target))
    joiner = Joiner(open_tokenizer(base / TOKENIZER, MAX_TOKENS))
    return GraphReader(folder / GRAPH, joiner)


def _export(base: Path, target: Path) -> None:
    from safetensors import safe_open

    from ragbot.embedding.export import encoder_for

    config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    traced = target / "unoptimised.onnx"
    with safe_open(base / "model.safetensors", "numpy") as tensors:
        write_graph(
            encoder_for(config, "spans"), trained_weights(TRAINED, tensors.get_tensor), traced
        )
    open_session(traced, target / GRAPH)
    traced.unlink()
