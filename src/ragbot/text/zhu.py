"""著 and 着: one particle in two spellings, and one character that is no particle.

Traditional writes 看著 and 著作 with one character. Simplified writes 看着, which is the same word,
but 著作 (zhù: to write, to stand out), which is another. OpenCC leaves both as they are.
"""

import re

from ragbot.text.tokens import frequency, tagged

__all__ = ["join_particle"]

# The words with zhù, in Simplified: what is written, and what stands out.
_WHOLE = (
    "著作权 著作人 著作物 著作集 著作等身 著名商标 著书立说 著录项 "
    "显著 卓著 昭著 彰明较著 见微知著 土著 名著 原著 巨著 专著 遗著 拙著 旧著 处女著"
)
# 论著 is one word, but 讨论著 is 讨论着.
_ENDING = "论著 编著 译著 合著 新著 所著 撰著"
# 著作 is one word, but 随著作品 is 随着作品.
_BEGINNING = "著名 著作 著者 著述 著录 著称 著书 著绩"
# 他著有三书 and 带著有毒 (带着有毒): no word behind them tells.
_WEAK = "著有 著成 著于 著文 著写"
_LONGEST_WORD = 4

_ZHU = re.compile(
    "|".join(
        f"(?P<{kind}>{'|'.join(words.split())})"
        for kind, words in (
            ("whole", _WHOLE),
            ("ending", _ENDING),
            ("beginning", _BEGINNING),
            ("weak", _WEAK),
        )
    )
    + "|著"
)


def join_particle(text: str) -> str:
    """Write the particle 著 of a Simplified text as 着, and leave 著 in 著作, 著名 and 显著."""
    return _ZHU.sub(_joined, text) if "著" in text else text


def _joined(match: re.Match[str]) -> str:
    word, text = match[0], match.string
    before = text[max(match.start() - _LONGEST_WORD, 0) : match.start()]
    after = text[match.end() :][:1]
    if match["ending"]:
        particle = _ends_verb(before + word[0], f"着{after}") and f"著{after}" not in _BEGINNING
    elif match["beginning"]:
        particle = bool(after and frequency(word[1] + after)) and _takes_particle(before)
    elif match["weak"]:
        particle = _takes_particle(before) or tagged(before[-1:] or "。")[0][1].startswith("v")
    else:
        particle = not match["whole"]
    return word.replace("著", "着") if particle else word


def _ends_verb(before: str, after: str) -> bool:
    """Tell whether 讨论 or 配合 stands before the particle, or 着手 begins with it."""
    if len(after) > 1 and frequency(after):
        return True
    return before[-1] != "所" and any(frequency(before[-n:]) for n in range(2, len(before) + 1))


def _takes_particle(before: str) -> bool:
    """Tell whether a text ends in a verb that the dictionary has with the particle: 随着."""
    return any(frequency(f"{before[-size:]}着") for size in range(1, len(before) + 1))
