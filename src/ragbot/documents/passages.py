"""Cut statements into passages, and say in whose context each one is embedded."""

from collections.abc import Iterator

from ragbot.documents.model import Passage, Span, Statement
from ragbot.text.fold import fold
from ragbot.text.sentences import clauses, sentences

__all__ = ["SPLIT_VERSION", "context_key", "heading_text", "split_passages", "split_units"]

SPLIT_VERSION = 2
"""Changes whenever a text may be cut differently."""

_TARGET = 300
"""Length passages are near, in characters of the reading: benchmarks/units.py compares others."""
_LONGEST = 420
"""Longest passage; with its context it stays under 512 tokens."""
_UNIT = 80
"""Sentences are put together up to this many characters."""


def heading_text(text: str, span: Span) -> str:
    """Return a heading line without its Markdown marks."""
    return text[slice(*span)].strip().lstrip("#").rstrip("# ").strip()


def context_key(text: str, statement: Statement, title: str | None) -> str:
    """Fold what is known about a statement besides its paragraphs into one line.

    The place by its full name, the headings from the outermost in, the office and the speaker: a
    paragraph that says 我们 is found by 上海 all the same.
    """
    parts = [title or ""]
    parts += [heading_text(text, span) for span in statement.path]
    parts.append(statement.place or "")
    if statement.heading:
        parts.append(heading_text(text, statement.heading))
    if statement.byline:
        parts += [statement.byline.office, statement.byline.name]
    return fold(" ".join(part for part in parts if part)).replace("\n", " ")


def split_units(text: str) -> list[Span]:
    """Cut a passage into units, each of which gets a vector of its own; they cover it.

    A unit is a sentence, or short ones together. One vector for a whole paragraph says too little
    of its eight sentences: on DRCD it finds the right paragraph first for 77 % of the questions,
    vectors of sentences for 91 % (benchmarks/units.py).
    """
    units: list[Span] = []
    for start, end in _pieces(text, 0, len(text)):
        if units and end - units[-1][0] <= _UNIT:
            units[-1] = units[-1][0], end
        else:
            units.append((start, end))
    return units


def _pieces(text: str, start: int, end: int) -> Iterator[Span]:
    """Sentences of a range; one that is too long by clauses, a clause too long by length."""
    for a, b in sentences(text[start:end]):
        if b - a <= _LONGEST:
            yield start + a, start + b
            continue
        for c, d in clauses(text[start + a : start + b]):
            for at in range(start + a + c, start + a + d, _LONGEST):
                yield at, min(at + _LONGEST, start + a + d)


def _trim(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def split_passages(text: str, statements: list[Statement]) -> Iterator[Passage]:
    """Cut each statement into passages of whole sentences, near _TARGET characters each.

    Every character of a statement that is not white space is in exactly one passage. The first
    passage of a statement holds its heading and byline, so that they can be quoted.
    """
    for number, statement in enumerate(statements):
        units = list(_pieces(text, statement.start, statement.end))
        # Equal shares instead of full ones with a remainder: no passage of half a sentence.
        total = statement.end - statement.start
        share = total / max(1, round(total / _TARGET))
        start = statement.start
        for i, (_, end) in enumerate(units):
            following = units[i + 1][1] if i + 1 < len(units) else None
            if following is not None and following - start <= _LONGEST:
                if end - start < share * 0.75:
                    continue
                # Stop here only if that is nearer to an equal share than one sentence more.
                if following - start - share < share - (end - start):
                    continue
            a, b = _trim(text, start, end)
            if b > a:
                yield Passage(a, b, number)
            start = end
