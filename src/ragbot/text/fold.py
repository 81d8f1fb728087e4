"""The search key of a text: Simplified, NFKC, lower case, without annotations.

A key is for the embedder and the lexical index. It is never shown, and no quote is built from it.
"""

import re
import unicodedata

from ragbot.text.annotations import annotation_spans
from ragbot.text.numbers import unify_numbers
from ragbot.text.script import to_simplified
from ragbot.text.zhu import join_particle

__all__ = ["FOLD_VERSION", "fold", "plain"]

FOLD_VERSION = 2
"""Changes whenever a key may come out differently; an index built with another is not mixed in."""

# Cc without tab and line ends, Cf (zero-width, bidi marks, soft hyphen), variation selectors.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_SPACES = re.compile(r"[^\S\n]+")

# Pairs that t2s keeps apart although writers mix them (妳/你), and signs of one meaning.
_VARIANTS = str.maketrans(
    "妳祂牠姊瞭麽‘’“”「」『』〝〞—–−‐‑─━·‧・•∙【】〔〕〈〉",
    '你它它姐了么\'\'""""""""-------·····[][]<>',
)


def plain(text: str) -> str:
    """Return a text in Simplified and half width without annotations, in the case it has."""
    spans = list(annotation_spans(text))
    if spans:
        kept, position = [], 0
        for start, end in spans:
            kept.append(text[position:start])
            position = end
        kept.append(text[position:])
        text = "".join(kept)
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    text = to_simplified(text).translate(_VARIANTS).replace("甚么", "什么")
    return _SPACES.sub(" ", join_particle(text)).strip()


def fold(text: str) -> str:
    """Fold a text for search; two spellings of the same words have the same key."""
    return unify_numbers(plain(text).lower())
