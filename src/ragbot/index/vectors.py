"""The vectors of a new generation: taken over where the text is known, computed where it is not."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ragbot.embedding import Embedder
from ragbot.index.dense import forget
from ragbot.index.generation import Generation
from ragbot.index.journal import Journal

__all__ = ["fill"]

Vectors = NDArray[np.float32]

_AT_ONCE = 1024
"""Texts embedded between two commits of the journal: a kill loses at most that much work."""

_COPIED_AT_ONCE = 8192


def fill(
    path: Path,
    store: sqlite3.Connection,
    embedder: Embedder,
    previous: Generation | None,
    journal: Journal,
    progress: Callable[[int, int], None],
) -> int:
    """Compute the vector of every unit of a store, each text once, in an ``.npy`` file.

    The file holds float32 of shape (units, dimension). ``previous`` is a generation of the same
    model, attached to ``store`` as ``previous``. Returns how many texts went through the model.
    """
    (count,) = store.execute("SELECT count(*) FROM units").fetchone()
    vectors = np.lib.format.open_memmap(path, "w+", np.float32, (count, embedder.dimension))
    known = np.zeros(count, bool)
    if previous:
        pairs = store.execute(
            "SELECT u.row, min(p.row) FROM units u JOIN previous.units p USING (hash) "
            "GROUP BY u.row"
        )
        for batch in _batches(pairs, _COPIED_AT_ONCE):
            rows, old = np.array(batch, np.int64).T
            vectors[rows] = previous.dense.vectors(old)
            known[rows] = True
        forget(vectors)
    first = np.empty(count, np.int64)
    lengths = np.empty(count, np.int32)
    for row, same, length in store.execute(
        "SELECT u.row, (SELECT min(row) FROM units v WHERE v.hash = u.hash), "
        "u.end - u.start + length(p.context) FROM units u JOIN passages p ON p.row = u.passage"
    ):
        first[row], lengths[row] = same, length
    wanted = np.flatnonzero(~known & (first == np.arange(count)))
    # Texts of like length share a batch, so that none is padded for nothing.
    wanted = wanted[np.argsort(lengths[wanted], kind="stable")]
    embedded = 0
    for start in range(0, len(wanted), _AT_ONCE):
        texts, hashes = _texts(store, wanted[start : start + _AT_ONCE])
        found = journal.find(hashes.values())
        missing = [row for row, digest in hashes.items() if digest not in found]

        def report(done: int, before: int = start) -> None:
            progress(before + done, len(wanted))

        if missing:
            computed = embedder.embed_passages(
                [texts[row] for row in missing],
                progress=report,
            )
            journal.add([hashes[row] for row in missing], computed)
            vectors[missing] = computed
            embedded += len(missing)
        for row, digest in hashes.items():
            if digest in found:
                vectors[row] = found[digest]
        progress(min(start + _AT_ONCE, len(wanted)), len(wanted))
        forget(vectors)
    for start in range(0, count, _COPIED_AT_ONCE):
        part = slice(start, start + _COPIED_AT_ONCE)
        copies = np.flatnonzero(~known[part] & (first[part] != np.arange(count)[part])) + start
        vectors[copies] = vectors[first[copies]]
    vectors.flush()
    forget(vectors)
    return embedded


def _texts(
    store: sqlite3.Connection, rows: NDArray[np.int64]
) -> tuple[dict[int, str], dict[int, bytes]]:
    """Return what is embedded for each of these units, and its hash, by row."""
    texts, hashes = {}, {}
    for row, digest, number, context, key in store.execute(
        "SELECT u.row, u.hash, u.row - (SELECT min(row) FROM units v WHERE v.passage = u.passage), "
        "p.context, p.key FROM units u JOIN passages p ON p.row = u.passage "
        "WHERE u.row IN (SELECT value FROM json_each(?))",
        (json.dumps(rows.tolist()),),
    ):
        # A passage's key has its units' keys on a line each.
        texts[row] = f"{context}\n{key.split(chr(10))[number]}".strip()
        hashes[row] = digest
    return texts, hashes


def _batches(cursor: sqlite3.Cursor, size: int) -> Iterator[list[tuple[int, int]]]:
    while batch := cursor.fetchmany(size):
        yield batch
