"""Which characters may stand where bytes are missing, the likeliest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from math import inf, log

from ragbot.text.annotations import plain
from ragbot.text.gbk import missing_pairs, readers, tables
from ragbot.text.plausible import Prose, alone, beginnings, ends_a_word

__all__ = ["Guesses"]

# How many explanations of each hole are followed.
_TRIED = 4
# A table character that stands nowhere whole in the document, and the rarer, the less likely.
_UNSEEN = -2.0
_FREQUENT = 1e-3
_RARE = 1e-6
# Where the bytes at hand make no likelier character than this, bytes may have vanished instead.
_DOUBTFUL = log(1e-3)


def _with_bytes(lead: int, trail: int) -> list[str]:
    """Return the characters with this first or second byte; the other byte is given as 0."""
    characters = tables().characters
    if lead:
        return [c for c in characters[lead << 8 : (lead + 1) << 8] if c]
    return [c for c in characters[0x8100 | trail : 0xFF00 : 0x100] if c]


@cache
def _common(lead: int, trail: int) -> tuple[str, ...]:
    return tuple(c for c in _with_bytes(lead, trail) if alone(c) > _RARE)


@cache
def _rare(lead: int, trail: int) -> tuple[str, ...]:
    return tuple(c for c in _with_bytes(lead, trail) if alone(c) <= _RARE)


class Guesses:
    """Guesses about one document."""

    def __init__(self, table: Mapping[str, str]) -> None:
        """Take the characters the document's converter marks, with their pinyin."""
        self._page = tables()
        self._by_syllable: dict[str, list[str]] = {}
        for character, pinyin in table.items():
            self._by_syllable.setdefault(plain(pinyin), []).append(character)
        self.judge_by(Prose(""))

    def judge_by(self, prose: Prose) -> None:
        """Guess by what is likely in this stretch of the document."""
        self.prose = prose
        self._known: dict[tuple[str, int, int], list[tuple[str, str]]] = {}
        self._ranked: dict[tuple[str, int, int], list[tuple[float, str]]] = {}

    def is_doubtful(self, previous: str, character: str) -> bool:
        """Tell whether the character is a surprise here."""
        return not character or (
            self.prose.score(previous, character) < _DOUBTFUL
            and not self.prose.knows(previous, character)
        )

    def marked(self, lead: int, pinyin: str) -> list[tuple[float, str]]:
        """Return the table characters with this first byte and reading, with a handicap each."""
        syllable, codes = plain(pinyin), self._page.codes
        seen = [c for c in self._by_syllable.get(syllable, ()) if codes.get(c, 0) >> 8 == lead]
        return [(0.0, character) for character in seen] + [
            (_UNSEEN + min(0.0, log(alone(character) / _FREQUENT)), character)
            for character in readers(lead, syllable)
            if character not in seen
        ]

    def with_lead(self, before: str, lead: int, least: float) -> list[str]:
        """Return the likeliest characters behind `before` that have this first byte.

        Those that score less than `least` may be left out.
        """
        return self._likeliest(before, lead, 0, least)

    def with_trail(self, before: str, trail: int) -> list[str]:
        """Return the likeliest characters behind `before` that have this second byte."""
        return self._likeliest(before, 0, trail, -inf)

    def _likeliest(self, before: str, lead: int, trail: int, least: float) -> list[str]:
        previous = before[-1:]
        key = previous, lead, trail
        ranked = self._ranked.get(key)
        if ranked is None:
            score, knows = self.prose.score, self.prose.knows
            likely = [*_common(lead, trail)]
            likely += [c for c in _rare(lead, trail) if knows(previous, c)]
            # The character itself settles ties.
            ranked = self._ranked[key] = sorted((-score(previous, c), c) for c in likely)
        found = [c for cost, c in ranked[: 2 * _TRIED] if -cost >= least]
        if len(found) < 2 * _TRIED or not (begun := beginnings(before)):
            return found
        rest = (c for cost, c in ranked[2 * _TRIED :] if -cost >= least and ends_a_word(begun, c))
        return found + list(islice(rest, _TRIED))

    def before_each(
        self, before: str, trail: int, seconds: Mapping[int, str]
    ) -> list[tuple[str, int]]:
        """Return the likeliest characters with this second byte, each with a key of `seconds`.

        One of `seconds` stands behind it: where that is known, it helps to choose both.
        """
        score, previous = self.prose.score, before[-1:]
        behind = [(first, -score(previous, first)) for first in _common(0, trail)]
        found = sorted(
            (cost - score(first, second), first, key)
            for key, second in seconds.items()
            if second and alone(second) > _RARE
            for first, cost in behind
        )
        likely = [(first, key) for _, first, key in found[: 2 * _TRIED]]
        if begun := beginnings(before):
            ending = {first for first, _ in behind if ends_a_word(begun, first)}
            rest = ((first, key) for _, first, key in found[2 * _TRIED :] if first in ending)
            likely += islice(rest, _TRIED)
        return likely

    def before_a_byte(self, previous: str, lead: int, coming: str) -> list[str]:
        """Return the likeliest characters whose second byte stood alone before `coming`.

        They have this first byte. The decoder gives up the second byte by itself where GBK has no
        character of it and the byte behind it.
        """
        characters, score = self._page.characters, self.prose.score
        code = self._page.codes.get(coming, ord(coming))
        byte = code >> 8 if code > 0xFF else code
        if not 0x40 <= byte < 0x100:
            return []
        found = sorted(
            (-score(previous, character) - score(character, coming), character)
            for trail in range(0x80, 0xFF)
            if not characters[trail << 8 | byte] and (character := characters[lead << 8 | trail])
        )
        return [character for _, character in found[:_TRIED]]

    def pairs(self, previous: str, lead: int, trail: int) -> list[tuple[str, str]]:
        """Return pairs of characters whose two inner bytes vanished; the outer ones are left."""
        key = previous, lead, trail
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._pairs(previous, lead, trail)
        return known

    def _pairs(self, previous: str, lead: int, trail: int) -> list[tuple[str, str]]:
        score = self.prose.score
        firsts: dict[str, float] = {}
        found = []
        for first, second in missing_pairs(lead, trail):
            if first not in firsts:
                firsts[first] = score(previous, first)
            found.append((firsts[first] + score(first, second), first, second))
        found.sort(reverse=True)
        return [(first, second) for _, first, second in found[:_TRIED]]

    def pairs_at_mark(self, previous: str, lead: int, pinyin: str) -> Iterator[tuple[str, str]]:
        """Yield pairs of which the second is a table character, and only `lead` is left of both.

        Only the table itself can name that character then.
        """
        score, page = self.prose.score, self._page
        found = []
        for character in self._by_syllable.get(plain(pinyin), ()):
            third = page.codes.get(character, 0) >> 8
            for second, thirds in page.vanishing.items():
                first = page.characters[lead << 8 | second]
                if first and third in thirds:
                    total = score(previous, first) + score(first, character)
                    found.append((total, first, character))
        found.sort(reverse=True)
        for _, first, character in found[:_TRIED]:
            yield first, character

    def before_a_letter(self, previous: str, lead: int) -> str:
        """Return the likeliest character whose second byte vanished together with a letter."""
        page = self._page
        # The second bytes that make no character with a letter behind them.
        firsts = [c for trail in range(0xA1, 0xA8) if (c := page.characters[lead << 8 | trail])]
        return max(firsts, key=lambda c: (self.prose.score(previous, c), c), default="")
