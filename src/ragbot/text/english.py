"""Tell a question in English from a name, a product or an abbreviation that stands alone."""

import re

__all__ = ["is_english"]

_HAN = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_ASKING = "what who whom whose when where which why how"
_OPENING = (
    "is are was were do does did can could should would will may must has have tell list explain "
    "describe give show name compare summarize summarise please and"
)
_JOINING = (
    "the a an of in on at to for from with without by or not be been had this that these those it "
    "its their there about as than if any all many much"
)
_ASKS, _OPENS = frozenset(_ASKING.split()), frozenset(_OPENING.split())
_FUNCTION = _ASKS | _OPENS - {"name", "list", "show"} | frozenset(_JOINING.split())
_MANY = 5
"""Lower-case words without a function word that no name has."""


def is_english(text: str) -> bool:
    """Tell whether a text is a sentence of English words; any foreign one counts as English.

    GDP?, iPhone 15 Pro? and Bank of China are names, which people ask for in any language.
    """
    words = _WORD.findall(text)
    if _HAN.search(text) or not words:
        return False
    # Without upper case: words of scripts that have none besides, a stretch of kana included.
    small = [word for word in words if word == word.lower()]
    first = words[0].lower()
    if first in _ASKS and not words[0].isupper():
        return True
    if first in _OPENS and small[words[0] == first :]:
        return True
    if any(not word.isascii() for word in small) and sum(map(len, small)) >= 2 * _MANY:
        return True
    return len(small) >= (2 if _FUNCTION.intersection(small) else _MANY)
