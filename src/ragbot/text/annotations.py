"""Pinyin annotations: brackets that hold a reading of the characters before them.

Scrapers leave them in several dresses: 計(jì), 會(huì ), 業(ye)(ye), 關(guan) 於(yu), 計（jì）,
漢字(hàn zì) and ruby markup. All are recognised here; whether one is damage is not decided here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

# Letters of pinyin as sites write them. GBK has script a and g of their own (U+0251, U+0261), and
# combining marks come from decomposed text.
PINYIN = "a-zāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüêếềḿńňǹɑɡăĕĭŏŭ\u0300\u0301\u0302\u0304\u0306\u0308\u030c"
HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"

# Syllables divide in one way only, so that a long run of letters costs no more than its length.
_SYLLABLE = rf"[{PINYIN}]{{1,24}}[1-5]?"
_BRACKET = rf"[(（]\s?{_SYLLABLE}(?:[ '’\u00a0]{_SYLLABLE}){{0,5}}\s?[)）]"
_ANNOTATED = re.compile(rf"(?<=[{HAN}])(?: ?{_BRACKET}){{1,3}}")
_ONE = re.compile(r"[(（]([^()（）]*)[)）]")
_RUBY = re.compile(r"<ruby>([^\n]{1,400}?)</ruby>", re.IGNORECASE)
_RUBY_PAIR = re.compile(
    rf"(?:<rb>)?([{HAN}]{{1,8}})(?:</rb>)?(?:<rp>[(（]</rp>)?<rt>([^<]{{1,60}})</rt>"
    r"(?:<rp>[)）]</rp>)?",
    re.IGNORECASE,
)
_UMLAUTS = str.maketrans("üǖǘǚǜ", "vvvvv")
_TONED = re.compile(r"[^a-z' ’\u00a01-5]")


@dataclass(frozen=True, slots=True)
class Annotation:
    """A bracket, or several, over the `base` characters before it; code points of the text.

    The group is `start:end`; `base` is what remains of it; the bracket is `bracket:end` (for ruby
    the whole element is the bracket and the base is inside).
    """

    start: int
    bracket: int
    end: int
    base: str
    reading: str


@lru_cache(maxsize=16384)
def plain(pinyin: str) -> str:
    """Return one syllable without its tone: `lǜ`, `lv4` and `lü` are all `lv`."""
    letters = unicodedata.normalize("NFC", pinyin.replace("ɑ", "a").replace("ɡ", "g").lower())
    letters = unicodedata.normalize("NFD", letters.translate(_UMLAUTS))
    return "".join(c for c in letters if "a" <= c <= "z")


@lru_cache(maxsize=32768)
def readings(character: str) -> frozenset[str]:
    """Return every reading of the character known to pypinyin, toneless; none for a non-Han."""
    from pypinyin.constants import PINYIN_DICT

    known = PINYIN_DICT.get(ord(character), "")
    return frozenset(plain(reading) for reading in known.split(",") if reading)


@lru_cache(maxsize=65536)
def _reads(characters: str, bracket: str) -> int:
    """Return how many of the last characters the bracket's text reads, 0 for none."""
    syllables = [plain(part) for part in re.split(r"[ '’\u00a0]+", bracket.strip(" \u00a0'’"))]
    if len(syllables) > 1:
        if len(syllables) <= len(characters) and all(
            syllable in readings(character)
            for syllable, character in zip(syllables, characters[-len(syllables) :], strict=True)
        ):
            return len(syllables)
        return 0
    if syllables[0] in readings(characters[-1]):
        return 1
    # hànzì: run together; without a tone mark it is far more often a name or a foreign word.
    if _TONED.search(bracket):
        for length in range(2, min(6, len(characters)) + 1):
            if _spells(syllables[0], characters[-length:]):
                return length
    return 0


def _spells(letters: str, characters: str) -> bool:
    if not characters:
        return not letters
    return any(
        letters.startswith(reading) and _spells(letters[len(reading) :], characters[1:])
        for reading in readings(characters[0])
    )


def find_annotations(text: str) -> Iterator[Annotation]:
    """Yield every annotation of the text in order, whatever the density."""
    if "<ruby>" in text or "<RUBY>" in text:
        yield from _with_ruby(text)
    else:
        yield from _brackets(text, 0, len(text))


def _brackets(text: str, first: int, stop: int) -> Iterator[Annotation]:
    for match in _ANNOTATED.finditer(text, first, stop):
        start, end = match.span()
        before = text[max(first, start - 6) : start]
        count, last, spoken = 0, start, ""
        for one in _ONE.finditer(text, start, end):
            read = _reads(before, one[1].strip())
            if not read or (count and read != count):
                break
            count, last, spoken = read, one.end(), one[1]
        if count:
            yield Annotation(start - count, start, last, text[start - count : start], spoken)


def _with_ruby(text: str) -> Iterator[Annotation]:
    done = 0
    for match in _RUBY.finditer(text):
        pairs = list(_RUBY_PAIR.finditer(match[1]))
        if "".join(pair[0] for pair in pairs) != match[1].strip() or not all(
            _reads(pair[1], pair[2].strip()) == len(pair[1]) for pair in pairs
        ):
            continue
        yield from _brackets(text, done, match.start())
        base = "".join(pair[1] for pair in pairs)
        spoken = " ".join(pair[2] for pair in pairs)
        yield Annotation(match.start(), match.start(), match.end(), base, spoken)
        done = match.end()
    yield from _brackets(text, done, len(text))


def annotation_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of every bracket that holds a reading of the character before it.

    Density does not matter here. Of ruby markup everything but the characters themselves counts.
    """
    for annotation in find_annotations(text):
        start = annotation.bracket
        if start == annotation.start:
            for pair in _RUBY_PAIR.finditer(text, start, annotation.end):
                yield start, pair.start(1)
                start = pair.end(1)
        yield start, annotation.end
