"""Ask many questions of an index, and keep everything that was measured."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import Row
from benchmarks.sets import row_id
from ragbot import Ragbot
from ragbot.retrieval.query import Query, read_query
from ragbot.retrieval.retriever import Search, search

ALL = 1000
"""More passages than two legs propose."""


@dataclass(frozen=True)
class Asked:
    """A question, the passages found, best first, and whether each is of a right document."""

    row: Row
    search: Search
    documents: tuple[str, ...]
    right: NDArray[np.bool_]

    @property
    def signals(self) -> NDArray[np.float64]:
        """What was measured of each passage, in the order they were found."""
        return np.array([found.signals for found in self.search.found])


def read(row: Row) -> Query:
    """Read a question as ``Ragbot`` does."""
    return read_query(row["question"], longest=10_000)


def ask(bot: Ragbot, questions: Iterable[Row], k: int = ALL) -> Iterator[Asked]:
    """Search for each question."""
    with bot._ask(lambda one: one) as (generation, _):
        names = {d.row: row_id(d.name) for d in generation.store.documents()}
        for row in questions:
            found = search(generation, bot.embedder, read(row), k)
            documents = tuple(names[f.passage.document] for f in found.found)
            gold = set(row.get("gold_ids") or ())
            yield Asked(row, found, documents, np.array([d in gold for d in documents], bool))


def rank_of_gold(documents: Sequence[str], right: NDArray[np.bool_]) -> int | None:
    """Return the place of the first right document, counting each document once, from 1."""
    seen: dict[str, None] = {}
    for document, good in zip(documents, right, strict=True):
        seen.setdefault(document)
        if good:
            return list(seen).index(document) + 1
    return None


def measures(ranks: Sequence[int | None]) -> tuple[float, float]:
    """Return recall@1 and nDCG@10, each question having one right document."""
    found = np.array([rank or 0 for rank in ranks])
    gains = np.where((found > 0) & (found <= 10), 1 / np.log2(np.maximum(found, 1) + 1), 0)
    return float((found == 1).mean()), float(gains.mean())
