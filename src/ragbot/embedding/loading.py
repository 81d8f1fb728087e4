"""From what the settings say to an embedder that is ready to use."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from ragbot.embedding import stamp
from ragbot.embedding.base import Embedder
from ragbot.embedding.embedder import Card, ModelEmbedder
from ragbot.embedding.exports import (
    Announce,
    digest,
    export_recipe,
    fingerprint,
    have_onnxruntime,
    load_export,
)
from ragbot.embedding.shipped import DEFAULT_MODEL, load_shipped
from ragbot.errors import ModelError

__all__ = ["load_embedder", "local_folder"]

_MODEL_FILES = {".json", ".safetensors", ".bin", ".txt", ".model", ".py"}
_NOT_THE_MODEL = {"onnx", "openvino", ".git", ".cache"}  # folders that hold other forms of it


def load_embedder(
    model: str | None, models_dir: Path, *, announce: Announce = lambda _: None
) -> Embedder:
    """Return the embedder of ``model``, preparing in ``models_dir`` what is not there yet.

    ``None`` means the model that ships, anything else is a sentence-transformers name or path.
    Models that can be are exported once and from then on run without torch. ``announce`` is told
    in one line when something takes more than a moment.

    Raises:
        ModelError: the model cannot be found, opened or prepared.
    """
    if model is None:
        shipped = load_shipped(models_dir, announce)
        return shipped or _load(DEFAULT_MODEL, f"intfloat/{DEFAULT_MODEL}", models_dir, announce)
    return _load(model, model, models_dir, announce)


def _load(name: str, model: str, models_dir: Path, announce: Announce) -> Embedder:
    """Load any sentence-transformers model; ``name`` is what people know it by."""
    fast = have_onnxruntime()
    folder = local_folder(model)
    export = models_dir / _export_name(model)
    if fast and folder and stamp.is_whole(export, _recipe(folder)):
        return load_export(name, export)
    if not folder and not _on_hub(model):
        raise ModelError(
            f"The embedding model {model!r} is neither a folder here nor to be had from the model "
            "hub; check RAGBOT_EMBEDDING_MODEL and the network."
        )

    announce(f"Opening the embedding model {name} (torch, some seconds) …")
    from ragbot.embedding.torch_engine import TorchEngine, open_model, prompts_of

    opened = open_model(str(folder) if folder and Path(model).is_dir() else model)
    folder = folder or local_folder(model)
    card = Card(
        # A hub keeps its files where we do not look only if someone configured it so; then the
        # name has to do.
        fingerprint=fingerprint(_content(folder) if folder else model),
        dimension=int(opened.get_embedding_dimension() or 0),
        max_tokens=min(opened.max_seq_length or 512, 8192),
        prompts=prompts_of(opened, model),
    )
    torch = TorchEngine(opened, card)
    if fast and folder:
        from ragbot.embedding.export import Disagreement, encoder_of, export_opened

        encoder = encoder_of(opened)
        if encoder:
            announce(f"Exporting {name} for ONNX Runtime in {export} (once) …")
            try:
                stamp.build(
                    export,
                    _recipe(folder),
                    lambda target: export_opened(torch, encoder, card, target),
                )
                return load_export(name, export)
            except Disagreement:
                announce(f"{name} loses too much in int8 and stays with torch.")
    return ModelEmbedder(name, card, torch)


def _export_name(model: str) -> str:
    """Return a folder name that tells people which model it is and no two models share."""
    readable = re.sub(r"[^A-Za-z0-9.]+", "-", model)[-40:].strip("-.")
    return f"{readable}-{digest(model)[:8]}-onnx"


def local_folder(model: str) -> Path | None:
    """Return the folder that holds ``model`` on this machine, without asking any network."""
    path = Path(model).expanduser()
    if path.is_dir():
        return path.resolve()
    from huggingface_hub import snapshot_download

    for name in _hub_names(model):
        try:
            return Path(
                snapshot_download(
                    name,
                    cache_dir=os.environ.get("SENTENCE_TRANSFORMERS_HOME"),
                    local_files_only=True,
                )
            )
        except (OSError, ValueError):  # not there; not a possible name
            continue
    return None


def _hub_names(model: str) -> tuple[str, ...]:
    """Return the names a hub may know ``model`` by, as sentence-transformers tries them."""
    return (model,) if "/" in model else (f"sentence-transformers/{model}", model)


def _on_hub(model: str) -> bool:
    """Tell whether the hub answers and has ``model``; quick, where opening it retries a minute."""
    from huggingface_hub import HfApi

    for name in _hub_names(model):
        try:
            HfApi().model_info(name, timeout=10)
        except Exception:  # noqa: S112 - no network, no such name, no access: the same to us
            continue
        return True
    return False


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if (
            path.suffix in _MODEL_FILES
            and not _NOT_THE_MODEL.intersection(parts[:-1])
            and path.name != stamp.STAMP
            and path.is_file()
        ):
            yield path


def _content(folder: Path) -> str:
    """Return a digest of the model's files: the same wherever the folder lies."""
    return digest(
        *(f"{p.relative_to(folder).as_posix()} {stamp.file_sha256(p)}" for p in _files(folder))
    )


def _recipe(folder: Path) -> str:
    """Return the recipe of an export of ``folder``, from sizes and times; reads no weights."""
    facts = ((p.relative_to(folder).as_posix(), p.stat()) for p in _files(folder))
    return export_recipe(digest(*(f"{n} {s.st_size} {s.st_mtime_ns}" for n, s in facts)))
