import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragbot.documents.formats import records
from ragbot.documents.formats.extracted import Extracted, UnreadableError
from ragbot.documents.formats.records import read_json, read_json_lines


def lines(*rows: object) -> bytes:
    """Return rows as JSON lines."""
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()


def test_rows_with_text_are_documents() -> None:
    """Each row is a document named by its id, else by its line."""
    rows = list(
        read_json_lines(lines({"id": "a1", "text": "甲"}, {"正文": "乙"}, {"content": "丙"}))
    )
    assert [(r.key, r.content) for r in rows] == [
        ("a1", Extracted("甲")),
        ("2", Extracted("乙")),
        ("3", Extracted("丙")),
    ]


def test_a_title_is_the_first_line() -> None:
    """A row's title is a heading above its text, unless the text begins with it."""
    data = lines({"title": "题", "text": "文"}, {"title": "题", "text": "题目是文"})
    first, second = read_json_lines(data)
    assert first.content == Extracted("题\n文", headings=((0, 1),))
    assert second.content == Extracted("题目是文")


@pytest.mark.parametrize("blank", ["\u3000", "\n \u3000\n", "\u2028\n"])
def test_lines_without_a_row_are_refused(blank: str) -> None:
    """A file that holds nothing is told, not passed over."""
    (row,) = read_json_lines(blank.encode())
    assert row.key is None
    assert isinstance(row.content, UnreadableError)


def test_ids_that_repeat_stay_apart() -> None:
    """Two rows never have the same name."""
    rows = [{"id": i, "text": "x"} for i in ("3", "3", "3", "", "5")]
    keys = [row.key for row in read_json_lines(lines(*rows))]
    assert len(set(keys)) == 5


def test_a_bad_line_costs_only_itself() -> None:
    """A line that is no JSON is reported with its number; the others are documents."""
    data = lines({"text": "甲"}) + b"\n{oops\n\n" + lines({"text": "乙"})
    good, bad, last = read_json_lines(data)
    assert (good.key, bad.key, last.key) == ("1", "2", "4")
    assert isinstance(bad.content, UnreadableError)
    assert "Line 2" in str(bad.content)


def test_many_bad_lines_are_counted() -> None:
    """A file with no JSON in it does not flood the report."""
    found = list(read_json_lines(b"oops\n" * 1000))
    assert len(found) == 21
    assert "980 more" in str(found[-1].content)


def test_other_data_is_readable_lines() -> None:
    """Data without texts is one document of key: value lines, numbers as they are written."""
    data = (
        '{"名称": "甲", "价格": 1.10, "大": 12345678901234567890, '
        '"表": [{"a": true}, {"a": null}], "标签": ["x", "y"]}'
    )
    (record,) = read_json(data.encode())
    assert record.key is None
    assert record.content == Extracted(
        "名称: 甲\n价格: 1.10\n大: 12345678901234567890\n表.a: true\n标签: x、y\n"
    )


def test_a_list_of_rows_is_many_documents() -> None:
    """A JSON list whose rows have texts is read as JSON lines are."""
    found = list(read_json(json.dumps([{"id": 7, "body": "甲"}, {"id": 8, "n": 1}]).encode()))
    assert [(r.key, r.content) for r in found] == [
        ("7", Extracted("甲")),
        ("8", Extracted("id: 8\nn: 1\n")),
    ]


def test_json_lines_named_json_are_read() -> None:
    """Rows in a file whose name says that it is one value are read as rows."""
    assert len(list(read_json(lines({"text": "甲"}, {"text": "乙"})))) == 2


def test_text_named_json_is_text() -> None:
    """Text in a file whose name says JSON is read as it is."""
    (record,) = read_json("不是 JSON\r\n".encode())
    assert record.content == Extracted("不是 JSON\r\n")


@pytest.mark.parametrize("data", [b'{"a": ', b"[" * 200_000, b'{"a": 1}}'])
def test_damaged_json_is_refused(data: bytes) -> None:
    """Cut or endlessly nested JSON is refused with a sentence."""
    with pytest.raises(UnreadableError):
        list(read_json(data))


def test_lone_surrogates_become_replacement_characters() -> None:
    """Half characters, which JSON can write and no file can, are replaced."""
    (row,) = read_json_lines(b'{"id": "\\ud800", "title": "t\\udfff", "text": "a\\ud83db"}')
    assert isinstance(row.content, Extracted)
    assert row.content.raw == "t\ufffd\na\ufffdb"
    assert row.key == "\ufffd"


def test_a_large_value_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A JSON value over the limit is refused, and JSON lines are suggested."""
    monkeypatch.setattr(records, "JSON_BYTES", 1 << 20)
    with pytest.raises(UnreadableError, match="jsonl"):
        list(read_json(b"[" + b"1," * (1 << 20) + b"1]"))


@given(st.lists(st.text(min_size=1).filter(str.strip), min_size=1))
def test_texts_come_back_as_they_are(texts: list[str]) -> None:
    """The raw text of a row is its text, to the character."""
    rows = [json.dumps({"text": text}) for text in texts]
    data = "\n".join(rows).encode()
    found = [record.content for record in read_json_lines(data)]
    assert found == [Extracted(text) for text in texts]
