"""A citation leads back to its place in the statement."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from pptx import Presentation

from ragbot.bot import Ragbot
from ragbot.results import Citation
from ragbot.retrieval.sources import CitationGoneError
from ragbot.settings import load_settings
from tests.hashing import without_weights

WHEREVER = True  # of an index in Milvus too

QUESTIONS = ("上海计划建设什么中心？", "天津的局长叫什么名字？", "浙江怎样“认真改”？", "今天天气")


@pytest.fixture
def long_bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ragbot]:
    """Two documents of one statement each, far longer than what is shown around a quote."""
    without_weights(monkeypatch)
    docs = tmp_path / "docs"
    docs.mkdir()
    for name in ("甲", "乙"):
        lines = (
            f"{name}书第{n}段，讲的是{n * 7919 % 1000}号事项，" + "内容从略。" * 30
            for n in range(200)
        )
        (docs / f"{name}.txt").write_text("\n".join(lines), "utf-8")
    with Ragbot(load_settings(data_dir=tmp_path / "data"), lambda _: None) as bot:
        bot.rebuild([docs])
        yield bot


def _cited(bot: Ragbot, question: str) -> list[Citation]:
    answer = bot.answer(question)
    return [*answer.citations, *(hit.citation for hit in answer.hits)]


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_highlighted_range_is_the_quote(bot: Ragbot, question: str) -> None:
    """The source says of the quoted range what the citation says of it."""
    for citation in _cited(bot, question):
        source = bot.source(citation)
        assert source.text[source.start : source.end] == citation.quote
        same = ("document", "document_id", "page", "heading", "byline", "raw", "state")
        for name in same:
            assert getattr(source, name) == getattr(citation, name)


def test_the_whole_statement_is_shown_where_it_is_short(bot: Ragbot) -> None:
    """It begins with its heading and byline, and nothing of its neighbours is in it."""
    citation = bot.retrieve("上海计划建设什么中心？").hits[0].citation
    source = bot.source(citation)
    assert not source.cut_before
    assert not source.cut_after
    heading, byline = source.text.split("\n")[:2]
    assert (heading, byline) == (citation.heading, citation.byline)


@pytest.mark.parametrize(
    ("number", "before", "after"), [(0, False, True), (99, True, True), (199, True, False)]
)
def test_of_a_long_statement_the_part_around_the_quote_is_shown(
    long_bot: Ragbot, number: int, before: bool, after: bool
) -> None:
    """What is left out is said, and a neighbouring document is never part of it."""
    question = f"甲书第{number}段讲的是{number * 7919 % 1000}号事项吗？"
    wanted = f"甲书第{number}段"
    citation = next(
        hit.citation for hit in long_bot.retrieve(question, 10).hits if wanted in hit.text
    )
    source = long_bot.source(citation)
    assert source.text[source.start : source.end] == citation.quote
    assert (source.cut_before, source.cut_after) == (before, after)
    assert len(source.text) < 20_000
    assert "乙书" not in source.text


@pytest.mark.parametrize(
    "change",
    [{"document_id": "0" * 16}, {"start": 10**9, "end": 10**9 + 1}, {"end": 10**9}, {"start": -1}],
    ids=lambda change: ",".join(change),
)
def test_a_citation_that_leads_nowhere_is_said_to(bot: Ragbot, change: dict[str, object]) -> None:
    """One sentence says that the place is gone."""
    citation = bot.retrieve("上海计划建设什么中心？").hits[0].citation
    with pytest.raises(CitationGoneError, match="no longer in the index"):
        bot.source(dataclasses.replace(citation, **change))  # type: ignore[arg-type]


def test_a_quote_has_the_page_it_stands_on(tmp_path: Path, data_dir: Path) -> None:
    """Its passage may have begun on the page before."""
    slides = Presentation()
    for text in ("第一号渡口早上六点开船。", "第二号渡口晚上九点收船。"):
        slide = slides.slides.add_slide(slides.slide_layouts[6])
        slide.shapes.add_textbox(0, 0, 9_000_000, 900_000).text_frame.text = text
    slides.save(str(tmp_path / "a.pptx"))
    with Ragbot(load_settings(data_dir=data_dir, index="slides"), lambda _: None) as bot:
        bot.rebuild([tmp_path / "a.pptx"])
        for question, page in (("第一号渡口几点开船？", 1), ("第二号渡口几点收船？", 2)):
            answer = bot.answer(question)
            (cited,) = answer.citations
            assert len({hit.citation.start for hit in answer.hits}) == 1
            assert cited.page == page
            assert bot.source(cited).page == page
            assert answer.hits[0].citation.page == 1
