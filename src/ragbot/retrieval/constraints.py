"""What a question fixes, and whether a statement is about just that: 2023年, 第二次, T6, 境外.

A passage often tells of several years, models or groups. Its words answer a question about one of
them only where the mention that governs them is that one: the one in their clause, or else the
nearest before them in their sentence, or else above it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from ragbot.lexicon import read_lines
from ragbot.text.numbers import whole_number

__all__ = ["Mention", "contradicted", "mentions", "stated", "unstated"]

_YEAR = r"(?:19|20)\d\d"
_YEARS = re.compile(
    rf"(?<!\d)(?P<first>{_YEAR})(?:年度?)?\s*(?:[-~]|至|到)\s*(?P<last>{_YEAR})(?!\d)"
    rf"|(?<!\d,)(?<![\d.])(?P<year>{_YEAR})(?=年|[^\d.,%元万亿人名件台个页字]|$)"
)
# 较2022年, 比2022年末, 与2022年相比: what follows is said of another year.
_COMPARED = re.compile(r"[较比]$")
_COMPARED_AFTER = re.compile(r"年?(?:度|末|底|同期)*相?比")
_N = r"(?:\d{1,4}|[一二三四五六七八九十百]{1,4})"
_ORDINAL = re.compile(
    rf"第(?P<n>{_N})(?P<unit>季度|[次届条章节款项编期号卷回集批包类种阶轮场部课代版])"
)
_GRADE = re.compile(
    rf"(?<![第\d.])(?P<n>{_N}|[a-z甲乙丙丁戊])"
    "(?P<unit>等奖|号楼|号线|年级|季度|标段|[类级等档组班包栋幢型])(?!似)"
)
_CODE = re.compile(r"(?<![a-z\d])(?P<unit>[a-z]{1,6})[- ]?(?P<n>\d{1,5}[a-z]{0,3})(?![a-z\d])")
_CLAUSE_END = re.compile("[,，;；。!！?？\n]")
_SHARED = re.compile("分别|依次|各自")


@dataclass(frozen=True, slots=True)
class Mention:
    """A value of some kind and where it stands: the years 2019 to 2021, 第2次, T6."""

    kind: str
    values: frozenset[str]
    start: int
    end: int


@lru_cache(maxsize=256)
def mentions(key: str) -> tuple[Mention, ...]:
    """Return every mention in a key, in order of where it begins."""
    return tuple(sorted(_mentions(key), key=lambda one: (one.start, -one.end)))


def _mentions(key: str) -> Iterator[Mention]:
    for match in _YEARS.finditer(key):
        first, last = match["first"] or match["year"], match["last"] or match["year"]
        if _COMPARED.search(key[: match.start()]) or _COMPARED_AFTER.match(key, match.end()):
            continue
        years = range(int(first), min(int(last), int(first) + 100) + 1)
        yield Mention("year", frozenset(map(str, years)), *match.span())
    for pattern in (_ORDINAL, _GRADE):
        for match in pattern.finditer(key):
            number = match["n"] if match["n"].isascii() else whole_number(match["n"])
            value = match["n"] if number is None else str(number)
            yield Mention(f"n{match['unit']}", frozenset([value]), *match.span())
    for match in _CODE.finditer(key):
        yield Mention(f"code {match['unit']}", frozenset([match["n"]]), *match.span())
    for match in _contrasts().finditer(key):
        yield Mention(_group_of(match[0]), frozenset([match[0]]), *match.span())


@cache
def _contrasts() -> re.Pattern[str]:
    words = {word for group in read_lines("contrasts") for word in group}
    return re.compile("|".join(sorted(words, key=len, reverse=True)))


@cache
def _group_of(word: str) -> str:
    return next(group[0] for group in read_lines("contrasts") if word in group)


def contradicted(question: str, sentence: str, words: str, above: Sequence[str]) -> bool:
    """Tell whether a statement is about another year, item or group than the question asks about.

    All texts are keys. ``words`` of the sentence are to answer; where they are empty, or not in it,
    the whole sentence is judged. ``above`` is what stands above the sentence, the nearest first:
    what governs it where it names nothing of the kind itself.
    """
    at = sentence.find(words) if words else -1
    span = (at, at + len(words)) if at >= 0 else None
    for kind, wanted in _fixed(question).items():
        governing = _governing(kind, sentence, span, above)
        if governing and not any(wanted & values for values in governing):
            return True
    return False


def unstated(question: str, sentence: str, above: Sequence[str]) -> int:
    """Return how many things that a question fixes neither a sentence nor what is above names."""
    said = {
        (one.kind, value)
        for text in (sentence, *above)
        for one in mentions(text)
        for value in one.values
    }
    fixed = _fixed(question)
    return sum(not any((kind, value) in said for value in wanted) for kind, wanted in fixed.items())


def stated(question: str, sentence: str) -> float:
    """Return the share of what a question fixes that a sentence names itself; 0 where it is none.

    Of two sentences the one that says 正式员工 answers a question about 正式员工.
    """
    fixed = _fixed(question)
    said = mentions(sentence)
    named = sum(
        any(one.kind == kind and one.values & wanted for one in said)
        for kind, wanted in fixed.items()
    )
    return named / (len(fixed) or 1)


def _fixed(question: str) -> dict[str, frozenset[str]]:
    """Return what a question fixes, by kind; a kind of which it names several fixes nothing."""
    found: dict[str, frozenset[str]] = {}
    several = set()
    for one in mentions(question):
        if found.get(one.kind, one.values) != one.values:
            several.add(one.kind)
        found[one.kind] = one.values
    return {kind: values for kind, values in found.items() if kind not in several}


def _governing(
    kind: str, sentence: str, span: tuple[int, int] | None, above: Sequence[str]
) -> list[frozenset[str]]:
    """Return the values one of which a statement is about; empty where nothing tells."""
    here = [one for one in mentions(sentence) if one.kind == kind]
    if here and (span is None or _SHARED.search(sentence)):
        return [one.values for one in here]
    if here and span is not None:
        first, last = _clause_around(sentence, *span)
        inside = [one for one in here if first <= one.start and one.end <= last]
        for near in (inside, here):
            if before := [one for one in near if one.start < span[1]]:
                return [before[-1].values]
            if near and near is inside:
                return [near[0].values]
    # The nearest text that names one governs; a heading that names the right one does so as well.
    found = [values for text in above if (values := _last(kind, text))]
    return found[:1] + found[-1:]


def _clause_around(sentence: str, start: int, end: int) -> tuple[int, int]:
    """Return the range of the clause, or the clauses, that a range of a sentence stands in."""
    ends = [match.start() for match in _CLAUSE_END.finditer(sentence)]
    first = max((at + 1 for at in ends if at < start), default=0)
    return first, min((at for at in ends if at >= end), default=len(sentence))


def _last(kind: str, text: str) -> frozenset[str]:
    values = [one.values for one in mentions(text) if one.kind == kind]
    return values[-1] if values else frozenset()
