"""GBK as tables: which bytes are which character, and which characters share a byte.

The damage happens between bytes, so this is the alphabet its repair is written in. A code is
`lead << 8 | trail`.
"""

from dataclasses import dataclass
from functools import cache, lru_cache

from ragbot.text.annotations import readings
from ragbot.text.density import is_traditional
from ragbot.text.plausible import alone

__all__ = ["Tables", "missing_pairs", "readers", "tables"]

# Enough to hold every character that is not rare among the 190 that share a byte.
_COMMON = 40
_RARE = 1e-6


@dataclass(frozen=True, slots=True)
class Tables:
    """The code page; built once."""

    characters: list[str]
    """Character of each code, "" where GBK has none: such a pair vanishes from damaged text."""
    codes: dict[str, int]
    """Code of each character; includes the private-use characters of converters that keep them."""
    vanishing: dict[int, tuple[int, ...]]
    """For each first byte of pairs without a character, their second bytes."""
    by_trail: dict[int, tuple[str, ...]]
    """For each second byte the characters that are not rare, the most frequent first."""


@cache
def tables() -> Tables:
    """Return the code page."""
    characters = [""] * 0x10000
    codes: dict[str, int] = {}
    vanishing: dict[int, list[int]] = {}
    by_trail: dict[int, list[str]] = {}
    for lead in range(0x81, 0xFF):
        for trail in (*range(0x40, 0x7F), *range(0x80, 0xFF)):
            pair, code = bytes((lead, trail)), lead << 8 | trail
            try:
                character = pair.decode("gbk")
            except UnicodeDecodeError:
                vanishing.setdefault(lead, []).append(trail)
                codes.setdefault(pair.decode("gb18030"), code)
                continue
            characters[code] = character
            codes[character] = code
            by_trail.setdefault(trail, []).append(character)
    return Tables(
        characters,
        codes,
        {lead: tuple(trails) for lead, trails in vanishing.items()},
        {trail: _common(found) for trail, found in by_trail.items()},
    )


def _common(characters: list[str]) -> tuple[str, ...]:
    return tuple(sorted(characters, key=alone, reverse=True)[:_COMMON])


@cache
def readers(lead: int, syllable: str) -> tuple[str, ...]:
    """Return the traditional characters with this first byte and this toneless reading.

    Tables hold characters that the converter changed, so only traditional ones.
    """
    return tuple(
        character
        for character in tables().characters[lead << 8 : (lead + 1) << 8]
        if character and syllable in readings(character) and is_traditional(character)
    )


@cache
def _firsts(lead: int) -> tuple[tuple[float, str, frozenset[int]], ...]:
    """Return the likely characters whose second byte may begin a pair that vanishes."""
    page = tables()
    found = [
        (alone(first), first, frozenset(thirds))
        for second, thirds in page.vanishing.items()
        if (first := page.characters[lead << 8 | second]) and alone(first) > _RARE
    ]
    return tuple(sorted(found, key=lambda one: -one[0]))


@cache
def _seconds(trail: int) -> tuple[tuple[float, str, int], ...]:
    """Return the likely characters with this second byte, and their first bytes."""
    page = tables()
    return tuple(
        (alone(second), second, page.codes[second] >> 8)
        for second in page.by_trail.get(trail, ())
        if alone(second) > _RARE
    )


@lru_cache(maxsize=32768)
def missing_pairs(lead: int, trail: int) -> tuple[tuple[str, str], ...]:
    """Return the likely pairs of characters of which only these two outer bytes are left.

    The second byte of the first and the first byte of the second made a pair that GBK does not
    have, and vanished.
    """
    found = [
        (share * other, first, second)
        for share, first, thirds in _firsts(lead)
        for other, second, third in _seconds(trail)
        if third in thirds
    ]
    found.sort(reverse=True)
    return tuple((first, second) for _, first, second in found[:_COMMON])
