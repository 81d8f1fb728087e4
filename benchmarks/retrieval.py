"""Compare our retrieval with its own legs and with plain ways of joining them.

    python -m benchmarks.retrieval [--every 1] [--symmetry 4] [--depth 30]

First table: recall@1 and nDCG@10 over documents, questions of the whole sets, all rows in one run.
The weights of "ours, as shipped" are fitted on questions of both sets, these among them; "ours,
fitted on the other set" stands at the end, and is the figure to quote. Second: the same questions
in the other script and damaged by a simulator, and CMRC with its corpus damaged. Last: milliseconds
a question by part.
"""

import argparse
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import Row, rows
from benchmarks.fit import fit_ranking, reached
from benchmarks.questions import Asked, ask, measures, rank_of_gold, read
from benchmarks.sets import bot_of, index, row_id
from ragbot import Ragbot
from ragbot.retrieval import retriever
from ragbot.text.script import convert
from tests.text.damage import damage, fits, table

EVERY = {"cmrc2018": 1, "drcd": 2}
_RRF = 60
"""The usual constant (Cormack, Clarke and Buettcher, 2009)."""
_DEPTH = 200

Ranked = list[tuple[int, float]]


def legs(bot: Ragbot, questions: Sequence[Row]) -> dict[str, list[int | None]]:
    """Return the rank of the right document by each leg alone and by plain ways of joining them."""
    found: dict[str, list[int | None]] = {}
    with bot._ask(lambda one: one) as (generation, _):
        documents = {d.row: row_id(d.name) for d in generation.store.documents()}
        count = generation.manifest.passages
        of = [documents[p.document] for p in generation.store.passages(range(count))]
        for row in questions:
            query, gold = read(row), set(row["gold_ids"])
            vector = bot.embedder.embed_queries([query.key])[0]
            units, cosines = generation.dense.search(vector, _DEPTH * 4)
            passages = retriever.passages_of(generation, units).tolist()
            dense: dict[int, float] = {}
            for passage, cosine in zip(passages, cosines.tolist(), strict=True):
                dense.setdefault(passage, cosine)
            lexical = {
                field: _pairs(
                    generation.lexical.search([t for t in query.terms if t[0] == field], _DEPTH)
                )
                for field in ("bigrams", "words")
            }
            legs = {"sentence vectors": list(dense.items())} | {
                f"BM25, {field}": ranked for field, ranked in lexical.items()
            }
            first, second = legs["sentence vectors"], legs["BM25, bigrams"]
            legs["rank fusion, vectors + bigrams"] = _rank_fusion(first, second)
            legs["sum of normalised, .7 + .3"] = _sum(first, second)
            for name, ranked in legs.items():
                names = [of[passage] for passage, _ in ranked]
                right = np.array([n in gold for n in names], bool)
                found.setdefault(name, []).append(rank_of_gold(names, right))
    return found


def _pairs(found: tuple[NDArray[np.int64], NDArray[np.float32]]) -> Ranked:
    return list(zip(found[0].tolist(), found[1].tolist(), strict=True))


def _rank_fusion(*ranked: Ranked) -> Ranked:
    scores: dict[int, float] = {}
    for one in ranked:
        for place, (passage, _) in enumerate(one, 1):
            scores[passage] = scores.get(passage, 0) + 1 / (_RRF + place)
    return sorted(scores.items(), key=lambda item: -item[1])


def _sum(dense: Ranked, lexical: Ranked) -> Ranked:
    scores: dict[int, float] = {}
    for weight, one in ((0.7, dense), (0.3, lexical)):
        values = np.array([score for _, score in one] or [0.0])
        low = (values.min() - values.mean()) / (values.std() or 1)
        known = {p: (s - values.mean()) / (values.std() or 1) for p, s in one}
        for passage in {p for p, _ in dense} | {p for p, _ in lexical}:
            scores[passage] = scores.get(passage, 0) + weight * known.get(passage, low)
    return sorted(scores.items(), key=lambda item: -item[1])


def ours(asked: Sequence[Asked]) -> tuple[float, float]:
    """Return recall@1 and nDCG@10."""
    return measures([rank_of_gold(a.documents, a.right) for a in asked])


def first_five(asked: Asked) -> tuple[str, ...]:
    """Return the first five documents."""
    return tuple(dict.fromkeys(asked.documents))[:5]


def symmetry(bot: Ragbot, questions: Sequence[Row], marks: dict[str, str]) -> None:
    """Print what another script and damage cost."""

    def damaged(text: str) -> str:
        hant = convert(text, "hant")
        return damage(hant, marks).text if fits(hant) else hant

    spellings: dict[str, Callable[[str], str]] = {
        "as asked": str,
        "in Simplified": lambda text: convert(text, "hans"),
        "in Traditional": lambda text: convert(text, "hant"),
        "damaged": damaged,
    }
    before: list[Asked] = []
    for name, spell in spellings.items():
        asked = list(ask(bot, ({**q, "question": spell(q["question"])} for q in questions)))
        before = before or asked
        same = np.mean([first_five(a) == first_five(b) for a, b in zip(asked, before, strict=True)])
        print(f"  questions {name:24}{ours(asked)[0]:9.4f}{same:17.3f}")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=1, help="use every n-th of the questions")
    parser.add_argument("--symmetry", type=int, default=4, help="of those, every n-th respelled")
    parser.add_argument("--depth", type=int, default=retriever._DEPTH, help="passages a leg")
    options = parser.parse_args()
    retriever._DEPTH = options.depth
    laps: dict[str, list[float]] = {}
    everything: dict[str, list[Asked]] = {}
    for name, step in EVERY.items():
        questions = rows(f"{name}.queries")[:: step * options.every]
        corpus = rows(f"{name}.corpus")
        with bot_of(name) as bot:
            index(bot, corpus)
            print(f"\n{name}, {len(questions)} questions{'recall@1':>17}{'nDCG@10':>9}")
            for leg, ranks in legs(bot, questions).items():
                recall, ndcg = measures(ranks)
                print(f"  {leg:34}{recall:9.4f}{ndcg:9.4f}")
            asked = everything[name] = list(ask(bot, questions))
            print(f"  {'ours, as shipped':34}{ours(asked)[0]:9.4f}{ours(asked)[1]:9.4f}")
            for a in asked:
                for part, taken in a.search.timing_ms.items():
                    laps.setdefault(part, []).append(taken)
            marks = table("".join(convert(row["text"], "hant") for row in corpus), 120)
            print(f"\n  every {options.symmetry}th question{'recall@1':>24}{'same first five':>17}")
            symmetry(bot, questions[:: options.symmetry], marks)
            if name == "cmrc2018":
                texts = [convert(row["text"], "hant") for row in corpus]
                spoilt = [damage(t, marks).text if fits(t) else t for t in texts]
                index(bot, ({**row, "text": t} for row, t in zip(corpus, spoilt, strict=True)))
                print("  with the corpus damaged")
                symmetry(bot, questions[:: options.symmetry], marks)
    print(f"\nours, fitted on the other set{'recall@1':>16}{'nDCG@10':>9}")
    for name in everything:
        others = [a for other in everything if other != name for a in everything[other]]
        recall, ndcg = reached(everything[name], fit_ranking(others))
        print(f"  {name:34}{recall:9.4f}{ndcg:9.4f}")
    print(f"\n{'ms a question':16}{'p50':>8}{'p95':>8}")
    for part, taken in laps.items():
        print(f"  {part:14}{np.percentile(taken, 50):8.2f}{np.percentile(taken, 95):8.2f}")


if __name__ == "__main__":
    main()
