"""Compare the shipped embedder with plain sentence-transformers on torch, same texts, same run.

    python benchmarks/embedding.py [--eval ../shared/eval] [--set cmrc2018] [--texts 300]
        [--passages 1104] [--questions 424] [--data-dir embeddings]

Prints, for both: start (a fresh process, imports included, to the first vector of a question),
milliseconds a question, passages a second, cosine to torch, recall@1 and nDCG@10. The two take
turns on every chunk of texts, so that another program on the machine slows both.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
from numpy.typing import NDArray

from ragbot.embedding import load_embedder

ROOT = Path(__file__).resolve().parent.parent
CHUNK = 32
START = {
    "ragbot": """
from pathlib import Path
from ragbot.embedding import load_embedder
load_embedder(None, Path(MODELS)).embed_queries(["上海计划建设什么中心？"])
""",
    "torch": """
from sentence_transformers import SentenceTransformer
model = SentenceTransformer(MODELS + "/multilingual-e5-small", device="cpu")
model.encode_query("上海计划建设什么中心？")
""",
}

Vectors = NDArray[np.float32]
Encode = Callable[[list[str]], Vectors]


def rows(path: Path) -> list[dict[str, object]]:
    """Read gzipped JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def spread(items: Sequence[dict[str, object]], count: int) -> list[dict[str, object]]:
    """Return ``count`` items taken evenly from the whole."""
    count = min(count, len(items))
    return [items[i * len(items) // count] for i in range(count)]


def take_turns(
    encoders: dict[str, Encode], texts: list[str], size: int
) -> tuple[dict[str, Vectors], dict[str, list[float]]]:
    """Embed ``texts`` chunk by chunk with each encoder; returns vectors and seconds per chunk."""
    parts: dict[str, list[Vectors]] = {name: [] for name in encoders}
    seconds: dict[str, list[float]] = {name: [] for name in encoders}
    for start in range(0, len(texts), size):
        for name, encode in encoders.items():
            begun = time.perf_counter()
            parts[name].append(encode(texts[start : start + size]))
            seconds[name].append(time.perf_counter() - begun)
    return {name: np.concatenate(found) for name, found in parts.items()}, seconds


def start_seconds(program: str, models: Path, runs: int = 3) -> float:
    """Return the median wall time of a fresh process that embeds one question."""
    taken = []
    for _ in range(runs):
        begun = time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", f"MODELS = {str(models)!r}\n{program}"],
            check=True,
            capture_output=True,
        )
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def ranking(
    questions: Vectors, passages: Vectors, gold: list[set[object]], ids: list[object]
) -> tuple[float, float]:
    """Return recall@1 and nDCG@10 with binary relevance."""
    hits, gains = 0, 0.0
    for scores, wanted in zip(questions @ passages.T, gold, strict=True):
        found = [ids[i] in wanted for i in np.argsort(-scores, kind="stable")[:10]]
        hits += found[0]
        gain = sum(1 / math.log2(rank + 2) for rank, good in enumerate(found) if good)
        gains += gain / sum(1 / math.log2(rank + 2) for rank in range(min(len(wanted), 10)))
    return hits / len(gold), gains / len(gold)


def main() -> None:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--eval", type=Path, default=ROOT.parent / "shared" / "eval")
    parser.add_argument("--set", default="cmrc2018")
    parser.add_argument("--texts", type=int, default=300, help="passages for speed and cosine")
    parser.add_argument("--passages", type=int, default=1104, help="passages to rank; 0: none")
    parser.add_argument("--questions", type=int, default=424)
    parser.add_argument("--data-dir", type=Path, default=ROOT / "embeddings")
    options = parser.parse_args()

    models = options.data_dir / "models"
    embedder = load_embedder(None, models, announce=print)
    starts = {name: start_seconds(program, models) for name, program in START.items()}

    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(2)
    plain = SentenceTransformer(str(models / "multilingual-e5-small"), device="cpu")
    ours, theirs = embedder.engine, "torch fp32"
    questioners: dict[str, Encode] = {
        ours: embedder.embed_queries,
        theirs: lambda texts: plain.encode_query(texts, show_progress_bar=False),
    }
    readers: dict[str, Encode] = {
        ours: embedder.embed_passages,
        theirs: lambda texts: plain.encode_document(texts, show_progress_bar=False),
    }

    corpus = rows(options.eval / f"{options.set}.corpus.jsonl.gz")
    asked = spread(rows(options.eval / f"{options.set}.queries.jsonl.gz"), options.questions)
    texts = [str(row["text"]) for row in spread(corpus, options.texts)]
    wording = [str(row["question"]) for row in asked]
    for encoders in (questioners, readers):  # the first call of each is slower
        take_turns(encoders, [text + " " for text in texts[:2]], 1)

    asked_vectors, asked_seconds = take_turns(questioners, wording, 1)
    vectors, seconds = take_turns(readers, texts, CHUNK)

    print(
        f"\n{options.set}: {len(texts)} passages of {statistics.mean(map(len, texts)):.0f} "
        f"characters on average, {len(wording)} questions; {os.cpu_count()} CPUs"
    )
    print(f"{'':18}{'start s':>9}{'question ms p50':>17}{'p95':>7}{'passages/s':>12}")
    for name, start in ((ours, starts["ragbot"]), (theirs, starts["torch"])):
        times = sorted(asked_seconds[name])
        p50, p95 = (1000 * times[int(len(times) * share)] for share in (0.5, 0.95))
        rate = len(texts) / sum(seconds[name])
        print(f"{name:18}{start:9.2f}{p50:17.1f}{p95:7.1f}{rate:12.1f}")
    for label, found in (("passages", vectors), ("questions", asked_vectors)):
        cosines = (found[ours] * found[theirs]).sum(axis=1)
        print(f"cosine to torch, {label}: median {np.median(cosines):.4f} min {cosines.min():.4f}")

    if options.passages:
        kept = {str(i) for row in asked for i in row["gold_ids"]}  # type: ignore[attr-defined]
        others = [row for row in corpus if row["id"] not in kept]
        room = max(options.passages - len(kept), 0)
        ranked = [row for row in corpus if row["id"] in kept] + spread(others, max(room, 1))[:room]
        ranked_vectors, _ = take_turns(readers, [str(row["text"]) for row in ranked], CHUNK)
        ids: list[object] = [row["id"] for row in ranked]
        gold = [set(row["gold_ids"]) for row in asked]  # type: ignore[call-overload]
        print(f"\n{len(asked)} questions over {len(ranked)} passages")
        for name in (ours, theirs):
            recall, ndcg = ranking(asked_vectors[name], ranked_vectors[name], gold, ids)
            print(f"{name:18} recall@1 {recall:.4f}  nDCG@10 {ndcg:.4f}")


if __name__ == "__main__":
    main()
