"""What is done to a text before a tokenizer sees it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ragbot.embedding.embedder import plain

SPECIAL = ("</s>", "<mask>", "<pad>", "<s>", "<unk>")
ANY_TEXT = st.text(
    st.characters(categories=["L", "N", "P", "S", "Zs", "Cc", "Cs"]) | st.sampled_from("</s>")
)


@given(st.lists(st.sampled_from(SPECIAL) | ANY_TEXT).map("".join))
def test_no_special_token_and_no_surrogate_remains(text: str) -> None:
    """Whatever the text, what comes out spells no special token and can be encoded as UTF-8."""
    result = plain(text, SPECIAL)
    assert not any(token in result for token in SPECIAL)
    result.encode("utf-8")


@given(st.text().filter(lambda text: not any(token in text for token in SPECIAL)))
def test_ordinary_text_is_left_alone(text: str) -> None:
    """A text without special tokens and lone surrogates passes unchanged."""
    assert plain(text, SPECIAL) == text


@given(st.lists(st.sampled_from(SPECIAL) | st.text()).map("".join))
def test_only_spaces_are_added(text: str) -> None:
    """Neutralising a special token adds spaces and takes nothing away."""
    assert plain(text, SPECIAL).replace(" ", "") == text.replace(" ", "")
