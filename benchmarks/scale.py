"""Build and search an index of very many passages.

    python -m benchmarks.scale [--passages 100000 …] [--questions 300]

The texts are articles of laws, each with a number of its own; the vectors lie around 4,000 centres,
for a model would need hours. Everything else is what ``ragbot rebuild`` and ``ragbot retrieve`` do.
Prints seconds and memory of the build, of opening, milliseconds of the parts of a search, anonymous
memory while serving, and what share of the nearest vectors the index finds. The build runs in a
process of its own, so that its memory is its own. Of several sizes, ``--passages 1000 10000``, it
prints how each of these grows: the exponent of the power of the size that fits best.
"""

import argparse
import itertools
import json
import multiprocessing
import tempfile
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import laws
from ragbot.index.folder import IndexFolder
from ragbot.index.rebuild import rebuild
from ragbot.retrieval.query import read_query
from ragbot.retrieval.retriever import search

DIMENSION, CENTRES, SPREAD = 384, 4000, 0.7
FILES = 200

Vectors = NDArray[np.float32]


class Clustered:
    """Gives every text a place of its own near one of the centres."""

    name = engine = "clustered"
    fingerprint = "clustered-1"
    dimension = DIMENSION
    max_tokens = 512

    def __init__(self) -> None:
        chance = np.random.default_rng(1)
        self._centres = chance.normal(size=(CENTRES, DIMENSION)).astype(np.float32)

    def embed_passages(
        self, texts: Sequence[str], *, progress: Callable[[int], None] | None = None
    ) -> Vectors:
        """Return vectors, shape (n, dimension)."""
        rows = np.empty((len(texts), DIMENSION), np.float32)
        for row, text in enumerate(texts):
            code = zlib.crc32(text.encode())
            noise = np.random.default_rng(code).normal(size=DIMENSION)
            rows[row] = self._centres[code % CENTRES] + SPREAD * noise
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Return vectors of questions, shape (n, dimension)."""
        return self.embed_passages(texts)


def articles() -> Iterator[str]:
    """Yield paragraphs of laws for ever, every one with a number of its own."""
    pieces = [
        line.replace("*", "").strip()
        for _, text in laws("laws-hans")
        for line in text.split("\n")
        if 40 < len(line) < 200
    ]
    for number, piece in enumerate(itertools.cycle(pieces)):
        yield f"编号{number}：{piece}"


def write(folder: Path, count: int) -> None:
    """Write documents of as many one-passage statements."""
    source = articles()
    for number in range(FILES):
        path = folder / f"{number:04}.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for _ in range(count // FILES):
                file.write(json.dumps({"text": next(source)}, ensure_ascii=False) + "\n")


def build(corpus: Path, index: Path) -> dict[str, float]:
    """Build, and say what it took; returns what grows with the size."""
    laps: dict[str, float] = {}
    most: dict[str, float] = {}

    def progress(stage: str, done: int, total: int) -> None:
        laps.setdefault(stage, time.perf_counter())

    def watch() -> None:
        while True:
            stage = next(reversed(laps), "starting")
            for kind, mb in memory_mb().items():
                most[f"{stage} {kind}"] = max(mb, most.get(f"{stage} {kind}", 0))
            time.sleep(0.1)

    threading.Thread(target=watch, daemon=True).start()
    begun = time.perf_counter()
    report = rebuild(IndexFolder(index), [corpus], Clustered(), keep=1, progress=progress)
    ended = time.perf_counter()
    starts = [*laps.values(), ended]
    parts = ", ".join(
        f"{stage} {after - at:.0f}"
        for (stage, at), after in zip(laps.items(), starts[1:], strict=True)
    )
    print(
        f"built {report.passages.added:,} passages in {ended - begun:.0f} s ({parts})", flush=True
    )
    print("at most, MB:", ", ".join(f"{stage} {mb:,.0f}" for stage, mb in most.items()), flush=True)
    return {"build, s": ended - begun, "building, MB": max(most.values())}


def memory_mb() -> dict[str, float]:
    """Return what this process has in memory: all of it, and what is not a mapped file."""
    lines = Path("/proc/self/status").read_text().splitlines()
    known = dict(line.split(":", 1) for line in lines)
    return {
        "resident": int(known["VmRSS"].split()[0]) / 1024,
        "anonymous": int(known["RssAnon"].split()[0]) / 1024,
    }


def serve(index: Path, count: int) -> dict[str, float]:
    """Open and search; returns what grows with the size."""
    before = memory_mb()["anonymous"]
    begun = time.perf_counter()
    generation, warnings = IndexFolder(index).open_newest(trust_unchanged=False)
    verified = time.perf_counter() - begun
    assert not warnings
    model = Clustered()
    chance = np.random.default_rng(2)
    laps: dict[str, list[float]] = {}
    wanted = hits = at_once = 0
    with generation:
        total = generation.manifest.passages
        rows = chance.choice(total, count, replace=False).tolist()
        for row in rows:
            (passage,) = generation.store.passages([row])
            question = passage.key.replace("\n", "")[-40:]
            found = search(generation, model, read_query(question, longest=1000), 5)
            for part, taken in found.timing_ms.items():
                laps.setdefault(part, []).append(taken)
        grown = memory_mb()["anonymous"] - before
        size = sum(p.stat().st_size for p in generation.path.rglob("*") if p.is_file()) / 2**20
        print(
            f"opened and verified in {verified:.1f} s; {size:,.0f} MB on disk, "
            f"{grown:,.0f} MB of anonymous memory after {count} searches"
        )
        dense = generation.dense
        for row in (tried := rows[:200]):
            asked = dense.vectors(np.array([row]))[0] + 0.03 * chance.normal(size=DIMENSION)
            asked = (asked / np.linalg.norm(asked)).astype(np.float32)
            exact = dense.search(asked, 10, np.arange(dense.count))[0]
            near = dense.search(asked, 10)[0]
            wanted += 10
            hits += len(np.intersect1d(exact, near))
            at_once += exact[0] == near[0]
    first = at_once / len(tried)
    print(f"recall@10 against exact search {hits / wanted:.4f}, nearest first {first:.3f}")
    print(f"{'ms a question':16}{'p50':>8}{'p95':>8}")
    for part, taken in laps.items():
        if part not in ("embed", "total"):
            print(f"  {part:14}{np.percentile(taken, 50):8.2f}{np.percentile(taken, 95):8.2f}")
    rest = np.array(laps["total"]) - np.array(laps["embed"])
    print(f"  {'together':14}{np.percentile(rest, 50):8.2f}{np.percentile(rest, 95):8.2f}")
    return {
        "on disk, MB": size,
        "open and verify, s": verified,
        "serving, anonymous MB": grown,
        "search p50, ms": float(np.percentile(rest, 50)),
    }


def one(passages: int, questions: int) -> dict[str, float]:
    """Build, then search; returns what grows with the size."""
    with tempfile.TemporaryDirectory() as root:
        corpus, index = Path(root) / "corpus", Path(root) / "indexes" / "scale"
        corpus.mkdir()
        write(corpus, passages)
        # Each in a process of its own, so that its memory is its own.
        spawning = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, spawning, max_tasks_per_child=1) as alone:
            built = alone.submit(build, corpus, index).result()
            return built | alone.submit(serve, index, questions).result()


def growth(sizes: list[int], found: list[dict[str, float]]) -> None:
    """Print what each size took, and the exponents."""
    print(f"\n{'':24}" + "".join(f"{size:>12,}" for size in sizes) + f"{'exponent':>12}")
    for name in found[0]:
        values = [max(one[name], 1e-9) for one in found]
        exponent = np.polyfit(np.log(sizes), np.log(values), 1)[0]
        cells = "".join(f"{value:12,.2f}" for value in values)
        print(f"{name:24}{cells}{exponent:12.2f}")


def main() -> None:
    """Measure each size, then how it grows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--passages", type=int, nargs="+", default=[100_000])
    parser.add_argument("--questions", type=int, default=300)
    options = parser.parse_args()
    found = [one(passages, options.questions) for passages in options.passages]
    if len(found) > 1:
        growth(options.passages, found)


if __name__ == "__main__":
    main()
