"""Compare an index in Milvus with the local one: what is found and cited, and what it costs.

    python -m benchmarks.milvus --most 400
    python -m benchmarks.milvus --index milvus+http://127.0.0.1:19530/bench

All of CMRC is indexed in both; every text is embedded once, before, so that what is timed is what
the indexes themselves cost. Questions are asked of both in turns.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import rows
from ragbot import Ragbot
from ragbot.embedding import Embedder
from ragbot.models import Models
from ragbot.results import Answer
from ragbot.settings import load_settings


class Remembering:
    """An embedder that computes the vector of a passage once."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[str, NDArray[np.float32]] = {}
        self.name, self.engine = embedder.name, embedder.engine
        self.fingerprint, self.dimension = embedder.fingerprint, embedder.dimension
        self.max_tokens = embedder.max_tokens

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed questions."""
        return self._embedder.embed_queries(texts)

    def embed_passages(
        self, texts: Sequence[str], *, progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        """Embed passages; those that are known cost nothing."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            found = self._embedder.embed_passages(new, progress=progress)
            self._known.update(zip(new, found, strict=True))
        return np.array([self._known[text] for text in texts], np.float32)


class RememberingModels(Models):
    """Models whose embedder remembers."""

    @cached_property
    def _embedder(self) -> Embedder:
        return Remembering(super()._embedder)


def rebuilt(bot: Ragbot, path: Path) -> float:
    """Rebuild, and return the seconds it took."""
    started = time.perf_counter()
    bot.rebuild([path])
    return time.perf_counter() - started


def timed(bot: Ragbot, question: str, times: list[float]) -> Answer:
    """Ask, and keep the milliseconds it took."""
    started = time.perf_counter()
    answer = bot.answer(question)
    times.append((time.perf_counter() - started) * 1000)
    return answer


def corpus(path: Path, changed: bool) -> Path:
    """Write the paragraphs, a file each, the first of them changed or not."""
    path.mkdir(exist_ok=True)
    for number, row in enumerate(rows("cmrc2018.corpus")):
        text = row["text"] + ("另有一句。" if changed and not number else "")
        (path / f"{number:04}.txt").write_text(f"{row['title']}\n{text}", "utf-8")
    return path


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--most", type=int, help="ask this many questions, spread over the set")
    parser.add_argument("--index", help="address of the index in Milvus; else a file")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        (root / "data").mkdir()
        models_dir = (load_settings().data_dir / "models").resolve()
        (root / "data" / "models").symlink_to(models_dir, target_is_directory=True)
        url = chosen.index or f"milvus+file://{root}/bench.db#bench"
        bots: dict[str, Ragbot] = {}
        shared = RememberingModels(load_settings(data_dir=root / "data"), print)
        for name, index in (("warm", "warm"), ("local", "local"), ("milvus", url)):
            settings = load_settings(data_dir=root / "data", index=index)
            bots[name] = Ragbot(settings, print, models=shared)
        docs = corpus(root / "docs", changed=False)
        print(f"embedding and indexing once: {rebuilt(bots.pop('warm'), docs):.0f} s", flush=True)
        whole = {name: rebuilt(bot, docs) for name, bot in bots.items()}
        changed = corpus(docs, changed=True)
        one = {name: rebuilt(bot, changed) for name, bot in bots.items()}
        print(f"rebuilt: {json.dumps([whole, one])}", flush=True)
        questions = [row["question"] for row in rows("cmrc2018.queries")]
        questions += [row["question"] for row in rows("cmrc2018.unanswerable.queries")][:100]
        step = max(1, len(questions) // (chosen.most or len(questions)))
        asked = questions[::step][: chosen.most]
        times: dict[str, list[float]] = {name: [] for name in bots}
        same = np.zeros((len(asked), 4), bool)
        for bot in bots.values():
            bot.answer(asked[0])
        for number, question in enumerate(asked):
            here, there = (timed(bot, question, times[name]) for name, bot in bots.items())
            hits = [[hit.citation for hit in answer.hits] for answer in (here, there)]
            same[number] = (
                hits[0][:1] == hits[1][:1],
                hits[0][:5] == hits[1][:5],
                here.citations == there.citations,
                here.refused == there.refused,
            )
        print(
            f"\n| {len(asked)} questions, {bots['local'].status().passages} passages | |\n|---|---|"
        )
        names = ("equal first hit", "equal first five", "equal citations", "both answer or refuse")
        for name, share in zip(names, same.mean(axis=0), strict=True):
            print(f"| {name} | {share:.4f} |")
        print("\n| | local | Milvus |\n|---|---|---|")
        p50, p95 = (
            {name: np.percentile(found, at) for name, found in times.items()} for at in (50, 95)
        )
        lines: tuple[tuple[str, dict[str, float]], ...] = (
            ("a question, ms, p50", p50),
            ("a question, ms, p95", p95),
            ("rebuild of everything, embedding aside, s", whole),
            ("rebuild after one paragraph of all changed, s", one),
        )
        for name, values in lines:
            print(f"| {name} | {values['local']:.1f} | {values['milvus']:.1f} |")
        for bot in bots.values():
            bot.close()


if __name__ == "__main__":
    main()
