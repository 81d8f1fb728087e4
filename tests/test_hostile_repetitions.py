"""Texts of one thing repeated are read in time: questions, histories, claims and whole files.

The limits leave seconds of slack. What is quadratic takes minutes for these lengths, and what is
exponential never ends.
"""

import pytest

from ragbot.answering.conversation import complete
from ragbot.answering.listing import items_of
from ragbot.answering.marks import SentenceReader
from ragbot.answering.verification import judge
from ragbot.documents.loading import load_bytes
from ragbot.documents.model import Document
from ragbot.documents.passages import context_key, split_passages, split_units
from ragbot.documents.structure import split_statements
from ragbot.errors import BadQuestionError
from ragbot.results import Turn
from ragbot.retrieval.evidence import demand_of
from ragbot.retrieval.query import read_query
from ragbot.settings import Settings
from ragbot.text.fold import fold
from ragbot.text.reading import read, read_question

LONGEST = Settings.model_fields["max_question_chars"].default
DOCUMENT = 200_000
ANSWER = 8_000
PASSAGE = "上海计划在2023年建设知识产权中心，投资12万元，由王明局长负责。" * 12

WORDS = (
    "谁是", "么", "什么", "为什么", "哪些", "多少", "几个", "那", "他", "这个", "什么是",
    "第一", "局长", "王局长", "北京", "京", "北京和", "北京、", "和", "以", "不", "没有",
    "详细", "十", "一", "亿", "千", "1", "9", "1,", "1.", "3.5-", "第", "百分之", "百分之五",
    "第三条", "2023年", "字", "a", "a@", "計(jì)", "漢字(hànzì)", "展?fàn)I",
)  # fmt: skip
MARKS = (
    "。", ",", "、", "?", "？", "?字", "?!字", "?(", "…", "“", "“”", "(", "（）", "[1]", "[",
    "《", "-", "#", "|", "`", "**", "\\", "<", "<p>", "<div>", "<!---->", "<!--", "</p>",
    "&lt;", "ﷺ", "💥", "<table><tr><td>", "<ruby>", "<ruby>字<rt>zì</rt></ruby>", "<![CDATA[",
    "{", "[[", '{"a":', '"', '"a",', "一、", "字 ", "a ", "計(jì) ", "# ", " ", "\n", "\n ",
    "\u3000", "\t", "\u2028", "a,b\n", '"a",\n', "第一条 字\n", "北京 字\n", "局长 王三\n",
    "# 字\n", "字\n", "\x00", "\u200b", "\ud800", "e\u0301",
)  # fmt: skip


def _long(unit: str, characters: int) -> str:
    return (unit * (characters // len(unit) + 1))[:characters]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("unit", [*WORDS, *MARKS], ids=ascii)
def test_the_longest_question_is_read_in_time(unit: str) -> None:
    """Its repair, its search key, what it asks for, and whether a passage has it."""
    question = f"谁是{_long(unit, LONGEST - 3)}？"
    read_question(question)
    try:
        query = read_query(question, longest=LONGEST)
    except BadQuestionError:
        return
    assert query.terms
    demand = demand_of(query)
    demand.named(fold(PASSAGE))
    demand.met([fold(PASSAGE), fold(_long(unit, 420))], fold(_long(unit, 420)))


@pytest.mark.timeout(60)
@pytest.mark.parametrize("unit", [*WORDS, *MARKS], ids=ascii)
def test_a_long_history_is_read_in_time(unit: str) -> None:
    """Questions and answers of it, whatever is asked next."""
    question, answer = _long(unit, LONGEST), _long(unit, ANSWER)
    history = [Turn(question, answer), Turn("上海计划建设什么中心？", answer)]
    for asked in (question, "那吉林呢？", "第二个呢？", "他说了什么？", "这个中心在哪？"):
        complete(asked, history, lambda _: answer)
    items_of(answer)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("unit", [*WORDS, *MARKS], ids=ascii)
def test_what_a_model_writes_is_read_in_time(unit: str) -> None:
    """Token by token or all at once, and each sentence beside a passage."""
    written = f"{_long(unit, 20_000)}字"
    for size in (3, len(written)):
        reader = SentenceReader()
        sentences = []
        for at in range(0, len(written), size):
            sentences += [*reader.feed(written[at : at + size])]
        sentences += [*reader.close()]
        longest = max((sum(len(p.text) for p in s) for s in sentences), default=0)
        assert longest <= len(written)
    judge(_long(unit, 500), PASSAGE, _long(unit, 100))
    judge(PASSAGE[:200], _long(unit, 420), _long(unit, 100))


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", ["a.html", "a.csv", "a.json", "a.jsonl"])
@pytest.mark.parametrize("unit", MARKS, ids=ascii)
def test_a_long_file_is_read_in_time(unit: str, name: str) -> None:
    """It is read, or refused with a sentence."""
    data = _long(unit, DOCUMENT).encode(errors="replace")
    assert [*load_bytes(name, data)]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("unit", ["字", "十", "1,", "計(jì)", "展?fàn)I", *MARKS], ids=ascii)
def test_a_long_document_is_cut_in_time(unit: str) -> None:
    """Into statements and passages with their keys."""
    for found in load_bytes("a.txt", _long(unit, DOCUMENT).encode(errors="replace")):
        if not isinstance(found, Document):
            continue
        text = read(found.raw).text
        statements = split_statements(text)
        for passage in split_passages(text, statements):
            split_units(text[passage.start : passage.end])
            fold(text[passage.start : passage.end])
            context_key(text, statements[passage.statement], found.name)
