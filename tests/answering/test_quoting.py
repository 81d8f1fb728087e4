"""Which sentences are quoted, from the sample corpus."""

import pytest

from ragbot.bot import Ragbot
from ragbot.text.script import to_simplified


def test_many_statements_are_each_quoted(bot: Ragbot) -> None:
    """Every place that plans a centre, and no other."""
    answer = bot.answer("哪些地方要建设知识产权保护中心？")
    places = {(c.heading or "")[0] for c in answer.citations}
    assert places == {"吉", "滬"}
    assert [c.n for c in answer.citations] == [1, 2]


@pytest.mark.parametrize(
    ("question", "explained"),
    [("上海如何健全保护体系？", "强化跨区域保护协作"), ("浙江如何认真改？", "浙江知识产权在线")],
)
def test_the_title_of_an_item_brings_what_it_is_about(
    bot: Ragbot, question: str, explained: str
) -> None:
    """Even where a new passage begins between the two."""
    assert explained in to_simplified(bot.answer(question).text)


def test_an_office_is_not_another_one(bot: Ragbot) -> None:
    """The party secretary of the province is not that of the office."""
    assert "张国清" in to_simplified(bot.answer("辽宁省委书记是谁？").text)


def test_long_sentences_are_narrowed_to_the_clauses_that_answer(bot: Ragbot) -> None:
    """A sentence or a clause, not a paragraph."""
    for question in ("吉林聚焦服务哪些重点产业？", "北京要打造什么样的营商环境？"):
        (citation,) = bot.answer(question).citations
        assert len(citation.quote) <= 60
