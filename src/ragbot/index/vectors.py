"""The vectors of a new generation: taken over where the text is known, computed where it is not."""

import json
import sqlite3
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ragbot.embedding import Embedder
from ragbot.index.dense import forget
from ragbot.index.generation import Generation
from ragbot.index.journal import Journal

__all__ = ["Share", "fill"]

Vectors = NDArray[np.float32]

Share = Callable[[Iterable[list[str]], Callable[[int], None]], Generator[tuple[int, Vectors]]]
"""Embeds lists of texts: yields (number of a list, its vectors) in any order, and calls back with
how many texts of those it has not yielded yet are done."""

_AT_ONCE = 1024
"""Texts embedded between two commits of the journal: a kill loses at most that much work."""

_SHARED = 64
"""Texts that a worker gets at once: a second of its time or two."""
_COPIED_AT_ONCE = 8192


def fill(
    path: Path,
    store: sqlite3.Connection,
    embedder: Embedder,
    previous: Generation | None,
    journal: Journal,
    progress: Callable[[int, int], None],
    share: Share | None = None,
) -> int:
    """Compute the vector of every unit of a store, each text once, in an ``.npy`` file.

    The file holds float32 of shape (units, dimension). ``previous`` is a generation of the same
    model, attached to ``store`` as ``previous``. ``share`` has others compute what is missing.
    Returns how many texts went through the model.
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
    done = embedded = 0
    under_way: dict[int, tuple[list[int], list[bytes]]] = {}

    def missing() -> Iterator[list[str]]:
        """Yield the texts that nobody knows, and put the vectors of the journal in their place."""
        nonlocal done
        number, size = 0, _SHARED if share else _AT_ONCE
        for start in range(0, len(wanted), _AT_ONCE):
            texts, hashes = _texts(store, wanted[start : start + _AT_ONCE])
            found = journal.find(hashes.values())
            for row, digest in hashes.items():
                if digest in found:
                    vectors[row] = found[digest]
            done += len(found)
            forget(vectors)
            unknown = [row for row, digest in hashes.items() if digest not in found]
            for at in range(0, len(unknown), size):
                rows = unknown[at : at + size]
                under_way[number] = rows, [hashes[row] for row in rows]
                number += 1
                yield [texts[row] for row in rows]

    progress(0, len(wanted))
    embed = share or partial(_here, embedder)
    with closing(embed(missing(), lambda more: progress(done + more, len(wanted)))) as computed:
        for number, part in computed:
            rows, hashes = under_way.pop(number)
            journal.add(hashes, part)
            vectors[rows] = part
            embedded += len(rows)
            done += len(rows)
            progress(done, len(wanted))
            forget(vectors)
    progress(done, len(wanted))
    for start in range(0, count, _COPIED_AT_ONCE):
        some = slice(start, start + _COPIED_AT_ONCE)
        copies = np.flatnonzero(~known[some] & (first[some] != np.arange(count)[some])) + start
        vectors[copies] = vectors[first[copies]]
    vectors.flush()
    forget(vectors)
    return embedded


def _here(
    embedder: Embedder, pieces: Iterable[list[str]], progress: Callable[[int], None]
) -> Generator[tuple[int, Vectors]]:
    """Embed with this process's model."""
    for number, texts in enumerate(pieces):
        yield number, embedder.embed_passages(texts, progress=progress)


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
