import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragbot.documents.formats import plain
from ragbot.documents.formats.extracted import UnreadableError
from ragbot.documents.formats.plain import load_plain

SENTENCE = "上海计划建设国际知识产权中心城市，保护创新。"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_raw_is_the_decoded_file(encoding: str) -> None:
    """The raw text is the file's text without its mark, with the line ends it has."""
    text = f"第一行{SENTENCE}\r\n\r\n　第二行\t{SENTENCE}\n"
    assert load_plain(text.encode(encoding)).raw == text


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])))
def test_utf8_text_is_never_changed(text: str) -> None:
    """Any text without control characters comes back as it was written."""
    if not text.startswith("\ufeff") and "\ufffd" not in text:
        assert load_plain(text.encode("utf-8")).raw == text


@pytest.mark.parametrize(
    "data",
    [
        random.Random(1).randbytes(5000),
        b"\x7fELF\x02\x01\x01" + bytes(500) + b"main printf" * 20,
        b"\x89PNG\r\n\x1a\n" + random.Random(2).randbytes(3000),
        b"SQLite format 3\0" + bytes(4000),
    ],
    ids=["random", "program", "picture", "database"],
)
def test_binary_files_are_refused(data: bytes) -> None:
    """A file that is no text is refused whatever its name says."""
    with pytest.raises(UnreadableError, match="not text"):
        load_plain(data)


def test_a_stray_control_character_is_no_reason_to_refuse() -> None:
    """Scraped text with a few control and replacement characters is text, and is kept whole."""
    text = f"{SENTENCE}\0{SENTENCE * 10}\ufffd\x0c{SENTENCE * 10}"
    assert load_plain(text.encode()).raw == text


def test_two_encodings_in_one_file_are_refused() -> None:
    """A file joined from UTF-8 and GB18030 parts is refused: half of it would be garbage."""
    data = f"{SENTENCE}\n".encode() * 20 + f"{SENTENCE}\n".encode("gb18030") * 20
    with pytest.raises(UnreadableError, match="another encoding"):
        load_plain(data)


def test_a_few_bad_bytes_lose_a_few_characters() -> None:
    """UTF-8 with a cut character is read, with a mark in the place of what is lost."""
    data = f"{SENTENCE * 20}\n".encode()
    assert load_plain(data[:300] + data[301:]).raw.count("\ufffd") in (1, 2)


def test_text_over_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text file over the limit is refused with the limit and what to do."""
    monkeypatch.setattr(plain, "TEXT_BYTES", 1 << 20)
    with pytest.raises(UnreadableError, match="1 MiB; cut it"):
        load_plain(b"a" * (1 << 20) + b"b")
