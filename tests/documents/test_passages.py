"""Passages: whole sentences of one statement, nothing lost, nothing too long."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ragbot.documents.passages import context_key, split_passages
from ragbot.documents.structure import split_statements

_TEXT = st.text(alphabet="中文字句很长。，；\n上海 #一二", max_size=3000)


@given(_TEXT)
def test_every_character_is_in_one_passage(text: str) -> None:
    """Passages leave out white space and nothing else, in order, without overlap."""
    passages = list(split_passages(text, split_statements(text)))
    covered = "".join(text[p.start : p.end] for p in passages)
    assert "".join(covered.split()) == "".join(text.split())
    assert all(a.end <= b.start for a, b in pairwise(passages))


@given(st.integers(1, 5000))
def test_no_passage_is_longer_than_the_model_reads(length: int) -> None:
    """A sentence without any end is cut by length."""
    text = "字" * length
    assert all(p.end - p.start <= 512 for p in split_passages(text, split_statements(text)))


def test_a_passage_ends_where_a_sentence_ends() -> None:
    """Sentences are not cut while they are short."""
    text = "这是一个不长也不短的句子，说的是同一件事情。" * 60
    for passage in split_passages(text, split_statements(text)):
        assert text[passage.start : passage.end].endswith("。")


def test_the_context_names_place_heading_and_speaker_once_folded() -> None:
    """A paragraph that only says 我们 is embedded with 上海 in front of it."""
    text = "滬 打造國際知識產權保護高地\n上海市知識產權局局長 芮文彪\n我們將努力。\n"
    (statement,) = split_statements(text)
    assert context_key(text, statement, None) == (
        "上海 沪 打造国际知识产权保护高地 上海市知识产权局局长 芮文彪"
    )
