"""Text files: the raw text is the file itself, decoded."""

import re

from ragbot.documents.formats.extracted import Extracted, UnreadableError
from ragbot.documents.formats.limits import TEXT_BYTES, mebibytes
from ragbot.text.decode import decode

__all__ = ["decode_text", "load_plain"]

_SAMPLE = 200_000
# U+FFFD and control characters other than tab, line ends, form feed, ^Z (DOS) and escape.
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0e-\x19\x1c-\x1f\x7f-\x84\x86-\x9f\ufffd]")
# In bytes that are no text, read as GB18030, more than a tenth are such characters; in the worst
# scraped text one in a hundred.
_MOST_NOT_TEXT = 0.05
_MIXED_SHARE = 0.1


def _is_mixed(data: bytes) -> bool:
    """Tell whether a file holds whole lines in UTF-8 and whole lines in something else.

    A line of GB18030 or Big5 is valid UTF-8 by chance only when it has two or three characters,
    so a tenth of the bytes on either side is no accident.
    """
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return False
    valid = invalid = 0
    for line in data.split(b"\n"):
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            invalid += len(line)
        else:
            valid += len(line)
    return min(valid, invalid) > _MIXED_SHARE * (valid + invalid)


def decode_text(data: bytes) -> str:
    """Decode a text file; raises UnreadableError when it is too long, binary or mixed."""
    if len(data) > TEXT_BYTES:
        raise UnreadableError(
            f"The text has more than {mebibytes(TEXT_BYTES)}; cut it into smaller files."
        )
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        text = decode(data)
        # Where that saw UTF-8 with a few bad bytes, those few are marked and the rest is right.
        if text != data.decode("utf-8", "replace") and _is_mixed(data):
            raise UnreadableError(
                "Part of the file is UTF-8 and part is another encoding; save it in UTF-8."
            ) from None
    sample = text[:_SAMPLE]
    if len(_NOT_TEXT.findall(sample)) > _MOST_NOT_TEXT * len(sample):
        raise UnreadableError(
            "The file is not text, or not a format that can be read; add it as text, PDF, Word, "
            "PowerPoint, Excel, HTML, EPUB or JSON."
        )
    return text


def load_plain(data: bytes) -> Extracted:
    """Read a text or Markdown file; the raw text equals the decoded file."""
    return Extracted(decode_text(data))
