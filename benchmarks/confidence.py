"""Fit the probability that an answer is right, and print what it is worth.

    python -m benchmarks.confidence [--most 430] [--answer-set FOLDER]…

Asked, with refusal off:
- encyclopaedias: CMRC and DRCD with a fifth of their articles taken out, questions the reader was
  not trained on; and CMRC's training part, of which the reader has seen nothing. An answer is right
  where it holds the known answer; where the article is gone every answer is wrong;
- the same questions with a year, a name, or the last noun or verb replaced by one that shares no
  character with the paragraph (``swapped``): every answer is wrong;
- near misses on laws (``benchmarks.near_misses``);
- answer sets (``benchmarks.answer_sets``): ordinary documents.
Fitted are the columns of ``ragbot.answering.support.WEIGHTS``: the choice among the sentences of
the first passages by a conditional logit, the confidence by a logistic regression on what is
chosen. Fitted on are CMRC's training part, the laws and the answer sets. CMRC and DRCD only
measure; an answer set is measured with the document
that a question is about left out of the fit, too.
"""

import argparse
import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.metrics import roc_auc_score

from benchmarks import near_misses
from benchmarks.answer_sets import AnswerSet, fault_of_text, read_set
from benchmarks.answers import plain
from benchmarks.data import EVAL, rows
from benchmarks.sets import bot_of, index, index_files
from ragbot import Ragbot
from ragbot.answering.quoting import _narrow
from ragbot.answering.support import SHIPPED, WEIGHTS, Weights, candidates, cannot_be_right
from ragbot.retrieval.citing import Quote
from ragbot.retrieval.query import Kind, read_query
from ragbot.settings import load_settings
from ragbot.text.tokens import tagged
from training.data import measuring_questions

SETS, TRAIN = ("cmrc2018", "drcd"), "train/cmrc2018-train"
FITTED_ON = ("train", "laws")
_YEAR = re.compile(r"(?<!\d)(?:1[6-9]|20)\d\d(?=年)")
_NAMES = frozenset({"nr", "nrt", "ns", "nt"})
Floats = NDArray[np.float64]
_L2 = 2e-3
_SHOWN = load_settings().refuse_below
_IN_CHOICE = 0.3
"""What an answer set counts in the choice, where CMRC's training part counts 1: with 1 or 3 the
choice gets worse on encyclopaedias and hardly better on answer sets."""
_FOR = frozenset(
    {"overlap", "run", "stated", "near", "cosine", "shape", "met", "reader", "share", "margin"}
    | {"topic", "covered", "governed"}
)
_FREE = {"pointed", "unread", "yes_no", "explains", "lists"}
_SIGNS = [0 if name in _FREE else 1 if name in _FOR else -1 for name in WEIGHTS]
"""Which way a column may count: what speaks against an answer never speaks for it."""
_OFFICE = list(WEIGHTS).index("office")
_SETTLED = [name in ("office", "amountless") for name in WEIGHTS]
"""Columns that settle the probability and are never weighed."""
_HAND = {
    "overlap": 1.0, "near": 0.4, "shape": 0.1, "met": 0.3, "unmet_person": -0.3,
    "heading": -0.1, "behind": -0.5, "place": -0.05, "share": 1.0, "shapeless": -0.5,
    "contradicted": -1.0, "misplaced": -0.3,
}  # fmt: skip
_BY_HAND = np.array([_HAND.get(name, 0.0) for name in WEIGHTS]) * 2
"""The weights of the choice before they were fitted; the fit begins with twice these."""


@dataclass(frozen=True)
class Judged:
    """The candidates of one question, and which of them answer it."""

    set: str
    group: str
    kind: str
    question: str
    said: tuple[str, ...]
    measured: Floats
    """Shape (candidates, len(WEIGHTS))."""
    good: NDArray[np.bool_]
    answerable: bool


def judge(bot: Ragbot, asked: Iterable[tuple[dict[str, Any], str, str, str]]) -> Iterator[Judged]:
    """Measure every candidate for (row, set, group, kind)."""
    for row, name, group, kind in asked:
        query = bot._read(row["question"], row.get("history") or [])
        with bot._ask(lambda one: one) as (generation, _):
            search = bot._search(generation, query)
            store, found = generation.store, search.found
            made = [
                one
                for place, hit in enumerate(found[:3])
                for one in candidates(
                    query, search.terms, found, place, store.statement(hit.passage.statement)
                )
            ]
        if made:
            said = [_said(_narrow(query, search.terms, one)) for one in made]
            good = np.array([_is_good(row, text) for text in said])
            measured = np.array([one.measured for one in made])
            known = bool(row.get("answers") or not row.get("absent", True))
            yield Judged(name, group, kind, row["question"], tuple(said), measured, good, known)


def _said(quote: Quote) -> str:
    text = quote.passage.unfold().text
    return text[quote.start : quote.end]


def _is_good(row: dict[str, Any], said: str) -> bool:
    if "must" in row:
        return not row["absent"] and fault_of_text(row, said, [said]) in ("", "long")
    return any(plain(gold) in plain(said) for gold in row.get("answers") or ())


def swapped(questions: Sequence[dict[str, Any]], texts: dict[str, str]) -> list[dict[str, Any]]:
    """Return questions with a year, a name or a word replaced by one their paragraphs lack."""
    chance = random.Random(0)
    names = [
        (word, tag)
        for row in questions
        for word, tag in tagged(row["question"])
        if tag in _NAMES and len(word) > 1
    ]
    words = [word for row in questions if (word := _asked_word(row["question"]))]
    made = []
    for row in questions:
        text = "".join(texts[gold] for gold in row["gold_ids"])
        question = row["question"]
        if year := _YEAR.search(question):
            other = str(int(year[0]) + chance.choice((-3, -2, -1, 1, 2, 3)))
            if other not in text:
                made.append({"question": question.replace(year[0], other), "kind": "year"})
        if asked := _asked_word(question):
            word, tag = asked
            others = [w for w, t in words if t == tag and not set(w) & set(text + question)]
            if others:
                changed = question.replace(word, chance.choice(others))
                made.append({"question": changed, "kind": "word"})
        own = [(w, t) for w, t in tagged(question) if t in _NAMES and len(w) > 1 and w in text]
        if own:
            word, tag = chance.choice(own)
            others = [w for w, t in names if t == tag and w not in text and w not in question]
            if others:
                changed = question.replace(word, chance.choice(others))
                made.append({"question": changed, "kind": "name"})
    return made


def _asked_word(question: str) -> tuple[str, str] | None:
    """Return the last noun or verb of a question about an amount or a time, with its tag."""
    query = read_query(question, longest=10_000)
    if query.kind not in (Kind.HOW_MANY, Kind.WHEN):
        return None
    found = [(word, tag) for word, tag in tagged(query.content) if tag in ("n", "v", "vn")]
    return next(((word, tag) for word, tag in reversed(found) if len(word) > 1), None)


def gather(most: int, sets: Sequence[Path]) -> list[Judged]:
    """Ask everything."""
    found: list[Judged] = []
    unseen = measuring_questions(EVAL)
    for name in SETS:
        ids = {one.id for one in unseen[name]}
        kept, gone = (
            [row for row in rows(f"{name}.{kind}.queries") if row["id"] in ids]
            for kind in ("answerable", "unanswerable")
        )
        found += _encyclopaedia(name, rows(f"{name}.kept.corpus"), kept, gone, most)
    corpus = rows(f"{TRAIN}.corpus")
    held = [row for row in corpus if crc32(row["title"].encode()) % 5]
    ids = {row["id"] for row in held}
    kept, gone = [], []
    for row in rows(f"{TRAIN}.queries"):
        (kept if ids & set(row["gold_ids"]) else gone).append(row)
    found += _encyclopaedia("train", held, kept, gone, most)
    laws = near_misses.some_laws(60)
    with bot_of("laws") as bot:
        index_files(bot, laws)
        made = [one for one in near_misses.questions(laws) if not one.answerable]
        found += judge(bot, (({"question": q.text}, "laws", "laws", q.kind) for q in made[:most]))
    for folder in sets:
        found += _answer_set(folder.name, read_set(folder))
    return found


def _encyclopaedia(
    name: str,
    corpus: Sequence[dict[str, Any]],
    kept: Sequence[dict[str, Any]],
    gone: Sequence[dict[str, Any]],
    most: int,
) -> Iterator[Judged]:
    """Judge questions that a corpus answers, some whose paragraph is gone, and changed ones."""
    texts = {row["id"]: row["text"] for row in corpus}
    known, absent = _evenly(kept, most), _evenly(gone, most // 2)
    changed = swapped(known, texts)[:most]
    with bot_of(name) as bot:
        index(bot, corpus)
        yield from judge(bot, ((row, name, name, "known") for row in known))
        yield from judge(bot, ((dict(row, answers=[]), name, name, "gone") for row in absent))
        yield from judge(bot, ((row, f"{name} swapped", name, row["kind"]) for row in changed))


def _evenly(found: Sequence[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    return list(found[:: max(1, -(-len(found) // most))])


def _answer_set(name: str, one: AnswerSet) -> list[Judged]:
    with Ragbot(load_settings(index=f"bench-{name}", keep_generations=1)) as bot:
        bot.rebuild([one.docs])
        return list(judge(bot, ((row, name, row["docs"][0], row["kind"]) for row in one.rows)))


def weights_of(judged: Sequence[Judged], of_each: Mapping[str, float]) -> Floats:
    """Return what each question counts: sets as much as told, otherwise the same; mean 1."""
    names = [one.set for one in judged]
    size = {name: names.count(name) for name in set(names)}
    weight = np.array([of_each.get(name, 1.0) / size[name] for name in names])
    return weight * len(weight) / weight.sum()


def fit_choice(judged: Sequence[Judged], answer_sets: frozenset[str]) -> Floats:
    """Return the weights of a conditional logit over the candidates of each question."""
    useful = [one for one in judged if one.good.any() and not one.good.all()]
    weight = weights_of(useful, dict.fromkeys(answer_sets, _IN_CHOICE))
    stacked = np.concatenate([one.measured for one in useful])
    scale = _scale(stacked)
    stacked = stacked / scale
    good = np.concatenate([one.good for one in useful])
    lengths = [len(one.good) for one in useful]
    starts = np.cumsum([0, *lengths])[:-1]
    question = np.repeat(np.arange(len(useful)), lengths)

    def loss(weights: Floats) -> tuple[float, Floats]:
        utility = stacked @ weights
        powers = np.exp(utility - np.maximum.reduceat(utility, starts)[question])
        total = np.add.reduceat(powers, starts)
        right = np.maximum(np.add.reduceat(powers * good, starts), 1e-300)
        slope = (powers / total[question] - powers * good / right[question]) * weight[question]
        value = (weight * (np.log(total) - np.log(right))).sum()
        return value / len(useful), (stacked.T @ slope) / len(useful)

    return _fitted(loss, _BY_HAND * scale, _SIGNS) / scale


def fit_confidence(
    features: Floats, right: NDArray[np.bool_], weight: Floats
) -> tuple[Floats, float]:
    """Return weights and bias of a logistic regression."""
    scale = _scale(features)
    columns = np.column_stack([features / scale, np.ones(len(features))])

    def loss(weights: Floats) -> tuple[float, Floats]:
        utility = columns @ weights
        value = weight * (np.logaddexp(0, utility) - right * utility)
        slope = weight * (1 / (1 + np.exp(-utility)) - right)
        return float(value.sum()) / len(right), (columns.T @ slope) / len(right)

    found = _fitted(loss, np.zeros(columns.shape[1]), [*_SIGNS, 0])
    return found[:-1] / scale, float(found[-1])


def _scale(features: Floats) -> Floats:
    spread = features.std(axis=0)
    made: Floats = np.where(spread > 0, spread, 1)
    return made


def _fitted(
    loss: Callable[[Floats], tuple[float, Floats]], start: Floats, signs: Sequence[int]
) -> Floats:
    """Minimise a loss with a penalty on distance from the start; signs stay as they are said."""

    def penalised(weights: Floats) -> tuple[float, Floats]:
        value, slope = loss(weights)
        away = weights - start
        return value + _L2 * float(away @ away), slope + 2 * _L2 * away

    limits = [
        (0, 0) if fixed else (0 if sign > 0 else None, 0 if sign < 0 else None)
        for sign, fixed in zip(
            signs, [*_SETTLED, *[False] * (len(signs) - len(WEIGHTS))], strict=True
        )
    ]
    made: Floats = minimize(penalised, start, jac=True, method="L-BFGS-B", bounds=limits).x
    return made


def chosen(judged: Sequence[Judged], choice: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Return what was measured of the candidate that each question gets, and whether it is good."""
    rows = [int((one.measured @ choice).argmax()) for one in judged]
    return (
        np.array([one.measured[i] for one, i in zip(judged, rows, strict=True)]),
        np.array([one.good[i] for one, i in zip(judged, rows, strict=True)]),
    )


def judged_by(weights: Weights, judged: Sequence[Judged]) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the probability of each question's answer, and whether it is right."""
    features, right = chosen(judged, weights.choice)
    return np.array([weights.probability(one) for one in features]), right


def fit(judged: Sequence[Judged], answer_sets: frozenset[str]) -> Weights:
    """Fit the choice, then on what it chooses a logistic regression of what is right.

    Answers that are refused, or certain, whatever their weights are, teach nothing.
    """
    choice = fit_choice(judged, answer_sets)
    features, right = chosen(judged, choice)
    open_ = np.array([not cannot_be_right(one) and not one[_OFFICE] for one in features])
    weight = weights_of(judged, {})[open_]
    return Weights(choice, *fit_confidence(features[open_], right[open_], weight))


def row(label: str, judged: Sequence[Judged], sure: Floats, right: NDArray[np.bool_]) -> None:
    """Print one row of the table."""
    answerable = np.array([one.answerable for one in judged])
    shown = sure >= _SHOWN
    area = f"{roc_auc_score(right, sure):.4f}" if 0 < right.sum() < len(right) else "-"
    known = f"{roc_auc_score(answerable, sure):.4f}" if 0 < answerable.sum() < len(right) else "-"
    print(
        f"{label:28}{len(right):>6}{right.sum():>7}{area:>8}{known:>8}{(shown & right).sum():>8}"
        f"{(shown & ~right).sum():>8}{((sure >= 0.5) & ~right).sum():>8}"
        f"{(~shown & right).sum():>8}{(shown & ~answerable).sum():>8}{sure.mean():>8.3f}"
    )


def report(judged: Sequence[Judged], answer_sets: frozenset[str]) -> None:
    """Print the tables."""
    print(
        f"{'':28}{'asked':>6}{'right':>7}{'AUROC':>8}{'known':>8}{'shown+':>8}{'shown-':>8}"
        f"{'>=.5 -':>8}{'lost':>8}{'absent':>8}{'mean':>8}"
    )
    fitting = [o for o in judged if o.set.split()[0] in FITTED_ON or o.set in answer_sets]
    everything = fit(fitting, answer_sets)
    for name in dict.fromkeys(one.set for one in judged):
        here = [one for one in judged if one.set == name]
        row(name, here, *judged_by(everything, here))
        row("  as shipped", here, *judged_by(SHIPPED, here))
        if name in answer_sets:
            sure, right = np.zeros(len(here)), np.zeros(len(here), bool)
            for group in {one.group for one in here}:
                own = np.array([one.group == group for one in here])
                apart = [one for one in here if one.group == group]
                others = fit([one for one in fitting if one.group != group], answer_sets)
                sure[own], right[own] = judged_by(others, apart)
            row("  without its document", here, sure, right)
    deviation = np.concatenate([one.measured for one in judged]).std(axis=0)
    for name, one, other, spread in zip(
        WEIGHTS, everything.choice, everything.confidence, deviation, strict=True
    ):
        print(
            f'    "{name}": ({one:.2f}, {other:.2f}),'
            f"  # a deviation: {one * spread:+.2f}, {other * spread:+.2f}"
        )
    print(f"_BIAS = {everything.bias:.2f}")


def main() -> None:
    """Gather, fit and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--most", type=int, default=430, help="questions of a set, evenly chosen")
    parser.add_argument("--answer-set", type=Path, action="append", default=[])
    options = parser.parse_args()
    judged = gather(options.most, options.answer_set)
    report(judged, frozenset(folder.name for folder in options.answer_set))


if __name__ == "__main__":
    main()
