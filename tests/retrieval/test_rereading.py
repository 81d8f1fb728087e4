"""What the reader says changes the order and the confidence, and nothing is lost by it."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ragbot.index.store import PassageRow
from ragbot.reader.reader import Text
from ragbot.reader.spans import Extract
from ragbot.retrieval.found import Found
from ragbot.retrieval.query import read_query
from ragbot.retrieval.rereading import BEHIND, READ, reread
from ragbot.retrieval.signals import SIGNALS

QUERY = read_query("上海计划建设什么中心？", longest=100)


class Scripted:
    """Says what it is told to of each passage, and notes what it was shown."""

    def __init__(self, scores: dict[str, float]) -> None:
        self.scores = scores
        self.shown: list[str] = []

    def read(self, question: str, texts: Sequence[Text]) -> list[tuple[Extract, ...]]:
        """Point at the first character of each."""
        self.shown += [text.passage for text in texts]
        return [(Extract(0, 1, self.scores.get(text.passage, 0.0)),) for text in texts]


def passage(row: int, rank_score: float, probability: float = 0.6) -> Found:
    """Return a passage whose text is its number."""
    text = f"第{row}段"
    stored = PassageRow(row, 0, 0, 0, text, None, None, "", text, b"", None)
    signals = np.zeros(len(SIGNALS))
    signals[SIGNALS.index("cosine")] = 1.17  # as if a little more probably of the topic than not
    return Found(stored, np.ones(1, np.float32), signals, rank_score, probability)


def rows(found: Sequence[Found]) -> list[int]:
    """Return the passages' numbers, in order."""
    return [one.passage.row for one in found]


def test_one_close_behind_that_answers_comes_first() -> None:
    """It says so more surely than the first is ahead."""
    reader = Scripted({"第1段": -8.0, "第2段": 8.0})
    found = reread(reader, QUERY, [passage(1, 3.0), passage(2, 2.5)])
    assert rows(found) == [2, 1]
    assert found[0].probability > 0.6 > found[1].probability
    assert found[0].extract == Extract(0, 1, 8.0)


def test_what_lacks_a_name_or_the_kind_asked_for_stays_refused() -> None:
    """However sure the reader is: it does not know what was missing."""
    whole, amiss = passage(1, 3.0), passage(2, 3.0, probability=0.6 * 0.3)
    (sure,) = reread(Scripted({"第1段": 99.0}), QUERY, [whole])
    (capped,) = reread(Scripted({"第2段": 99.0}), QUERY, [amiss])
    assert capped.probability < 0.5 < sure.probability


def test_one_far_behind_is_not_read() -> None:
    """It could not come first, and reading costs time."""
    reader = Scripted({"第2段": 99.0})
    found = reread(reader, QUERY, [passage(1, 3.0), passage(2, 3.0 - BEHIND - 0.1)])
    assert rows(found) == [1, 2]
    assert reader.shown == ["第1段"]
    assert found[1].extract is None


def test_where_only_passages_are_wanted_one_that_nothing_can_overtake_is_not_read() -> None:
    """Reading costs more than all the rest; two that are close are read all the same."""
    reader = Scripted({})
    assert rows(reread(reader, QUERY, [passage(1, 3.0), passage(2, 0.0)], words=False)) == [1, 2]
    assert reader.shown == []
    reread(reader, QUERY, [passage(1, 3.0), passage(2, 2.9)], words=False)
    assert reader.shown == ["第1段", "第2段"]


def test_one_put_first_for_what_it_holds_is_read_however_far_behind() -> None:
    """It may stay first."""
    reader = Scripted({"第1段": -8.0, "第2段": 8.0})
    found = reread(reader, QUERY, [passage(2, 3.0 - BEHIND - 0.1, 0.95), passage(1, 3.0, 0.29)])
    assert rows(found) == [2, 1]
    assert found[0].extract


def test_what_it_says_is_worth_the_same_beyond_a_limit() -> None:
    """One absurd score does not make a certainty."""
    (high,) = reread(Scripted({"第1段": 1e6}), QUERY, [passage(1, 0.0)])
    (higher,) = reread(Scripted({"第1段": 1e9}), QUERY, [passage(1, 0.0)])
    assert high.probability == higher.probability < 1


def test_nothing_found_is_nothing_read() -> None:
    """An empty index asks no reader."""
    reader = Scripted({})
    assert reread(reader, QUERY, []) == []
    assert reader.shown == []


@given(
    ranks=st.lists(st.floats(-9, 9), min_size=1, max_size=12),
    scores=st.lists(st.floats(-50, 50), min_size=12, max_size=12),
    probabilities=st.lists(st.floats(0, 1), min_size=12, max_size=12),
)
def test_every_passage_is_there_once_whatever_is_said(
    ranks: list[float], scores: list[float], probabilities: list[float]
) -> None:
    """At most five are read, they stand in front, and probabilities stay probabilities."""
    before = [
        passage(row, rank, probability)
        for row, (rank, probability) in enumerate(
            zip(sorted(ranks, reverse=True), probabilities, strict=False)
        )
    ]
    reader = Scripted({f"第{row}段": score for row, score in enumerate(scores)})
    after = reread(reader, QUERY, before)
    assert sorted(rows(after)) == rows(before)
    read = [one.extract is not None for one in after]
    assert read == sorted(read, reverse=True)
    assert 1 <= sum(read) <= READ
    assert all(0 <= one.probability <= 1 for one in after)
