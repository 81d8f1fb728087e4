"""The terms of a key: words, and bigrams of Chinese characters.

A dictionary misses names and new words, bigrams alone miss what a word is: the lexical index
holds both.
"""

import re
from functools import cache
from typing import Any

__all__ = ["NAME_TAGS", "bigrams", "content_words", "frequency", "tagged", "trigrams", "words"]

_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
_OTHER = rf"[^\W_{_HAN}]"
_RUNS = re.compile(rf"[{_HAN}]+|{_OTHER}+(?:\.{_OTHER}+)*%?")
_WORD = re.compile(r"[^\W_]")


NAME_TAGS = frozenset({"nr", "nrt", "nrfg", "ns", "nt", "nz", "eng"})
"""Tags of names among those of ICTCLAS: of people, places, organisations and other things."""


def _is_han(char: str) -> bool:
    return char >= "\u3007" and (char <= "\u9fff" or char >= "\U00020000")


def bigrams(key: str) -> list[str]:
    """Return overlapping pairs of Chinese characters, and Latin words and numbers whole.

    A Chinese character with no Chinese neighbour stands alone.
    """
    return _ngrams(key, 2)


def trigrams(key: str) -> list[str]:
    """Return overlapping triples of Chinese characters, and whatever is shorter whole."""
    return _ngrams(key, 3)


def _ngrams(key: str, length: int) -> list[str]:
    terms: list[str] = []
    for run in _RUNS.findall(key):
        if len(run) <= length or not _is_han(run[0]):
            terms.append(run)
        else:
            terms += [run[i : i + length] for i in range(len(run) - length + 1)]
    return terms


@cache
def _jieba() -> Any:
    # Importing it reads its dictionary, which takes a tenth of a second: only for who needs it.
    import rjieba

    return rjieba


def frequency(word: str) -> int:
    """Return how often a word stands in the corpus of jieba's dictionary; 0 for no such word."""
    try:
        return int(_jieba().suggest_freq(word)) if _jieba().has_word(word) else 0
    except UnicodeEncodeError:  # a lone surrogate, of a badly decoded file
        return 0


def words(key: str) -> list[str]:
    """Return the words of a key, long ones and the shorter ones inside them."""
    return [word for word in _jieba().cut_for_search(key) if _WORD.search(word)]


def tagged(key: str) -> list[tuple[str, str]]:
    """Return the words of a key, each with its part of speech in the tags of ICTCLAS."""
    found: list[tuple[str, str]] = _jieba().tag(key)
    return found


# Words that connect and ask; of one character, since longer ones are rare enough to weigh little.
_FUNCTION = frozenset(
    "的了着过是在有为与和及或而且于以被把将从到向对由其之所这那该此每各也都还又就才很最更"
    "不没无会能可要想叫名个位种项次家地得来去上下中里外后前时年月日号说做等第并但若如因故即则"
)


def content_words(key: str) -> list[str]:
    """Return the words that carry meaning, in order, without repeats.

    A word of one character that is no function word is joined to a neighbour of its kind: names
    that no dictionary knows fall apart into single characters.
    """
    found: list[str] = []
    pending = ""
    for word in _jieba().cut(key):
        if len(word) == 1 and _is_han(word) and _WORD.search(word):
            if word not in _FUNCTION:
                pending += word
                continue
            word = ""
        if pending:
            found.append(pending)
            pending = ""
        if word and _WORD.search(word):
            found.append(word)
    if pending:
        found.append(pending)
    return list(dict.fromkeys(found))
