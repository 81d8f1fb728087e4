"""Exact match and F1, worked out by hand."""

import pytest

from ragbot.evaluation.spans import exact_match, shared_f1, span_f1


@pytest.mark.parametrize(
    ("answer", "golds", "exact", "f1", "shared"),
    [
        ("光荣和ω-force", ["光荣和ω-Force。"], True, 1.0, 1.0),
        # A run of digits is one token.
        ("2009年12月3日", ["2009年"], False, 2 * 2 / (6 + 2), 2 * 2 / (6 + 2)),
        # The closest right one counts.
        ("上海中心", ["北京", "上海市"], False, 2 * 2 / (4 + 3), 2 * 2 / (4 + 3)),
        # What is shared need not stand together for the second.
        ("甲乙丙", ["甲丙"], False, 2 * 1 / (3 + 2), 2 * 2 / (3 + 2)),
        # A character counts as often as both have it.
        ("甲甲", ["甲乙"], False, 2 * 1 / (2 + 2), 2 * 1 / (2 + 2)),
        ("", ["答"], False, 0.0, 0.0),
        ("无", [], False, 0.0, 0.0),
    ],
)
def test_measures(answer: str, golds: list[str], exact: bool, f1: float, shared: float) -> None:
    """Of the longest stretch that both have, or of all they share; punctuation and case aside."""
    assert exact_match(answer, golds) is exact
    assert span_f1(answer, golds) == pytest.approx(f1)
    assert shared_f1(answer, golds) == pytest.approx(shared)
