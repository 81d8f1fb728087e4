"""Torn characters: where they are, what stood there, and how sure that is.

Where the second byte of a character and the first byte of the next equal a table character, the
converter wrote `(pinyin)` between them. The decoder then made `?` of the orphaned byte and the
bracket, and everything behind it was out of step until an ASCII byte:
展營造 = D5B9 A049 D4EC, with 範 = B9A0 in the table, became 展?fàn)I造.

The lost byte follows from the byte before the mark and the pinyin. Bytes that vanished without a
trace are put in only where nothing else makes sense, and never called proved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ragbot.text.annotations import PINYIN, plain, readings
from ragbot.text.density import is_traditional
from ragbot.text.gbk import missing_pairs, tables
from ragbot.text.offsets import Certainty
from ragbot.text.plausible import Prose, alone, as_words, paired
from ragbot.text.proof import damages_to
from ragbot.text.walk import BRACKET, MARK, Walker
from ragbot.text.ways import Group, Way

__all__ = ["Torn", "straddling", "torn_groups"]

# The stretch a document's own pairs of characters are counted in, and half a stretch around it.
_STRETCH = 20_000
_OUT_OF_STEP = re.compile(rf"\?[{PINYIN}]{{1,8}} ?\)[^\x00-\x7f]{{0,200}}")
_OUT_OF_STEP_TOO = re.compile(
    rf"\?(?:[{PINYIN}]{{1,8}} ?\))?[!,():;]?(?:[@-~](?=[(\x80-\U0010ffff]))?[^\x00-\x7f]{{0,200}}"
)
# A question mark that may be torn punctuation: not every one of a row of them.
_SUSPECT = re.compile(
    rf"{MARK.pattern}|\?(?=[!,():;?]?[^\x00-\x7f]|[!,():;]\?|{MARK.pattern}"
    rf"|[@-~](?:{BRACKET.pattern}|[^\x00-\x7f]))"
)
# After so many question marks that are no damage the rest are taken for honest too. A repair makes
# up for a few of them: in damaged text most marks under suspicion are torn, while in random
# characters one in thirty happens to look like it.
_PATIENCE = 200
_MADE_UP_FOR = 10
_BRACKETS = re.compile(rf"[(（][{PINYIN} ]{{1,9}}[)）]")
_STRADDLING = re.compile(rf"([^\x00-\x7f]|[!,():;])([@-~])\(([{PINYIN}]{{1,8}}) ?\)")
_BEHIND_A_TEAR = re.compile(r"\?(?:[!,():;]*[^\x00-\x7f])*[!,():;]*$")
# How much likelier (natural logarithm) the best explanation must be than the next to be proved.
_CLEAR = 6.0
# ... and than the text as it stands, for torn punctuation, which leaves no pinyin behind.
_BETTER = 4.0
# A character that is not known with either neighbour needs more to be proved, and must be one of
# the two thousand or so that make up running text.
_VERY_CLEAR = 8.0
_UNCOMMON = 1e-4


# Explanations as close as this are read once more as words, whose score counts so much.
_CLOSE = 15.0
_WORDS = 1.0
_AROUND = 5
# ... and so much every bracket it opens or closes rightly, within so many characters.
_PAIRED = 3.0
_SENTENCE = 200


class Torn(NamedTuple):
    """A torn group: raw range, what stood there, how sure that is."""

    start: int
    end: int
    after: str
    certainty: Certainty


def torn_groups(raw: str, table: Mapping[str, str], punctuation: bool) -> Iterator[Torn]:
    """Yield the torn groups of a document in raw order, disjoint.

    `table` maps the characters marked wherever they stand to their pinyin; `punctuation` says that
    half-width punctuation has replaced the full-width forms.
    """
    return _Document(raw, table, punctuation).groups()


def straddling(raw: str, punctuation: bool) -> Iterator[Torn]:
    """Yield the marks behind an ASCII letter that was taken for a second byte: 進步M(zǔ).

    Nothing is torn there, for the letter is a character of its own. With `punctuation` the first
    byte may belong to full-width punctuation that has become half-width since: 後,F(xiàn)M.
    """
    page = tables()
    walker = Walker(raw, {}, punctuation)
    for match in _STRADDLING.finditer(raw):
        before = raw[max(0, match.start() - 80) : match.start(2)]
        if "?" in before and _BEHIND_A_TEAR.search(_BRACKETS.sub("", before)):
            continue
        code = walker.code(match[1])
        character = page.characters[(code & 0xFF) << 8 | ord(match[2])] if code else ""
        if character and plain(match[3]) in readings(character) and is_traditional(character):
            yield Torn(match.start(2), match.end(), match[2], "proved")


class _Document:
    def __init__(self, raw: str, table: Mapping[str, str], punctuation: bool) -> None:
        self._raw = raw
        self._table = table
        self._punctuation = punctuation
        self._walker = Walker(raw, table, punctuation)
        self._stretch = -1
        self._prose = Prose("")

    def groups(self) -> Iterator[Torn]:
        site = _SUSPECT if self._punctuation else MARK
        done = at = fruitless = 0
        while (match := site.search(self._raw, at)) is not None:
            at = match.end()
            found = self._repair(match.start())
            for torn in found:
                if torn.start >= done:
                    yield torn
                    done = torn.end
            at = max(at, done)
            if any(torn.certainty != "unrecoverable" for torn in found):
                fruitless = max(0, fruitless - _MADE_UP_FOR)
            else:
                fruitless += 1
            if fruitless > _PATIENCE:
                site = MARK

    def _repair(self, at: int) -> list[Torn]:
        raw = self._raw
        mark = MARK.match(raw, at)
        before = self._walker.character_before(at)
        if before is None or (mark and not self._walker.code(raw[before])):
            return []
        prose = self._near(at)
        ways = self._walker.walk(at, before, prose)
        if not ways or not ways[0].groups:
            return (
                [Torn(before, mark.end(), raw[before : mark.end()], "unrecoverable")]
                if (mark)
                else []
            )
        ways = self._reread(ways)
        best = ways[0]
        others = [way for way in ways if way.groups != best.groups]
        margin = best.score - max(way.score for way in others) if others else float("inf")
        as_it_is = max((way.score for way in others if not way.groups), default=float("-inf"))
        if not mark and best.score - as_it_is < _BETTER:
            return []
        found = []
        for group in best.groups:
            certainty: Certainty = "chosen"
            if best.hopeless:
                group = group._replace(text=raw[group.start : group.end])
                certainty = "unrecoverable"
            elif margin >= _CLEAR and self._is_proved(best, group, prose):
                certainty = "proved"
            found.append(Torn(*group, certainty))
        return found

    def _reread(self, ways: list[Way]) -> list[Way]:
        """Put first the way that makes the best words with the text around, if it is close."""
        worst = ways[0].score - (_CLOSE if ways[0].lost else _CLEAR)
        close = [way for way in ways if way.groups and way.score > worst]
        if len(close) < 2:
            return ways
        scores = {}
        for way in close:
            before, text, after = self._in_place(way)
            words = as_words(before[-_AROUND:] + text + after[:_AROUND])
            scores[way] = way.score + _WORDS * words + _PAIRED * paired(before, text + after)
        best = max(close, key=scores.__getitem__)
        return [best, *(way for way in ways if way is not best)]

    def _in_place(self, way: Way) -> tuple[str, str, str]:
        """Return what stands before a way, what it says and what stands behind it."""
        raw, first, end = self._raw, way.groups[0].start, way.groups[-1].end
        before = _BRACKETS.sub("", raw[max(0, first - _SENTENCE) : first])
        after = _BRACKETS.sub("", raw[end : end + 40])
        text, done = "", first
        for group in way.groups:
            text += _BRACKETS.sub("", raw[done : group.start]) + group.text
            done = group.end
        return before, text, after

    def _near(self, at: int) -> Prose:
        """Return the judge for the stretch of the document around `at`."""
        stretch = at // _STRETCH
        if self._stretch != stretch:
            first = max(0, stretch * _STRETCH - _STRETCH // 2)
            near = self._raw[first : (stretch + 1) * _STRETCH + _STRETCH // 2]
            suspect = _OUT_OF_STEP_TOO if self._punctuation else _OUT_OF_STEP
            self._prose = Prose(_BRACKETS.sub("", suspect.sub("?", near)))
            self._stretch = stretch
        return self._prose

    def _is_proved(self, way: Way, group: Group, prose: Prose) -> bool:
        raw = self._raw
        text = group.text + raw[group.end : group.end + 1]
        if raw[group.start] == "?" != text[0]:
            # Torn punctuation: no byte vouches for the first character, its neighbours may.
            if way.lost > 1 or not _is_only_one(raw[group.start - 1], text[:2], prose):
                return False
        elif way.lost:
            return False
        return damages_to(
            group.text, raw[group.start : group.end], self._table, self._punctuation
        ) and _is_supported(text, len(group.text), prose)


def _is_only_one(before: str, pair: str, prose: Prose) -> bool:
    """Tell whether no other character with this second byte is known between these neighbours."""
    page = tables()
    trail = page.codes[pair[0]] & 0xFF
    known = [
        character
        for character in page.characters[0x8100 | trail : 0xFF00 : 0x100]
        if character and prose.knows(before, character) and prose.knows(character, pair[1:])
    ]
    return known == [pair[0]]


def _is_supported(text: str, length: int, prose: Prose) -> bool:
    """Tell whether every character of a group, the first apart, belongs where it stands.

    Where bytes vanished, two characters leave one behind that came about by chance. So one that is
    not known with both neighbours must be much likelier than any two that leave it behind.
    """
    codes, score = tables().codes, prose.score
    for at in range(1, length):
        before, character, after = text[at - 1], text[at], text[at + 1 : at + 2] or "\n"
        known = prose.knows(before, character) + prose.knows(character, after)
        if known == 2:
            continue
        if not known and alone(character) < _UNCOMMON:
            return False
        clear = (
            score(before, character) + score(character, after) - (_CLEAR if known else _VERY_CLEAR)
        )
        for first, second in missing_pairs(*divmod(codes.get(character, 0), 256)):
            if score(before, first) + score(first, second) + score(second, after) > clear:
                return False
    return True
