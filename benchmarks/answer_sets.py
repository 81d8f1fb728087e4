"""Answer sets: folders with ``docs/`` and ``questions.jsonl``, and whether an answer is right.

How a row is read stands in the README of the set: the answer holds one string of every inner list
of ``must``, none of ``must_not``, is not too long, and cites one of ``cites``; a question whose
answer is absent is refused.
"""

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ragbot import Answer
from ragbot.text.script import to_simplified

__all__ = ["AnswerSet", "fault", "fault_of_text", "read_set"]

_SHARED = 8
"""Characters in a row that a citation must share with the stretch it is to touch."""
_LONGEST = 160


@dataclass(frozen=True)
class AnswerSet:
    """A folder of documents, and the rows of questions about them."""

    docs: Path
    rows: list[dict[str, Any]]


def read_set(folder: Path) -> AnswerSet:
    """Read an answer set."""
    lines = (folder / "questions.jsonl").read_text("utf-8").splitlines()
    return AnswerSet(folder / "docs", [json.loads(line) for line in lines if line.strip()])


def fold(text: str) -> str:
    """Fold a text for comparison: Simplified, NFKC, no white space, no commas."""
    return re.sub(r"[\s,，]", "", unicodedata.normalize("NFKC", to_simplified(text)))


def fault(row: dict[str, Any], answer: Answer) -> str:
    """Return what is wrong with an answer, nothing where it is right."""
    if row["absent"]:
        return "" if answer.refused else "answered"
    if answer.refused:
        return "refused"
    text = re.sub(r"\[\d+\]", "", answer.text)
    return fault_of_text(row, text, [citation.quote for citation in answer.citations])


def fault_of_text(row: dict[str, Any], text: str, cited: Sequence[str]) -> str:
    """Return what is wrong with what is said of a question that can be answered."""
    text = fold(text)
    if not all(any(fold(one) in text for one in group) for group in row["must"]):
        return "lacks"
    if any(fold(one) in text for one in row.get("must_not", ())):
        return "says wrong"
    if len(text) > row.get("max_chars", _LONGEST):
        return "long"
    quotes = [fold(quote) for quote in cited]
    stretches = [fold(cite) for cite in row.get("cites", ())]
    if stretches and not any(_touches(one, quote) for one in stretches for quote in quotes):
        return "cites elsewhere"
    return ""


def _touches(stretch: str, quote: str) -> bool:
    pieces = range(max(1, len(stretch) - _SHARED + 1))
    return any(stretch[i : i + _SHARED] in quote for i in pieces)
