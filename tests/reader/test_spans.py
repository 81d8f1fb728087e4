"""From logits to words."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ragbot.reader.joining import Joined
from ragbot.reader.spans import LONGEST, best_span


def joined(passage: str, first: int = 4) -> Joined:
    """Return a passage with a token a character."""
    offsets = np.array([(i, i + 1) for i in range(len(passage))], np.int64).reshape(-1, 2)
    return Joined([0] * (first + len(passage) + 1), first, offsets)


def logits(tokens: int, *points: tuple[int, int, float]) -> NDArray[np.float32]:
    """Return zeros but for (token, column, value)."""
    made = np.zeros((tokens, 2), np.float32)
    for token, column, value in points:
        made[token, column] = value
    return made


def test_the_words_between_the_best_begin_and_end() -> None:
    """The score is against token 0."""
    text = "计划建设保护中心。"
    found = best_span(text, joined(text), logits(14, (8, 0, 5.0), (11, 1, 4.0), (0, 0, 1.0)))
    assert text[found.start : found.end] == "保护中心"
    assert found.score == 5 + 4 - 1


def test_an_end_before_the_begin_is_no_answer() -> None:
    """Even where each alone is the best."""
    text = "甲乙丙丁"
    found = best_span(text, joined(text), logits(9, (7, 0, 9.0), (4, 1, 9.0)))
    assert found.start < found.end


def test_the_begin_of_one_answer_is_not_joined_to_the_end_of_another() -> None:
    """An answer does not go on behind the end of its sentence."""
    text = "在上海。在北京。"
    found = best_span(
        text, joined(text), logits(13, (5, 0, 9.0), (10, 1, 9.0), (6, 1, 2.0), (9, 0, 1.0))
    )
    assert text[found.start : found.end] == "上海"


def test_marks_at_the_edges_are_left_out() -> None:
    """A token may carry its quotation mark."""
    text = "是“中心”。"
    found = best_span(text, joined(text), logits(11, (5, 0, 3.0), (9, 1, 3.0)))
    assert text[found.start : found.end] == "中心"


def test_a_token_that_begins_with_what_no_answer_does_is_cut() -> None:
    """的中国 and 重要的 are tokens; the answers are 中国 and 重要."""
    text = "是的中国重要的事"
    offsets = np.array([(0, 1), (1, 4), (4, 7), (7, 8)], np.int64)
    made = Joined([0] * 6, 1, offsets)
    found = best_span(text, made, logits(6, (2, 0, 5.0), (3, 1, 5.0)))
    assert text[found.start : found.end] == "中国重要"


def test_a_token_with_the_end_of_the_line_before_opens_a_line() -> None:
    """The tokens of a new line's first word have it; nothing goes over a line's end still."""
    text = "简介\n2009年12月。"
    offsets = np.array([(0, 2), (2, 7), (7, 8), (8, 10), (10, 11), (11, 12)], np.int64)
    made = Joined([0] * 8, 1, offsets)
    values = logits(8, (2, 0, 5.0), (5, 1, 5.0), (1, 0, 4.0))
    found = best_span(text, made, values)
    assert text[found.start : found.end] == "2009年12月"
    found = best_span(text, made, logits(8, (1, 0, 9.0), (5, 1, 9.0)))
    assert "\n" not in text[found.start : found.end]


def test_no_white_space_at_the_edges() -> None:
    """A token of a line's end may hold half of it."""
    text = "局长\r\n张三"
    offsets = np.array([(0, 2), (3, 4), (4, 6)], np.int64)
    found = best_span(text, Joined([0] * 5, 1, offsets), logits(5, (1, 0, 5.0), (1, 1, 5.0)))
    assert text[found.start : found.end] == "局长"
    found = best_span(text, Joined([0] * 5, 1, offsets), logits(5, (2, 0, 9.0), (2, 1, 9.0)))
    assert found.start == found.end


def test_the_question_is_never_the_answer() -> None:
    """However well it scores."""
    text = "甲乙"
    found = best_span(text, joined(text), logits(7, (1, 0, 99.0), (2, 1, 99.0)))
    assert (found.start, found.end) != (0, 0)


@given(st.text("甲乙，。 \n\r的", max_size=90), st.integers(0, 2**32 - 1))
def test_a_span_is_a_range_of_the_passage_of_bounded_length(text: str, seed: int) -> None:
    """Whatever the logits are."""
    values = np.random.default_rng(seed).normal(0, 3, (len(text) + 5, 2)).astype(np.float32)
    found = best_span(text, joined(text), values)
    assert 0 <= found.start <= found.end <= len(text)
    assert found.end - found.start <= LONGEST
