"""Read a scraped text: find the damage, undo it, keep the way back to the raw text."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from functools import partial
from operator import itemgetter

from ragbot.text.annotations import HAN, PINYIN, Annotation, annotation_spans, find_annotations
from ragbot.text.density import damage, damage_in_question
from ragbot.text.offsets import Certainty, Reading, Repair
from ragbot.text.plausible import is_prose
from ragbot.text.torn import Torn, straddling, torn_groups
from ragbot.text.walk import MARK

__all__ = ["Reading", "Repair", "annotation_spans", "read", "read_question"]

# Spaces after brackets belong to the tool that wrote them when nearly every bracket has one.
_SPACED = 0.9
_Group = tuple[int, int, str, Certainty]
_BRACKET = re.compile(rf"\([{PINYIN} ]{{1,9}}\)")
# What a `?` may have brought out of step: all up to the next ASCII character, marks apart.
_OUT_OF_STEP = re.compile(rf"\?[!,():;?]?(?:[^\x00-\x7f]|{_BRACKET.pattern})+")
_HALF_WIDTH = re.compile(rf"(?<=[{HAN})]),(?=[{HAN}])")


def read(raw: str) -> Reading:
    """Return the reading of a document.

    Annotations are taken out only where the document is full of them; torn characters are put
    together again only where running the damage forward confirms it. Never raises, whatever the
    text holds; takes time linear in its length.
    """
    return _read(raw, damage(raw, list(find_annotations(raw))))


def read_question(raw: str) -> Reading:
    """Return the reading of a question: the same repair, one good annotation being enough.

    荨(qián)麻是什么？ stays as it is, for converters annotate frequent traditional characters.
    Where a real annotation is lost nothing is: search keys drop every annotation.
    """
    return _read(raw, damage_in_question(list(find_annotations(raw))))


def _read(raw: str, found: list[Annotation]) -> Reading:
    spaced = _spaced(raw, found)
    groups: list[_Group] = []
    for annotation in found:
        end = annotation.end
        if spaced and raw[end : end + 1] == " ":
            end += 1
        groups.append((annotation.start, end, annotation.base, "proved"))
    if found:
        groups = _merged(straddling(raw, _half_width(raw)), groups)
    if "?" in raw and (found or MARK.search(raw)):
        marked = Counter(a.base for a in found)
        table = {a.base: a.reading.strip() for a in found if marked[a.base] >= 2}
        torn = torn_groups(raw, table, _half_width(raw))
        groups = _merged(torn if found else filter(partial(_stands_alone, raw), torn), groups)
        groups = _doubted(raw, groups)
    return Reading.from_repairs(raw, groups)


def _merged(torn: Iterable[Torn], groups: list[_Group]) -> list[_Group]:
    """Put torn groups among the others; where two overlap, the torn one holds both."""
    waiting = [*torn][::-1]
    if not waiting:
        return groups
    merged: list[_Group] = []
    for group in groups:
        while waiting and waiting[-1].end <= group[0]:
            merged.append(waiting.pop())
        if not waiting or waiting[-1].start >= group[1]:
            merged.append(group)
    return [*merged, *waiting[::-1]]


def _doubted(raw: str, groups: list[_Group]) -> list[_Group]:
    """Call no annotation proved that stands in gibberish behind a `?` of which nothing is proved.

    The characters there are not the author's, so what the bracket stands behind is not either.
    """
    torn = [(start, end, state) for start, end, _, state in groups if "?" in raw[start:end]]
    gibberish = []
    for match in _OUT_OF_STEP.finditer(raw):
        start, end = match.span()
        at = bisect_right(torn, start, key=itemgetter(0)) - 1
        if at >= 0 and start < torn[at][1]:
            if torn[at][2] == "proved":
                continue
            start = torn[at][1]
        if not is_prose(_BRACKET.sub("", raw[start:end])):
            gibberish.append((start, end))
    if not gibberish:
        return groups
    doubted: list[_Group] = []
    for start, end, after, certainty in groups:
        at = bisect_right(gibberish, start, key=itemgetter(0)) - 1
        if at >= 0 and start < gibberish[at][1] and certainty == "proved":
            certainty = "chosen"
        doubted.append((start, end, after, certainty))
    return doubted


def _stands_alone(raw: str, torn: Torn) -> bool:
    """Tell whether a torn group is damage even where nothing else is: (是吗?ha) is none."""
    line = raw.rfind("\n", 0, torn.start) + 1
    before = raw[max(line, torn.start - 200) : torn.start]
    opened = before.count("(") > before.count(")")
    return torn.certainty != "unrecoverable" and not opened


def _half_width(raw: str) -> bool:
    """Tell whether commas have been made half-width: 反響,掀起."""
    half = len(_HALF_WIDTH.findall(raw, 0, 200_000))
    return half >= raw.count("\uff0c", 0, 200_000)


def _spaced(raw: str, found: list[Annotation]) -> bool:
    """Tell whether the tool wrote a space after its brackets: 關(guan) 於(yu) ."""
    inside = [a.end for a in found if a.end < len(raw) and raw[a.end] != "\n"]
    return len(inside) >= 3 and sum(raw[end] == " " for end in inside) >= _SPACED * len(inside)
