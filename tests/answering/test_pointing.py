"""Answers that begin with the very words, and what cites them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ragbot.bot import Ragbot
from ragbot.results import Place
from ragbot.settings import Settings

WHEREVER = True  # of an index in Milvus too
QUESTION = "上海计划建设什么中心？"


@pytest.fixture(scope="module")
def unread(bot: Ragbot) -> Iterator[Ragbot]:
    """The same index without the reader."""
    with Ragbot(bot.settings.model_copy(update={"reader": False})) as opened:
        yield opened


def test_the_words_lead_and_their_quote_follows(bot: Ragbot) -> None:
    """Both carry the mark of one citation, and each is a claim that was compared with it."""
    answer = bot.answer(QUESTION)
    lead, quote = answer.text.split("\n")
    (cited,) = answer.citations
    assert cited.answer
    assert lead.endswith("知识产权保护中心[1]")
    assert quote.endswith("[1]")
    assert len(lead) < len(quote)
    assert [claim.citations for claim in answer.claims] == [(1,), (1,)]
    assert all(claim.state == "exact" for claim in answer.claims)


def test_words_of_a_traditional_passage_are_said_as_they_stand(
    tmp_path: Path, data_dir: Path
) -> None:
    """台北 is as good Traditional as 臺北, and it is what the author wrote."""
    document = tmp_path / "市府.txt"
    document.write_text(
        "臺灣鐵路總局於一九四八年遷至台北市游家大樓,由余秀華擔任首任局長。", "utf-8"
    )
    with Ragbot(Settings(data_dir=data_dir, index="taipei")) as opened:
        opened.rebuild([document])
        answer = opened.answer("鐵路總局的首任局長是誰?")
    (cited,) = answer.citations
    assert cited.answer == "余秀華"
    assert answer.text.split("\n") == ["余秀華[1]", f"{cited.quote}[1]"]


def test_the_words_are_a_range_of_the_file_inside_the_quote(bot: Ragbot) -> None:
    """Their raw text, damage and all, is where the citation says."""
    (cited,) = bot.answer(QUESTION).citations
    assert cited.answer
    assert cited.answer_start is not None
    assert cited.answer_end is not None
    assert cited.start <= cited.answer_start < cited.answer_end <= cited.end
    with bot._ask(lambda one: one) as (generation, _):
        document = generation.store.document_by_id(cited.document_id)
        assert document
        reading = generation.store.text(document.row)
    start, end = reading.to_reading(cited.answer_start, cited.answer_end)
    assert reading.text[start:end] == cited.answer
    assert cited.answer in cited.quote


def test_the_source_marks_the_words(bot: Ragbot) -> None:
    """A citation leads to its statement with the words inside the quoted range."""
    (cited,) = bot.answer(QUESTION).citations
    source = bot.source(cited)
    assert source.answer
    assert source.text[slice(*source.answer)] == cited.answer
    assert source.start <= source.answer[0] < source.answer[1] <= source.end
    place = Place(cited.document_id, cited.start, cited.end)
    assert bot.source(place).answer is None


def test_every_script_and_damage_point_at_the_same_words(bot: Ragbot) -> None:
    """Three spellings of one question."""
    asked = (QUESTION, "上海計劃建設什麼中心？", "上海計(jì)劃建設(shè)什么中心?")
    ranges = {
        (c.answer_start, c.answer_end) for one in asked for c in bot.answer(one).citations[:1]
    }
    assert len(ranges) == 1
    assert ranges != {(None, None)}


def test_several_places_keep_their_own_shape(bot: Ragbot) -> None:
    """A line a place, under its name."""
    answer = bot.answer("上海和天津的局长分别是谁？")
    assert [line.split("：")[0] for line in answer.text.split("\n")] == ["上海", "天津"]


def test_without_the_reader_the_quote_alone_answers(unread: Ragbot) -> None:
    """And nothing points at words."""
    answer = unread.answer(QUESTION)
    assert "\n" not in answer.text
    assert "知识产权保护中心" in answer.text
    assert [cited.answer for cited in answer.citations] == [None]
    assert "reader" not in answer.hits[0].signals
    assert unread.models.reader is None


def test_the_hits_say_what_the_reader_thought(bot: Ragbot) -> None:
    """Of those it read, and the first of an answer always is."""
    answer = bot.answer(QUESTION)
    assert "reader" in answer.hits[0].signals
    assert "read" in answer.timing_ms
