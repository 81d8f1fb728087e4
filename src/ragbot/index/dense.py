"""The dense leg: inner products of normalised vectors, in FAISS."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Dense", "build"]

Vectors = NDArray[np.float32]


def build(path: Path, vectors: NDArray[Any]) -> None:
    """Write an exact index of float vectors, shape (n, dimension).

    Raises:
        OSError: it cannot be written.
    """
    import faiss

    index = faiss.IndexFlatIP(vectors.shape[1])
    for start in range(0, len(vectors), 65_536):
        index.add(np.ascontiguousarray(vectors[start : start + 65_536], np.float32))
    try:
        faiss.write_index(index, str(path))
    except RuntimeError as error:
        raise OSError(str(error)) from error


class Dense:
    """A published dense index, read by any number of threads."""

    def __init__(self, path: Path) -> None:
        import faiss

        # Each question is searched by its own thread; FAISS threads on top would only contend.
        faiss.omp_set_num_threads(1)
        self._index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        self.count: int = self._index.ntotal
        self.dimension: int = self._index.d

    def search(self, vector: Vectors, k: int) -> tuple[NDArray[np.int64], Vectors]:
        """Return the rows and cosines of the k nearest passages, nearest first."""
        scores, rows = self._index.search(vector.reshape(1, -1), min(k, max(1, self.count)))
        found = rows[0] >= 0
        return rows[0][found], scores[0][found]

    def vectors(self, rows: NDArray[np.int64]) -> Vectors:
        """Return the vectors of these rows, shape (n, dimension)."""
        found: Vectors = self._index.reconstruct_batch(rows)
        return found
