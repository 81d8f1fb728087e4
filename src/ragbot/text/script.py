"""Simplified and Traditional: which one a text is in, and character-by-character conversion.

OpenCC's plain ``s2t`` and ``t2s`` are used, never the regional configurations: those change words
(知识产权 becomes 智慧財產權), and a quote must keep the author's words.
"""

from collections.abc import Callable
from functools import cache
from operator import ne
from typing import Literal

__all__ = ["Script", "convert", "detect_script", "script_of", "to_simplified", "to_traditional"]

Script = Literal["hans", "hant"]

_LONE_SURROGATES = dict.fromkeys(range(55296, 57344), "�")


@cache
def _converter(config: Literal["s2t", "t2s"]) -> Callable[[str], str]:
    import opencc

    convert: Callable[[str], str] = opencc.OpenCC(config).convert
    return convert


def _safe(text: str) -> str:
    # OpenCC wants valid UTF-8; a lone surrogate (from a badly decoded file name or form) has none.
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.translate(_LONE_SURROGATES)
    return text


def to_simplified(text: str) -> str:
    """Convert to Simplified; text that is Simplified already stays as it is."""
    return _converter("t2s")(_safe(text))


def to_traditional(text: str) -> str:
    """Convert Simplified text to Traditional; what is Traditional already may be changed."""
    return _converter("s2t")(_safe(text))


def convert(text: str, script: Script) -> str:
    """Convert to the script given, keeping every word."""
    if script == "hans":
        return to_simplified(text)
    return to_traditional(text) if detect_script(text) == "hans" else text


def detect_script(text: str) -> Script:
    """Tell which script a text is written in; text that fits both counts as Simplified."""
    return script_of(text) or "hans"


def script_of(text: str) -> Script | None:
    """Tell which script a text is written in; None where it may be either: 你好, 台北.

    A character counts for Traditional where ``t2s`` changes it, for Simplified where ``s2t`` does
    and Big5, the Traditional character set, does not have it: 台, 里 and 游 are written in both.
    Only the first 20,000 characters are looked at: a document does not change script half way.
    """
    sample = _safe(text[:20_000])
    as_hans, as_hant = _converter("t2s")(sample), _converter("s2t")(sample)
    if len(as_hans) != len(sample) or len(as_hant) != len(sample):
        # A phrase rule changed the length; count differences by set instead of by position.
        traditional = len(set(sample) - set(as_hans))
        changed = list(set(sample) - set(as_hant))
    else:
        traditional = sum(map(ne, sample, as_hans))
        changed = [char for char, other in zip(sample, as_hant, strict=True) if char != other]
    simplified = sum(not _in_big5(char) for char in changed)
    if traditional == simplified:
        return None
    return "hant" if traditional > simplified else "hans"


@cache
def _in_big5(char: str) -> bool:
    try:
        char.encode("big5")
    except UnicodeEncodeError:
        return False
    return True
