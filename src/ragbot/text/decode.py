"""Bytes of a text file to text: UTF-8, UTF-16, GB18030, Big5 and what else turns up."""

import codecs

__all__ = ["decode"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# The encodings a Chinese text file without a mark can be in, beside UTF-8.
_CHINESE = ["gb18030", "big5", "big5hkscs", "utf_16_le", "utf_16_be"]
_SAMPLE = 200_000


def decode(data: bytes) -> str:
    """Decode a text file; the byte-order mark goes, line ends stay as they are.

    UTF-8 where it fits, else what charset-normalizer finds among the Chinese encodings, else
    GB18030 with U+FFFD for what cannot be read: a few bad bytes lose a few characters, not the
    file.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        # A file that is UTF-8 up to a cut last character, or but for a stray byte, is UTF-8.
        bad = data.decode("utf-8", errors="replace").count("\ufffd")
        if error.start > 0 and bad * 100 < len(data):
            return data.decode("utf-8", errors="replace")
    from charset_normalizer import from_bytes

    best = from_bytes(data[:_SAMPLE], cp_isolation=_CHINESE, preemptive_behaviour=False).best()
    encoding = best.encoding if best else "gb18030"
    return data.decode(encoding, errors="replace")
