"""Which characters may stand where bytes are missing, the likeliest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import log

from ragbot.text.annotations import plain
from ragbot.text.gbk import missing_pairs, readers, tables
from ragbot.text.plausible import Prose, alone

__all__ = ["Guesses"]

# How many explanations of each hole are followed.
_TRIED = 4
# A table character that stands nowhere whole in the document, and the rarer, the less likely.
_UNSEEN = -2.0
_FREQUENT = 1e-3
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

    def with_lead(self, previous: str, lead: int) -> list[str]:
        """Return the likeliest characters behind `previous` that have this first byte."""
        codes = self._page.codes
        near = [c for c in self.prose.followers(previous) if codes.get(c, 0) >> 8 == lead]
        return self._likeliest(previous, {*near, *self._page.by_lead.get(lead, ())})

    def with_trail(self, previous: str, trail: int) -> list[str]:
        """Return the likeliest characters behind `previous` that have this second byte."""
        codes = self._page.codes
        near = [
            c
            for c in self.prose.followers(previous)
            if c > "\x7f" and codes.get(c, 0) & 0xFF == trail
        ]
        return self._likeliest(previous, {*near, *self._page.by_trail.get(trail, ())})

    def _likeliest(self, previous: str, characters: Iterable[str]) -> list[str]:
        score = self.prose.score
        # The character itself settles ties, so that the order of a set does not.
        return sorted(characters, key=lambda c: (-score(previous, c), c))[: 2 * _TRIED]

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
