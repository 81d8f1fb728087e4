"""One form for the numbers people write in two: 二〇二一年 and 2021年, 百分之五 and 5%.

Only numerals whose unit makes them numbers are touched: 一起 and 三峡 are words.
Input is expected in Simplified.
"""

import re

__all__ = ["unify_numbers", "whole_number"]

_DIGITS = {c: i for i, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2, "○": 0}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10_000, "亿": 100_000_000}

_CN = "〇○零一二两三四五六七八九十百千"
_NUMERAL = re.compile(
    rf"(?P<year>[〇○零一二三四五六七八九]{{4}})(?=年)"
    rf"|百分之(?P<percent>[{_CN}]+(?:点[{_CN}]+)?|\d+(?:\.\d+)?)"
    rf"|(?<=第)(?P<ordinal>[{_CN}]+)(?=[条章节款项编届次期号卷回集])"
    rf"|(?P<date>[一二三四五六七八九十]{{1,3}})(?=[月日]\b|[月日][^\w]|月[一二三四五六七八九十\d]|月份|日[至起前后、])"
)


def whole_number(numeral: str) -> int | None:
    """Read a Chinese whole number, 三亿二千万 as well as 二〇二一; None where it is not one."""
    if all(c in _DIGITS for c in numeral):
        return int("".join(str(_DIGITS[c]) for c in numeral)) if numeral else None
    total, section, pending = 0, 0, 0
    for char in numeral:
        if char in _DIGITS:
            pending = _DIGITS[char]
        elif char in _UNITS:
            section += (pending or 1) * _UNITS[char]
            pending = 0
        elif char in _LARGE:
            if not (section or pending or total):
                return None
            total = (
                (total + section + pending) * _LARGE[char]
                if total < _LARGE[char]
                else (total + (section + pending) * _LARGE[char])
            )
            section, pending = 0, 0
        else:
            return None
    return total + section + pending


def _replace(match: re.Match[str]) -> str:
    if year := match["year"]:
        return "".join(str(_DIGITS[c]) for c in year)
    if percent := match["percent"]:
        if percent[0].isdigit():
            return percent + "%"
        whole, _, part = percent.partition("点")
        value = whole_number(whole)
        decimals = "".join(str(_DIGITS[c]) for c in part if c in _DIGITS)
        return f"{value}.{decimals}%" if decimals else f"{value}%"
    value = whole_number(match["ordinal"] or match["date"])
    return match[0] if value is None else str(value)


def unify_numbers(text: str) -> str:
    """Rewrite years, percentages, ordinals of articles and dates in Arabic digits."""
    return _NUMERAL.sub(_replace, text)
