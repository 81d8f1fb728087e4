"""The texts of a generation as keys and strings, and back.

d<row> a document's description    i<id> the row of a document    t<row> a document's whole text
s<row> a statement                 p<row> a passage               f<n> frequencies of terms
u<n> how many units passages have  m the manifest
"""

import base64
import hashlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from ragbot.errors import IndexDamagedError
from ragbot.index.manifest import SCHEMA_VERSION, Manifest, manifest_from
from ragbot.index.milvus.layout import first_units, first_units_keys, keys_of
from ragbot.index.milvus.terms import Statistics

__all__ = ["MANIFEST", "TABLES", "bucket", "keys", "manifest_of", "manifest_text", "texts_of"]

MANIFEST = "m"
_TERMS_A_BUCKET = 64

TABLES = {
    # kind: columns of the store, and which of them are bytes
    "d": ("documents", "row, id, name, root, sha256, source, title, script", ()),
    "t": ("documents", "raw, reading, map, pages", (2, 3)),
    "s": ("statements", "*", ()),
    "p": ("passages", "*", (6, 9)),
}


def pack(kind: str, record: tuple[Any, ...]) -> str:
    """Return a record of the store as a string."""
    values = list(record)
    for at in TABLES[kind][2]:
        values[at] = None if values[at] is None else base64.b64encode(values[at]).decode()
    return json.dumps(values, ensure_ascii=False)


def unpack(kind: str, text: str) -> list[Any]:
    """Return the record ``pack`` has written."""
    values: list[Any] = json.loads(text)
    for at in TABLES[kind][2]:
        values[at] = None if values[at] is None else base64.b64decode(values[at])
    return values


def bucket(number: int, buckets: int) -> str:
    """Return the key of the text that holds the frequency of a term.

    A row for each term would be as many rows as there are characters in the corpus.
    """
    return f"f{number % buckets}"


def texts_of(
    store: sqlite3.Connection, firsts: Any, statistics: Statistics, buckets: int
) -> Iterator[tuple[str, str]]:
    """Yield every (key, text) of a generation but its manifest, in the order of ``keys``."""
    for kind, (table, columns, _) in TABLES.items():
        records = store.execute(f"SELECT {columns} FROM {table} ORDER BY row")  # noqa: S608 - ours
        for row, record in enumerate(records):
            yield f"{kind}{row}", pack(kind, record)
    for row, id in store.execute("SELECT row, id FROM documents ORDER BY row"):
        yield f"i{id}", str(row)
    shares: dict[str, dict[str, int]] = {bucket(n, buckets): {} for n in range(buckets)}
    for number, count in sorted(statistics.frequencies.items()):
        shares[bucket(number, buckets)][f"{number:x}"] = count
    for key, share in shares.items():
        yield key, json.dumps(share)
    yield from zip(first_units_keys(len(firsts) - 1), first_units(firsts), strict=True)


def keys(manifest: Manifest, buckets: int, ids: list[str]) -> list[str]:
    """Return the keys of all texts but the manifest; ``ids`` are those of the documents."""
    counts = {"d": manifest.documents, "t": manifest.documents, "s": manifest.statements}
    counts["p"] = manifest.passages
    tables = [key for kind in TABLES for key in keys_of(kind, range(counts[kind]))]
    named = [f"i{id}" for id in ids]
    return [
        *tables,
        *named,
        *keys_of("f", range(buckets)),
        *first_units_keys(manifest.passages),
    ]


def buckets_for(statistics: Statistics) -> int:
    """Return into how many texts the frequencies are divided."""
    return max(1, len(statistics.frequencies) // _TERMS_A_BUCKET)


def manifest_text(manifest: Manifest, buckets: int) -> str:
    """Return a manifest as a string with a checksum of its own."""
    text = json.dumps(asdict(manifest) | {"buckets": buckets}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest() + text


def manifest_of(text: str) -> tuple[Manifest, int]:
    """Return the manifest and the number of buckets that ``manifest_text`` has written.

    Raises:
        IndexDamagedError: it was altered, or written by another version.
    """
    check, text = text[:64], text[64:]
    if hashlib.sha256(text.encode()).hexdigest() != check:
        raise IndexDamagedError(
            "The manifest of the index in Milvus has been altered; run 'ragbot rebuild'."
        )
    values = json.loads(text)
    if values["schema"] != SCHEMA_VERSION:
        raise IndexDamagedError(
            "The index in Milvus was built by another version of ragbot; run 'ragbot rebuild'."
        )
    buckets = values.pop("buckets")
    return manifest_from(values), buckets
