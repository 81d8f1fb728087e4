"""Recognise a heading line, and say how deep it stands and which place it is about."""

import re
from dataclasses import dataclass

from ragbot.text.places import PLACES, place_of_short, places_in
from ragbot.text.script import to_simplified

__all__ = ["HeadingLine", "looks_like_title", "parse_heading", "place_of"]

_MARKDOWN = re.compile(r"\s{0,3}(#{1,6})\s+(\S.*?)\s*#*\s*")
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
    rf"(?:{_OPEN}\s*(?P<bracketed>{_NAMES}|[{_SHORTS}])\s*{_SUFFIX}\s*{_CLOSE}\s*[:：·|丨—-]*"
    rf"|(?P<plain>{_NAMES}|[{_SHORTS}]){_SUFFIX}"
    r"(?:[ \t\u3000\xa0]+|\s*[:：·|丨/／]+|\s*[—–-]+\s*|(?=$)))"
    rf"\s*(?P<slogan>.*)"
)
_ENDS = re.compile(r"[。！!？?；;，,、：:…]\s*$")
_LONGEST = 50


@dataclass(frozen=True, slots=True)
class HeadingLine:
    """A heading's level (1 the highest, 9 a statement within a feature) and its place, if any."""

    level: int
    place: str | None


STATEMENT_LEVEL = 9


def looks_like_title(line: str) -> bool:
    """Tell whether a line is short and does not end as a sentence does."""
    line = line.strip()
    return 0 < len(line) <= _LONGEST and not _ENDS.search(line)


def place_of(line: str) -> str | None:
    """Return the place a heading or an office names: 沪 打造… and 上海市知识产权局局长 are 上海."""
    folded = to_simplified(line)
    match = _PLACE_LED.fullmatch(folded)
    if match and (name := match["bracketed"] or match["plain"]):
        return name if name in PLACES else place_of_short(name)
    named = places_in(folded)
    return named[0] if len(named) == 1 else None


def parse_heading(line: str) -> HeadingLine | None:
    """Recognise a heading by its own form; None for a line that only its surroundings can tell."""
    if match := _MARKDOWN.fullmatch(line):
        return HeadingLine(len(match[1]), place_of(match[2]))
    if not looks_like_title(line):
        return None
    text = line.strip()
    folded = to_simplified(text)
    if match := _PLACE_LED.fullmatch(folded):
        name = match["bracketed"] or match["plain"]
        return HeadingLine(STATEMENT_LEVEL, name if name in PLACES else place_of_short(name))
    for pattern, level in _LEGAL:
        if pattern.fullmatch(folded):
            return HeadingLine(level, None)
    return None
