"""How likely one character follows another, from word lists and from the document itself.

Several texts may explain the same damage; this tells prose from gibberish. The counts come from
the jieba dictionary (word frequencies) over the phrases of pypinyin, both of which are installed
for other reasons, and from undamaged text nearby.
"""

from collections import Counter
from functools import cache, lru_cache
from itertools import pairwise
from math import inf, log

from ragbot.text.script import to_simplified, to_traditional
from ragbot.text.tokens import frequency

__all__ = ["Prose", "alone", "as_words", "beginnings", "ends_a_word", "is_prose", "paired"]

# Size of the corpus behind jieba's word frequencies.
_JIEBA_TOTAL = 60_101_967
# Shares of the sources in a probability. They only have to keep gibberish and prose apart, which
# differ by many orders of magnitude: 0.2 or 0.5 in these places changes nothing.
_NEAR, _WORDS, _NEAR_ONE, _ANY_ONE = 0.35, 0.35, 0.1, 0.2
_PUNCTUATION = (
    dict.fromkeys("，。、", 2e-2)
    | {",": 2e-2}
    | dict.fromkeys("「」《》“”（）：；？！…—·『』\u3000():;?!", 2e-3)
)
_PAUSES = frozenset("，。、；：！？·,;:!?")
# Lines end with one of the first, and none with one of the others.
_OFTEN_LAST = frozenset("。！？!?")
_NEVER_LAST = frozenset("「『《〈（【“‘、，：·,:(")
_NEVER = 1e-8
# All the rare characters together are a few in a thousand.
_RARELY = 1e-7


@cache
def _characters() -> dict[str, float]:
    """Return the share of each simplified character in running text."""
    from pypinyin.constants import PHRASES_DICT

    counts: Counter[str] = Counter()
    for phrase in PHRASES_DICT:
        if len(phrase) < 5 and (count := frequency(phrase)):
            for character in phrase:
                counts[character] += count
    for character in map(chr, range(0x4E00, 0x9FA6)):
        if count := frequency(character):
            counts[character] += count
    total = sum(counts.values())
    return {character: count / total for character, count in counts.items()}


@cache
def _scripts() -> tuple[dict[str, str], frozenset[str]]:
    """Return the simplified form of each Chinese character, and those of no traditional text."""
    characters = list(map(chr, range(0x4E00, 0x9FA6)))
    simplified = to_simplified("\n".join(characters)).split("\n")
    traditional = to_traditional("\n".join(characters)).split("\n")
    foreign = {
        one
        for one, hans, hant in zip(characters, simplified, traditional, strict=True)
        if one == hans != hant
    }
    return dict(zip(characters, simplified, strict=True)), frozenset(foreign)


@lru_cache(maxsize=65536)
def alone(character: str) -> float:
    """Return the share of a character in traditional running text."""
    if character in _PUNCTUATION:
        return _PUNCTUATION[character]
    simplified, foreign = _scripts()
    if character not in simplified:
        return _NEVER if ord(character) > 0x7F else 1e-4
    share = _characters().get(simplified[character], 0.0)
    return max(share / 100 if character in foreign else share, _RARELY)


@lru_cache(maxsize=1 << 18)
def _pair(first: str, second: str) -> float:
    """Return how likely the dictionary makes `second` after `first`."""
    simplified = _scripts()[0]
    if first not in simplified or second not in simplified:
        return 0.0
    word = simplified[first] + simplified[second]
    count = frequency(word)
    if not count:
        return 0.0
    share = _characters().get(word[0], 0.0) * _JIEBA_TOTAL
    return min(0.5, count / max(share, 100.0))


# Running text has -6 to -8 as the mean logarithm of the shares of its characters.
_PROSE = -9.0
# Five characters hold all but a few names.
_LONGEST_WORD = 5


@lru_cache(maxsize=65536)
def _word(word: str) -> float:
    count = frequency(word)
    return log(count / _JIEBA_TOTAL) if count else -inf


def is_prose(text: str) -> bool:
    """Tell whether the characters are on the whole as frequent as those of running text."""
    frequent = [log(alone(character)) for character in text if character > "\x7f"]
    return not frequent or sum(frequent) >= _PROSE * len(frequent)


def beginnings(before: str) -> tuple[str, ...]:
    """Return the last two, three and four characters of `before`, simplified, as far as they exist.

    Only those that may begin a word: no word of the dictionary goes on behind punctuation.
    """
    simplified = _scripts()[0]
    plain = "".join(simplified.get(one, one) for one in before[1 - _LONGEST_WORD :])
    return tuple(plain[start:] for start in range(len(plain) - 1) if plain[start:].isalnum())


def ends_a_word(begun: tuple[str, ...], character: str) -> bool:
    """Tell whether the character ends a word of three to five characters begun so."""
    simplified = _scripts()[0].get(character, character)
    return any(_word(start + simplified) > -inf for start in begun)


def as_words(text: str) -> float:
    """Return the logarithm of the probability of a text as a row of words of the dictionary.

    It knows words of three and more characters, such as 亞得里亞海, of which pairs know nothing.
    """
    simplified = _scripts()[0]
    plain = "".join(simplified.get(character, character) for character in text)
    best = [0.0]
    for end, character in enumerate(text, start=1):
        score = best[end - 1] + log(alone(character))
        for start in range(max(0, end - _LONGEST_WORD), end - 1):
            score = max(score, best[start] + _word(plain[start:end]))
        best.append(score)
    return best[-1]


def paired(before: str, text: str) -> int:
    """Return how many brackets and quotation marks of `text` close what is open, less the others.

    Whether one is open at the start of `text` is seen from `before`.
    """
    right = 0
    for opening, closing in ("「」", "『』", "《》", "“”", "（）"):
        is_open = before.rfind(opening) > before.rfind(closing)
        for character in text:
            if character == opening:
                is_open = True
            elif character == closing:
                right += 1 if is_open else -1
                is_open = False
    return right


class Prose:
    """Judge of pairs of characters for one stretch of a document."""

    __slots__ = ("_cache", "_ones", "_pairs", "_total")

    def __init__(self, near: str) -> None:
        """Learn from `near`, text of the same document that is not damaged."""
        self._ones = Counter(near)
        self._pairs = Counter(pairwise(near))
        for one in self._ones:
            # Every `?` is on trial, and must not be its own witness.
            if self._pairs.get((one, "?")) == 1:
                del self._pairs[one, "?"]
        self._total = max(len(near), 1)
        self._cache: dict[tuple[str, str], float] = {}

    def score(self, first: str, second: str) -> float:
        """Return the logarithm of the probability of `second` after `first`."""
        key = (first, second)
        known = self._cache.get(key)
        if known is None:
            if second == "\n" and (first in _NEVER_LAST or first in _OFTEN_LAST):
                known = self._cache[key] = log(0.1 if first in _OFTEN_LAST else _RARELY)
                return known
            near = self._pairs[key] / self._ones[first] if key in self._pairs else 0.0
            if first in _PAUSES and second in _PAUSES:
                # Nothing pauses twice, unless this author does.
                known = self._cache[key] = log(_NEAR * near + _RARELY)
                return known
            known = self._cache[key] = log(
                _NEAR * near
                + _WORDS * (_pair(first, second) if first > "\u3400" < second else 0.0)
                + _NEAR_ONE * self._ones[second] / self._total
                + _ANY_ONE * alone(second)
            )
        return known

    def knows(self, first: str, second: str) -> bool:
        """Tell whether the pair is a word, or stands elsewhere nearby."""
        return (first, second) in self._pairs or (
            first > "\u3400" < second and _pair(first, second) > 0
        )
