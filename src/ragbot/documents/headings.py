"""Recognise a heading line, and say how deep it stands and which place it is about.

A place named in full is taken at its word. The short name of one (沪, 新) is a character that may
mean anything; whether it names a place is for the document to show (structure.py).
"""

import re
from dataclasses import dataclass

from ragbot.text.places import PLACES, is_torn, places_in
from ragbot.text.script import to_simplified

__all__ = ["HeadingLine", "heading_at", "looks_like_title", "parse_heading", "place_of"]

_MARKDOWN = re.compile(r"\s{0,3}(#{1,6})\s+(\S.*)")
_CN = "一二三四五六七八九十百千零〇\\d"
_LEGAL = (
    (re.compile(rf"第[{_CN}]+编(?:\s.*)?"), 1),
    (re.compile(rf"第[{_CN}]+章(?:\s.*)?"), 2),
    (re.compile(rf"第[{_CN}]+[节節](?:\s.*)?"), 3),
    (re.compile(rf"[{_CN}]+、\S.*"), 4),
)
_MARK = r"[-—–─·•●○■□◆◇▲△▶▷★☆◎※*>|丨\s]*"
_NAMES = "|".join(sorted(PLACES, key=len, reverse=True))
_SUFFIX = "(?:维吾尔自治区|壮族自治区|回族自治区|自治区|特别行政区|省|市)?"
_SHORTS = "".join(PLACES.values())
_OPEN, _CLOSE = r"[【\[（(〔「『<〈《]", r"[】\]）)〕」』>〉》]"
# 京 开创… · 【北京】… · 北京市：… · 湘丨… · 二、湖南…
_PLACE_LED = re.compile(
    rf"{_MARK}(?:[{_CN}]+[、.．]\s*)?"
    rf"(?:{_OPEN}\s*+(?P<bracketed>{_NAMES}|[{_SHORTS}])\s*+{_SUFFIX}\s*+{_CLOSE}\s*[:：·|丨—-]*"
    rf"|(?P<plain>{_NAMES}|[{_SHORTS}]){_SUFFIX}"
    r"(?:[ \t\u3000\xa0]+|\s*[:：·|丨/／]+|\s*[—–-]+\s*|(?=$)))"
    rf"\s*(?P<slogan>.*)"
)
_ENDS = re.compile(r"[。！!？?；;，,、：:…]\s*$")
_LONGEST = 50


STATEMENT_LEVEL = 9


@dataclass(frozen=True, slots=True)
class HeadingLine:
    """A heading's level (1 the highest, 9 a statement within a feature) and its place, if any."""

    level: int
    place: str | None
    """A place named in full."""
    short: str | None = None
    """The short name the line opens with, which may stand for a place."""
    only_short: bool = False
    """Nothing but the short name makes the line a heading."""


def looks_like_title(line: str) -> bool:
    """Tell whether a line is short and does not end as a sentence does."""
    line = line.strip()
    return 0 < len(line) <= _LONGEST and not _ENDS.search(line)


def place_of(line: str) -> str | None:
    """Return the place a heading or an office names in full: 上海市知识产权局局长 is of 上海."""
    folded = to_simplified(line)
    name, _ = _opening(folded)
    if name in PLACES:
        return name
    named = places_in(folded)
    return named[0] if len(named) == 1 else None


def heading_at(line: str, level: int) -> HeadingLine:
    """Return a line that is known to be a heading, with the place it opens with."""
    _, short = _opening(to_simplified(line))
    return HeadingLine(level, place_of(line), short)


def parse_heading(line: str) -> HeadingLine | None:
    """Recognise a heading by its own form; None for a line that only its surroundings can tell."""
    if match := _MARKDOWN.match(line):
        return heading_at(match[2].rstrip().rstrip("#").rstrip(), len(match[1]))
    if not looks_like_title(line):
        return None
    folded = to_simplified(line.strip())
    name, short = _opening(folded)
    if name:
        return HeadingLine(STATEMENT_LEVEL, name)
    for pattern, level in _LEGAL:
        if pattern.fullmatch(folded):
            return HeadingLine(level, None, short)
    return HeadingLine(STATEMENT_LEVEL, None, short, only_short=True) if short else None


def _opening(folded: str) -> tuple[str | None, str | None]:
    """Return the full name that a line opens with, or else the short one."""
    match = _PLACE_LED.fullmatch(folded)
    if not match:
        return None, None
    name = match["bracketed"] or match["plain"]
    if name in PLACES:
        return name, None
    torn = match["plain"] and is_torn(folded, match.start("plain"))
    return None, None if torn else name
