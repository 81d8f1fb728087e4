"""What a question fixes, and which statements contradict it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragbot.retrieval.constraints import contradicted, mentions, unstated
from ragbot.text.fold import fold

YEARS = st.integers(1950, 2049)


def _against(question: str, sentence: str, words: str = "", above: tuple[str, ...] = ()) -> bool:
    assert fold(words) in fold(sentence)
    return contradicted(fold(question), fold(sentence), fold(words), tuple(map(fold, above)))


@given(YEARS, YEARS)
def test_the_figure_of_another_year_contradicts(asked: int, other: int) -> None:
    """Of two years in a sentence the one before the figure governs it."""
    sentence = f"{asked}年营业收入58.6亿元，{other}年为52.2亿元。"
    question = f"{asked}年营业收入是多少？"
    assert not _against(question, sentence, "58.6亿元")
    assert _against(question, sentence, "52.2亿元") == (asked != other)


@pytest.mark.parametrize(
    ("question", "sentence", "words", "right"),
    [
        ("T6保修几年？", "T6整机保修2年，T8整机保修3年。", "2年", True),
        ("T6保修几年？", "T6整机保修2年，T8整机保修3年。", "3年", False),
        ("第二次会议什么时候召开？", "第一次会议于5月8日召开。", "5月8日", False),
        ("第二次会议什么时候召开？", "第2次会议于5月8日召开。", "5月8日", True),
        ("第二次返修是几号？", "8月2日第一次返修，9月15日第二次返修。", "9月15日", True),
        ("第二次返修是几号？", "8月2日第一次返修，9月15日第二次返修。", "8月2日", False),
        ("境外收入多少？", "境内收入8亿元，境外收入3亿元。", "8亿元", False),
        ("境外收入多少？", "境内收入8亿元，境外收入3亿元。", "3亿元", True),
        ("2023年收入多少？", "收入58.6亿元（2023年）。", "58.6亿元", True),
        ("2023年收入多少？", "收入较2022年增长，达到58.6亿元。", "58.6亿元", True),
        ("2023年收入多少？", "2022年、2023年收入分别为52亿元、58亿元。", "58亿元", True),
        ("1996年他在哪里？", "1995-1998年在北京大学。", "北京大学", True),
        ("2022年和2023年收入各多少？", "2022年收入52亿元。", "52亿元", True),
        ("一类城市住宿标准多少？", "二类城市每晚400元。", "400元", False),
        ("9号楼哪天停水？", "8号楼6月3日停水。", "6月3日", False),
        ("本科生补贴多少？", "硕士每月1200元，本科每月800元。", "1200元", True),
        ("本科补贴多少？", "硕士每月1200元，本科每月800元。", "1200元", False),
    ],
)
def test_what_governs_the_words(question: str, sentence: str, words: str, right: bool) -> None:
    """Years, models, ordinal numbers, groups."""
    assert _against(question, sentence, words) is not right


def test_what_stands_above_governs_a_sentence_that_names_nothing() -> None:
    """The nearest mention above; a heading that names the right one does so as well."""
    question, sentence = "2023年收入多少？", "实现收入58.6亿元。"
    assert not _against(question, sentence, "58.6亿元", ("2023年的经营情况",))
    assert _against(question, sentence, "58.6亿元", ("2022年的经营情况",))
    assert not _against(question, sentence, "58.6亿元", ("2022年亏损。", "2023年年度报告"))
    assert not _against(question, sentence, "58.6亿元")


def test_what_nobody_states_is_counted() -> None:
    """A quarter that neither the sentence nor what is above names."""
    assert unstated(fold("2023年第四季度收入多少？"), fold("2023年收入58亿元"), ()) == 1
    assert unstated(fold("2023年收入多少？"), fold("收入58亿元"), (fold("2023年年报"),)) == 0


@given(st.text(alphabet="第一二三1920234567年较比至-季度次类级t6 r，。境内外", max_size=200))
def test_any_text_is_read(text: str) -> None:
    """Mentions are ranges of the text, in order."""
    found = mentions(text)
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert [one.start for one in found] == sorted(one.start for one in found)
