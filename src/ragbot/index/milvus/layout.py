"""How a generation lies in Milvus: three collections, named after it.

<name>_<id>_units      the vectors, and where the units lie
<name>_<id>_passages   the lexical leg as sparse vectors
<name>_<id>_texts      everything else, by key; no string longer than the engine keeps
<name>                 an alias of the texts of the generation that is served
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Digest", "Names", "first_units", "keys_of", "pieces", "schema_of"]

_PIECE = 16_000
"""Characters of a piece: 65,535 bytes at most, whatever the characters."""

_INDEXES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    # index type, parameters for building it, parameters for searching it
    "file": ("FLAT", {}, {}),
    "server": ("HNSW", {"M": 32, "efConstruction": 200}, {"ef": 512}),
    "sparse": ("SPARSE_INVERTED_INDEX", {}, {"drop_ratio_search": 0.0}),
    "none": ("FLAT", {}, {}),
}


class Names:
    """The names of a generation's collections, and back."""

    PARTS = ("units", "passages", "texts")

    def __init__(self, name: str, generation: str) -> None:
        base = f"{name}_{generation.replace('-', '_')}"
        self.units, self.passages, self.texts = (f"{base}_{part}" for part in self.PARTS)

    @property
    def all(self) -> tuple[str, str, str]:
        """All three; the texts, by which a generation is known, last."""
        return self.units, self.passages, self.texts

    @classmethod
    def generation(cls, name: str, collection: str) -> str | None:
        """Return the id of the generation a collection of an index belongs to, or None."""
        parts = "|".join(cls.PARTS)
        found = re.fullmatch(rf"{name}_(\d{{8}}T\d{{12}})_([0-9a-f]{{6}})_(?:{parts})", collection)
        return f"{found[1]}-{found[2]}" if found else None


def search_params(kind: str, k: int) -> dict[str, Any]:
    """Return the parameters of a search of the ``k`` nearest vectors of a kind."""
    params = dict(_INDEXES[kind][2])
    if "ef" in params:  # HNSW refuses to return more than it looks at
        params["ef"] = max(params["ef"], k)
    return {"metric_type": "IP", "params": params}


def schema_of(client_class: Any, part: str, dimension: int, dense: str) -> tuple[Any, Any]:
    """Return schema and index of one of the collections, as the client has them."""
    from pymilvus import DataType

    schema = client_class.create_schema(auto_id=False, enable_dynamic_field=False)
    index = client_class.prepare_index_params()
    kind, field = {
        "units": (dense, "vector"),
        "passages": ("sparse", "terms"),
        "texts": ("none", "nothing"),
    }[part]
    if part == "texts":
        schema.add_field("key", DataType.VARCHAR, is_primary=True, max_length=64)
        schema.add_field("value", DataType.VARCHAR, max_length=65_535)
        # A collection must have a vector.
        schema.add_field(field, DataType.FLOAT_VECTOR, dim=2)
    else:
        schema.add_field("row", DataType.INT64, is_primary=True)
    if part == "units":
        for name in ("passage", "start", "end"):
            schema.add_field(f"unit_{name}", DataType.INT64)
        schema.add_field("hash", DataType.VARCHAR, max_length=64)
        schema.add_field(field, DataType.FLOAT_VECTOR, dim=dimension)
    if part == "passages":
        schema.add_field("document", DataType.INT64)
        schema.add_field("start", DataType.INT64)
        schema.add_field(field, DataType.SPARSE_FLOAT_VECTOR)
    name, building, _ = _INDEXES[kind]
    index.add_index(field, index_type=name, metric_type="IP", params=building)
    return schema, index


def pieces(key: str, text: str) -> Iterator[tuple[str, str]]:
    """Yield the rows a text is kept in: the first says how many there are."""
    parts = [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)] or [""]
    yield key, f"{len(parts)}:{parts[0]}"
    for number, part in enumerate(parts[1:], 1):
        yield f"{key}.{number}", part


def more(key: str, first: str) -> tuple[str, list[str]]:
    """Return what the first row of a text holds of it, and the keys of its other rows."""
    count, _, text = first.partition(":")
    return text, [f"{key}.{number}" for number in range(1, int(count))]


def keys_of(kind: str, rows: Iterable[int]) -> list[str]:
    """Return the keys of texts of a kind."""
    return [f"{kind}{row}" for row in rows]


_FIRSTS = 4096


def first_units(firsts: NDArray[np.int64]) -> Iterator[str]:
    """Yield the array as texts: how many units each passage has."""
    counts = np.diff(firsts).tolist()
    for start in range(0, len(counts), _FIRSTS):
        yield json.dumps(counts[start : start + _FIRSTS])


def first_units_keys(passages: int) -> list[str]:
    """Return the keys of the texts ``first_units`` yields."""
    return keys_of("u", range(-(-passages // _FIRSTS)))


def first_units_of(texts: Sequence[str]) -> NDArray[np.int64]:
    """Return the array ``first_units`` has written."""
    counts = [count for text in texts for count in json.loads(text)]
    return np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]).astype(np.int64)


class Digest:
    """The SHA-256 of rows as they are sent and as they come back, in their order."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.count = 0

    def add(self, row: dict[str, Any]) -> None:
        """Take in a row: numbers and texts as JSON, vectors as bytes."""
        for name in sorted(row):
            value = row[name]
            if name == "nothing":
                continue
            if name == "vector":
                data = np.asarray(value, "<f4").tobytes()
            elif name == "terms":
                pairs = sorted((int(at), float(weight)) for at, weight in value.items())
                data = np.array(pairs, "<f8").astype("<f4").tobytes() + bytes(len(pairs))
                data += np.array([at for at, _ in pairs], "<u4").tobytes()
            else:
                data = json.dumps(value, ensure_ascii=False).encode()
            self._hash.update(f"{name}:{len(data)}:".encode() + data)
        self.count += 1

    def hexdigest(self) -> str:
        """Return the digest so far, with the number of rows."""
        return f"{self.count}:{self._hash.hexdigest()}"
