"""Read what a model writes as it comes: sentences, and the passages that each part of them cites.

Models write marks as they please: 【1】, [1], [1][2], [1, 2], ［1］, before the full stop or behind
it, cut in two by the stream. What they think aloud before they answer is no part of the answer.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Part", "SentenceReader"]

# Possessive quantifiers, for white space without end must cost no more than its length.
_NUMBERS = r"\d{1,4}(?:\s*+[,，、;；\-–~]\s*+\d{1,4})*+"
_MARK = rf"[\[【［〔]\s*+\^?\s*+{_NUMBERS}\s*+(?:†[^\]】]{{0,40}})?[\]】］〕]"
_ONE = re.compile(rf"(?<!\s)\s*+({_MARK})")
# The beginning of a mark that the next piece may complete.
_BEGUN = r"[\[【［〔]\s*+\^?[\d\s,，、;；\-–~]*+(?:†[^\]】]{0,40})?\Z"
_SENTENCE = re.compile(
    r"\s*+(?:[^\n]*?(?:[。！？!?]+|\.(?=\s))[”’」』）)》\"']*|[^\n]+\n)"
    rf"(?:[^\S\n]*{_MARK})*+(?=\s*(?!{_BEGUN})\S)"
)
_THOUGHTS = ("<think>", "</think>")
_LONGEST = 2_000
"""A sentence without an end is cut here."""
_LINE = re.compile(rf"\s*[^\n]{{1,{_LONGEST}}}\n?")
"""A line of a text that ends in a word or mark, with the empty lines before it."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a sentence with the marks behind it, as the model wrote them."""

    text: str
    marks: tuple[int, ...]


class SentenceReader:
    """Takes pieces of text as they come, gives whole sentences."""

    def __init__(self) -> None:
        self._waiting = ""
        self._begun = False

    def feed(self, piece: str) -> Iterator[list[Part]]:
        """Yield the sentences that a piece completes, in parts."""
        self._waiting += piece
        if not self._begun and not self._past_thoughts():
            return
        while match := _SENTENCE.match(self._waiting):
            self._waiting = self._waiting[match.end() :]
            yield _parts(match[0])
        if len(self._waiting) > _LONGEST:
            yield from self.close()

    def close(self) -> Iterator[list[Part]]:
        """Yield what is left."""
        rest = self._waiting.rstrip()
        # Of white space behind the last sentence only the end of its line says something.
        self._waiting = "\n" if "\n" in self._waiting[len(rest) :] else ""
        if self._begun or not rest.lstrip().startswith(_THOUGHTS[0]):
            for sentence in _LINE.findall(rest):
                yield _parts(sentence)

    def _past_thoughts(self) -> bool:
        """Whether the answer has begun; thoughts before it are dropped."""
        opened, closed = _THOUGHTS
        text = self._waiting.lstrip()
        if text.startswith(opened):
            _, end, text = text.partition(closed)
            if not end:
                return False
        elif opened.startswith(text):
            return False
        self._waiting, self._begun = text, True
        return True


def _parts(sentence: str) -> list[Part]:
    """Take a sentence apart behind each run of marks; the last part may have none."""
    parts: list[Part] = []
    text, at = "", 0
    marks: list[int] = []
    for match in _ONE.finditer(sentence):
        between = sentence[at : match.start()]
        if marks and between.strip():
            parts.append(Part(text, tuple(dict.fromkeys(marks))))
            text, marks = "", []
        text += between
        marks += _numbers(match[1])
        at = match.end()
    if marks:
        parts.append(Part(text, tuple(dict.fromkeys(marks))))
        text = ""
    if rest := text + sentence[at:]:
        parts.append(Part(rest, ()))
    return parts


def _numbers(mark: str) -> list[int]:
    """Return the numbers of a mark; 1-3 is three of them."""
    found: list[int] = []
    for first, last in re.findall(r"(\d+)(?:\s*[-–~]\s*(\d+))?", mark.partition("†")[0]):
        found += range(int(first), min(int(last or first), int(first) + 20) + 1)
    return found
