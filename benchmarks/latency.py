"""Time the way to the first answer, and every answer after it, on the sample corpus.

    python benchmarks/latency.py [--runs 5]

Prints seconds for a fresh process to give its first answer, imports included, once with nothing
prepared (model and index are made on the way) and then with both there; and milliseconds a call
in a process that is warm, from Python and over HTTP, with the parts of ``retrieve``.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx

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
FIRST = "import ragbot; ragbot.answer('上海计划建设什么中心？')"


def seconds_of_a_process(data_dir: str) -> float:
    """Return the wall time of a fresh process that answers one question."""
    begun = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", FIRST],
        check=True,
        env=os.environ | {"RAGBOT_DATA_DIR": data_dir},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - begun


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
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5, help="fresh processes with all prepared")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as data_dir:
        print(f"first answer of a fresh process, s ({os.cpu_count()} CPUs)")
        print(f"{'  nothing prepared':34}{seconds_of_a_process(data_dir):9.2f}")
        runs = [seconds_of_a_process(data_dir) for _ in range(options.runs)]
        median = statistics.median(runs)
        print(f"{'  model and index there, median':34}{median:9.2f}  of {options.runs}")

        os.environ["RAGBOT_DATA_DIR"] = data_dir
        from ragbot import Ragbot

        with Ragbot.open() as bot:
            print(f"\n{'warm, ms':34}{'p50':>9}{'p95':>9}")
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


if __name__ == "__main__":
    main()
