"""Text files in the encodings Chinese files come in."""

import codecs

import pytest

from ragbot.text.decode import decode

TEXT = (
    "上海市知识产权局加快筹建中国(上海)知识产权保护中心，\r\n支持发挥世界知识产权组织仲裁与调解上海中心功能。"
    * 20
)
HANT = "知識產權強國建設綱要，臺灣地區著作權法規定著作人享有權利。行政院應於每年公布施行細則。" * 20


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]
)
def test_simplified_text_is_read_in_any_usual_encoding(encoding: str) -> None:
    """Line ends stay as they are and a byte-order mark goes."""
    assert decode(TEXT.encode(encoding)) == TEXT


@pytest.mark.parametrize("encoding", ["utf-8", "big5", "gb18030"])
def test_traditional_text_is_read_in_any_usual_encoding(encoding: str) -> None:
    """Big5 is told from GB18030."""
    assert decode(HANT.encode(encoding)) == HANT


def test_a_few_bad_bytes_lose_a_few_characters() -> None:
    """A cut or altered byte does not turn the rest of a UTF-8 file into another encoding."""
    data = bytearray(TEXT.encode())
    data[100] = 0xFF
    assert decode(bytes(data))[200:][-200:] == TEXT[-200:]


def test_any_bytes_give_text() -> None:
    """Random bytes decode to something and raise nothing."""
    assert isinstance(decode(bytes(range(256)) * 10), str)
    assert decode(b"") == ""
    assert decode(codecs.BOM_UTF8) == ""
