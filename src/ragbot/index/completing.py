"""Make a whole generation of texts and vectors: both legs of the search, and the seal."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ragbot.index import dense, lexical
from ragbot.index.generation import LEXICAL, UNITS
from ragbot.index.manifest import Manifest, seal

__all__ = ["complete"]


def complete(
    staged: Path,
    store: sqlite3.Connection,
    vectors: Path,
    manifest: Manifest,
    previous: Path | None = None,
) -> None:
    """Build what belongs beside the texts in ``staged``, and seal it; ``store`` is closed.

    ``vectors`` is an ``.npy`` file, float32 of shape (units, dimension), which may be moved.
    ``previous`` is the folder of a generation of the same model.
    """
    np.save(staged / UNITS, _first_units(store, manifest))
    (staged / LEXICAL).mkdir()
    lexical.build(staged / LEXICAL, _keys(store))
    dense.build(staged, vectors, previous)
    store.commit()
    store.close()
    seal(staged, manifest)


def _first_units(store: sqlite3.Connection, manifest: Manifest) -> NDArray[np.int64]:
    """Return the row of each passage's first unit, and the number of units at the end."""
    firsts = np.full(manifest.passages + 1, manifest.units, np.int64)
    for passage, row in store.execute("SELECT passage, min(row) FROM units GROUP BY passage"):
        firsts[passage] = row
    return firsts


def _keys(store: sqlite3.Connection) -> Iterator[tuple[int, str]]:
    yield from store.execute("SELECT row, context || char(10) || key FROM passages ORDER BY row")
