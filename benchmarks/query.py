"""Time questions in a process that is warm: every part of them, and the model beside torch's.

    python -m benchmarks.query

On the sample corpus, no question twice. First milliseconds a call, from Python and over HTTP, with
the parts of ``retrieve``; then the embedding of a question alone, by the engine that runs and by
plain sentence-transformers on torch, in turns. Starting is timed by ``benchmarks.start``.
"""

import argparse
import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # read once, when torch is imported

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx

from ragbot import Ragbot
from ragbot.embedding.shipped import DEFAULT_MODEL
from ragbot.settings import load_settings
from ragbot.text.places import PLACES

APP = Path(__file__).resolve().parent.parent / "app.py"

# No question twice: a vector that is remembered costs nothing.
QUESTIONS = [
    template.format(place)
    for template in (
        "{}計(jì)劃建設(shè)什么中心?",
        "{}计划建设什么中心？",
        "{}知识产权局局长是谁？",
        "{}聚焦哪些产业？",
        "{}打算怎么保护知识产权？",
        "{}在知识产权运用方面有哪些举措？",
    )
    for place in PLACES
]


def milliseconds(call: Callable[[str], object], questions: list[str]) -> list[float]:
    """Return the times of calls, after some that are not counted."""
    for question in ("知识产权", "什么是专利？", "发展计划"):
        call(question)
    times = []
    for question in questions:
        begun = time.perf_counter()
        call(question)
        times.append(1000 * (time.perf_counter() - begun))
    return times


@contextmanager
def serving(data_dir: str) -> Iterator[str]:
    """Run the chat's server; yields its address once it can answer."""
    command = [sys.executable, str(APP), "--port", "0"]
    environment = os.environ | {"RAGBOT_DATA_DIR": data_dir}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            address = process.stdout.readline().strip() if process.stdout else ""
            while httpx.get(f"{address}/healthz").status_code != 200:
                time.sleep(0.1)
            yield address
        finally:
            process.terminate()


def ask(client: httpx.Client, question: str) -> None:
    """Ask over HTTP."""
    client.post("/api/ask", json={"question": question}).raise_for_status()


def row(name: str, times: list[float]) -> None:
    """Print p50 and p95."""
    p50, p95 = (sorted(times)[int(len(times) * share)] for share in (0.5, 0.95))
    print(f"{name:34}{p50:9.2f}{p95:9.2f}")


def main() -> None:
    """Measure and print."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    with tempfile.TemporaryDirectory() as data_dir:
        (Path(data_dir) / "models").symlink_to(load_settings().data_dir / "models")
        os.environ["RAGBOT_DATA_DIR"] = data_dir
        with Ragbot.open() as bot:
            print(f"{f'warm, ms ({os.cpu_count()} CPUs)':34}{'p50':>9}{'p95':>9}")
            parts: dict[str, list[float]] = {}

            def retrieve(question: str) -> None:
                for name, taken in bot.retrieve(question).timing_ms.items():
                    parts.setdefault(name, []).append(taken)

            row("retrieve", milliseconds(retrieve, QUESTIONS[::2]))
            for name, taken in parts.items():
                if name != "total":
                    row(f"  of which {name}", taken)
            row("answer", milliseconds(bot.answer, QUESTIONS[1::2]))
            with serving(data_dir) as address, httpx.Client(base_url=address) as client:
                row("POST /api/ask", milliseconds(partial(ask, client), QUESTIONS))
            embedding(bot)


def embedding(bot: Ragbot) -> None:
    """Embed each question with our engine and with torch, one after the other."""
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(os.cpu_count() or 1)
    folder = bot.settings.data_dir / "models" / DEFAULT_MODEL
    plain = SentenceTransformer(str(folder), device="cpu", model_kwargs={"dtype": torch.float32})
    engine = bot.embedder
    # The remembered vectors of the questions above would cost nothing.
    questions = [f"{question[:-1]}呢？" for question in QUESTIONS]
    laps: dict[str, list[float]] = {engine.engine: [], "torch fp32": []}
    for question in questions:
        for name, encode in (
            (engine.engine, lambda text: engine.embed_queries([text])),
            ("torch fp32", lambda text: plain.encode_query(text, show_progress_bar=False)),
        ):
            begun = time.perf_counter()
            encode(question)
            laps[name].append(1000 * (time.perf_counter() - begun))
    print("\nembedding one question, in turns")
    ratios = [theirs / ours for ours, theirs in zip(*laps.values(), strict=True)]
    for name, taken in laps.items():
        row(f"  {name}", taken)
    row("  how many times as fast", ratios)


if __name__ == "__main__":
    main()
