"""Which characters may stand where bytes are missing, the likeliest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import log

from ragbot.text.annotations import plain
from ragbot.text.gbk import missing_pairs, readers, tables
from ragbot.text.plausible import Prose, alone, ends_a_word

__all__ = ["Guesses"]

# How many explanations of each hole are followed.
_TRIED = 4
# A table character that stands nowhere whole in the document, and the rarer, the less likely.
_UNSEEN = -2.0
_FREQUENT = 1e-3
_RARE = 1e-6
# Where the bytes at hand make no likelier character than this, bytes may have vanished instead.
_DOUBTFUL = log(1e-3)


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

    def with_lead(self, before: str, lead: int) -> list[str]:
        """Return the likeliest characters behind `before` that have this first byte."""
        return self._likeliest(before, self._page.characters[lead << 8 : (lead + 1) << 8])

    def with_trail(self, before: str, trail: int) -> list[str]:
        """Return the likeliest characters behind `before` that have this second byte."""
        return self._likeliest(before, self._page.characters[0x8100 | trail : 0xFF00 : 0x100])

    def _likeliest(self, before: str, characters: Iterable[str]) -> list[str]:
        score, knows, previous = self.prose.score, self.prose.knows, before[-1:]
        likely = [c for c in characters if c and (alone(c) > _RARE or knows(previous, c))]
        # The character itself settles ties.
        found = [c for _, c in sorted((-score(previous, c), c) for c in likely)]
        rest = found[2 * _TRIED :]
        return found[: 2 * _TRIED] + [c for c in rest if ends_a_word(before, c)][:_TRIED]

    def before_each(
        self, before: str, trail: int, seconds: Mapping[int, str]
    ) -> list[tuple[str, int]]:
        """Return the likeliest characters with this second byte, each with a key of `seconds`.

        One of `seconds` stands behind it: where that is known, it helps to choose both.
        """
        score, previous = self.prose.score, before[-1:]
        characters = self._page.characters[0x8100 | trail : 0xFF00 : 0x100]
        firsts = [c for c in characters if c and alone(c) > _RARE]
        found = sorted(
            (-score(previous, first) - score(first, second), first, key)
            for key, second in seconds.items()
            if second and alone(second) > _RARE
            for first in firsts
        )
        likely = [(first, key) for _, first, key in found]
        rest = likely[2 * _TRIED :]
        return likely[: 2 * _TRIED] + [one for one in rest if ends_a_word(before, one[0])][:_TRIED]

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
