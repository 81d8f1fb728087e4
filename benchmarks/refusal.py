"""Measure refusal: how well the confidence tells answered questions from unanswered ones.

    python -m benchmarks.refusal [--every 2]

Three sets: CMRC and DRCD with a fifth of their articles taken out, and near misses on laws made by
rule (``benchmarks.near_misses``). Each row but the last is judged by a confidence fitted without
its own set. The reliability table says how often questions of a given confidence are answered; half
of the questions counting as answered, as in the fit.
"""

import argparse
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from benchmarks.data import rows
from benchmarks.fit import SETS, Floats, fit_confidence
from benchmarks.near_misses import questions, some_laws
from benchmarks.questions import Asked, ask
from benchmarks.sets import bot_of, index, index_files
from ragbot.retrieval.ranking import topical

Judged = tuple[list[Asked], NDArray[np.bool_]]


def gather(every: int) -> dict[str, Judged]:
    """Ask all questions; each keeps its best passage only."""
    found: dict[str, Judged] = {}
    for name in SETS:
        with bot_of(name) as bot:
            index(bot, rows(f"{name}.kept.corpus"))
            sides = [
                list(ask(bot, rows(f"{name}.{kind}.queries")[::every], 1))
                for kind in ("answerable", "unanswerable")
            ]
        answered = np.repeat([True, False], [len(side) for side in sides])
        found[name] = sides[0] + sides[1], answered
    laws = some_laws(60)
    made = questions(laws)
    with bot_of("laws") as bot:
        index_files(bot, laws)
        asked = list(ask(bot, ({"question": q.text, "kind": q.kind} for q in made), 1))
    found["laws"] = asked, np.array([q.answerable for q in made])
    return found


def signals(asked: list[Asked]) -> Floats:
    """Return the signals of each question's best passage."""
    return np.array([a.signals[0] for a in asked])


def amiss(asked: list[Asked]) -> Floats:
    """Return what names and things asked for leave of each confidence."""
    best = [a.search.found[0] for a in asked]
    return np.array([found.probability / topical(found.signals) for found in best])


def refused_at(confidence: Floats, answered: NDArray[np.bool_], kept: float) -> float:
    """Return the share of unanswerable questions refused where ``kept`` of the others are kept."""
    threshold = np.quantile(confidence[answered], 1 - kept)
    return float((confidence[~answered] < threshold).mean())


def row(name: str, confidence: Floats, answered: NDArray[np.bool_]) -> None:
    """Print one row of the table."""
    kept, refused = confidence[answered] >= 0.5, confidence[~answered] < 0.5
    print(
        f"{name:34}{answered.sum():>6}{(~answered).sum():>6}"
        f"{roc_auc_score(answered, confidence):>9.4f}{refused_at(confidence, answered, 0.95):>9.3f}"
        f"{refused_at(confidence, answered, 0.9):>9.3f}{kept.mean():>9.3f}{refused.mean():>9.3f}"
    )


def reliability(confidence: Floats, answered: NDArray[np.bool_]) -> None:
    """Print how often questions of a confidence are answered, both kinds weighing the same."""
    weight = np.where(answered, 0.5 / answered.sum(), 0.5 / (~answered).sum())
    edges = np.array([0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0001])
    print("\nconfidence     mean   answered   questions")
    for low, high in pairwise(edges):
        here = (confidence >= low) & (confidence < high)
        if here.any():
            total = weight[here].sum()
            mean = (confidence * weight)[here].sum() / total
            share = weight[here & answered].sum() / total
            print(f"{low:.1f} to {min(high, 1):.1f}{mean:>10.3f}{share:>11.3f}{here.sum():>12}")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=2, help="use every n-th question")
    found = gather(parser.parse_args().every)
    print(
        f"\n{'':34}{'answ.':>6}{'not':>6}{'AUROC':>9}{'refused':>9}{'refused':>9}"
        f"{'kept':>9}{'refused':>9}\n{'':55}{'@.95 kept':>9}{'@.90':>9}{'@0.5':>9}{'@0.5':>9}"
    )
    for name, (asked, answered) in found.items():
        others = [other for other in SETS if other != name]
        weights, bias = fit_confidence([(signals(found[o][0]), found[o][1]) for o in others])
        fitted = 1 / (1 + np.exp(-(signals(asked) @ weights + bias)))
        row(f"{name}, fitted on {'+'.join(others)}", fitted * amiss(asked), answered)
        row("  without names and kinds", fitted, answered)
        shipped = np.array([a.search.found[0].probability for a in asked])
        row("  as shipped", shipped, answered)
    asked, answered = found["laws"]
    shipped = np.array([a.search.found[0].probability for a in asked])
    for kind in sorted({a.row["kind"] for a in asked}):
        here = np.array([a.row["kind"] == kind for a in asked])
        print(f"  laws, {kind}: {(shipped[here] < 0.5).mean():.3f} of {here.sum()} refused")
    reliability(
        np.concatenate([[a.search.found[0].probability for a in found[s][0]] for s in SETS]),
        np.concatenate([found[s][1] for s in SETS]),
    )


if __name__ == "__main__":
    main()
