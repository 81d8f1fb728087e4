"""Time a whole rebuild beside what the model alone costs in plain sentence-transformers.

    python -m benchmarks.ingest [--documents 60] [--rounds 4]

In each round other paragraphs of CMRC are made an index (read, repaired, split, embedded, indexed,
sealed and published, the model being loaded), and the same paragraphs are encoded by
sentence-transformers on torch in float32, in batches of 32, one vector each. ragbot gives every
group of sentences a vector of its own, so characters of the paragraphs are counted besides.

Then the limit: the multiply-adds that the model needs for a token, what a plain product of int8
matrices reaches on as many threads as there are CPUs in the same run, and the share of it that the
rebuild reaches, all its other work included.
"""

import argparse
import json
import os
import statistics
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # read once, when torch is imported

import numpy as np

from benchmarks.data import Row, rows
from ragbot.embedding import Embedder, load_embedder
from ragbot.embedding.shipped import DEFAULT_MODEL
from ragbot.index.folder import IndexFolder
from ragbot.index.rebuild import rebuild
from ragbot.settings import load_settings

HIDDEN, INNER, LAYERS = 384, 1536, 12
MACS_A_TOKEN = LAYERS * (4 * HIDDEN * HIDDEN + 2 * HIDDEN * INNER)
"""Of the matrix products with weights; attention adds 2 * HIDDEN * tokens a layer, under 3 %."""
CPUS = os.cpu_count() or 1


@dataclass(frozen=True)
class Lap:
    """What a round took; seconds."""

    documents: int
    characters: int
    units: int
    tokens: int
    ours: float
    stages: dict[str, float]
    theirs: float


class Counting:
    """An embedder that notes what passes through it."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.texts: list[str] = []

    def embed_passages(self, texts: list[str], **options: Any) -> Any:
        """Note and embed."""
        self.texts += texts
        return self._embedder.embed_passages(texts, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._embedder, name)


def build(documents: list[Row], embedder: Embedder) -> tuple[float, dict[str, float]]:
    """Make an index; returns the seconds, and those of its stages."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "corpus.jsonl"
        source.write_text("".join(json.dumps(row) + "\n" for row in documents), "utf-8")
        laps: dict[str, float] = {}
        begun = time.perf_counter()

        def progress(stage: str, _: int, __: int) -> None:
            laps.setdefault(stage, time.perf_counter())

        rebuild(IndexFolder(Path(folder) / "i"), [source], embedder, keep=1, progress=progress)
        ended = time.perf_counter()
    starts = [*laps.values(), ended]
    stages = {s: after - at for (s, at), after in zip(laps.items(), starts[1:], strict=True)}
    return ended - begun, stages


def product_rate(seconds: float = 1.5) -> float:
    """Return the multiply-adds a second of int8 matrix products of the model's own shape."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    from onnxruntime import InferenceSession, SessionOptions

    size = 512
    chance = np.random.default_rng(0)
    weights = chance.integers(-64, 64, (HIDDEN, INNER)).astype(np.int8)
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["a", "w"], ["y"])],
        "product",
        [helper.make_tensor_value_info("a", TensorProto.UINT8, [size, HIDDEN])],
        [helper.make_tensor_value_info("y", TensorProto.INT32, [size, INNER])],
        [numpy_helper.from_array(weights, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    options = SessionOptions()
    options.intra_op_num_threads = 1
    session = InferenceSession(model.SerializeToString(), options)
    given = {"a": chance.integers(0, 255, (size, HIDDEN)).astype(np.uint8)}
    done = [0] * CPUS
    until = time.perf_counter() + seconds

    def work(number: int) -> None:
        while time.perf_counter() < until:
            session.run(None, given)
            done[number] += 1

    threads = [threading.Thread(target=work, args=(n,)) for n in range(CPUS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) * size * HIDDEN * INNER / seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=60, help="paragraphs a round")
    parser.add_argument("--rounds", type=int, default=4)
    options = parser.parse_args()
    models = load_settings().data_dir / "models"
    embedder = Counting(load_embedder(None, models, announce=print))

    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(CPUS)
    plain = SentenceTransformer(
        str(models / DEFAULT_MODEL), device="cpu", model_kwargs={"dtype": torch.float32}
    )
    corpus = rows("cmrc2018.corpus")
    build(corpus[-2:], embedder)  # tables that are made once
    plain.encode_document([row["text"] for row in corpus[-8:]], batch_size=32)

    laps, peaks = [], []
    for number in range(options.rounds):
        documents = corpus[number * options.documents : (number + 1) * options.documents]
        texts = [row["text"] for row in documents]
        embedder.texts.clear()
        ours, stages = build(documents, embedder)
        begun = time.perf_counter()
        plain.encode_document(texts, batch_size=32)
        theirs = time.perf_counter() - begun
        peaks.append(product_rate())
        units = [f"passage: {text}" for text in embedder.texts]
        tokens = sum(len(ids) for ids in plain.tokenizer(units)["input_ids"])
        laps.append(
            Lap(len(documents), sum(map(len, texts)), len(units), tokens, ours, stages, theirs)
        )

    def show(name: str, values: list[float], form: str = ",.1f") -> None:
        low, middle, high = min(values), statistics.median(values), max(values)
        print(f"{name:44}{middle:>12{form}}   ({low:{form}} to {high:{form}})")

    print(f"\n{options.rounds} rounds of {options.documents} paragraphs of CMRC, {CPUS} CPUs")
    print(f"{'':44}{'median':>12}   (range)")
    show("paragraphs/s, rebuild", [lap.documents / lap.ours for lap in laps])
    show("paragraphs/s, plain encode", [lap.documents / lap.theirs for lap in laps])
    show("characters/s, rebuild", [lap.characters / lap.ours for lap in laps], ",.0f")
    show("characters/s, plain encode", [lap.characters / lap.theirs for lap in laps], ",.0f")
    show("texts embedded/s, rebuild", [lap.units / lap.ours for lap in laps])
    show("times as fast as plain encode", [lap.theirs / lap.ours for lap in laps], ".2f")
    for stage in laps[0].stages:
        shares = [100 * lap.stages[stage] / lap.ours for lap in laps]
        show(f"  of the rebuild: {stage}, %", shares)
    rates = [lap.tokens * MACS_A_TOKEN / lap.ours for lap in laps]
    print(f"{'million multiply-adds a token':44}{MACS_A_TOKEN / 1e6:>12.1f}")
    show("tokens/s, rebuild", [lap.tokens / lap.ours for lap in laps], ",.0f")
    show("giga multiply-adds/s, rebuild", [rate / 1e9 for rate in rates])
    show("giga multiply-adds/s, int8 product alone", [peak / 1e9 for peak in peaks])
    shares = [100 * rate / peak for rate, peak in zip(rates, peaks, strict=True)]
    show("share of that limit, %", shares)
    embedding = [lap.stages["embedding"] for lap in laps]
    reached = [
        100 * lap.tokens * MACS_A_TOKEN / spent / peak
        for lap, spent, peak in zip(laps, embedding, peaks, strict=True)
    ]
    show("share of it while embedding, %", reached)


if __name__ == "__main__":
    main()
