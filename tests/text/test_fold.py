"""The search key: two spellings of the same words have the same key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragbot.text.fold import fold
from ragbot.text.numbers import unify_numbers
from ragbot.text.script import to_traditional


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


ZHU = [
    "著作",
    "著作权",
    "著作权人",
    "著名",
    "著名商标",
    "显著",
    "著者",
    "原著",
    "编著",
    "土著",
    "卓著",
    "昭著",
    "巨著",
    "名著",
    "论著",
    "专著",
    "译著",
    "遗著",
    "著述",
    "著称",
    "著录",
    "著书立说",
    "合著",
    "所著",
    "见微知著",
    "臭名昭著",
    "彰明较著",
]
"""Words with 著 that is no particle."""


@pytest.mark.parametrize("word", ZHU)
def test_what_is_written_or_stands_out_keeps_its_character(word: str) -> None:
    """And a Traditional spelling has the same key, at any place in a sentence."""
    assert fold(word) == word
    for sentence in (f"{word}。", f"这是{word}", f"有{word}的人", f"依照{word}办理"):
        assert fold(to_traditional(sentence)) == fold(sentence)
        assert word in fold(sentence)


@pytest.mark.parametrize(
    ("traditional", "simplified"),
    [
        ("著力", "着力"),
        ("有著", "有着"),
        ("看著", "看着"),
        ("隨著", "随着"),
        ("著手", "着手"),
        ("著重", "着重"),
        ("執著", "执着"),
        ("執著", "执著"),
        ("穿著", "穿着"),
        ("附著", "附着"),
        ("意味著", "意味着"),
        ("沿著名勝走", "沿着名胜走"),
        ("隨著作品上市", "随着作品上市"),
        ("看著作者離去", "看着作者离去"),
        ("帶著有毒的東西", "带着有毒的东西"),
        ("他著有三本書", "他著有三本书"),
        ("有著名的景點", "有著名的景点"),
        ("有著名聲", "有着名声"),
        ("侵害著作權", "侵害著作权"),
        ("隨著著作權法修正", "随着著作权法修正"),
        ("代表著未來", "代表着未来"),
        ("學著做人", "学着做人"),
        ("討論著方案", "讨论着方案"),
        ("配合著音樂", "配合着音乐"),
        ("派出所著手調查", "派出所着手调查"),
        ("曹雪芹所著小說", "曹雪芹所著小说"),
        ("一所著名學校", "一所著名学校"),
        ("一批著名人士", "一批著名人士"),
        ("所著重的是品質", "所着重的是品质"),
        ("法學論著", "法学论著"),
        ("文學名著", "文学名著"),
    ],
)
def test_the_particle_has_one_key_in_both_spellings(traditional: str, simplified: str) -> None:
    """Whatever stands behind it."""
    assert fold(traditional) == fold(simplified)
    assert fold(fold(traditional)) == fold(traditional)


@given(st.text("著着显名作者权看随有带论原土书于的品家 。麽妳", max_size=20))
def test_folding_twice_joins_no_more(text: str) -> None:
    """Texts full of the two characters."""
    assert fold(fold(text)) == fold(text)


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
