"""What export folders have in common: when they may be used, and how they are opened."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from importlib import util
from pathlib import Path

from ragbot.embedding.embedder import ModelEmbedder
from ragbot.embedding.graph import GRAPH_VERSION
from ragbot.embedding.onnx_engine import OnnxEngine, read_card

__all__ = ["Announce", "digest", "export_recipe", "fingerprint", "have_onnxruntime", "load_export"]

Announce = Callable[[str], None]
"""Told in one line when something takes more than a moment."""

_TEXT_VERSION = 1
"""Raised whenever the same text reaches the tokenizer in another form."""


def digest(*parts: str) -> str:
    """Return the SHA-256 of some strings, hexadecimal; the boundaries between them count."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def fingerprint(identity: str) -> str:
    """Return the fingerprint of a model whose content ``identity`` stands for."""
    return digest(identity, f"text {_TEXT_VERSION}")[:32]


def export_recipe(identity: str) -> str:
    """Return the recipe of an export made from the model that ``identity`` stands for."""
    return f"{digest(identity, f'text {_TEXT_VERSION}')} graph {GRAPH_VERSION}"


def have_onnxruntime() -> bool:
    """Tell whether exports can be made and run here."""
    return all(util.find_spec(name) is not None for name in ("onnx", "onnxruntime"))


def load_export(name: str, folder: Path) -> ModelEmbedder:
    """Open an export folder that was found whole."""
    card = read_card(folder)
    return ModelEmbedder(name, card, OnnxEngine(folder, card))
