"""Script detection and character-by-character conversion."""

import pytest

from ragbot.text.script import convert, detect_script


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("上海计划建设什么中心？", "hans"),
        ("上海計劃建設什麼中心？", "hant"),
        ("台灣人口多少？", "hant"),
        ("台中市的市花是什麼？", "hant"),
        ("云南台湾", "hans"),
        ("你好", "hans"),
        ("", "hans"),
        ("ab\ud800", "hans"),
    ],
)
def test_the_script_of_a_text_is_told_by_its_characters(text: str, script: str) -> None:
    """Text that fits both scripts counts as Simplified."""
    assert detect_script(text) == script


def test_conversion_keeps_the_words() -> None:
    """知识产权 becomes 知識產權 and never 智慧財產權."""
    assert convert("知识产权信息", "hant") == "知識產權信息"
    assert convert("知識產權資訊", "hans") == "知识产权资讯"


def test_text_already_in_the_script_wanted_stays_as_it_is() -> None:
    """Converting twice changes nothing more."""
    assert convert("遼寧著力強化", "hant") == "遼寧著力強化"
