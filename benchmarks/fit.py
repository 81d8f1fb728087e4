"""Fit the numbers of ``ragbot.retrieval.ranking``, and print what they reach on other sets.

    python -m benchmarks.fit [--every 2]

Ranking: a conditional logit, the probability that a passage is the right one being the softmax of a
weighted sum of its normalised signals over a question's candidates (McFadden, 1974).
Confidence: a logistic regression on the signals of the best passage of questions that are answered
in the corpus and questions whose articles were taken out of it. No statement question, no question
on laws is used.
"""

import argparse
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from benchmarks.data import rows
from benchmarks.questions import Asked, ask, measures, rank_of_gold
from benchmarks.sets import bot_of, index
from ragbot.retrieval.signals import SIGNALS

SETS = ("cmrc2018", "drcd")
_L2 = 1e-2

Floats = NDArray[np.float64]


def normalised(signals: Floats) -> Floats:
    """Bring each column to mean 0 and deviation 1, as ``rank`` does."""
    spread = signals.std(axis=0)
    return (signals - signals.mean(axis=0)) / np.where(spread > 0, spread, 1)


def fit_ranking(asked: Sequence[Asked]) -> Floats:
    """Return the weights of the conditional logit."""
    useful = [a for a in asked if a.right.any() and not a.right.all()]
    signals = [normalised(a.signals) for a in useful]
    stacked, right = np.concatenate(signals), np.concatenate([a.right for a in useful])
    starts = np.cumsum([0, *(len(s) for s in signals)])[:-1]
    question = np.repeat(np.arange(len(signals)), [len(s) for s in signals])

    def loss(weights: Floats) -> tuple[float, Floats]:
        scores = stacked @ weights
        powers = np.exp(scores - np.maximum.reduceat(scores, starts)[question])
        everything = np.add.reduceat(powers, starts)
        good = np.maximum(np.add.reduceat(powers * right, starts), 1e-300)
        slope = powers / everything[question] - powers * right / good[question]
        count = len(signals)
        value = (np.log(everything) - np.log(good)).sum() / count + _L2 * weights @ weights
        return value, (stacked * slope[:, None]).sum(axis=0) / count + 2 * _L2 * weights

    found: Floats = minimize(loss, np.zeros(len(SIGNALS)), jac=True, method="L-BFGS-B").x
    return found


def reached(asked: Sequence[Asked], weights: Floats) -> tuple[float, float]:
    """Return recall@1 and nDCG@10 with these weights."""
    ranks = []
    for a in asked:
        order = np.argsort(-(normalised(a.signals) @ weights), kind="stable")
        ranks.append(rank_of_gold([a.documents[i] for i in order], a.right[order]))
    return measures(ranks)


def fit_confidence(
    sets: Sequence[tuple[Floats, NDArray[np.bool_]]],
) -> tuple[Floats, float]:
    """Return weights and bias; every set, and both classes in it, count the same."""
    signals = np.concatenate([s for s, _ in sets])
    answered = np.concatenate([a for _, a in sets])
    weight = np.concatenate([np.where(a, 0.5 / a.sum(), 0.5 / (~a).sum()) for _, a in sets]) * (
        len(answered) / len(sets)
    )
    mean, spread = signals.mean(axis=0), signals.std(axis=0)
    model = LogisticRegression(C=0.3, max_iter=3000)
    model.fit((signals - mean) / spread, answered, sample_weight=weight)
    weights = model.coef_[0] / spread
    return weights, float(model.intercept_[0] - weights @ mean)


def main() -> None:
    """Fit and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=2, help="use every n-th question")
    options = parser.parse_args()
    asked: dict[str, list[Asked]] = {}
    judged: dict[str, tuple[Floats, NDArray[np.bool_]]] = {}
    for name in SETS:
        with bot_of(name) as bot:
            index(bot, rows(f"{name}.corpus"))
            asked[name] = list(ask(bot, rows(f"{name}.queries")[:: options.every]))
            index(bot, rows(f"{name}.kept.corpus"))
            signals, answered = [], []
            for kind in ("answerable", "unanswerable"):
                for a in ask(bot, rows(f"{name}.{kind}.queries")[:: options.every], 1):
                    signals.append(a.signals[0])
                    answered.append(kind == "answerable")
            judged[name] = np.array(signals), np.array(answered)

    print("\nsignals    ", *SIGNALS)
    everything = fit_ranking([a for found in asked.values() for a in found])
    for name in SETS:
        others = [a for other in SETS if other != name for a in asked[other]]
        for label, weights in (("others", fit_ranking(others)), ("all", everything)):
            recall, ndcg = reached(asked[name], weights)
            print(f"{name:9} ranked by a fit on {label:7} recall@1 {recall:.4f} nDCG@10 {ndcg:.4f}")
    print("ranking    ", np.array2string(everything, precision=2, separator=", "))
    weights, bias = fit_confidence(list(judged.values()))
    print("confidence ", np.array2string(weights, precision=2, separator=", "), round(bias, 2))
    print("what the confidence is worth, fitted on other sets too: python -m benchmarks.refusal")


if __name__ == "__main__":
    main()
