"""A conversation is handed on with its sources, and saved without being trusted."""

import dataclasses
import io
import json

import docx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ragbot.bot import Ragbot
from ragbot.results import Answer, Turn, as_json
from ragbot.ui.export import as_docx, as_markdown
from ragbot.ui.talk import Conversation, Exchange, Saved, conversation_of

QUESTION = "上海计划建设什么中心？"
HOSTILE = (
    "![x](http://evil.example/a.png)[y](javascript:1)<img src=x># `a` **b** https://a.example\n# c"
)


@pytest.fixture(scope="module")
def answer(bot: Ragbot) -> Answer:
    """A real one."""
    return bot.answer(QUESTION)


def test_markdown_has_question_answer_and_quotes(answer: Answer) -> None:
    """Each quote with the place of its characters in the file."""
    text = as_markdown([answer], "zh-CN")
    (citation,) = answer.citations
    assert f"## {QUESTION}" in text
    assert f"{citation.start}-{citation.end}" in text
    shown = "".join(t.content for t in MarkdownIt().parse(text) if t.type == "inline")
    assert citation.document in shown.replace("\\", "")


@given(st.sampled_from([HOSTILE]) | st.text(max_size=80))
def test_nothing_exported_is_active(text: str) -> None:
    """Whatever a document or a question holds."""
    hostile = Answer(text, text, text, (), (), True, text, 0.1, "quote", "g", (), {})
    kinds = {
        child.type
        for token in MarkdownIt().parse(as_markdown([hostile], "en"))
        for child in token.children or []
    }
    assert kinds <= {"text", "softbreak", "hardbreak", "text_special", "code_inline"}
    as_docx([hostile], "en")


def test_word_has_the_same(answer: Answer) -> None:
    """And opens as a document."""
    document = docx.Document(io.BytesIO(as_docx([answer], "zh-TW")))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert QUESTION in text
    assert answer.text in text
    assert answer.citations[0].document in text


def test_what_a_browser_keeps_comes_back(answer: Answer) -> None:
    """As the same answer, without the passages behind it."""
    conversation = Conversation()
    conversation.exchanges.append(Exchange(Turn(QUESTION, answer.text), "", answer))
    conversation.exchanges.append(Exchange(Turn("坏"), "failed"))
    back = Saved.read(json.loads(json.dumps(as_json(conversation.saved()))))
    assert back == Saved(conversation.id, None, (dataclasses.replace(answer, hits=()),))


@pytest.mark.parametrize(
    "saved",
    [
        *(None, 3, "x", [], {}, {"a": 1}),
        {"id": "a b", "index": None, "answers": []},
        {"id": "a", "index": None, "answers": [{"text": "<b>"}]},
        {"id": "a", "index": [], "answers": []},
    ],
)
def test_what_a_browser_made_up_is_nothing(saved: object) -> None:
    """No error, no conversation."""
    assert Saved.read(saved) is None


def test_a_conversation_is_known_by_its_token_while_it_is_open(answer: Answer) -> None:
    """And by nothing else."""
    conversation = Conversation()
    assert conversation_of(conversation.token) is conversation
    token = conversation.token
    del conversation
    assert conversation_of(token) is None
    assert conversation_of("") is None
    assert as_json(answer)["text"] == answer.text


def test_an_address_in_an_export_is_no_link() -> None:
    """Pages that show Markdown make links of bare addresses."""
    answer = Answer("q", "q", "见 www.a.example", (), (), False, None, 0.1, "quote", "g", (), {})
    assert "见 `www.a.example`" in as_markdown([answer], "en")
