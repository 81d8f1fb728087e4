"""Reading a question: repair, folding, places, and what it asks for."""

import pytest

from ragbot.errors import BadQuestionError
from ragbot.retrieval.query import Kind, Query, read_query


def _read(text: str) -> Query:
    return read_query(text, longest=2000)


def test_script_and_damage_of_a_question_make_no_difference() -> None:
    """Three spellings of one question have one key."""
    spellings = (
        "上海計(jì)劃建設(shè)什么中心?",
        "上海计划建设什么中心？",
        "上海計劃建設什麼中心？",
    )
    assert len({_read(text).key for text in spellings}) == 1
    assert _read(spellings[0]).reading == "上海計劃建設什么中心?"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("天津的局長叫什麼名字？", Kind.WHO),
        ("谁对辽宁知识产权工作作出重要指示批示？", Kind.WHO),
        ("会议什么时候召开？", Kind.WHEN),
        ("天津知识产权局有多少名工作人员？", Kind.HOW_MANY),
        ("哪个省建设了中心？", Kind.WHERE),
        ("浙江怎样“认真改”？", Kind.HOW),
        ("为什么要修订条例？", Kind.WHY),
        ("江苏有哪些工程？", Kind.WHICH),
        ("山西是否召开大会？", Kind.YES_NO),
        ("山西将召开什么会议？", Kind.WHAT),
    ],
)
def test_what_is_asked_for_is_told_from_the_question_words(text: str, kind: Kind) -> None:
    """The kind decides the shape of the answer."""
    assert _read(text).kind is kind


def test_question_words_are_no_content() -> None:
    """What remains is what must be found."""
    content = _read("请问上海建设什么中心？").content
    assert "什么" not in content
    assert "请问" not in content
    assert "上海建设" in content


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("滬計劃建設什麼中心？", ("上海",)),
        ("北京和天津有什么不同", ("北京", "天津")),
        ("鲁迅写了什么", ()),
        ("新政策是什么", ()),
        ("粤将建设什么", ("广东",)),
        ("沪和浙的局长是谁", ("上海", "浙江")),
        ("津 贴发放标准是什么", ()),
        ("苏 打水怎么做", ()),
        ("京-东商城怎么退货", ()),
        ("A京B是什么", ()),
        ("苏先生担任什么职务", ()),
        ("苏局长负责什么", ()),
        ("辽的皇帝是谁", ()),
    ],
)
def test_short_names_of_places_are_joined_with_their_full_names(
    text: str, places: tuple[str, ...]
) -> None:
    """Where the short name stands alone and means nothing else."""
    assert _read(text).places == places
    assert all(place in _read(text).key for place in places)


@pytest.mark.parametrize("text", ["", " \n", "？！。", "字" * 2001, "\u200b", "(((("])
def test_a_question_that_holds_nothing_to_search_for_gets_one_sentence(text: str) -> None:
    """Empty, too long, or without a word."""
    with pytest.raises(BadQuestionError) as caught:
        _read(text)
    assert "\n" not in str(caught.value)


def test_a_question_of_question_words_only_is_searched_as_it_is() -> None:
    """什么是什么 has no content, and is still a question."""
    assert _read("什么？").content == "什么?"


@pytest.mark.parametrize(
    ("question", "content"),
    [
        ("吉林计划建设什么中心？", "吉林 建设 中心"),
        ("上海市打算怎么保护专利？", "上海 保护专利"),
        ("上海的五年计划是什么？", "上海的五年计划"),
        ("行动计划提出什么？", "行动计划提出"),
    ],
)
def test_what_says_that_something_lies_ahead_is_not_asked_about(
    question: str, content: str
) -> None:
    """Behind a place it is left out; a plan that has a name stays."""
    assert " ".join(read_query(question, longest=100).content.split()) == content


@pytest.mark.parametrize(
    ("question", "kind", "kept"),
    [
        ("许多高校的特点是什么？", Kind.WHAT, "许多高校"),
        ("任何人都可以申请吗？", Kind.YES_NO, "任何人"),
        ("屏幕的对比度是多少？", Kind.HOW_MANY, "对比度"),
        ("介绍信怎么开？", Kind.HOW, "介绍信"),
        ("哪吒的父亲是谁？", Kind.WHO, "哪吒"),
        ("节假日加班费按多少支付？", Kind.HOW_MANY, "支付"),
    ],
)
def test_a_part_of_a_word_asks_nothing(question: str, kind: Kind, kept: str) -> None:
    """The 多高 of 许多高校 and the 何人 of 任何人 are no question words."""
    query = _read(question)
    assert query.kind is kind
    assert kept in query.content


@pytest.mark.parametrize(
    ("question", "focus"),
    [
        ("吉林要打造什么小镇？", "小镇"),
        ("江苏加快构建什么信息服务体系？", "服务体系"),
        ("什么样的孩子不宜吃？", "孩子"),
        ("按多少支付？", ""),
    ],
)
def test_the_thing_asked_for_is_a_noun(question: str, focus: str) -> None:
    """A verb behind the question word names no thing."""
    assert _read(question).focus == focus


@pytest.mark.parametrize(
    ("text", "after", "english"),
    [
        ("GDP?", "", False),
        ("iPhone 15 Pro?", "", False),
        ("GDP?", "上海的人口是多少？", False),
        ("GDP?", "What is the population of Shanghai?", True),
        ("GDP是多少？", "What is the population of Shanghai?", False),
        ("What is the GDP?", "上海的人口是多少？", True),
    ],
)
def test_a_name_alone_is_asked_in_the_language_of_the_conversation(
    text: str, after: str, english: bool
) -> None:
    """In Chinese where there is none."""
    assert read_query(text, longest=200, after=after).english is english
