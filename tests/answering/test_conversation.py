"""Follow-up questions become full questions."""

import pytest

from ragbot.answering.conversation import complete
from ragbot.results import Turn

FIRST = [Turn("上海计划建设什么中心？")]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("那吉林呢？", "吉林计划建设什么中心？"),
        ("吉林呢", "吉林计划建设什么中心？"),
        ("那么，吉林省呢？", "吉林省计划建设什么中心？"),
        ("它的局长是谁？", "上海的局长是谁？"),
        ("浙江怎样认真改？", "浙江怎样认真改？"),
        ("什么是知识产权？", "什么是知识产权？"),
    ],
)
def test_a_follow_up_takes_over_what_it_leaves_out(question: str, expected: str) -> None:
    """A question that stands alone is not touched."""
    assert complete(question, FIRST) == expected


def test_follow_ups_chain() -> None:
    """The question before may be a follow-up itself."""
    assert complete("江苏呢？", [*FIRST, Turn("那吉林呢？")]) == "江苏计划建设什么中心？"


def test_a_follow_up_in_the_other_script_is_completed_in_it() -> None:
    """遼寧 after a question in Simplified."""
    assert complete("那遼寧呢？", FIRST) == "遼寧計劃建設什麼中心？"


@pytest.mark.parametrize(
    ("before", "question", "expected"),
    [
        ("上海市知识产权局局长是谁？", "那浙江呢？", "浙江省知识产权局局长是谁？"),
        ("上海市长是谁？", "浙江呢？", "浙江省长是谁？"),
        ("上海市场怎么监管？", "浙江呢？", "浙江市场怎么监管？"),
        ("浙江省做了什么？", "上海市呢？", "上海市做了什么？"),
    ],
)
def test_a_place_takes_its_own_rank_along(before: str, question: str, expected: str) -> None:
    """上海市 becomes 浙江省, never 浙江市."""
    assert complete(question, [Turn(before)]) == expected
