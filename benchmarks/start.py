"""Time fresh processes: commands that need no model, and the way to the first answer.

    python -m benchmarks.start [--runs 5]

Every row is the wall time of whole processes, Python's own start included, on the sample corpus:
the median and the range of so many runs, in turns. The first row of all makes the model and the
index on its way, once.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ragbot.documents.sample import sample_corpus

QUESTION = "上海计划建设什么中心？"
FIRST = f"import ragbot; ragbot.answer({QUESTION!r})"
RAGBOT = "from ragbot.cli import main; main()"


def commands(folder: Path) -> dict[str, list[str]]:
    """Return what is timed, by name."""
    clean = folder / "clean.txt"
    clean.write_text("今天下午三点，会议将在二楼的大会议室举行。\n" * 20, "utf-8")
    damaged = next(sample_corpus().glob("*.txt"))
    rows = {
        "ragbot --help": ["--help"],
        "ragbot status": ["status"],
        "ragbot check": ["check"],
        "ragbot repair, of a clean file": ["repair", str(clean)],
        "ragbot repair, of the sample file": ["repair", str(damaged)],
        "ragbot retrieve": ["retrieve", QUESTION],
        "ragbot ask": ["ask", QUESTION],
    }
    made = {name: ["-c", RAGBOT, *arguments] for name, arguments in rows.items()}
    return {"python -c pass": ["-c", "pass"], **made, "import ragbot; answer": ["-c", FIRST]}


def seconds(arguments: list[str], data_dir: str) -> float:
    """Return the wall time of one process."""
    begun = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments],
        check=True,
        env=os.environ | {"RAGBOT_DATA_DIR": data_dir},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - begun


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5, help="processes a row")
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as data_dir, tempfile.TemporaryDirectory() as folder:
        nothing = seconds(["-c", FIRST], data_dir)
        rows = commands(Path(folder))
        taken: dict[str, list[float]] = {name: [] for name in rows}
        for number in range(runs + 1):
            for name, arguments in rows.items():
                lap = seconds(arguments, data_dir)
                if number:  # the first of each reads its files from the disk
                    taken[name].append(lap)
    print(f"seconds of a fresh process, {runs} runs, {os.cpu_count()} CPUs")
    print(f"{'first answer, nothing prepared':36}{nothing:8.2f}")
    for name, laps in taken.items():
        middle, low, high = statistics.median(laps), min(laps), max(laps)
        print(f"{name:36}{middle:8.2f}  ({low:.2f}-{high:.2f})")


if __name__ == "__main__":
    main()
