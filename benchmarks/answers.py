"""Measure quoting without a model: is the known answer inside the text it gives, and how short.

    python -m benchmarks.answers [--every 1]

CMRC and DRCD, whole corpora, refusal off, end to end through ``Ragbot.answer``. Prints the share of
questions whose known answer is inside the answer's text, the lengths of the answers, the same for
the whole first passage (the ceiling of quoting from it), the share against the longest answer
allowed, and whether every citation is the exact range of the raw text. The reader is off: it has
learnt from most of these questions: ``benchmarks.reader`` measures it on the others.
"""

import argparse
from collections import Counter

import numpy as np

from benchmarks.data import rows
from benchmarks.sets import bot_of, index
from ragbot import Ragbot
from ragbot.settings import load_settings
from ragbot.text.fold import fold

SETS = ("cmrc2018", "drcd")
LENGTHS = (20, 30, 40, 50, 60, 80, 120)


def plain(text: str) -> str:
    """Fold a text for comparison: script, width and spaces do not matter."""
    return "".join(fold(text).split())


def measure(name: str, every: int) -> None:
    """Ask every question of a set."""
    with bot_of(name) as builder:
        index(builder, rows(f"{name}.corpus"))
    settings = load_settings(
        index=f"bench-{name}", keep_generations=1, refuse_below=0.0, reader=False
    )
    right, whole, lengths, inexact = [], [], [], 0
    kinds: Counter[tuple[str, bool]] = Counter()
    with Ragbot(settings) as bot, bot._ask(lambda one: one) as (generation, _):
        for row in rows(f"{name}.queries")[::every]:
            answer = bot.answer(row["question"])
            golds = [plain(gold) for gold in row["answers"]]
            said = "".join(claim.text for claim in answer.claims)
            text = plain(said)
            right.append(any(gold in text for gold in golds))
            whole.append(any(gold in plain(answer.hits[0].text) for gold in golds))
            lengths.append(len(said))
            for cited in answer.citations:
                document = generation.store.document_by_id(cited.document_id)
                assert document
                reading = generation.store.text(document.row)
                inexact += reading.raw[cited.start : cited.end] != cited.raw
            kinds[bot._read(row["question"], ()).kind.value, right[-1]] += 1
    good, size = np.array(right), np.array(lengths)
    print(
        f"{name}: {len(good)} questions, answer inside {good.mean():.4f}, length p50 "
        f"{np.median(size):.0f} p95 {np.percentile(size, 95):.0f}; whole first passage "
        f"{np.mean(whole):.4f}; citations that are not their range: {inexact}"
    )
    curve = [f"≤{n} {(good & (size <= n)).mean():.3f}" for n in LENGTHS]
    print("  inside and no longer than", "  ".join(curve))
    for kind in sorted({kind for kind, _ in kinds}):
        hits, misses = kinds[kind, True], kinds[kind, False]
        print(f"  {kind:14}{hits + misses:6} questions, inside {hits / (hits + misses):.3f}")


def main() -> None:
    """Measure both sets."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=1, help="ask every nth question only")
    options = parser.parse_args()
    for name in SETS:
        measure(name, options.every)


if __name__ == "__main__":
    main()
