"""The dense leg: inner products of normalised vectors, in FAISS.

Exact while that is fast; beyond that an inverted file of vectors in eight bits proposes, and the
exact vectors decide.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Dense", "build"]

Vectors = NDArray[np.float32]

_COARSE = "dense-ivf.faiss"
_EXACT_UP_TO = 65_536
"""Vectors that are searched one by one: some 4 ms (benchmarks/scale.py)."""
_RECALL, _DEPTH = 0.98, 50
"""Of the fifty nearest, the share the inverted file must find to be used at all."""
_TRIALS = 256
_TRAINING = 40
"""Vectors a cell that k-means learns from; FAISS asks for at least 39."""
_OVERSAMPLING = 2
_AT_ONCE = 65_536


def build(path: Path, vectors: NDArray[Any]) -> None:
    """Write an index of float vectors, shape (n, dimension); a large one gets a coarse one beside.

    Raises:
        OSError: it cannot be written.
    """
    import faiss

    try:
        exact = faiss.IndexFlatIP(vectors.shape[1])
        for start in range(0, len(vectors), _AT_ONCE):
            exact.add(np.ascontiguousarray(vectors[start : start + _AT_ONCE], np.float32))
        faiss.write_index(exact, str(path))
        if len(vectors) > _EXACT_UP_TO and (coarse := _coarse(vectors, exact)):
            faiss.write_index(coarse, str(path.with_name(_COARSE)))
    except RuntimeError as error:
        raise OSError(str(error)) from error


def _coarse(vectors: NDArray[Any], exact: Any) -> Any:
    """Return an inverted file that finds enough of the nearest; None where none does.

    4 sqrt(n) cells are FAISS's own advice below a million vectors. How many of them are looked at
    is what this corpus needs, measured on vectors of its own.
    """
    import faiss

    count, dimension = vectors.shape
    cells = 1 << round(math.log2(4 * math.sqrt(count)))
    coarse = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(dimension),
        dimension,
        cells,
        faiss.ScalarQuantizer.QT_8bit,
        faiss.METRIC_INNER_PRODUCT,
    )
    coarse.cp.niter = 10
    chance = np.random.default_rng(0)  # the same corpus makes the same index
    some = np.sort(chance.choice(count, min(count, _TRAINING * cells), replace=False))
    coarse.train(np.ascontiguousarray(vectors[some], np.float32))
    for start in range(0, count, _AT_ONCE):
        coarse.add(np.ascontiguousarray(vectors[start : start + _AT_ONCE], np.float32))
    trials = np.sort(chance.choice(count, min(count, _TRIALS), replace=False))
    asked = np.ascontiguousarray(vectors[trials], np.float32)
    # Nobody asks for a passage itself: between two of them lies what a question looks like.
    asked = asked + asked[chance.permutation(len(asked))] * 0.5
    asked /= np.linalg.norm(asked, axis=1, keepdims=True)
    _, wanted = exact.search(asked, _DEPTH)
    looked_at = 16
    while looked_at <= cells // 4:
        coarse.nprobe = looked_at
        _, found = coarse.search(asked, _DEPTH * _OVERSAMPLING)
        hits = sum(len(np.intersect1d(a, b)) for a, b in zip(wanted, found, strict=True))
        if hits >= _RECALL * wanted.size:
            return coarse
        looked_at *= 2
    return None


class Dense:
    """A published dense index, read by any number of threads."""

    def __init__(self, path: Path) -> None:
        import faiss

        # Each question is searched by its own thread; FAISS threads on top would only contend.
        faiss.omp_set_num_threads(1)
        self._exact = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        coarse = path.with_name(_COARSE)
        self._coarse = (
            faiss.read_index(str(coarse), faiss.IO_FLAG_MMAP_IFC) if coarse.exists() else None
        )
        self.count: int = self._exact.ntotal
        self.dimension: int = self._exact.d

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
        if self._coarse is None:
            scores, rows = self._exact.search(vector.reshape(1, -1), k)
            valid = rows[0] >= 0
            return rows[0][valid], scores[0][valid]
        _, rows = self._coarse.search(vector.reshape(1, -1), k * _OVERSAMPLING)
        near = np.sort(rows[0][rows[0] >= 0])
        cosines = self.vectors(near) @ vector
        best = np.argsort(-cosines, kind="stable")[:k]
        return near[best], cosines[best]

    def vectors(self, rows: NDArray[np.int64]) -> Vectors:
        """Return the vectors of these rows, shape (n, dimension)."""
        found: Vectors = self._exact.reconstruct_batch(rows)
        return found
