"""The text a loader takes out of a file: one paragraph a line, with its headings and pages."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ragbot.documents.formats.limits import TEXT_BYTES
from ragbot.errors import RagbotError

__all__ = [
    "Extracted",
    "LineWriter",
    "UnreadableError",
    "is_wide",
    "join_lines",
    "too_much_text",
    "without_surrogates",
]

_SURROGATES = re.compile("[\ud800-\udfff]")
# Control characters mean nothing in extracted text; line and paragraph separators are line breaks.
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufffe\uffff]")
_BREAKS = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")
# Characters that stand side by side without a space: CJK letters, their punctuation, full width.
_WIDE = re.compile(
    "[\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\U00020000-\U0003ffff]"
    "|[“”‘’…—·]"
)


class UnreadableError(RagbotError):
    """A file, or a part of one, cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """Text of one file; ``pages`` and ``headings`` as in ``Document``."""

    raw: str
    pages: tuple[int, ...] = ()
    headings: tuple[tuple[int, int], ...] = ()


def without_surrogates(text: str) -> str:
    """Return the text with U+FFFD for lone surrogates, which no encoding can write."""
    return _SURROGATES.sub("\ufffd", text)


def is_wide(character: str) -> bool:
    """Tell whether a character is one that Chinese sets without spaces around it."""
    return _WIDE.fullmatch(character) is not None


def join_lines(lines: Iterable[str]) -> str:
    """Join the lines of one paragraph: no space where either side is Chinese, else one."""
    parts: list[str] = []
    for line in map(str.strip, lines):
        if not line:
            continue
        if parts and not is_wide(parts[-1][-1]) and not is_wide(line[0]):
            parts.append(" ")
        parts.append(line)
    return "".join(parts)


def too_much_text() -> UnreadableError:
    """Return the error of a file with more characters than a third of TEXT_BYTES."""
    return UnreadableError(
        f"The file holds more than {TEXT_BYTES // 3_000_000} million characters of text; "
        "cut it into smaller files."
    )


class LineWriter:
    """Collects paragraphs, one a line; empty ones are dropped."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._length = 0
        self._pages: list[int] = []
        self._headings: list[tuple[int, int]] = []

    def write(self, text: str, level: int = 0) -> None:
        """Add a paragraph, or several when it holds line breaks; ``level`` > 0 marks a heading.

        Raises UnreadableError when there is more text than TEXT_BYTES allows.
        """
        text = _CONTROLS.sub("", without_surrogates(text))
        parts = _BREAKS.split(text)
        if level:
            # A heading broken over two lines is still one heading.
            parts = [join_lines(parts)]
        for part in parts:
            if not (line := part.replace("\t", " ").strip()):
                continue
            if level:
                self._headings.append((self._length, level))
            self._lines.append(line)
            self._length += len(line) + 1
        if self._length > TEXT_BYTES // 3:
            raise too_much_text()

    def begin_page(self) -> None:
        """Say that the next paragraph begins a new page."""
        self._pages.append(self._length)

    def extracted(self) -> Extracted:
        """Return what was collected."""
        raw = "".join(f"{line}\n" for line in self._lines)
        return Extracted(raw, tuple(self._pages), tuple(self._headings))
