"""The proof of a repair: run the damage forward on it and get the raw text back, exactly."""

from __future__ import annotations

from collections.abc import Mapping

from ragbot.text.annotations import plain, readings
from ragbot.text.gbk import tables
from ragbot.text.walk import BRACKET, MARK, PUNCTUATION

__all__ = ["damages_to"]


def damages_to(text: str, raw: str, table: Mapping[str, str], punctuation: bool) -> bool:
    """Tell whether the converter makes `raw` of `text`.

    The raw text says where the converter wrote its marks. Each must stand behind the two bytes of
    a character read so; every character of `table` must carry one, unless another mark divides it;
    and the bytes with the marks in between must decode to `raw`. With `punctuation`, full-width
    punctuation turns half-width byte by byte as well.
    """
    page = tables()
    # Full-width punctuation before a mark lent it its second byte, then became half-width.
    wide = punctuation and text[:1] == raw[:1] in PUNCTUATION and raw[1:2] == "?"
    codes = [page.codes.get(character, ord(character)) for character in text]
    if wide:
        codes[0] = 0xA380 | codes[0]
    data = b"".join(
        code.to_bytes(2, "big") if code > 0xFF else bytes((code & 0x7F,)) for code in codes
    )
    marks: dict[int, str] = {}
    at = read = 0
    while read < len(raw):
        character = raw[read]
        if character == "(" and at > 1 and (bracket := BRACKET.match(raw, read)):
            marks[at] = plain(bracket[0])
            read = bracket.end()
            continue
        if at >= len(data):
            return False
        narrow = data[at + 1 : at + 2]
        if character == "?" and data[at] > 0x80:
            at += 1
            read += 1
            if mark := MARK.match(raw, read - 1):
                marks[at] = plain(mark[1])
                read = mark.end()
            elif not punctuation or not raw.startswith(tuple(PUNCTUATION), read):
                return False
        elif punctuation and data[at] == 0xA3 and narrow == bytes((ord(character) & 0x7F | 0x80,)):
            at += 2
            read += 1
        elif data[at] < 0x80:
            if character != chr(data[at]):
                return False
            at += 1
            read += 1
        else:
            code = int.from_bytes(data[at : at + 2], "big")
            if len(narrow) == 0 or page.characters[code] != character:
                return False
            at += 2
            read += 1
    if at != len(data):
        return False
    for place, syllable in marks.items():
        character = page.characters[int.from_bytes(data[place - 2 : place], "big")]
        if syllable not in readings(character):
            return False
    for place in range(1, len(data)):
        if (
            data[place - 1] > 0x80
            and page.characters[int.from_bytes(data[place - 1 : place + 1], "big")] in table
            and place + 1 not in marks
            and place not in marks
            and place + 1 < len(data)
        ):
            return False
    return True
