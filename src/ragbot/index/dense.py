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


def build(path: Path, vectors: NDArray[Any], previous: Path | None = None) -> None:
    """Write an index of float vectors, shape (n, dimension); a large one gets a coarse one beside.

    ``previous`` is an index of the same model, whose cells will do for a corpus of like size.

    Raises:
        OSError: it cannot be written.
    """
    import faiss

    try:
        exact = faiss.IndexFlatIP(vectors.shape[1])
        for start in range(0, len(vectors), _AT_ONCE):
            exact.add(np.ascontiguousarray(vectors[start : start + _AT_ONCE], np.float32))
        faiss.write_index(exact, str(path))
        if len(vectors) > _EXACT_UP_TO and (coarse := _coarse(vectors, exact, previous)):
            faiss.write_index(coarse, str(path.with_name(_COARSE)))
    except RuntimeError as error:
        raise OSError(str(error)) from error


def _coarse(vectors: NDArray[Any], exact: Any, previous: Path | None) -> Any:
    """Return an inverted file that finds enough of the nearest; None where none does."""
    import faiss

    count, dimension = vectors.shape
    # 4 sqrt(n) is FAISS's own advice below a million vectors.
    cells = 1 << round(math.log2(4 * math.sqrt(count)))
    chance = np.random.default_rng(0)  # the same corpus makes the same index
    known = previous and previous.with_name(_COARSE)
    if known and known.exists():
        taken: Any = faiss.read_index(str(known))
        taken.reset()
        if taken.nlist == cells and _fill(taken, vectors, exact, chance):
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
    trained.train(np.ascontiguousarray(vectors[some], np.float32))
    return trained if _fill(trained, vectors, exact, chance) else None


def _fill(coarse: Any, vectors: NDArray[Any], exact: Any, chance: np.random.Generator) -> bool:
    """Add the vectors, and look at as many cells as this corpus needs; False if too many.

    How many is measured on vectors of its own, against the exact index.
    """
    count = len(vectors)
    for start in range(0, count, _AT_ONCE):
        coarse.add(np.ascontiguousarray(vectors[start : start + _AT_ONCE], np.float32))
    trials = np.sort(chance.choice(count, min(count, _TRIALS), replace=False))
    asked = np.ascontiguousarray(vectors[trials], np.float32)
    # Nobody asks for a passage itself: between two of them lies what a question looks like.
    asked = asked + asked[chance.permutation(len(asked))] * 0.5
    asked /= np.linalg.norm(asked, axis=1, keepdims=True)
    _, wanted = exact.search(asked, _DEPTH)
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
