"""The page speaks the reader's language."""

from string import Formatter

import pytest

from ragbot.ui import i18n


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("zh-TW", "zh-TW"),
        ("zh-HK,zh;q=0.9", "zh-TW"),
        ("zh-Hant-MO", "zh-TW"),
        ("zh_TW", "zh-TW"),
        ("zh", "zh-CN"),
        ("zh-SG", "zh-CN"),
        ("zh-Hans-HK", "zh-CN"),
        ("en-GB,zh;q=0.5", "en"),
        ("fr", "en"),
        ("*", "zh-CN"),
        ("", "zh-CN"),
        (None, "zh-CN"),
    ],
)
def test_the_first_language_asked_for_decides(accept: str | None, language: str) -> None:
    """Every kind of Chinese gets Chinese; who asks for nothing gets Simplified Chinese."""
    assert i18n.language_of(accept) == language


@pytest.mark.parametrize("phrase", sorted(i18n._PHRASES))
def test_a_phrase_has_the_same_blanks_in_every_language(phrase: str) -> None:
    """No translation forgets a number or asks for one that is not given."""

    def blanks(text: str) -> set[str | None]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    first, *others = i18n._PHRASES[phrase]
    assert all(text.strip() for text in (first, *others))
    assert all(blanks(text) == blanks(first) for text in others)
