"""Sentences and clauses cover a text without gaps and do not cut quotations."""

from hypothesis import given
from hypothesis import strategies as st

from ragbot.text.sentences import clauses, sentences

_CHINESE = st.text(alphabet="中文字。，；！？…“”「」（）《》()\n .,!?a1 ", max_size=200)


@given(_CHINESE)
def test_sentences_and_clauses_cover_every_character_once(text: str) -> None:
    """Joining the spans gives the text back."""
    for split in (sentences, clauses):
        spans = split(text)
        assert "".join(text[a:b] for a, b in spans) == text
        assert all(a < b for a, b in spans)


def _split(text: str) -> list[str]:
    return [text[a:b] for a, b in sentences(text)]


def test_a_sentence_takes_its_closing_quote_along() -> None:
    """The quotation mark behind a full stop belongs to the sentence before it."""
    assert _split("他说：“好。”她走了。") == ["他说：“好。”", "她走了。"]


def test_a_quotation_of_several_sentences_is_not_cut() -> None:
    """Full stops inside quotation marks end nothing."""
    assert _split("说“好。我去。”，走了。完") == ["说“好。我去。”，走了。", "完"]
    assert _split("《要不要？怎么办》一文很好。完") == ["《要不要？怎么办》一文很好。", "完"]


def test_an_ellipsis_before_a_comma_ends_nothing() -> None:
    """Six dots in the middle of a sentence stay in it."""
    assert _split("等等……，还有。完。") == ["等等……，还有。", "完。"]


def test_decimals_and_addresses_stay_whole() -> None:
    """A full stop between digits or letters is no end."""
    assert _split("增长3.14%，见example.com。完") == ["增长3.14%，见example.com。", "完"]


def test_half_width_marks_end_sentences_of_damaged_text() -> None:
    """A converter that made ！ into ! did not join two sentences."""
    assert _split("真好!再来?好。") == ["真好!", "再来?", "好。"]


def test_a_line_end_ends_a_sentence_even_inside_brackets() -> None:
    """A bracket that is never closed does not swallow the next line."""
    assert _split("标题（上\n正文。") == ["标题（上\n", "正文。"]


def test_clauses_end_at_commas_outside_brackets() -> None:
    """A comma inside a title is part of the title."""
    text = "制定《甲，乙条例》，建设中心；完成"
    assert [text[a:b] for a, b in clauses(text)] == ["制定《甲，乙条例》，", "建设中心；", "完成"]


def test_a_long_text_of_unclosed_brackets_is_split_in_linear_time() -> None:
    """A million opening brackets are one sentence, found without comparing them all."""
    assert sentences("（" * 1_000_000) == [(0, 1_000_000)]
