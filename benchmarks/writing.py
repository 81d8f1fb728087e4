"""Measure a writing model: what it writes of CMRC and DRCD, and what of it is verified.

    export RAGBOT_LLM_URL=http://127.0.0.1:11434/v1 RAGBOT_LLM_MODEL=qwen3:8b
    python -m benchmarks.writing [--questions 50]

Asks any OpenAI-compatible server that the settings name, end to end through ``answer_stream``.
Prints the share of questions whose known answer is inside the text, beside that of the quoting
reader on the same questions; the states of the claims; how often the quoting reader had to answer
instead; and the time to the first sentence and to the last.
"""

import argparse
import time
from collections import Counter

import numpy as np

from benchmarks.answers import plain
from benchmarks.data import rows
from benchmarks.sets import bot_of, index
from ragbot import Ragbot
from ragbot.results import Answer
from ragbot.settings import load_settings


def measure(name: str, count: int) -> None:
    """Ask some questions of a set."""
    with bot_of(name) as builder:
        index(builder, rows(f"{name}.corpus"))
    every = rows(f"{name}.queries")
    questions = every[:: max(1, len(every) // count)][:count]
    chosen = {"index": f"bench-{name}", "keep_generations": 1, "refuse_below": 0.0}
    quoting = load_settings(**chosen, llm_url=None, llm_model=None)
    states: Counter[str] = Counter()
    written, quoted, instead, first, last, lengths = [], [], 0, [], [], []
    with Ragbot(load_settings(**chosen)) as bot, Ragbot(quoting) as reader:
        for row in questions:
            golds = [plain(gold) for gold in row["answers"]]
            began = time.perf_counter()
            pieces = bot.answer_stream(row["question"])
            piece = next(pieces)
            came = time.perf_counter() - began
            *_, piece = [piece, *pieces]
            assert isinstance(piece, Answer)
            first.append(came)
            last.append(time.perf_counter() - began)
            instead += piece.engine == "quote"
            states.update(claim.state for claim in piece.claims)
            lengths.append(len(piece.text))
            written.append(any(gold in plain(piece.text) for gold in golds))
            said = plain(reader.answer(row["question"]).text)
            quoted.append(any(gold in said for gold in golds))
    print(
        f"{name}: {len(questions)} questions, answer inside {np.mean(written):.3f} (quoting reader "
        f"{np.mean(quoted):.3f}), length p50 {np.median(lengths):.0f}, claims {dict(states)}, "
        f"answered by the quoting reader instead {instead}, first sentence p50 "
        f"{np.median(first):.1f} s, whole answer p50 {np.median(last):.1f} s"
    )


def main() -> None:
    """Measure both sets."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=50, help="of each set")
    options = parser.parse_args()
    if not load_settings().llm_url:
        parser.error("name a server with RAGBOT_LLM_URL and its model with RAGBOT_LLM_MODEL")
    for name in ("cmrc2018", "drcd"):
        measure(name, options.questions)


if __name__ == "__main__":
    main()
