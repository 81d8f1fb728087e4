"""Cut a reading into statements: heading, who speaks, paragraphs.

Works on the genre of the sample corpus (a feature of many short statements), on Markdown, on laws
(编, 章, 节) and on plain prose, which is one statement without a heading.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ragbot.documents.bylines import parse_byline
from ragbot.documents.headings import (
    STATEMENT_LEVEL,
    HeadingLine,
    heading_at,
    looks_like_title,
    parse_heading,
    place_of,
)
from ragbot.documents.model import Byline, Span, Statement
from ragbot.text.places import is_ambiguous, place_of_short, places_in
from ragbot.text.script import to_simplified

__all__ = ["split_statements"]

_NEAR = 1_500
"""Characters below a heading that may name its place in full."""
_SERIES = 3
"""Different short names, none an everyday word, at the head of lines: a feature by places."""

_NUMERAL = "[\\d〇○零一二三四五六七八九十]"
_DATE = re.compile(
    rf"(?:日期\s{{0,4}}[:：]?)?\s{{0,4}}{_NUMERAL}{{2,4}}\s{{0,4}}[年./-]\s{{0,4}}{_NUMERAL}{{1,3}}\s{{0,4}}[月./-]"
    rf"\s{{0,4}}(?:{_NUMERAL}{{1,3}}\s{{0,4}}[日号]?)?"
)
_LONGEST_DATE = 40
_FIELD = re.compile(r"[^:：，,。;；]{1,12}[:：]\s*\S")

_LINE = re.compile(r"[^\n\r]+")


@dataclass(frozen=True, slots=True)
class _Line:
    span: Span
    heading: HeadingLine | None = None
    byline: Byline | None = None


def _classify(text: str, marked: Mapping[int, int]) -> list[_Line]:
    lines = []
    for match in _LINE.finditer(text):
        if match[0].isspace():
            continue
        start, end = match.span()
        line = _Line((start, end))
        if start in marked:
            line = replace(line, heading=heading_at(match[0], marked[start]))
        elif len(match[0]) <= 200:
            if parsed := parse_byline(match[0]):
                line = replace(line, byline=Byline((start, end), *parsed))
            else:
                line = replace(line, heading=parse_heading(match[0]))
        lines.append(line)
    return lines


def _prove_short_names(text: str, lines: list[_Line]) -> list[_Line]:
    """Take the character a heading opens with for a place only where the document shows it.

    Either the place is named in full beside it, or the document has several such headings, of
    different places: 京 …, 津 …, 冀 …. The 新 of 新 功能介绍 has neither.
    """
    shorts = {line.heading.short for line in lines if line.heading and line.heading.short}
    series = len([short for short in shorts if not is_ambiguous(short)]) >= _SERIES
    proved = list(lines)
    end = len(text)
    for i in range(len(lines) - 1, -1, -1):
        line, heading = lines[i], lines[i].heading
        if not heading:
            continue
        if heading.short:
            below = text[line.span[1] : min(end, line.span[1] + _NEAR)]
            above = text[slice(*lines[i - 1].span)] if i else ""
            place = place_of_short(heading.short)
            if series or _names_beside(text[slice(*line.span)], above, below, heading.short):
                proved[i] = replace(line, heading=replace(heading, place=place, short=None))
            elif heading.only_short:
                proved[i] = replace(line, heading=None)
        end = line.span[0]
    return proved


def _names_beside(line: str, above: str, below: str, short: str) -> bool:
    """Tell whether a short name's place is named in full in its line or beside it.

    What may be an everyday word asks for more than the name somewhere in the text below: a line
    that begins with it, as bylines do.
    """
    place = place_of_short(short) or ""
    line, above, below = (to_simplified(part).strip() for part in (line, above, below))
    if place in line or above.startswith(place) or below.startswith(place):
        return True
    return not is_ambiguous(short) and place in places_in(below)


def _strike_signatures(text: str, lines: list[_Line]) -> list[_Line]:
    """Take bylines for ordinary lines where nobody begins to speak.

    A signature closes the text above it: no text follows before the next heading. Where a heading
    follows, it may be the byline of that heading, unless the section above is still without one.
    A line of a form (总经理：王建国 between 甲方：… and 地址：…) is a field.
    """
    closing: list[tuple[bool, bool]] = []
    has_text = headed = spoken = False
    for line in lines:
        closing.append((has_text, headed and not spoken))
        if line.heading:
            has_text, headed, spoken = False, True, False
        elif line.byline:
            spoken = spoken or not has_text
        else:
            has_text = has_text or _is_text(text[slice(*line.span)])
    kept = list(lines)
    follows = ended = False
    for i in range(len(lines) - 1, -1, -1):
        line = lines[i]
        if line.heading:
            follows, ended = False, True
        elif not line.byline:
            follows = follows or _is_text(text[slice(*line.span)])
        else:
            after_text, speaker_missing = closing[i]
            signs = after_text and not follows and (speaker_missing or not ended)
            if signs or _is_field(text, lines, i):
                kept[i] = replace(line, byline=None)
    return kept


def _is_text(line: str) -> bool:
    """Tell whether a line is of running text, not a title, a date or the name of an office."""
    return not looks_like_title(line) and not _is_date(line) and len(line.strip()) > 2


def _is_date(line: str) -> bool:
    line = line.strip()
    return len(line) <= _LONGEST_DATE and _DATE.fullmatch(line) is not None


def _is_field(text: str, lines: list[_Line], i: int) -> bool:
    """Tell whether a byline with a colon stands beside other lines of that form."""
    beside = [line for line in lines[max(i - 1, 0) : i + 2] if not line.heading]
    fields = [_FIELD.match(text[slice(*line.span)].strip()) for line in beside]
    return bool(_FIELD.match(text[slice(*lines[i].span)].strip())) and sum(map(bool, fields)) > 1


def _head_the_bylines(text: str, lines: list[_Line]) -> list[_Line]:
    """Find the heading of each byline: the short line above it, else the short line below it."""
    lines = list(lines)
    for i, line in enumerate(lines):
        if line.byline is None:
            continue
        for j in (i - 1, i + 1):
            if not 0 <= j < len(lines) or lines[j].byline:
                continue
            candidate = text[slice(*lines[j].span)]
            if _is_date(candidate):
                continue
            if lines[j].heading or looks_like_title(candidate):
                found = lines[j].heading
                place = (found.place if found else None) or place_of(candidate)
                place = place or place_of(line.byline.office)
                # In a feature the statements stand side by side, whatever their headings look like.
                level = found.level if found and found.level < 7 else STATEMENT_LEVEL
                lines[j] = replace(lines[j], heading=HeadingLine(level, place))
                break
    return lines


def split_statements(text: str, marked: Mapping[int, int] | None = None) -> list[Statement]:
    """Cut a reading into statements; together they cover every line with text, in order.

    ``marked`` maps offsets of lines to heading levels where the file's format knows its headings.
    """
    lines = _prove_short_names(text, _classify(text, marked or {}))
    lines = _head_the_bylines(text, _strike_signatures(text, lines))
    statements: list[Statement] = []
    above: list[tuple[int, Span]] = []
    i = 0
    while i < len(lines):
        heading = byline = place = None
        start = lines[i].span[0]
        path: tuple[Span, ...] = tuple(span for _, span in above)
        # A heading and its byline open a statement, in either order.
        for _ in range(2):
            if i >= len(lines):
                break
            line = lines[i]
            if line.heading and heading is None:
                while above and above[-1][0] >= line.heading.level:
                    above.pop()
                path = tuple(span for _, span in above)
                above.append((line.heading.level, line.span))
                heading, place = line.span, line.heading.place
                i += 1
            elif line.byline and byline is None:
                byline = line.byline
                i += 1
        body: list[Span] = []
        while i < len(lines) and not lines[i].heading:
            following = lines[i + 1] if i + 1 < len(lines) else None
            if lines[i].byline and (body or byline or heading):
                # Without a heading of its own a new speaker opens a statement of its own.
                break
            if lines[i].byline and following and following.heading:
                break
            body.append(lines[i].span)
            i += 1
        if byline and place is None:
            place = place_of(byline.office)
        ends = [*body, *([heading] if heading else []), *([byline.span] if byline else [])]
        end = max(span[1] for span in ends)
        statements.append(Statement(start, end, heading, path, byline, place, tuple(body)))
    return statements
