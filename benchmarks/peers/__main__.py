"""Compare ragbot with what people would use instead, in one run.

    python -m benchmarks.peers [--passages 240] [--rounds 3] [--every 6] [--corpus 0]
                               [--only speed|quality]

LangChain, LlamaIndex and txtai get an environment of their own (made on the first run, exact
versions in ``requirements.txt``), the same model weights, the same documents and questions, and
each its documentation's recipe with what Chinese needs: word cutting, separators, prompts.
``plain`` is sentence-transformers alone: one vector a document, no splitting, nothing but
``encode``.

Speed: in each round every system builds an index of the same passages in a fresh process that has
its model loaded and has built an index of one passage before; then another fresh process opens it
and asks. Systems take turns; medians and ranges are printed.
Quality: whole corpora (or as many passages as ``--corpus`` says, those of the questions first),
every n-th question; recall@1 and nDCG@10 count documents. Vectors that one of the systems on torch
has computed are not computed again for the next.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.data import ROOT, Row, rows
from ragbot.embedding import load_embedder
from ragbot.embedding.shipped import DEFAULT_MODEL
from ragbot.evaluation.measures import ranking_measures
from ragbot.settings import load_settings
from ragbot.text.script import convert
from tests.text.damage import damage, fits, table

HERE = Path(__file__).parent
VENV = ROOT / ".venv-peers"
SYSTEMS = ("ragbot", "langchain", "llamaindex", "txtai", "plain")
K = 10
SPEED_QUESTIONS = 60

Lap = dict[str, float]


def prepare() -> None:
    """Make the peers' environment, unless it is there and up to date."""
    wanted = (HERE / "requirements.txt").read_text("utf-8")
    stamp = VENV / "installed.txt"
    if stamp.exists() and stamp.read_text("utf-8") == wanted:
        return
    print(f"Preparing the environment of the peers in {VENV.name} (once; a few minutes) …")
    subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "--requirement", str(HERE / "requirements.txt")], check=True)
    stamp.write_text(wanted, "utf-8")


def known_of(name: str, known: Path | None) -> list[str]:
    """Return the file of remembered vectors, for systems that use sentence-transformers."""
    return [str(known)] if known and name != "ragbot" else []


class Worker:
    """A system in a process of its own."""

    def __init__(self, name: str, models: Path, known: Path | None = None) -> None:
        python = sys.executable if name == "ragbot" else str(VENV / "bin" / "python")
        environment = {k: v for k, v in os.environ.items() if not k.startswith("RAGBOT_")}
        self.process = subprocess.Popen(
            [python, str(HERE / "worker.py"), name, str(models), *known_of(name, known)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )

    def __call__(self, **command: Any) -> dict[str, Any]:
        """Send a command; returns the answer."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.process.args!r} ended; run it by hand to see why.")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def working(name: str, models: Path, known: Path | None = None) -> Iterator[Worker]:
    """Run a system; it ends with the block."""
    worker = Worker(name, models, known)
    try:
        yield worker
    finally:
        worker.process.kill()
        worker.process.wait()


def write(corpus: list[Row], path: Path) -> Path:
    """Write rows as JSON lines."""
    lines = (json.dumps({k: row[k] for k in ("id", "title", "text")}) + "\n" for row in corpus)
    path.write_text("".join(lines), "utf-8")
    return path


def one_round(name: str, models: Path, corpus: Path, questions: list[str]) -> Lap:
    """Build in one process, open and ask in another."""
    with tempfile.TemporaryDirectory() as folder:
        with working(name, models) as worker:
            first = Path(folder) / "first.jsonl"
            first.write_text(corpus.read_text("utf-8").split("\n")[0] + "\n", "utf-8")
            worker(do="build", rows=str(first), folder=folder)
            built = worker(do="build", rows=str(corpus), folder=folder)
        begun = time.perf_counter()
        with working(name, models) as worker:
            worker(do="open", folder=folder)
            worker(do="ask", questions=questions[:1], k=K)
            start = time.perf_counter() - begun
            asked = worker(do="ask", questions=questions[1:], k=K)
    laps = sorted(asked["ms"])
    return {
        "build": built["seconds"],
        "build MB": built["peak"],
        "start": start,
        "p50": laps[len(laps) // 2],
        "p95": laps[int(len(laps) * 0.95)],
        "ask MB": asked["now"],
    }


def speed(models: Path, count: int, rounds: int) -> None:
    """Print the table of speed and memory."""
    corpus = rows("cmrc2018.corpus")
    corpus = corpus[:: max(1, len(corpus) // count)][:count]
    kept = {row["id"] for row in corpus}
    asked = [q["question"] for q in rows("cmrc2018.queries") if set(q["gold_ids"]) <= kept]
    questions = asked[:: max(1, len(asked) // (SPEED_QUESTIONS + 1))][: SPEED_QUESTIONS + 1]
    characters = sum(len(row["text"]) for row in corpus)
    laps: dict[str, list[Lap]] = {name: [] for name in SYSTEMS}
    with tempfile.TemporaryDirectory() as folder:
        path = write(corpus, Path(folder) / "rows.jsonl")
        for number in range(rounds):
            # Who goes first changes: whatever a machine does over time meets each alike.
            order = SYSTEMS[number % len(SYSTEMS) :] + SYSTEMS[: number % len(SYSTEMS)]
            for name in order:
                laps[name].append(one_round(name, models, path, questions))
    print(
        f"\n{len(corpus)} passages of CMRC, {characters:,} characters, {len(questions)} questions, "
        f"{rounds} rounds, {os.cpu_count()} CPUs; median (range)"
    )
    columns: dict[str, Callable[[Lap], float]] = {
        "passages/s": lambda lap: len(corpus) / lap["build"],
        "characters/s": lambda lap: characters / lap["build"],
        "query ms p50": lambda lap: lap["p50"],
        "p95": lambda lap: lap["p95"],
        "start s": lambda lap: lap["start"],
        "MB building": lambda lap: lap["build MB"],
        "MB asking": lambda lap: lap["ask MB"],
    }
    print(f"{'':12}" + "".join(f"{column:>21}" for column in columns))
    for name in SYSTEMS:
        cells = []
        for column, value in columns.items():
            values = [value(lap) for lap in laps[name]]
            form = ",.0f" if column.startswith(("MB", "char")) else ",.1f"
            low, middle, high = (
                format(v, form) for v in (min(values), statistics.median(values), max(values))
            )
            cells.append(f"{middle} ({low}-{high})")
        print(f"{name:12}" + "".join(f"{cell:>21}" for cell in cells))


def some(corpus: list[Row], questions: list[Row], count: int) -> list[Row]:
    """Return as many rows of a corpus, those that the questions are about first; all for 0."""
    if not count:
        return corpus
    gold = {name for row in questions for name in row["gold_ids"]}
    first = [row for row in corpus if row["id"] in gold]
    return (first + [row for row in corpus if row["id"] not in gold])[:count]


def quality(models: Path, every: int, count: int) -> None:
    """Print the table of what is found."""
    of_cmrc = rows("cmrc2018.queries")[::every]
    of_drcd = rows("drcd.queries")[:: every * 2]
    cmrc = some(rows("cmrc2018.corpus"), of_cmrc, count)
    drcd = some(rows("drcd.corpus"), of_drcd, count)
    kept = {row["id"] for row in cmrc + drcd}
    of_cmrc, of_drcd = (
        [row for row in asked if set(row["gold_ids"]) <= kept] for asked in (of_cmrc, of_drcd)
    )
    marks = table("".join(convert(row["text"], "hant") for row in drcd), 120)
    spoilt = []
    for row in cmrc:
        text = convert(row["text"], "hant")
        spoilt.append({**row, "text": damage(text, marks).text if fits(text) else text})
    in_hans = [{**row, "question": convert(row["question"], "hans")} for row in of_drcd]
    sets = [
        ("CMRC", cmrc, [("", of_cmrc)]),
        ("DRCD", drcd, [("", of_drcd), (", asked in Simplified", in_hans)]),
        ("CMRC, damaged", spoilt, [("", of_cmrc)]),
    ]
    print(f"\n{len(of_cmrc)} questions of CMRC, {len(of_drcd)} of DRCD; recall@1 / nDCG@10")
    print(f"{'':24}{'passages':>10}" + "".join(f"{name:>16}" for name in SYSTEMS), flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        known = Path(scratch) / "vectors.sqlite"
        for label, corpus, asked in sets:
            found: dict[str, list[str]] = {label + variant: [] for variant, _ in asked}
            for name in SYSTEMS:
                with tempfile.TemporaryDirectory() as f, working(name, models, known) as worker:
                    path = write(corpus, Path(f) / "rows.jsonl")
                    worker(do="build", rows=str(path), folder=f)
                    for variant, questions in asked:
                        found[label + variant].append(cell(worker, questions))
            for variant, cells in found.items():
                row_of = "".join(f"{one:>16}" for one in cells)
                print(f"{variant:24}{len(corpus):>10,}{row_of}", flush=True)


def cell(worker: Worker, questions: list[Row]) -> str:
    """Ask, and return what was reached."""
    answers = worker(do="ask", questions=[row["question"] for row in questions], k=K)["found"]
    measured = ranking_measures(
        [
            (row["id"], frozenset(row["gold_ids"]), documents)
            for row, documents in zip(questions, answers, strict=True)
        ]
    )
    return f"{measured['recall@1']:.3f} / {measured['ndcg@10']:.3f}"


def main() -> None:
    """Prepare, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--passages", type=int, default=240, help="passages of the speed table")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--every", type=int, default=6, help="every n-th question for quality")
    parser.add_argument("--corpus", type=int, default=0, help="passages a corpus; 0: all")
    parser.add_argument("--only", choices=("speed", "quality"))
    options = parser.parse_args()
    prepare()
    models = load_settings().data_dir / "models"
    load_embedder(None, models, announce=print)
    print("versions:", ", ".join((HERE / "requirements.txt").read_text("utf-8").split()))
    folder = (models / DEFAULT_MODEL).resolve()
    if options.only != "quality":
        speed(folder, options.passages, options.rounds)
    if options.only != "speed":
        quality(folder, options.every, options.corpus)


if __name__ == "__main__":
    main()
