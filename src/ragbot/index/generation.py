"""One generation of an index, opened for reading: immutable, shared by any number of threads."""

import os
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ragbot.errors import IndexDamagedError
from ragbot.index.dense import Dense
from ragbot.index.holding import hold
from ragbot.index.lexical import Lexical
from ragbot.index.manifest import Manifest, read_manifest
from ragbot.index.store import Store

__all__ = ["Generation"]

LEXICAL, STORE, UNITS = "lexical", "texts.sqlite", "units.npy"


class Generation:
    """The three parts of a generation, which always belong together."""

    def __init__(
        self,
        path: Path,
        manifest: Manifest,
        store: Store,
        lexical: Lexical,
        dense: Dense,
        first_units: NDArray[np.int64],
    ) -> None:
        self.path = path
        self.manifest = manifest
        self.store = store
        self.lexical = lexical
        self.dense = dense
        self.first_units = first_units
        self._hold = hold(path)
        self._lock = threading.Lock()
        self._readers = 0
        self._retired = False

    @property
    def id(self) -> str:
        """The generation's id; later ones sort behind earlier ones."""
        return self.manifest.generation

    @property
    def place(self) -> str:
        """Where it lies, for people."""
        return str(self.path)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a generation whose files have been verified.

        Raises:
            IndexDamagedError: a part cannot be read, or the parts do not belong together.
        """
        manifest = read_manifest(path)
        try:
            store = Store(path / STORE)
            lexical = Lexical(path / LEXICAL)
            dense = Dense(path)
            first_units = np.load(path / UNITS, mmap_mode="r", allow_pickle=False)
        except Exception as error:  # FAISS, Tantivy and SQLite each raise what they like
            raise IndexDamagedError(
                f"Generation {path.name} cannot be opened ({type(error).__name__}); "
                "run 'ragbot rebuild'."
            ) from error
        if (dense.count, dense.dimension, lexical.count, len(first_units)) != (
            manifest.units,
            manifest.dimension,
            manifest.passages,
            manifest.passages + 1,
        ):
            raise IndexDamagedError(
                f"The parts of generation {path.name} do not belong together; run 'ragbot rebuild'."
            )
        return cls(path, manifest, store, lexical, dense, first_units)

    def close(self) -> None:
        """Let go of the generation, so that it may be removed."""
        self.store.close()
        if self._hold is not None:
            os.close(self._hold)
            self._hold = None

    def acquire(self) -> Self | None:
        """Keep the generation open until ``release``; None where it has been retired."""
        with self._lock:
            if self._retired:
                return None
            self._readers += 1
            return self

    def release(self) -> None:
        """Undo one ``acquire``; the last reader of a retired generation closes it."""
        with self._lock:
            self._readers -= 1
            last = self._retired and not self._readers
        if last:
            self.close()

    def retire(self) -> None:
        """Close the generation as soon as nobody reads it any more."""
        with self._lock:
            self._retired = True
            idle = not self._readers
        if idle:
            self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
