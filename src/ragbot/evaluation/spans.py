"""Exact match and F1 of answers, as CMRC 2018 and DRCD measure them."""

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

__all__ = ["exact_match", "shared_f1", "span_f1"]

_UNCOUNTED = re.compile(r"[\W_]+")
_TOKEN = re.compile(r"[a-z0-9]+|.", re.DOTALL)


def _tokens(text: str) -> list[str]:
    """Return what is counted: every Chinese character, every run of Latin letters and digits."""
    return _TOKEN.findall(_UNCOUNTED.sub("", text.lower()))


def exact_match(answer: str, golds: Sequence[str]) -> bool:
    """Tell whether an answer is one of the right ones, punctuation and case aside."""
    return any(_tokens(answer) == _tokens(gold) for gold in golds)


def span_f1(answer: str, golds: Sequence[str]) -> float:
    """Return the F1 with the right answer it is closest to.

    Precision and recall are of the longest stretch the two have in common (Cui et al., "A
    Span-Extraction Dataset for Chinese Machine Reading Comprehension", 2019, and its script).
    """
    return max((_f1(_tokens(answer), _tokens(gold)) for gold in golds), default=0.0)


def shared_f1(answer: str, golds: Sequence[str]) -> float:
    """Return the F1 with the right answer it is closest to, wherever the shared characters stand.

    SQuAD's measure with a character for a word, which is DRCD's (Rajpurkar et al., "SQuAD", 2016;
    Shao et al., "DRCD: a Chinese Machine Reading Comprehension Dataset", 2018).
    """
    said = _tokens(answer)
    return max(
        (_ratio(_shared(said, gold), said, gold) for gold in map(_tokens, golds)), default=0.0
    )


def _shared(answer: list[str], gold: list[str]) -> int:
    return (Counter(answer) & Counter(gold)).total()


def _f1(answer: list[str], gold: list[str]) -> float:
    same = SequenceMatcher(None, answer, gold, autojunk=False).find_longest_match().size
    return _ratio(same, answer, gold)


def _ratio(same: int, answer: list[str], gold: list[str]) -> float:
    return 2 * same / (len(answer) + len(gold)) if same else 0.0
