"""A module that a Dask worker loads first, to embed by hashing and write down how much.

    dask worker … --preload tests/dask_hashing.py FOLDER FINGERPRINT HOLDS_AT

The first worker that gets so many pieces keeps that one for ever; 0 keeps none.
"""

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

import ragbot.models
from tests.hashing import HashingEmbedder


class _Noting(HashingEmbedder):
    def __init__(self, folder: Path, fingerprint: str, holds_at: int) -> None:
        super().__init__(fingerprint)
        self._folder, self._holds_at, self._pieces = folder, holds_at, 0

    def embed_passages(self, texts: Sequence[str], *, progress: Any = None) -> Any:
        """Embed, or keep the texts."""
        self._pieces += 1
        if self._pieces == self._holds_at:
            with suppress(FileExistsError), (self._folder / "held").open("x") as held:
                held.write(str(os.getpid()))
                held.flush()
                time.sleep(3600)
        time.sleep(0.02)
        with (self._folder / f"{os.getpid()}.txt").open("a", encoding="utf-8") as file:
            file.write(f"{len(texts)}\n")
        return super().embed_passages(texts, progress=progress)


@click.command()
@click.argument("folder", type=Path)
@click.argument("fingerprint")
@click.argument("holds_at", type=int)
def dask_setup(worker: Any, folder: Path, fingerprint: str, holds_at: int) -> None:
    """Called by the worker when it starts."""
    embedder = _Noting(folder, fingerprint, holds_at)
    ragbot.models.load_embedder = lambda *_, **__: embedder
