"""The sample corpus answers, end to end, with the model that ships."""

import json
from pathlib import Path

import pytest

from ragbot.bot import Ragbot
from ragbot.documents.sample import sample_corpus
from ragbot.results import Answer
from ragbot.text.script import to_simplified

QUESTIONS = [
    json.loads(line)
    for name in ("statement_questions", "statement_near_misses")
    for line in (Path(__file__).parent / f"data/{name}.jsonl").read_text("utf-8").splitlines()
]
WHEREVER = True  # of an index in Milvus too
SPELLINGS = ("上海計(jì)劃建設(shè)什么中心?", "上海计划建设什么中心？", "上海計劃建設什麼中心？")


def _bare(text: str) -> str:
    return "".join(to_simplified(text).split())


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q["id"])
def test_the_users_questions_are_answered_or_refused(
    bot: Ragbot, question: dict[str, object]
) -> None:
    """The right words are in the answer, and nothing is said where the documents say nothing."""
    answer = bot.answer(str(question["question"]))
    assert answer.refused == question["absent"], answer
    text = _bare(answer.text)
    for alternatives in question["must"]:  # type: ignore[attr-defined]
        assert any(_bare(words) in text for words in alternatives), answer.text


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q["id"])
def test_every_citation_is_an_exact_range_of_the_file(
    bot: Ragbot, question: dict[str, object]
) -> None:
    """Of answers and hits alike; marks and list agree."""
    answer = bot.answer(str(question["question"]))
    for citation in [*answer.citations, *(hit.citation for hit in answer.hits)]:
        raw = (sample_corpus() / citation.document).read_bytes().decode("utf-8")
        assert raw[citation.start : citation.end] == citation.raw
        assert (citation.state == "exact") == (citation.raw == citation.quote)
    assert [c.n for c in answer.citations] == list(range(1, len(answer.citations) + 1))
    assert all(f"[{c.n}]" in answer.text for c in answer.citations)


def test_three_spellings_of_a_question_have_the_same_first_citation(bot: Ragbot) -> None:
    """Damaged, Simplified and Traditional are one language; the answer is in the asker's script."""
    damaged, hans, hant = (bot.answer(text) for text in SPELLINGS)
    assert damaged.citations[0] == hans.citations[0] == hant.citations[0]
    assert "中国(上海)知识产权保护中心" in hans.text
    assert "中國(上海)知識產權保護中心" in hant.text
    assert (hans.citations[0].heading or "").startswith("滬")


def test_a_refusal_has_a_reason_and_no_citation(bot: Ragbot) -> None:
    """湖南 is in no document."""
    answer = bot.answer("湖南打算怎么保护知识产权？")
    assert answer.refused
    assert answer.citations == ()
    assert "湖南" in (answer.reason or "")
    assert "[" not in answer.text


def test_a_follow_up_is_answered_as_a_full_question(bot: Ragbot) -> None:
    """The full question is shown."""
    answer = bot.answer("那吉林呢？", history=["上海要打造什么高地？"])
    assert answer.reading == "吉林要打造什么高地？"


def _pieces(bot: Ragbot, question: str) -> tuple[str, Answer]:
    *pieces, last = bot.answer_stream(question)
    assert isinstance(last, Answer)
    return "".join(str(piece) for piece in pieces), last


def test_a_streamed_answer_is_the_same_answer(bot: Ragbot) -> None:
    """The pieces make up the text of the object that follows them."""
    text, answer = _pieces(bot, SPELLINGS[1])
    assert text == answer.text == bot.answer(SPELLINGS[1]).text
