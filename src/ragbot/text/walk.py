"""Walking along out-of-step text with every explanation of it that is still possible.

Behind a mark wedged between two bytes the decoder paired the bytes wrongly, until an ASCII byte
brought it back into step. Put the lost byte back and the pairs are right again: each raw character
gives the second byte of one undamaged character and the first byte of the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import inf, log
from operator import attrgetter

from ragbot.text.annotations import PINYIN, plain, readings
from ragbot.text.gbk import tables
from ragbot.text.guesses import Guesses
from ragbot.text.plausible import Prose
from ragbot.text.ways import IN_STEP, KEPT, Group, Way

__all__ = ["BRACKET", "MARK", "PUNCTUATION", "Walker"]

MARK = re.compile(rf"\?([{PINYIN}]{{1,8}}) ?\)")
"""What is left of `(pinyin)` between two bytes: the first bracket went with the orphaned byte."""
BRACKET = re.compile(rf"\([{PINYIN}]{{1,8}} ?\)")
_YEAR = re.compile(r"([0-9]{3})年")
PUNCTUATION = "!,():;?"
"""Half-width forms converters write; the full-width form of `c` is GBK A3, `c | 80`."""

_WIDE = 0xA3
_BEAM = 10
# The explanations for which vanished bytes are thought of: the best ones.
_REVISED = 2
# Out-of-step text ends with the next ASCII byte, one in five second bytes: this is long enough.
_LONGEST = 300
# An explanation in which a table character stands unmarked contradicts the table.
_CONTRADICTION = -25.0
# One certain letter, unseen, between two Chinese characters.
_LETTER = log(1e-5)
# Vanished bytes explain anything, so they have to explain it a little better.
_VANISHED = -1.0


class Walker:
    """Follows out-of-step text of one document."""

    def __init__(self, raw: str, table: Mapping[str, str], punctuation: bool) -> None:
        """Take the text, the characters marked wherever they stand, and the other damage.

        `punctuation` says that half-width punctuation has replaced the full-width forms.
        """
        self._raw = raw
        self._table = table
        self._punctuation = punctuation
        self._guesses = Guesses(table)
        self._characters, self._codes = tables().characters, tables().codes

    def walk(self, at: int, before: int, prose: Prose) -> list[Way]:
        """Follow the text from `at` until every explanation is back in step; best first.

        `before` is where the character before `at` stands.
        """
        if prose is not self._guesses.prose:
            self._guesses.judge_by(prose)
        raw = self._raw
        beam = [Way(0.0, IN_STEP, self.code(raw[before]) & 0xFF, raw[before])]
        limit = at + _LONGEST
        while at < len(raw) and beam:
            character = raw[at]
            bracket = BRACKET.match(raw, at) if character == "(" else None
            if bracket and self._is_annotation(beam, at, bracket[0]):
                at = bracket.end()
                beam = [w for way in beam if (w := self._closed(way, at, plain(bracket[0])))]
                continue
            mark = MARK.match(raw, at) if character == "?" else None
            settled = all(way.pending == IN_STEP for way in beam)
            if at > limit or (
                settled and not mark and not (character == "?" and not beam[0].groups)
            ):
                break
            beam = self._step(beam, at, character, mark)
            at = mark.end() if mark else at + 1
        ways = [way for way in beam if way.pending == IN_STEP]
        coming = raw[at : at + 1] or "\n"
        if coming == "?":  # itself to be explained
            return ways
        # What comes next, in step again, has a say in what stands before it.
        ways = [w._replace(score=w.score + prose.score(w.previous, coming)) for w in ways]
        return sorted(ways, key=lambda way: -way.score)

    def code(self, character: str) -> int:
        """Return the GBK code the author's character had, 0 where it was no two bytes.

        Half-width punctuation may have been full-width when the marks were written.
        """
        if self._punctuation and character in PUNCTUATION:
            return _WIDE << 8 | ord(character) | 0x80
        return self._codes.get(character, 0)

    def _step(
        self, beam: list[Way], at: int, character: str, mark: re.Match[str] | None
    ) -> list[Way]:
        """Return the best explanations of one character more, best first."""
        ways: list[Way] = []
        least = -inf
        code = self._codes.get(character, 0)
        if character != "?":
            beam = beam + [
                other for way in beam[:_REVISED] for other in self._revised(way, character, code)
            ]
        for rank, way in enumerate(beam):
            # No step makes a score better: what comes of this way would be left out.
            if way.score <= least:
                continue
            gaps = rank < _REVISED
            if mark:
                ways += self._at_mark(way, at, mark.end(), mark[1], gaps)
            elif character == "?":
                ways += self._at_question(way, at, least)
            elif way.pending == IN_STEP:
                ways.append(self._as_it_is(way, character, code))
            elif code:
                ways += self._at_pair(way, at, code, gaps)
            elif character < "\x80":
                ways += self._at_ascii(way, at, character, gaps)
            ways.sort(key=attrgetter("score"), reverse=True)
            if len(ways) >= _BEAM:
                del ways[_BEAM:]
                least = ways[-1].score
        return ways

    def _as_it_is(self, way: Way, character: str, code: int) -> Way:
        """Step over a character that is in step: it is what it looks like."""
        score = way.score + self._guesses.prose.score(way.previous, character)
        return Way(
            score, IN_STEP, code & 0xFF, character, way.groups,
            lost=way.lost, hopeless=way.hopeless,
        )  # fmt: skip

    def _said(self, way: Way, character: str, pending: int, end: int, lost: int = 0) -> Way:
        """Go on with one more character put right."""
        group = way.groups[-1]
        score = way.score + self._guesses.prose.score(way.previous, character)
        if character in self._table and not way.marked and not self._raw.startswith("(", end):
            score += _CONTRADICTION
        return Way(
            score,
            pending,
            pending if pending >= 0 else self._codes.get(character, 0) & 0xFF,
            character,
            (*way.groups[:-1], Group(group.start, end, group.text + character)),
            False,
            True,
            way.lost + lost,
            way.hopeless,
        )

    def _revised(self, way: Way, character: str, code: int) -> Iterator[Way]:
        """Take back the last character put right, where it does not go with the one coming."""
        if way.earlier is None:
            return
        coming = character
        if way.pending >= 0:
            first = code >> 8 if code else ord(character)
            coming = self._characters[way.pending << 8 | first] if first < 0x100 else ""
        if coming and self._guesses.is_doubtful(way.previous, coming):
            for gap in self._with_gap(way.earlier, way.byte, way.groups[-1].end):
                yield gap._replace(pending=way.pending, last=way.last)

    def _with_gap(self, way: Way, byte: int, end: int) -> Iterator[Way]:
        """Put in a pair that vanished: two characters, of each of which one byte is left."""
        for first, second in self._guesses.pairs(way.previous, way.pending, byte):
            step = self._said(way, first, IN_STEP, end, lost=1)
            step = self._said(step, second, IN_STEP, end, lost=1)
            yield step._replace(score=step.score + _VANISHED)

    def _is_annotation(self, beam: list[Way], at: int, bracket: str) -> bool:
        syllable = plain(bracket)
        return syllable in readings(self._raw[at - 1]) or any(
            way.fresh and way.pending == IN_STEP and syllable in readings(way.previous)
            for way in beam
        )

    def _closed(self, way: Way, end: int, syllable: str) -> Way | None:
        """Step over a bracket behind a table character, whole or straddling in the raw text."""
        if way.pending == IN_STEP and not way.fresh and syllable not in readings(way.previous):
            # Nothing explains the bracket, as behind a letter that is only a letter.
            return way._replace(score=way.score + _CONTRADICTION)
        if way.pending != IN_STEP or not way.fresh:
            return way
        if syllable not in readings(way.previous):
            return None
        return way._replace(groups=(*way.groups[:-1], way.groups[-1]._replace(end=end)))

    def _at_pair(self, way: Way, at: int, code: int, gaps: bool) -> Iterator[Way]:
        """Take a raw character for what it is: bytes of two different characters."""
        if way.pending == KEPT:
            return
        first, second = code >> 8, code & 0xFF
        restored = self._characters[way.pending << 8 | first]
        doubtful = self._guesses.is_doubtful(way.previous, restored)
        if restored:
            step = self._said(way, restored, second, at + 1)
            if not doubtful:
                step = step._replace(earlier=way, byte=first)
            yield from self._onwards(step, second, at + 1)
        if gaps and doubtful:
            for gap in self._with_gap(way, first, at + 1):
                yield from self._onwards(gap, second, at + 1)

    def _onwards(self, way: Way, second: int, end: int) -> Iterator[Way]:
        """Hold the second byte of a raw character: a first byte, or an ASCII character eaten."""
        if second > 0x80:
            yield way._replace(pending=second, last=second)
        elif second < 0x80:
            yield self._said(way._replace(marked=True), chr(second), IN_STEP, end)

    def _at_ascii(self, way: Way, at: int, character: str, gaps: bool) -> Iterator[Way]:
        """Take an ASCII character for a second byte, which brings the text back into step."""
        byte, wide = ord(character), ord(character) | 0x80
        if way.pending == KEPT:
            if character in PUNCTUATION:
                group = way.groups[-1]._replace(end=at + 1)
                yield way._replace(pending=wide, last=wide, groups=(*way.groups[:-1], group))
        elif byte >= 0x40:
            restored = self._characters[way.pending << 8 | byte]
            doubtful = self._guesses.is_doubtful(way.previous, restored)
            if restored:
                step = self._said(way, restored, IN_STEP, at + 1)
                yield step if doubtful else step._replace(earlier=way, byte=byte)
            if gaps and doubtful:
                yield from self._with_gap(way, byte, at + 1)
                yield from self._letter_vanished(way, at)
        elif self._punctuation and character in PUNCTUATION:
            # Torn punctuation: its first byte ended a character, its second begins the next.
            restored = self._characters[way.pending << 8 | _WIDE]
            if restored:
                yield self._said(way, restored, wide, at + 1)._replace(marked=True)

    def _letter_vanished(self, way: Way, at: int) -> Iterator[Way]:
        """Suppose a letter vanished with a byte, and this one is in step; which one is lost."""
        first = self._guesses.before_a_letter(way.previous, way.pending)
        if first and self._raw[at].isalpha():
            step = self._said(way, first, IN_STEP, at, lost=1)
            step = self._as_it_is(step, self._raw[at], 0)
            yield step._replace(score=step.score + _LETTER, hopeless=True)

    def _at_question(self, way: Way, at: int, least: float) -> Iterator[Way]:
        """Take a question mark for itself, or for a byte and the ASCII character behind it.

        Ways that score less than `least` may be left out.
        """
        if way.pending == KEPT:
            return
        after = self._raw[at + 1 : at + 2]
        stands = bool(after) and after in PUNCTUATION
        if way.pending >= 0:
            if after and not stands:
                for character in self._guesses.before_a_byte(way.previous, way.pending, after):
                    yield self._said(way, character, IN_STEP, at + 1, lost=1)
                byte = self._codes.get(after, ord(after) << 8) >> 8
                for first, second in self._guesses.pairs(way.previous, way.pending, byte):
                    lead = self._codes[second] >> 8
                    step = self._said(way, first, IN_STEP, at + 1, lost=1)
                    yield step._replace(pending=lead, last=lead)
            # The slack is for rounding.
            least -= way.score + 1e-9
            for character in self._guesses.with_lead(self._before(way, at), way.pending, least):
                step = self._said(way, character, IN_STEP, at + 1, lost=1)
                if after and not stands:
                    eaten = self._eaten(at)
                    step = self._said(step, eaten, IN_STEP, at + 1, lost=1)
                yield step
            return
        yield self._as_it_is(way, "?", 0)
        if self._punctuation and after:
            yield from self._torn_punctuation(way, at, after, stands)

    def _eaten(self, at: int) -> str:
        """Return the ASCII character below `@` that went with the byte at `at`, `?` if unknown.

        The first digit of a year of four digits follows from the other three; elsewhere a comma is
        likelier than all others where punctuation has become half-width.
        """
        if year := _YEAR.match(self._raw, at + 1):
            return "2" if year[1] < "050" else "1"
        return "," if self._punctuation else "?"

    def _torn_punctuation(self, way: Way, at: int, after: str, stands: bool) -> Iterator[Way]:
        """Suppose `。《` lost the first byte of 。; its second and the first of 《 became `!`.

        The half-width character stands in the text, or went with the byte.
        """
        opened = way._replace(groups=(*way.groups, Group(at, at + 1, "")))
        before, mark = self._before(way, at), MARK.match(self._raw, at + 1)
        if stands and not mark:
            for character in self._guesses.with_trail(before, _WIDE):
                yield self._said(opened, character, KEPT, at + 1, lost=1)._replace(marked=True)
            return
        seconds: dict[int, str] = {}
        byte = self._codes.get(after, ord(after) << 8) >> 8
        for wide in (ord(character) | 0x80 for character in PUNCTUATION):
            if mark:
                likely = self._guesses.marked(wide, mark[1])[:1]
                seconds[wide] = likely[0][1] if likely else ""
            elif byte < 0x100:
                seconds[wide] = self._characters[wide << 8 | byte]
        for character, wide in self._guesses.before_each(before, _WIDE, seconds):
            step = self._said(opened, character, IN_STEP, at + 1, lost=1)
            yield step._replace(pending=wide, last=wide, marked=True)

    def _before(self, way: Way, at: int) -> str:
        """Return the last few characters of the undamaged text before `at`."""
        start, text = (way.groups[-1].start, way.groups[-1].text) if way.groups else (at, "")
        return (BRACKET.sub("", self._raw[max(0, start - 40) : start]) + text)[-4:]

    def _at_mark(self, way: Way, at: int, end: int, pinyin: str, gaps: bool) -> Iterator[Way]:
        """Take a mark for the second byte of a table character read so, which it replaced."""
        if way.pending == KEPT:
            return
        opened = way
        if way.pending == IN_STEP and not (way.groups and way.groups[-1].end == at):
            start = self.character_before(at)
            if start is None or self._raw[start] != way.previous:
                return
            opened = way._replace(groups=(*way.groups, Group(start, at, way.previous)))
        for handicap, character in self._guesses.marked(way.last, pinyin):
            byte = self._codes[character] & 0xFF
            scored = opened._replace(score=opened.score + handicap, marked=True, earlier=None)
            if way.pending >= 0:
                step = self._said(scored, character, IN_STEP, end)
                yield step._replace(last=byte, marked=True)
            elif byte > 0x80:
                groups = (*scored.groups[:-1], scored.groups[-1]._replace(end=end))
                yield scored._replace(pending=byte, last=byte, groups=groups, fresh=False)
        if gaps and way.pending >= 0:
            marked = way._replace(marked=True)
            for first, character in self._guesses.pairs_at_mark(way.previous, way.pending, pinyin):
                step = self._said(marked, first, IN_STEP, end, lost=1)._replace(marked=True)
                step = self._said(step, character, IN_STEP, end, lost=1)
                yield step._replace(last=self._codes[character] & 0xFF, marked=True)

    def character_before(self, at: int) -> int | None:
        """Return where the character before `at` stands, brackets skipped."""
        raw = self._raw
        at -= 1
        for _ in range(3):
            if at < 0:
                return None
            if raw[at] != ")":
                return at
            opening = raw.rfind("(", max(0, at - 12), at)
            if opening < 0 or BRACKET.fullmatch(raw, opening, at + 1) is None:
                return None
            at = opening - 1
        return None
