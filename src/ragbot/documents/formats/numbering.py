"""Numbers that Word draws itself: 第一条, 一、, (1) are in no text of the file."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

__all__ = ["Numbering", "chinese_number"]

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DIGITS = "〇一二三四五六七八九"
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
    (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_STEMS, _BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"


def chinese_number(number: int, zero: str = "零") -> str:
    """Return a number from 0 to 99,999 as it is counted: 12 is 十二, 105 is 一百零五."""
    if number == 0:
        return zero
    text = ""
    for unit, value in (("万", 10000), ("千", 1000), ("百", 100), ("十", 10), ("", 1)):
        digit, number = divmod(number, value)
        if digit:
            text += _DIGITS[digit] + unit
        elif text and number and not text.endswith(zero):
            text += zero
    return text[1:] if text.startswith("一十") else text


def _letters(number: int) -> str:
    return chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)


def _roman(number: int) -> str:
    text = ""
    for value, sign in _ROMAN:
        count, number = divmod(number, value)
        text += sign * count
    return text


# ST_NumberFormat of ECMA-376 part 1, 17.18.59; what is not here is written in Arabic digits.
_FORMATS: dict[str, Callable[[int], str]] = {
    "chineseCounting": chinese_number,
    "chineseCountingThousand": chinese_number,
    "taiwaneseCounting": chinese_number,
    "taiwaneseCountingThousand": chinese_number,
    "japaneseCounting": chinese_number,
    "ideographDigital": lambda n: "".join(_DIGITS[int(d)] for d in str(n)),
    "taiwaneseDigital": lambda n: "".join(_DIGITS[int(d)] for d in str(n)),
    "ideographTraditional": lambda n: _STEMS[(n - 1) % 10],
    "ideographZodiac": lambda n: _BRANCHES[(n - 1) % 12],
    "decimalEnclosedCircle": lambda n: chr(0x245F + n) if 1 <= n <= 20 else str(n),
    "decimalEnclosedCircleChinese": lambda n: chr(0x245F + n) if 1 <= n <= 20 else str(n),
    "decimalZero": lambda n: f"{n:02}",
    "lowerLetter": _letters,
    "upperLetter": lambda n: _letters(n).upper(),
    "lowerRoman": _roman,
    "upperRoman": lambda n: _roman(n).upper(),
    "none": lambda n: "",
}


def _value(parent: Any, tag: str) -> str | None:
    child = parent.find(f"{_W}{tag}") if parent is not None else None
    return None if child is None else child.get(f"{_W}val")


def _integer(text: str | None, default: int) -> int:
    return int(text) if text and re.fullmatch(r"-?\d{1,6}", text) else default


class Numbering:
    """Counts the numbered paragraphs of one document, in order."""

    def __init__(self, document: "WordDocument") -> None:
        self._levels: dict[str, dict[int, Any]] = {}  # of an abstract numbering
        self._abstract: dict[str, str] = {}
        self._starts: dict[tuple[str, int], int] = {}
        self._counts: dict[str, dict[int, int]] = {}
        self._restarted: set[tuple[str, int]] = set()
        part = next(
            (
                rel.target_part
                for rel in document.part.rels.values()
                if rel.reltype.endswith("/numbering") and not rel.is_external
            ),
            None,
        )
        root = getattr(part, "element", None)
        if root is None:
            return
        for abstract in root.iterchildren(f"{_W}abstractNum"):
            self._levels[abstract.get(f"{_W}abstractNumId")] = {
                _integer(level.get(f"{_W}ilvl"), 0): level
                for level in abstract.iterchildren(f"{_W}lvl")
            }
        for num in root.iterchildren(f"{_W}num"):
            number = num.get(f"{_W}numId")
            self._abstract[number] = _value(num, "abstractNumId") or ""
            for override in num.iterchildren(f"{_W}lvlOverride"):
                if (start := _value(override, "startOverride")) is not None:
                    level = _integer(override.get(f"{_W}ilvl"), 0)
                    self._starts[number, level] = _integer(start, 1)

    def next(self, number: str, level: int) -> str:
        """Count one paragraph of list ``number`` and return its label; empty for bullets."""
        abstract = self._abstract.get(number, "")
        levels = self._levels.get(abstract, {})
        if level not in levels:
            return ""
        counts = self._counts.setdefault(abstract, {})
        start = self._starts.get((number, level))
        if start is not None and (number, level) not in self._restarted:
            self._restarted.add((number, level))
            counts[level] = start
        else:
            counts[level] = counts.get(level, _integer(_value(levels[level], "start"), 1) - 1) + 1
        for deeper in [other for other in counts if other > level]:
            del counts[deeper]
        if _value(levels[level], "numFmt") == "bullet":
            return ""

        def show(match: re.Match[str]) -> str:
            shown = int(match[1]) - 1
            definition = levels.get(shown)
            count = counts.get(shown, _integer(_value(definition, "start"), 1))
            style = _value(definition, "numFmt") or "decimal"
            return _FORMATS.get(style, str)(count) if 0 <= count < 100_000 else str(count)

        label = re.sub(r"%([1-9])", show, _value(levels[level], "lvlText") or "")
        suffix = "" if _value(levels[level], "suff") == "nothing" else " "
        return label + suffix if label else ""
