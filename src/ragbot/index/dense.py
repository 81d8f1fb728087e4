"""The dense leg: inner products of normalised vectors, in FAISS.

Small indexes are one flat FAISS file. Beyond that the vectors stay in a file that is mapped, an
inverted file of them in eight bits proposes, and the exact vectors decide.
"""

import math
import mmap
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Dense", "build", "forget"]

Vectors = NDArray[np.float32]

_FLAT, _COARSE, _VECTORS = "dense.faiss", "dense-ivf.faiss", "vectors.npy"
_EXACT_UP_TO = 65_536
"""Vectors that are searched one by one: some 4 ms (benchmarks/scale.py)."""
_RECALL, _DEPTH = 0.98, 50
"""Of the fifty nearest, the share the inverted file must find to be used at all."""
_TRIALS = 256
_TRAINING = 40
"""Vectors a cell that k-means learns from; FAISS asks for at least 39."""
_OVERSAMPLING = 2
_AT_ONCE = 65_536


def build(folder: Path, file: Path, previous: Path | None = None) -> None:
    """Write an index of the float32 vectors in an ``.npy`` file, which may be moved into it.

    ``previous`` is the folder of an index of the same model, whose cells will do for a corpus of
    like size.

    Raises:
        OSError: it cannot be written.
    """
    import faiss

    vectors: Vectors = np.load(file, mmap_mode="r", allow_pickle=False)
    try:
        if len(vectors) > _EXACT_UP_TO and (coarse := _coarse(vectors, previous)):
            faiss.write_index(coarse, str(folder / _COARSE))
            shutil.move(file, folder / _VECTORS)
            return
        flat = faiss.IndexFlatIP(vectors.shape[1])
        for part in _parts(vectors):
            flat.add(part)
        faiss.write_index(flat, str(folder / _FLAT))
    except RuntimeError as error:
        raise OSError(str(error)) from error


def forget(vectors: NDArray[Any]) -> None:
    """Drop a mapped array's pages from memory; the file has them."""
    if isinstance(vectors.base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        vectors.base.madvise(mmap.MADV_DONTNEED)


def _parts(vectors: Vectors) -> Iterator[Vectors]:
    for start in range(0, len(vectors), _AT_ONCE):
        yield np.ascontiguousarray(vectors[start : start + _AT_ONCE])
        forget(vectors)


def _take(vectors: Vectors, rows: NDArray[np.int64]) -> Vectors:
    """Copy some rows, in ascending order; no more than a part of the file is in memory at once."""
    taken = np.empty((len(rows), vectors.shape[1]), np.float32)
    starts = np.arange(0, len(vectors), _AT_ONCE)
    bounds = [*np.searchsorted(rows, starts).tolist(), len(rows)]
    for a, b in pairwise(bounds):
        taken[a:b] = vectors[rows[a:b]]
        forget(vectors)
    return taken


def _nearest(vectors: Vectors, asked: Vectors, k: int) -> NDArray[np.int64]:
    """Return the rows of the k nearest vectors of each question, by comparing all."""
    cosines, rows, start = np.empty((len(asked), 0), np.float32), None, 0
    for part in _parts(vectors):
        cosines = np.hstack([cosines, asked @ part.T])
        here = np.arange(start, start + len(part))
        known = np.tile(here, (len(asked), 1))
        rows = known if rows is None else np.hstack([rows, known])
        best = np.argpartition(-cosines, min(k, cosines.shape[1] - 1), axis=1)[:, :k]
        cosines = np.take_along_axis(cosines, best, axis=1)
        rows = np.take_along_axis(rows, best, axis=1)
        start += len(part)
    return rows if rows is not None else np.empty((len(asked), 0), np.int64)


def _coarse(vectors: Vectors, previous: Path | None) -> Any:
    """Return an inverted file that finds enough of the nearest; None where none does."""
    import faiss

    count, dimension = vectors.shape
    # 4 sqrt(n) is FAISS's own advice below a million vectors.
    cells = 1 << round(math.log2(4 * math.sqrt(count)))
    chance = np.random.default_rng(0)  # the same corpus makes the same index
    known = previous and previous / _COARSE
    if known and known.exists():
        taken: Any = faiss.read_index(str(known))
        taken.reset()
        if taken.nlist == cells and _fill(taken, vectors, chance):
            return taken
    trained: Any = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(dimension),
        dimension,
        cells,
        faiss.ScalarQuantizer.QT_8bit,
        faiss.METRIC_INNER_PRODUCT,
    )
    trained.cp.niter = 10
    some = np.sort(chance.choice(count, min(count, _TRAINING * cells), replace=False))
    trained.train(_take(vectors, some))
    return trained if _fill(trained, vectors, chance) else None


def _fill(coarse: Any, vectors: Vectors, chance: np.random.Generator) -> bool:
    """Add the vectors, and look at as many cells as this corpus needs; False if too many.

    How many is measured on vectors of its own, against comparing all.
    """
    count = len(vectors)
    for part in _parts(vectors):
        coarse.add(part)
    trials = np.sort(chance.choice(count, min(count, _TRIALS), replace=False))
    asked = _take(vectors, trials)
    # Nobody asks for a passage itself: between two of them lies what a question looks like.
    asked = asked + asked[chance.permutation(len(asked))] * 0.5
    asked /= np.linalg.norm(asked, axis=1, keepdims=True)
    wanted = _nearest(vectors, asked, _DEPTH)
    looked_at = 16
    while looked_at <= coarse.nlist // 4:
        coarse.nprobe = looked_at
        _, found = coarse.search(asked, _DEPTH * _OVERSAMPLING)
        hits = sum(len(np.intersect1d(a, b)) for a, b in zip(wanted, found, strict=True))
        if hits >= _RECALL * wanted.size:
            return True
        looked_at *= 2
    return False


class Dense:
    """A published dense index, read by any number of threads."""

    def __init__(self, folder: Path) -> None:
        import faiss

        # Each question is searched by its own thread; FAISS threads on top would only contend.
        faiss.omp_set_num_threads(1)
        self._vectors: Vectors | None = None
        if (folder / _COARSE).exists():
            self._index = faiss.read_index(str(folder / _COARSE), faiss.IO_FLAG_MMAP_IFC)
            self._vectors = np.load(folder / _VECTORS, mmap_mode="r", allow_pickle=False)
            self.count, self.dimension = self._vectors.shape
        else:
            self._index = faiss.read_index(str(folder / _FLAT), faiss.IO_FLAG_MMAP_IFC)
            self.count, self.dimension = self._index.ntotal, self._index.d

    def search(
        self, vector: Vectors, k: int, among: NDArray[np.int64] | None = None
    ) -> tuple[NDArray[np.int64], Vectors]:
        """Return the rows and cosines of the k nearest vectors, nearest first.

        ``among`` limits the search to these rows; those are compared one by one.
        """
        if among is not None:
            parts = range(0, len(among), _AT_ONCE)
            found = [self.vectors(among[start : start + _AT_ONCE]) @ vector for start in parts]
            cosines = np.concatenate([*found, np.empty(0, np.float32)])
            best = np.argsort(-cosines, kind="stable")[:k]
            return among[best], cosines[best]
        k = min(k, max(1, self.count))
        if self._vectors is None:
            scores, rows = self._index.search(vector.reshape(1, -1), k)
            valid = rows[0] >= 0
            return rows[0][valid], scores[0][valid]
        near = self._proposed(vector, k * _OVERSAMPLING)
        if len(near) < k:  # the cells looked into hold no more
            near = self._proposed(vector, k * _OVERSAMPLING, every_cell=True)
        cosines = self.vectors(near) @ vector
        best = np.argsort(-cosines, kind="stable")[:k]
        return near[best], cosines[best]

    def _proposed(
        self, vector: Vectors, count: int, *, every_cell: bool = False
    ) -> NDArray[np.int64]:
        """Return the rows that the inverted file proposes, in ascending order."""
        import faiss

        index: Any = self._index
        cells = index.nlist if every_cell else index.nprobe
        parameters: Any = faiss.SearchParametersIVF  # its stub knows no arguments
        _, rows = index.search(vector.reshape(1, -1), count, params=parameters(nprobe=cells))
        found: NDArray[np.int64] = np.sort(rows[0][rows[0] >= 0])
        return found

    def vectors(self, rows: NDArray[np.int64]) -> Vectors:
        """Return the vectors of these rows, shape (n, dimension)."""
        found: Vectors = (
            self._index.reconstruct_batch(rows) if self._vectors is None else self._vectors[rows]
        )
        return found
