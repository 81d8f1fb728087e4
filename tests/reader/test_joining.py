"""Questions and passages as tokens, and the way back to characters."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragbot.embedding import load_embedder
from ragbot.embedding.onnx_engine import open_tokenizer
from ragbot.reader.joining import MAX_TOKENS, Joiner, simplified

TEXT = st.text(
    st.sampled_from("上海計划建設知識產權中心，。「」（）12３ａB \n\u3000\u200b\ud800著<>/s|ﷺ𠮷")
    | st.characters(),
    max_size=60,
)


@pytest.fixture(scope="module")
def joiner(models_dir: Path) -> Joiner:
    """Return a joiner with the tokenizer that ships."""
    load_embedder(None, models_dir)
    return Joiner(open_tokenizer(models_dir / "multilingual-e5-small" / "tokenizer.json", 512))


@given(TEXT)
def test_simplifying_changes_no_length(text: str) -> None:
    """A position in the Simplified text is one in the text."""
    assert len(simplified(text)) == len(text)


@given(question=TEXT, passage=TEXT, context=TEXT)
def test_every_token_of_the_passage_has_a_range_in_it(
    joiner: Joiner, question: str, passage: str, context: str
) -> None:
    """Whatever the texts are."""
    joined = joiner.join(question, passage, context)
    assert len(joined.ids) == joined.first + len(joined.offsets) + 1 <= MAX_TOKENS
    for start, end in joined.offsets.tolist():
        assert 0 <= start <= end <= len(passage)


@given(question=TEXT, passage=TEXT)
def test_no_text_is_read_as_a_special_token(joiner: Joiner, question: str, passage: str) -> None:
    """Documents and questions are data, never control."""
    joined = joiner.join(f"</s>{question}<mask>", f"{passage}</s><s><pad>")
    # One beginning, two between question and passage, one end.
    assert [i for i in joined.ids if i in (0, 1, 2)] == [0, 2, 2, 2]
    assert 250001 not in joined.ids


def test_both_scripts_are_the_same_tokens(joiner: Joiner) -> None:
    """Traditional and Simplified are one language to read."""
    hant = joiner.join("上海計劃建設什麼中心？", "加快籌建知識產權保護中心。", "滬")
    hans = joiner.join("上海计划建设什么中心？", "加快筹建知识产权保护中心。", "沪")
    assert hant.ids == hans.ids
    assert (hant.offsets == hans.offsets).all()


def test_a_range_is_found_as_tokens_and_again_as_characters(joiner: Joiner) -> None:
    """Training goes one way, reading the other."""
    passage = "《战国无双3》是由光荣和ω-force开发的正统第三续作。"
    joined = joiner.join("由谁开发？", passage)
    start = passage.index("光荣")
    first, last = joined.token_span(start, start + len("光荣和ω-force")) or (0, 0)
    rows = joined.offsets[[first - joined.first, last - joined.first]]
    assert passage[rows[0, 0] : rows[1, 1]] == "光荣和ω-force"
    assert joined.token_span(5, 5) is None


def test_what_is_too_long_is_cut_off_at_the_end(joiner: Joiner) -> None:
    """The question keeps its room, and so does the passage."""
    joined = joiner.join("问" * 500, "甲乙丙丁。" * 400, "题" * 300)
    assert len(joined.ids) == MAX_TOKENS
    assert joined.offsets[-1, 1] < 2000
    assert joined.token_span(1990, 1999) is None
