"""Copy a generation from this machine to Milvus and back, and compare both."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np

from ragbot.errors import IndexDamagedError
from ragbot.index.completing import complete
from ragbot.index.folder import IndexFolder
from ragbot.index.generation import STORE, Generation
from ragbot.index.manifest import Manifest
from ragbot.index.milvus.engine import PUBLISHING, Budget, EachCall, Engine
from ragbot.index.milvus.generation import read_manifest
from ragbot.index.milvus.layout import Digest, Names, pieces, schema_of
from ragbot.index.milvus.reader import Reader
from ragbot.index.milvus.terms import Statistics
from ragbot.index.milvus.texts import MANIFEST, TABLES, buckets_for, manifest_text, texts_of, unpack
from ragbot.index.milvus.texts import keys as keys_of_texts
from ragbot.index.store import create

__all__ = ["download", "upload", "what_is_wrong"]

_AT_ONCE = 1000
_PIECES_AT_ONCE = 256
"""Rows sent in one call, of texts; some ten megabytes at most."""
_UNIT = ["unit_passage", "unit_start", "unit_end", "hash", "vector"]
_PASSAGE = ["document", "start", "terms"]
_NOTHING = [0.0, 0.0]

Done = Callable[[int, int], None]


def upload(engine: Engine, staged: Generation, report: Done) -> None:
    """Write a sealed generation into new collections; its manifest comes last.

    Raises:
        IndexDamagedError: what the engine returns is not what was sent.
        EngineError: the engine cannot be asked.
    """
    manifest = staged.manifest
    names = Names(engine.address.name, manifest.generation)
    total = manifest.units + manifest.passages
    with closing(sqlite3.connect(staged.path / STORE)) as store:
        keys = store.execute("SELECT context || char(10) || key FROM passages ORDER BY row")
        statistics = Statistics(key for (key,) in keys)
        buckets = buckets_for(statistics)
        parts: dict[str, Iterator[dict[str, Any]]] = {
            "units": _units(store, staged),
            "passages": _passages(store, statistics),
            "texts": (
                {"key": key, "value": text}
                for key, text in texts_of(store, staged.first_units, statistics, buckets)
            ),
        }
        digests = {}
        done = 0
        for part, rows in parts.items():
            collection = getattr(names, part)
            index = _create(engine, collection, part, manifest.dimension)
            digest = Digest()
            while batch := list(islice(rows, _AT_ONCE)):
                for row in batch:
                    digest.add(row)
                if part == "texts":
                    _insert_texts(engine, collection, batch)
                else:
                    engine.call(Budget(PUBLISHING), "insert", collection, batch)
                done += len(batch) if part != "texts" else 0
                report(min(done, total), total)
            _flush(engine, collection)
            # Afterwards, and without the client's own waiting, which forgets the time: the
            # collection is loaded when its index is ready.
            engine.call(Budget(PUBLISHING), "create_index", collection, index, sync=False)
            engine.call(Budget(PUBLISHING), "load_collection", collection)
            digests[part] = digest.hexdigest()
        sealed = replace(manifest, files=digests)
        reader = Reader(engine, names, EachCall(PUBLISHING), strong=True)
        if wrong := what_is_wrong(reader, sealed, buckets):
            raise IndexDamagedError(
                f"Milvus does not return what was sent ({wrong[0]}), so the index stays as it was; "
                "look at its log, then run 'ragbot rebuild' again."
            )
        row = {"key": MANIFEST, "value": manifest_text(sealed, buckets)}
        _insert_texts(engine, names.texts, [row])
        _flush(engine, names.texts)


def what_is_wrong(reader: Reader, manifest: Manifest, buckets: int) -> list[str]:
    """Read every row back, and return what differs from the manifest, a sentence each."""
    found = {"units": Digest(), "passages": Digest(), "texts": Digest()}
    for part, count, fields in (
        ("units", manifest.units, _UNIT),
        ("passages", manifest.passages, _PASSAGE),
    ):
        for row in reader.rows(part, count, fields):
            found[part].add(row)
    for key, text in _texts(reader, manifest, buckets):
        found["texts"].add({"key": key, "value": text})
    wrong = [
        f"The {part} of generation {manifest.generation} have been altered."
        for part, digest in found.items()
        if digest.hexdigest() != manifest.files[part]
    ]
    for part, count in (("units", manifest.units), ("passages", manifest.passages)):
        if reader.count(part) != count:
            wrong.append(f"The {part} of generation {manifest.generation} are not {count}.")
    return wrong


def _texts(reader: Reader, manifest: Manifest, buckets: int) -> Iterator[tuple[str, str]]:
    ids = []
    for key, text in reader.each_text(keys_of_texts(manifest, buckets, [])[: manifest.documents]):
        ids.append(unpack("d", text)[1])
        yield key, text
    yield from reader.each_text(keys_of_texts(manifest, buckets, ids)[manifest.documents :])


def download(engine: Engine, generation: str, workshop: IndexFolder) -> None:
    """Make a generation in Milvus one of this machine, that a rebuild may take over from.

    Raises:
        IndexDamagedError: it is not what was published.
        EngineError: the engine cannot be asked.
    """
    reader = Reader(engine, Names(engine.address.name, generation), EachCall(PUBLISHING))
    manifest, buckets = read_manifest(reader, generation)
    staged = workshop.building / generation
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(parents=True)
    vectors = workshop.building / "vectors.npy"
    units, texts = Digest(), Digest()
    with closing(create(staged / STORE)) as store:
        shape = (manifest.units, manifest.dimension)
        array = np.lib.format.open_memmap(vectors, "w+", np.float32, shape)
        for row in reader.rows("units", manifest.units, _UNIT):
            units.add(row)
            array[row["row"]] = row["vector"]
            values = [row[name] for name in ("row", *_UNIT[:3])]
            store.execute(
                "INSERT INTO units VALUES (?,?,?,?,?)", (*values, bytes.fromhex(row["hash"]))
            )
        array.flush()
        descriptions: list[list[Any]] = []
        for key, text in _texts(reader, manifest, buckets):
            texts.add({"key": key, "value": text})
            kind = key[0]
            if kind == "d":
                descriptions.append(unpack(kind, text))
            elif kind in TABLES:
                record = unpack(kind, text)
                if kind == "t":
                    record = descriptions[int(key[1:])] + record
                blanks = ",".join("?" * len(record))
                store.execute(f"INSERT INTO {TABLES[kind][0]} VALUES ({blanks})", record)  # noqa: S608 - ours
        if (units.hexdigest(), texts.hexdigest()) != (
            manifest.files["units"],
            manifest.files["texts"],
        ):
            raise IndexDamagedError(f"Generation {generation} in Milvus has been altered.")
        complete(staged, store, vectors, replace(manifest, files={}))
    workshop.publish(staged, generation, lambda *_: None)


def _units(store: sqlite3.Connection, staged: Generation) -> Iterator[dict[str, Any]]:
    rows = store.execute("SELECT row, passage, start, end, hash FROM units ORDER BY row")
    while batch := rows.fetchmany(_AT_ONCE):
        vectors = staged.dense.vectors(np.array([row for row, *_ in batch], np.int64))
        for (row, passage, start, end, digest), vector in zip(batch, vectors, strict=True):
            yield {
                "row": row,
                "unit_passage": passage,
                "unit_start": start,
                "unit_end": end,
                "hash": digest.hex(),
                "vector": vector,
            }


def _passages(store: sqlite3.Connection, statistics: Statistics) -> Iterator[dict[str, Any]]:
    rows = store.execute(
        "SELECT row, document, start, context || char(10) || key FROM passages ORDER BY row"
    )
    for row, document, start, key in rows:
        yield {
            "row": row,
            "document": document,
            "start": start,
            "terms": statistics.vector(key),
        }


def _create(engine: Engine, collection: str, part: str, dimension: int) -> Any:
    """Create an empty collection, and return the index it is to have."""
    from pymilvus import MilvusClient

    dense = "file" if engine.address.is_file else "server"
    schema, index = schema_of(MilvusClient, part, dimension, dense)
    # Readers need not wait for what others write: nothing is written any more when they come.
    options = {"schema": schema, "consistency_level": "Bounded"}
    engine.call(Budget(PUBLISHING), "create_collection", collection, **options)
    return index


def _insert_texts(engine: Engine, collection: str, rows: list[dict[str, Any]]) -> None:
    cut = (
        {"key": key, "value": value, "nothing": _NOTHING}
        for row in rows
        for key, value in pieces(row["key"], row["value"])
    )
    while batch := list(islice(cut, _PIECES_AT_ONCE)):
        engine.call(Budget(PUBLISHING), "insert", collection, batch)


def _flush(engine: Engine, collection: str) -> None:
    engine.call(Budget(PUBLISHING), "flush", collection)
