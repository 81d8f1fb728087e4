"""Where sentences and clauses begin and end.

Spans cover the text without gaps: every character belongs to exactly one sentence and one clause,
so nothing is lost however a passage is cut.
"""

import re
from collections.abc import Iterator

__all__ = ["clauses", "sentences"]

Span = tuple[int, int]

# A sentence ends after 。！？ or a line end, with the closing quotes and brackets that follow; a
# Latin full stop ends one only before white space, so that 3.14 and example.com stay whole.
_SENTENCE_END = re.compile(
    r"(?:[。！？!?｡]+|…++(?![，,、；;])|\.(?=\s))[”’」』）)】》\"']*+(?![，,、；;])\s*|\n\s*"
)
_CLAUSE_END = re.compile(r"[，,；;：:][”’」』）)】》\"']*[^\S\n]*")
_BRACKETS = re.compile("[“”「」『』（）()《》【】〈〉]")
_CLOSER = {
    "“": "”",
    "「": "」",
    "『": "』",
    "（": "）",
    "(": ")",
    "《": "》",
    "【": "】",
    "〈": "〉",
}
_FULLWIDTH = {"）": ")", ")": "）"}
# A quotation longer than this is running text, and is cut like running text.
_LONGEST_KEPT = 120


def _inside(text: str) -> list[Span]:
    """Return the ranges between matching brackets or quotation marks that are kept whole."""
    spans: list[Span] = []
    stack: list[tuple[str, int]] = []
    for match in _BRACKETS.finditer(text):
        mark, at = match[0], match.start()
        if mark in _CLOSER:
            stack.append((_CLOSER[mark], at))
            continue
        # Damaged text mixes full and half width within one pair.
        for depth in range(len(stack) - 1, max(-1, len(stack) - 9), -1):
            closer, opened = stack[depth]
            if mark in (closer, _FULLWIDTH.get(closer)):
                del stack[depth:]
                if at - opened <= _LONGEST_KEPT:
                    while spans and spans[-1][0] >= opened:
                        spans.pop()
                    spans.append((opened, at))
                break
    return spans


def _cut(text: str, ends: Iterator[re.Match[str]], kept: list[Span]) -> Iterator[Span]:
    start, index = 0, 0
    for match in ends:
        at = match.start()
        while index < len(kept) and kept[index][1] < at:
            index += 1
        newline = "\n" in match[0]
        # An end whose mark takes the closing quote along is the end of the quotation itself.
        if (
            index < len(kept)
            and kept[index][0] < at
            and match.end() <= kept[index][1]
            and not newline
        ):
            continue
        if match.end() > start:
            yield start, match.end()
            start = match.end()
    if start < len(text):
        yield start, len(text)


def sentences(text: str) -> list[Span]:
    """Return the (start, end) of every sentence; together they cover the text."""
    return list(_cut(text, _SENTENCE_END.finditer(text), _inside(text)))


def clauses(text: str) -> list[Span]:
    """Return the (start, end) of every clause of a sentence; together they cover it."""
    return list(_cut(text, _CLAUSE_END.finditer(text), _inside(text)))
