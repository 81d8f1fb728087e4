"""A sentence of English words, and names that stand alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragbot.text.english import is_english


@pytest.mark.parametrize(
    "text",
    [
        "What is the warranty period of the R300?",
        "who is the director",
        "Why?",
        "How many LAN ports does the R300 have?",
        "Is the price fixed?",
        "can I return it",
        "Tell me about the pension plan",
        "And the battery?",
        "price of the T8",
        "capital of France",
        "Qu'est-ce que la propriété intellectuelle ?",
        "Что такое интеллектуальная собственность?",
        "상하이는 무엇을 건설합니까?",
        "これはなんですかおしえてください",
    ],
)
def test_sentences_of_other_languages_are_english(text: str) -> None:
    """There are phrases in two languages, and English serves the others."""
    assert is_english(text)


@pytest.mark.parametrize(
    "text",
    [
        "GDP?",
        "iPhone 15 Pro?",
        "iphone 15 pro max",
        "T8 Max",
        "WHO?",
        "WiFi 6E",
        "Bank of China",
        "Will Smith?",
        "May 2023?",
        "machine learning",
        "docker-compose.yml",
        "ISO 9001:2015",
        "Müller?",
        "R300",
        "2023?",
        "",
        "?!",
        "什么是GDP",
        "what 是什么意思 in the contract",
    ],
)
def test_names_products_and_abbreviations_are_not(text: str) -> None:
    """Nor is anything with a Chinese character."""
    assert not is_english(text)


@given(st.text(max_size=60))
def test_any_text_is_told(text: str) -> None:
    """One or the other, whatever the script."""
    assert is_english(text) in (True, False)
