"""Measure the reader: what it adds to finding, refusing and answering, and what it costs.

    python -m benchmarks.reader [--most 900] [--only paragraph,float32,ranking,refusal,answers,cost]

Asked are only questions the reader was not trained on: a fifth of CMRC's paragraphs and DRCD's
test part. Given the paragraph, exact match and F1 are the sets' own measures, of the reader as it
ships and of its weights in float32 as torch runs them; a paragraph is read in pieces as long as a
passage, each half over the next, and the words of the highest score are the answer. In the whole
corpora, every figure stands beside the one without the reader; the numbers that join the reader's
score to the others are fitted on the other set ("fitted on"), and as they ship. Near misses on
laws (``benchmarks.near_misses``) are judged too; nothing is fitted on them.
"""

import argparse
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from benchmarks import near_misses
from benchmarks.answers import plain
from benchmarks.data import EVAL, rows
from benchmarks.paragraphs import Float32Reader, given_paragraphs, measured
from benchmarks.questions import ask
from benchmarks.refusal import refused_at
from benchmarks.sets import bot_of, index, index_files
from ragbot import Ragbot
from ragbot.evaluation.spans import exact_match
from ragbot.reader.loading import TRAINED, load_reader
from ragbot.reader.reader import GraphReader, Reader, Text
from ragbot.retrieval import rereading
from ragbot.retrieval.ranking import topical
from ragbot.settings import load_settings
from training.data import measuring_questions

SETS, LAWS = ("cmrc2018", "drcd"), "laws"

Floats = NDArray[np.float64]
Weights = tuple[float, float, float]
"""What rank score, odds so far and reader's score count in the order."""
Confidence = tuple[float, float, float]
"""Weights of the odds of the topic and of the reader's score, and the bias."""
SHIPPED: Weights = (1.0, *rereading.RANK_WEIGHTS)
T = TypeVar("T")


@dataclass(frozen=True)
class Read:
    """The first passages of a question, in order of rank, and what the reader says of each."""

    rank_scores: Floats
    odds: Floats
    about: Floats
    """Log-odds that it is of the topic."""
    left: Floats
    """What is left of a probability where a name or the kind asked for is missing; else 1."""
    scores: Floats
    right: NDArray[np.bool_]


def evenly(questions: Sequence[T], most: int) -> list[T]:
    """Return every n-th question, so that at most so many are asked."""
    return list(questions[:: max(1, -(-len(questions) // most))])


def gather(bot: Ragbot, reader: Reader, questions: Sequence[dict[str, object]]) -> list[Read]:
    """Search for each question without the reader, then let it read the first passages."""
    made = []
    for asked in ask(bot, questions, rereading.READ):
        found = asked.search.found
        texts = [Text(one.passage.unfold().text, one.passage.context) for one in found]
        scores = [spans[0].score for spans in reader.read(asked.search.query.reading, texts)]
        probability = np.array([one.probability for one in found])
        about = np.array([topical(one.signals) for one in found])
        made.append(
            Read(
                np.array([one.rank_score for one in found]),
                log_odds(probability),
                log_odds(about),
                np.minimum(probability / about, 1),
                np.clip(scores, -rereading.LIMIT, rereading.LIMIT),
                asked.right,
            )
        )
    return made


def log_odds(probability: Floats) -> Floats:
    """Return ln(p / (1 - p)), p kept off 0 and 1."""
    kept = np.clip(probability, 1e-6, 1 - 1e-6)
    made: Floats = np.log(kept / (1 - kept))
    return made


def order(one: Read, weights: Weights) -> NDArray[np.intp]:
    """Return the places of the passages in their new order."""
    close = one.rank_scores.max() - one.rank_scores <= rereading.BEHIND
    close[0] = True  # what was put first is read, wherever its rank score is
    scores = np.stack([one.rank_scores, one.odds, one.scores], axis=1) @ weights
    return np.argsort(-np.where(close, scores, one.rank_scores - 1e3))


def recall(found: Sequence[Read], weights: Weights | None) -> float:
    """Return recall@1; without the reader where there are no weights."""
    return float(
        np.mean([one.right[0 if weights is None else order(one, weights)[0]] for one in found])
    )


def fit_rank(found: Sequence[Read]) -> Weights:
    """Return the weights of a conditional logit, as in ``benchmarks.fit``."""
    useful = [one for one in found if one.right.any() and not one.right.all()]

    def loss(weights: Floats) -> float:
        total = 0.0
        for one in useful:
            utilities = np.stack([one.rank_scores, one.odds, one.scores], axis=1) @ weights
            powers = np.exp(utilities - utilities.max())
            total += np.log(powers.sum()) - np.log(max(powers[one.right].sum(), 1e-300))
        return total / len(useful) + 1e-3 * float(weights @ weights)

    fitted = minimize(loss, np.array([1.0, 0.1, 0.3]), method="Nelder-Mead").x
    return float(fitted[0]), float(fitted[1]), float(fitted[2])


def best(found: Sequence[Read], weights: Weights) -> Floats:
    """Return (odds of the topic, reader's score, what is left) of each first passage, (n, 3)."""
    firsts = [order(one, weights)[0] for one in found]
    return np.array(
        [(one.about[i], one.scores[i], one.left[i]) for one, i in zip(found, firsts, strict=True)]
    )


def fit_confidence(sets: Sequence[tuple[Floats, NDArray[np.bool_]]]) -> Confidence:
    """Return weights and bias of a logistic regression; sets and classes count the same.

    Learnt from is only what lacks nothing: the rest is refused whatever the weights are.
    """
    whole = [(x[x[:, 2] == 1], a[x[:, 2] == 1]) for x, a in sets]
    model = LogisticRegression(C=10.0, max_iter=3000)
    weight = np.concatenate([np.where(a, 0.5 / a.sum(), 0.5 / (~a).sum()) for _, a in whole])
    model.fit(
        np.concatenate([x[:, :2] for x, _ in whole]),
        np.concatenate([a for _, a in whole]),
        sample_weight=weight * len(weight) / len(whole),
    )
    before, score = model.coef_[0]
    return float(before), float(score), float(model.intercept_[0])


def confidence(firsts: Floats, numbers: Confidence) -> Floats:
    """Return the probability that the first passage of each question answers it."""
    before, score, bias = numbers
    made: Floats = firsts[:, 2] / (1 + np.exp(-(firsts[:, :2] @ (before, score) + bias)))
    return made


def ranking_table(found: dict[str, list[Read]]) -> None:
    """Print recall@1 without and with the reader."""
    heads = ("without", "fitted on other", "as shipped", "in five")
    print(f"\n{'recall@1':12}" + "".join(f"{head:>17}" for head in heads))
    for name, other in zip(SETS, SETS[::-1], strict=True):
        here = found[name]
        values = [recall(here, w) for w in (None, fit_rank(found[other]), SHIPPED)]
        values.append(float(np.mean([one.right.any() for one in here])))
        print(f"{name:12}" + "".join(f"{value:>17.4f}" for value in values))
    both = fit_rank([one for name in SETS for one in found[name]])
    print(f"weights fitted on both: rank score, odds, reader's score {np.round(both, 3)}")


def refusal_table(judged: dict[str, tuple[list[Read], NDArray[np.bool_]]]) -> None:
    """Print AUROC and what is refused, without and with the reader."""
    inputs = {name: best(reads, SHIPPED) for name, (reads, _) in judged.items()}

    def inputs_of(name: str) -> tuple[Floats, NDArray[np.bool_]]:
        return inputs[name], judged[name][1]

    print(f"\n{'refusal':34}{'AUROC':>9}{'@.95 kept':>11}{'kept@.5':>9}{'refused@.5':>11}")

    def row(label: str, probability: Floats, answered: NDArray[np.bool_]) -> None:
        print(
            f"{label:34}{roc_auc_score(answered, probability):>9.4f}"
            f"{refused_at(probability, answered, 0.95):>11.3f}"
            f"{(probability[answered] >= 0.5).mean():>9.3f}"
            f"{(probability[~answered] < 0.5).mean():>11.3f}"
        )

    def without(reads: Sequence[Read]) -> Floats:
        return np.array([1 / (1 + np.exp(-one.odds[0])) for one in reads])

    for name, other in zip(SETS, SETS[::-1], strict=True):
        reads, answered = judged[name]
        row(f"{name}, without the reader", without(reads), answered)
        row(
            f"  with, fitted on {other}",
            confidence(inputs[name], fit_confidence([inputs_of(other)])),
            answered,
        )
        row("  with, as shipped", confidence(inputs[name], rereading.CONFIDENCE), answered)
    both = fit_confidence([inputs_of(name) for name in SETS])
    reads, answered = judged[LAWS]
    row("laws, without the reader", without(reads), answered)
    row("  with, fitted on both", confidence(inputs[LAWS], both), answered)
    row("  with, as shipped", confidence(inputs[LAWS], rereading.CONFIDENCE), answered)
    print(f"confidence fitted on both: {np.round(both, 3)}")


def answers_row(name: str, questions: Sequence[dict[str, object]], reader: bool) -> None:
    """Print how often the known answer is in the answer, and how long the answer is."""
    settings = load_settings(
        index=f"bench-{name}", keep_generations=1, refuse_below=0.0, reader=reader
    )
    inside, lengths, exact, pointed, times = [], [], [], [], []
    with Ragbot(settings) as bot:
        for row in questions:
            golds = [str(gold) for gold in row["answers"]]  # type: ignore[attr-defined]
            started = time.perf_counter()
            answer = bot.answer(str(row["question"]))
            times.append(time.perf_counter() - started)
            said = "".join(claim.text for claim in answer.claims)
            inside.append(any(plain(gold) in plain(said) for gold in golds))
            lengths.append(len(said))
            words = answer.citations[0].answer if answer.citations else None
            pointed.append(words is not None)
            exact.append(exact_match(words or "", golds))
    print(
        f"{name:9} {'with' if reader else 'without':8}{len(inside)} questions, gold inside "
        f"{np.mean(inside):.4f}, length p50 {np.median(lengths):.0f} p95 "
        f"{np.percentile(lengths, 95):.0f}; points at words {np.mean(pointed):.3f}, exactly right "
        f"{np.mean(exact):.4f}; ms p50 {1e3 * np.median(times):.0f} "
        f"p95 {1e3 * np.percentile(times, 95):.0f}"
    )


def cost(bot: Ragbot) -> None:
    """Print what reading five passages of 300 tokens costs in time and memory."""
    embedder = bot.embedder
    embedder.embed_queries(["问"])
    before = _resident()
    reader = load_reader(bot.settings.data_dir / "models")
    assert isinstance(reader, GraphReader)
    sentence = "上海市知识产权局计划建设知识产权保护中心，2021年完成。"
    question = "上海计划建设什么中心？"
    tokens = 5 * len(reader._joiner.join(question, sentence * 22 + "000").ids)
    times = []
    for run in range(16):
        # What was read before is remembered: every passage is a new one, of as many tokens.
        texts = [Text(sentence * 22 + f"{run:02}{n}", "") for n in range(5)]
        started = time.perf_counter()
        reader.read(question, texts)
        times.append(time.perf_counter() - started)
    times = times[1:]
    giga = tokens * 21.2e6 / 1e9
    print(
        f"five passages, {tokens} tokens together: {1e3 * np.median(times):.0f} ms "
        f"(best {1e3 * min(times):.0f}), "
        f"{giga:.0f} giga multiply-adds, {giga / np.median(times):.0f} a second; memory "
        f"+{_resident() - before:.0f} MB; shipped {TRAINED.stat().st_size / 1e6:.2f} MB"
    )


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--most", type=int, default=900, help="questions of a set, evenly chosen")
    parser.add_argument("--only", default="paragraph,float32,ranking,refusal,answers,cost")
    options = parser.parse_args()
    wanted = options.only.split(",")
    with bot_of(SETS[0]) as bot:
        if "cost" in wanted:
            cost(bot)
        models = bot.settings.data_dir / "models"
        reader = load_reader(models)
    assert reader
    unseen = measuring_questions(EVAL)
    for kind in ("paragraph", "float32"):
        if kind in wanted:
            using = reader if kind == "paragraph" else Float32Reader(models)
            for name in SETS:
                chosen = evenly(unseen[name], options.most)
                said = list(zip(chosen, given_paragraphs(using, chosen), strict=True))
                print(f"{name:9} {kind}: {measured(said)}", flush=True)
    found: dict[str, list[Read]] = {}
    judged: dict[str, tuple[list[Read], NDArray[np.bool_]]] = {}
    for name in SETS:
        ids = {one.id for one in unseen[name]}

        def mine(kind: str, ids: set[str] = ids, name: str = name) -> list[dict[str, object]]:
            chosen = [row for row in rows(f"{name}.{kind}") if row["id"] in ids]
            return evenly(chosen, options.most)

        with bot_of(name) as bot:
            if "refusal" in wanted:
                index(bot, rows(f"{name}.kept.corpus"))
                kept = gather(bot, reader, mine("answerable.queries"))
                gone = gather(bot, reader, mine("unanswerable.queries"))
                judged[name] = kept + gone, np.repeat([True, False], [len(kept), len(gone)])
            if {"ranking", "answers"} & set(wanted):
                index(bot, rows(f"{name}.corpus"))
            if "ranking" in wanted:
                found[name] = gather(bot, reader, mine("queries"))
        if "answers" in wanted:
            for with_reader in (False, True):
                answers_row(name, mine("queries"), with_reader)
    if "refusal" in wanted:
        laws = near_misses.some_laws(60)
        asked_of_laws = near_misses.questions(laws)
        with bot_of(LAWS) as bot:
            index_files(bot, laws)
            reads = gather(bot, reader, [{"question": one.text} for one in asked_of_laws])
        judged[LAWS] = reads, np.array([one.answerable for one in asked_of_laws])
    if found:
        ranking_table(found)
    if judged:
        refusal_table(judged)


if __name__ == "__main__":
    main()
