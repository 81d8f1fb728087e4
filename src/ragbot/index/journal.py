"""Vectors a rebuild has computed but not yet published, so that a killed one is not done twice."""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["Journal"]


class Journal:
    """Vectors by passage hash, on disk. The hash includes the model's fingerprint."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        try:
            self._connection = self._open()
        except sqlite3.DatabaseError:
            # It is only a saving: one that cannot be read is begun anew.
            self.remove()
            self._connection = self._open()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS vectors (hash BLOB PRIMARY KEY, vector BLOB, crc INTEGER)"
        )
        return connection

    def close(self) -> None:
        """Close the file; it stays for the next rebuild."""
        self._connection.close()

    def remove(self) -> None:
        """Remove it: what it held has been published."""
        for suffix in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)

    def add(self, hashes: Sequence[bytes], vectors: NDArray[np.float32]) -> None:
        """Keep vectors, shape (len(hashes), dimension); on disk when this returns."""
        import zlib

        with self._connection:
            self._connection.executemany(
                "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)",
                [
                    (key, data := vector.astype("<f4").tobytes(), zlib.crc32(data))
                    for key, vector in zip(hashes, vectors, strict=True)
                ],
            )

    def find(self, hashes: Iterable[bytes]) -> dict[bytes, NDArray[np.float32]]:
        """Return the vectors that are known and whole."""
        import zlib

        found = {}
        with closing(self._connection.cursor()) as cursor:
            for key in hashes:
                record = cursor.execute(
                    "SELECT vector, crc FROM vectors WHERE hash = ?", (key,)
                ).fetchone()
                if record and zlib.crc32(record[0]) == record[1]:
                    found[key] = np.frombuffer(record[0], "<f4")
        return found
