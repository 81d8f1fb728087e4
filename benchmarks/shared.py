"""Time a rebuild by one process beside one whose vectors workers compute.

    python -m benchmarks.shared [--laws 10] [--rounds 2]

A real Dask scheduler and workers on this machine, over loopback, each held to a CPU of its own; the
model that ships; mainland laws. What a rebuild does is split: reading (read, repair, split, fold
and write to the store), embedding, indexing (lexical and dense, seal, publish). Repairing and
splitting are timed once more by themselves: they stay with the publisher, however many workers.
"""

import argparse
import os
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path

from benchmarks.data import laws
from ragbot.documents.passages import split_passages, split_units
from ragbot.documents.structure import split_statements
from ragbot.embedding import Embedder, load_embedder
from ragbot.index.folder import IndexFolder
from ragbot.index.rebuild import rebuild
from ragbot.index.vectors import Share
from ragbot.settings import load_settings
from ragbot.sharing import embed_by_workers
from ragbot.text.reading import read
from tests.dask_cluster import Cluster

Lap = tuple[int, float, dict[str, float]]
"""Texts embedded, seconds, and those of each stage."""


def build(corpus: Path, embedder: Embedder, share: Share | None) -> Lap:
    """Make an index."""
    laps: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        report = rebuild(
            IndexFolder(Path(folder) / "i"),
            [corpus],
            embedder,
            keep=1,
            progress=lambda stage, *_: laps.setdefault(stage, time.perf_counter()) and None,
            share=share,
        )
        ended = time.perf_counter()
    starts = [*laps.values(), ended]
    stages = {s: after - at for (s, at), after in zip(laps.items(), starts[1:], strict=True)}
    return report.embedded, ended - begun, stages


def by_themselves(texts: list[str]) -> tuple[float, float]:
    """Return the seconds that repairing takes, and splitting."""
    begun = time.perf_counter()
    readings = [read(text) for text in texts]
    repaired = time.perf_counter()
    for reading in readings:
        for passage in split_passages(reading.text, split_statements(reading.text)):
            split_units(reading.text[passage.start : passage.end])
    return repaired - begun, time.perf_counter() - repaired


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--laws", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    models = load_settings().data_dir / "models"
    embedder = load_embedder(None, models, announce=print)
    cpus = sorted(os.sched_getaffinity(0))
    embedder.embed_passages(["知识产权"] * 8)
    found: dict[str, list[Lap]] = {}
    with tempfile.TemporaryDirectory() as root:
        corpus, texts = Path(root) / "laws", []
        for (name, text), _ in zip(laws("laws-hans"), range(options.laws), strict=False):
            path = corpus / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            texts.append(text)
        by_themselves(texts[:1])  # tables that are made once
        repair, split = by_themselves(texts)
        build(corpus, embedder, lambda pieces, _: _nothing(pieces, embedder.dimension))
        with Cluster(Path(root) / "one", models) as one, Cluster(Path(root) / "two", models) as two:
            for cluster, held in (one, cpus[:1]), (two, cpus[:2]):
                for cpu in held:
                    cluster.start(1, "--no-nanny")
                    os.sched_setaffinity(cluster.processes[-1].pid, {cpu})
                warm = (["知识产权"] for _ in range(16))
                for _ in embed_by_workers(cluster.address, embedder, warm, lambda _: None):
                    pass
            for _ in range(options.rounds):
                os.sched_setaffinity(0, cpus[:1])
                found.setdefault("one process, one CPU", []).append(build(corpus, embedder, None))
                os.sched_setaffinity(0, cpus)
                for cluster, name in (one, "one worker"), (two, "two workers"):
                    share = partial(embed_by_workers, cluster.address, embedder)
                    found.setdefault(name, []).append(build(corpus, embedder, share))
                name = f"one process, {len(cpus)} CPUs"
                found.setdefault(name, []).append(build(corpus, embedder, None))

    print(f"{options.laws} laws of {sum(map(len, texts)):,} characters, {options.rounds} rounds")
    print(f"repairing them takes {repair:.2f} s, splitting {split:.2f} s")
    print(f"\n{'median':24}{'seconds':>9}{'texts/s':>9}", end="")
    print(*(f"{stage + ' %':>13}" for stage in ("reading", "embedding", "indexing")), sep="")
    for name, runs in found.items():
        seconds = statistics.median(lap[1] for lap in runs)
        print(f"{name:24}{seconds:>9.1f}{runs[0][0] / seconds:>9.1f}", end="")
        for stage in ("reading", "embedding", "indexing"):
            share_of = statistics.median(100 * lap[2][stage] / lap[1] for lap in runs)
            print(f"{share_of:>13.1f}", end="")
        print()


def _nothing(pieces, dimension):  # type: ignore[no-untyped-def]
    import numpy as np

    for number, texts in enumerate(pieces):
        yield number, np.full((len(texts), dimension), dimension**-0.5, np.float32)


if __name__ == "__main__":
    main()
