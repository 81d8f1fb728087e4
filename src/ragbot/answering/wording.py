"""A text as the verification reads it: words, signs and whole amounts, cut into clauses.

An amount with its sign, unit, comparator and range is one token. Marks between words are left out,
unless a digit stands beside them. Rows of a Markdown table are read with their column names.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

from ragbot.lexicon import read_lines
from ragbot.text.fold import plain
from ragbot.text.quantities import Quantity, quantities

__all__ = ["Clause", "Token", "Wording", "read"]

_SUPERSCRIPTS = {ord(char): f"^{digit}" for digit, char in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
# Full width, a comma divides numbers; half width, it divides the thousands of one.
_WIDE_COMMA = re.compile(r"(?<=\d)，(?=\d)")
_TOKEN = re.compile(
    r"[A-Za-z]+|\w|[=≠≈+×÷<>≤≥±%‰^√~]|(?<=\d)[.,:](?=\d)|(?<!-)[-*/](?=\d)|(?<=\d)[-*/](?=\w)"
)
_END = re.compile(r"[。！？!?;；\n]+|(?<=[^\d])\.(?=\s|$)|(?<=\d)\.(?=\s)|[,，:：]")
_ROW = re.compile(r"^[ \t]*\|(.*)\|[ \t]*$")
_RULE = re.compile(r"[ \t:|-]+")
_UNIT_OF_COLUMN = re.compile(r"[(（]((?:[十百千万亿]*)[^()（）\d]{1,6})[)）]\s*$")
_BARE = re.compile(r"[-+−]?[\d,]+(?:\.\d+)?")
_HEAD = 8
"""Most tokens in front of a colon that name what follows: 甲方：某公司 is one clause."""


class Token(NamedTuple):
    """A character of a word, a Latin word, a sign or an amount, at ``start:end`` of the text."""

    written: str
    """As it is written, without white space."""
    value: str | tuple[str, ...]
    """What makes it equal to another token, however that is written."""
    start: int
    end: int
    quantity: Quantity | None = None


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause: a range of tokens, and the number of its sentence and of its part of a sentence."""

    first: int
    last: int
    sentence: int
    part: int


@dataclass(frozen=True, slots=True)
class Wording:
    """A text read for comparison."""

    text: str
    tokens: tuple[Token, ...]
    clauses: tuple[Clause, ...]

    def words(self, first: int, last: int) -> str:
        """Return the characters of a range of tokens, without marks."""
        return "".join(token.written for token in self.tokens[first:last])


@lru_cache(maxsize=256)
def read(text: str, *, retold: bool = False) -> Wording:
    """Read a text. ``retold`` puts one word for its synonyms and reads tables row by row."""
    shown = normal(text)
    if retold:
        shown = _with_columns(shown)
        pattern, first = _synonyms()
        shown = pattern.sub(lambda match: first[match[0]], shown)
    tokens = tuple(_tokens(shown))
    return Wording(shown, tokens, tuple(_clauses(shown, tokens)))


def normal(text: str) -> str:
    """Return a text in Simplified and half width, in its own case; what divides numbers stays."""
    text = _WIDE_COMMA.sub("， ", text.translate(_SUPERSCRIPTS))
    return plain(text).replace("⁄", "/")


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    for amount in quantities(text):
        if amount.start < at:
            continue
        yield from _words(text, at, amount.start)
        written = re.sub(r"\s", "", text[amount.start : amount.end])
        yield Token(written, amount.loose, amount.start, amount.end, amount)
        at = amount.end
    yield from _words(text, at, len(text))


def _words(text: str, start: int, end: int) -> Iterator[Token]:
    for match in _TOKEN.finditer(text, start, end):
        yield Token(match[0], match[0].lower(), match.start(), match.end())


def _clauses(text: str, tokens: tuple[Token, ...]) -> Iterator[Clause]:
    first = sentence = part = number = 0
    for match in [*_END.finditer(text), None]:
        at = match.start() if match else len(text)
        while number < len(tokens) and tokens[number].end <= at:
            number += 1
        if number < len(tokens) and tokens[number].start < at:
            continue
        if match and match[0] in ":：" and number - first <= _HEAD:
            continue
        # 2023年，公司实现收入: the year belongs to what follows.
        if match and match[0] in ",，" and all(token.quantity for token in tokens[first:number]):
            continue
        if number > first:
            yield Clause(first, number, sentence, part)
            first = number
        if match and match[0] not in ",，:：":
            part += 1
            sentence += match[0] not in ";；"


def _with_columns(text: str) -> str:
    """Write each row of a Markdown table as clauses: the row's name, the column's and the cell."""
    lines, header = [], None
    for line in text.split("\n"):
        row = _ROW.match(line)
        cells = [cell.strip() for cell in row[1].split("|")] if row else []
        if not row:
            header = None
            lines.append(line)
        elif header is None:
            header = cells
            lines.append(line)
        elif not _RULE.fullmatch(row[1]):
            parts = zip(header[1:], cells[1:], strict=False)
            lines.append(";".join(f"{cells[0]} {_cell(name, cell)}" for name, cell in parts))
    return "\n".join(lines)


def _cell(name: str, cell: str) -> str:
    unit = _UNIT_OF_COLUMN.search(name)
    if unit and _BARE.fullmatch(cell):
        return f"{name[: unit.start()]} {cell}{unit[1]}"
    return f"{name} {cell}"


@cache
def _synonyms() -> tuple[re.Pattern[str], dict[str, str]]:
    first = {word: line[0] for line in read_lines("synonyms") for word in line[1:]}
    return re.compile("|".join(sorted(first, key=len, reverse=True))), first
