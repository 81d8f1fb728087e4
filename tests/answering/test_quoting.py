"""Which sentences are quoted, from the sample corpus."""

import pytest

from ragbot.bot import Ragbot
from ragbot.text.script import to_simplified

WHEREVER = True  # of an index in Milvus too


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


def test_sides_are_answered_each_under_its_name(bot: Ragbot) -> None:
    """And a side of which nothing is said is named as such."""
    answer = bot.answer("上海、湖南和浙江的局长分别是谁？")
    assert [c.n for c in answer.citations] == [1, 2]
    first, second, last = answer.text.split("\n")
    assert first.startswith("上海：")
    assert "芮文彪[1]" in first
    assert second.startswith("浙江：")
    assert "章根明[2]" in second
    assert last == "关于湖南，文档中没有找到答案。"


def test_sides_of_which_nothing_is_said_are_refused(bot: Ragbot) -> None:
    """Two absent places are no answer."""
    answer = bot.answer("湖南和湖北的局长是谁？")
    assert answer.refused
    assert not answer.citations


def test_more_detail_quotes_more(bot: Ragbot) -> None:
    """The sentences around the one that answers, up to some 240 characters."""
    short = bot.answer("浙江怎样认真改？")
    long = bot.answer("请详细说明浙江怎样认真改？")
    assert len(long.text) > 1.5 * len(short.text)
    assert len(long.text) < 300
