"""Ask the collections of one generation; every call counts against one budget of time."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragbot.errors import GenerationGoneError
from ragbot.index.milvus.engine import Budget, Engine
from ragbot.index.milvus.layout import Names, more, search_params

__all__ = ["Reader", "among"]

_TEXTS_AT_ONCE = 256
"""Rows of texts asked for in one call: twelve megabytes at most."""
_ROWS_AT_ONCE = 2000
_RANGES_AT_ONCE = 200


class Reader:
    """Reads one generation by the names of its collections, never by the alias."""

    def __init__(self, engine: Engine, names: Names, budget: Budget, *, strong: bool = False):
        """With ``strong``, what was written a moment ago is waited for."""
        self._engine = engine
        self._names = names
        self._budget = budget
        self._strong = {"consistency_level": "Strong"} if strong else {}
        self.dense = "file" if engine.address.is_file else "server"

    def texts(self, keys: Sequence[str]) -> dict[str, str]:
        """Return the texts of these keys, those that exist."""
        found: dict[str, str] = {}
        firsts = self._values(keys)
        others = {key: more(key, first)[1] for key, first in firsts.items()}
        rest = self._values([piece for pieces in others.values() for piece in pieces])
        for key, first in firsts.items():
            if not all(piece in rest for piece in others[key]):
                raise GenerationGoneError(f"A piece of {key} is missing; run 'ragbot rebuild'.")
            found[key] = more(key, first)[0] + "".join(rest[piece] for piece in others[key])
        return found

    def each_text(self, keys: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Yield (key, text) of many keys, in their order, a part of them in memory at once."""
        for start in range(0, len(keys), _TEXTS_AT_ONCE):
            part = keys[start : start + _TEXTS_AT_ONCE]
            found = self.texts(part)
            yield from ((key, found[key]) for key in part if key in found)

    def _values(self, keys: Sequence[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for start in range(0, len(keys), _TEXTS_AT_ONCE):
            part = f"key in {json.dumps(keys[start : start + _TEXTS_AT_ONCE])}"
            for row in self._query(self._names.texts, part, ["key", "value"]):
                found[row["key"]] = row["value"]
        return found

    def rows(self, part: str, count: int, fields: list[str]) -> Iterator[dict[str, Any]]:
        """Yield all rows of the units or the passages, in order."""
        for start in range(0, count, _ROWS_AT_ONCE):
            limits = f"row >= {start} and row < {start + _ROWS_AT_ONCE}"
            found = self._query(getattr(self._names, part), limits, ["row", *fields])
            yield from sorted(found, key=lambda row: row["row"])

    def where(self, part: str, limits: str, fields: list[str]) -> list[dict[str, Any]]:
        """Return the rows of the units or the passages an expression holds of."""
        return self._query(getattr(self._names, part), limits, ["row", *fields])

    def count(self, part: str) -> int:
        """Return how many rows one of the collections holds."""
        collection = getattr(self._names, part)
        rows = self._call("query", collection, filter="", output_fields=["count(*)"])
        return int(rows[0]["count(*)"])

    def search(
        self, part: str, vector: Any, k: int, allowed: NDArray[np.int64] | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the rows and inner products of the k nearest, among these rows, best first."""
        field, kind = ("vector", self.dense) if part == "units" else ("terms", "sparse")
        found: list[tuple[float, int]] = []
        for limits in among(allowed) if allowed is not None else [""]:
            (hits,) = self._call(
                "search",
                getattr(self._names, part),
                data=[vector],
                anns_field=field,
                limit=k,
                filter=limits,
                search_params=search_params(kind, k),
                output_fields=["row"],
            )
            found += [(-hit["distance"], hit["row"]) for hit in hits]
        best = sorted(found)[:k]
        return (
            np.array([row for _, row in best], np.int64),
            np.array([-score for score, _ in best], np.float32),
        )

    def _query(self, collection: str, limits: str, fields: list[str]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._call(
            "query", collection, filter=limits, output_fields=fields
        )
        return found

    def _call(self, method: str, collection: str, **options: Any) -> Any:
        return self._engine.call(self._budget, method, collection, **options, **self._strong)


def among(rows: NDArray[np.int64]) -> Iterator[str]:
    """Yield expressions that hold of these rows: passages of a document lie side by side."""
    if not len(rows):
        return
    rows = np.unique(rows)
    breaks = np.flatnonzero(np.diff(rows) > 1)
    starts, ends = rows[np.r_[0, breaks + 1]], rows[np.r_[breaks, len(rows) - 1]]
    ranges = [f"(row >= {a} and row <= {b})" for a, b in zip(starts, ends, strict=True)]
    for start in range(0, len(ranges), _RANGES_AT_ONCE):
        yield " or ".join(ranges[start : start + _RANGES_AT_ONCE])
