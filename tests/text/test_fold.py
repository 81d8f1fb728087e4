"""The search key: two spellings of the same words have the same key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragbot.text.fold import fold
from ragbot.text.numbers import unify_numbers


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("上海計(jì)劃建設(shè)什么中心?", "上海计划建设什么中心？"),
        ("上海計劃建設什麼中心？", "上海计划建设什么中心？"),
        ("著力強化", "着力强化"),
        ("ＷＩＰＯ（上海）", "wipo(上海)"),
        ("知識\u200b產權\ufeff", "知识产权"),
        ("二〇二一年九月二十六日，", "2021年9月26日,"),
        ("百分之五", "5%"),
        ("百分之三点五", "3.5%"),
        ("第十五条", "第15条"),
        ("第一百二十三條", "第123条"),
    ],
)
def test_spellings_of_the_same_words_share_a_key(left: str, right: str) -> None:
    """Script, width, damage, invisible characters and numerals do not change a key."""
    assert fold(left) == fold(right)


@pytest.mark.parametrize(
    "text", ["一起", "三峡", "统一部署", "一件事", "中国(上海)", "(WIPO)", "(2021-2035年)"]
)
def test_words_that_only_look_like_numbers_or_annotations_stay(text: str) -> None:
    """Numerals inside words and brackets that hold no reading are kept."""
    assert fold(text) == text.lower()


@given(st.text())
def test_folding_never_fails_and_folding_a_key_changes_nothing(text: str) -> None:
    """A key of a key is the key, for any text at all."""
    key = fold(text)
    assert isinstance(key, str)
    if not any(c in text for c in "(（<"):
        assert fold(key) == key


def test_a_lone_surrogate_does_no_harm() -> None:
    """Text that has no UTF-8 form still has a key."""
    assert "知识" in fold("知\ud800識知识")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("一千零一夜", "一千零一夜"),
        ("第二十届", "第20届"),
        ("百分之百", "100%"),
        ("九月", "9月"),
        ("二月河", "二月河"),
    ],
)
def test_only_numerals_with_a_unit_are_rewritten(text: str, expected: str) -> None:
    """A numeral is rewritten where its unit shows that it counts something."""
    assert unify_numbers(text) == expected
