"""The amounts a text states, as values: 12万元, 120,000元 and 十二万元 are one.

A numeral with its sign, decimals, unit, comparator and range is one amount. Input is expected in
Simplified and half width; what is lower case already is read as well.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from ragbot.text.bounds import LONGEST_BOUND, MOVES, bound_after, bound_before
from ragbot.text.numbers import whole_number
from ragbot.text.units import MEASURES, UNIT_PATTERN, unit_of

__all__ = ["MEASURES", "Quantity", "quantities"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount, a date's part, or a name made of digits, and where it stands: ``start:end``.

    ``core`` is the range of the bare numeral with its sign and unit.
    """

    start: int
    end: int
    core: tuple[int, int]
    low: Fraction | str
    """The value in ``unit``; a string where it is a name: 192.168.1.1, IP67, 9:30."""
    high: Fraction | str
    """The other end of a range; the same as ``low`` where it is none."""
    unit: str
    """The unit it is compared in; nothing for a bare numeral, ``#`` and a word where it counts."""
    comparator: str = ""
    """How the amount is bounded: ``<``, ``<=``, ``>``, ``>=``, ``~`` and their like."""
    falls: bool | None = None
    """Whether the word in front says that something falls (下降8.7%) or rises by the amount."""

    @property
    def loose(self) -> tuple[str, ...]:
        """The amount without sign, comparator and the word that counts."""
        unit = "" if self.unit.startswith("#") else self.unit
        return (_bare(self.low), _bare(self.high), unit)

    @property
    def dimension(self) -> str:
        """What amounts must share to stand in each other's place."""
        if isinstance(self.low, str):
            return "name"
        return "" if self.unit.startswith("#") else self.unit

    def means(self, other: "Quantity") -> bool:
        """Tell whether two amounts are the same, however they are written."""
        if not _same_unit(self.unit, other.unit) or self.comparator != other.comparator:
            return False
        one, two = (self.low, self.high), (other.low, other.high)
        opposed = {self.falls, other.falls} == {True, False}
        if one == two:
            return not opposed
        if self.falls is None and other.falls is None:
            return False
        return self._net() == other._net()

    def _net(self) -> tuple[Fraction | str, Fraction | str]:
        if self.falls and isinstance(self.low, Fraction) and isinstance(self.high, Fraction):
            return -self.low, -self.high
        return self.low, self.high


def _bare(value: Fraction | str) -> str:
    return value if isinstance(value, str) else str(abs(value))


def _same_unit(one: str, other: str) -> bool:
    if one == other:
        return True
    # 57人 and 57名, or 57 in a table whose column says what is counted.
    return {one, other} & {"", "#"} != set() and all(
        not u or u.startswith("#") for u in (one, other)
    )


_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}
_DIGITS = "零〇○一二两三四五六七八九"
_FORMAL = str.maketrans("壹贰叁参肆伍陆柒捌玖拾佰仟", "一二三三四五六七八九十百千")
# 千 and 百 begin a unit in 千米 and 百分点, 万 a share in 万分之五.
_LARGE = "千(?![米克瓦伏赫帕卡焦分])|百(?![帕分])|万(?!分之)|亿"
_SCALE = f"(?:{_LARGE}|十)"
# No character is in two of the alternatives, or a run of one would be read in every combination.
_CN = (
    rf"[{_DIGITS}壹贰叁肆伍陆柒捌玖十拾]"
    rf"(?:[{_DIGITS}壹贰叁肆伍陆柒捌玖十拾佰仟]|{_LARGE}){{0,20}}"
)
_POINT = rf"(?:点[{_DIGITS}]{{1,12}})?"
_ARABIC = r"(?:\d{1,3}(?:,\d{3}){1,6}(?![\d,])|\d{1,30})(?:\.\d{1,30})?"
_PLAIN = re.compile(
    r"(?P<sign>[-+±]|负)?(?P<money>[¥$€£])?\s?"
    rf"(?:(?P<digits>{_ARABIC})(?:/(?P<under>[1-9]\d?)(?![\d/]))?|(?P<cn>{_CN}{_POINT}))"
    rf"(?P<more>[余多几]|来(?![自到源说看]))?(?P<scale>{_SCALE}{{0,4}})(?P<more2>[余多几])?"
    rf"(?P<and>个半(?=小时|月|钟头|季度|世纪))?(?:\s?(?P<unit>{UNIT_PATTERN}(?:/{UNIT_PATTERN})?))?(?P<plus>多(?![于次少样种])|余(?!额)|半(?![导岛径]))?"
)
_UPPER_END = re.compile(rf"[至到~-](?:{_CN})(?:{UNIT_PATTERN})")
_SHARE = re.compile(
    rf"(?P<sign>负)?(?P<under>百|千|万|十|{_CN})分之(?P<over>\d{{1,30}}(?:\.\d{{1,30}})?|{_CN}{_POINT})"
)
_HALF = re.compile("(?P<some>一?半)(?P<unit>个?(?:小时|钟头|月|季度|世纪)|[年天日周岁里斤倍成])?")
_FOLD = re.compile(r"(?P<digits>[一二三四五六七八九]{1,2})折")
_RANK = re.compile(rf"第(?P<rank>\d+(?:\.\d+)*|{_CN})")
_CLOCK = re.compile(
    r"(?P<hour>[01]?\d|2[0-4])[点时](?:(?P<minute>[0-5]?\d)分|(?P<half>半)|整)?(?![候间代期常尝刻\d一二三四五六七八九零])"
)
_DATE = re.compile(
    r"(?P<year>(?:1[5-9]|20)\d\d)(?P<mark>[-/.])(?P<month>0?[1-9]|1[0-2])(?P=mark)(?P<day>0?[1-9]|[12]\d|3[01])(?![\d.])"
)
# What is made of digits and no value: addresses, versions, models, times of day, proportions.
_NAME = re.compile(
    r"(?<![0-9])[A-Za-z]+[-_]?\d[A-Za-z0-9]*(?:[-_.][A-Za-z0-9]+){0,12}|\d+(?:\.\d+){2,8}"
    r"|\d{1,3}(?:\.\d+)?:\d{1,3}(?:\.\d+)?(?::\d{1,2})?(?!\d)|0\d+(?![.\d])|\d{31,}(?:\.\d+)?"
)
_BEGINS = re.compile(
    rf"(?<![A-Za-z0-9])[A-Za-z]{{1,24}}[-_]?\d|[-+±负]?[¥$€£]?\d|负?[{_DIGITS}壹贰叁肆伍陆柒捌玖十拾]|负?[百千万]分之|半|第"
)
_MONEY = {"¥": "元", "$": "美元", "€": "欧元", "£": "英镑"}
_NEAR_SIGN = re.compile(r"[A-Za-z0-9.)\]-]")


@dataclass(frozen=True, slots=True)
class _Scalar:
    """A numeral with its unit, before ranges and comparators are seen."""

    start: int
    end: int
    value: Fraction | str
    unit: str = ""
    written: str = ""
    """The unit as it is written."""
    scale: int = 1
    """What the numeral was multiplied by, which the lower end of a range takes from the upper."""
    high: Fraction | None = None
    more: bool = False
    """Whether it is said to be somewhat more: 三千余, 50多."""


@lru_cache(maxsize=512)
def quantities(key: str) -> tuple[Quantity, ...]:
    """Return every amount of a key in order.

    A numeral in Chinese counts only before a unit or a word that counts; 一个 and its like say no
    amount.
    """
    return tuple(_bounded(key, scalar, last) for scalar, last in _ranges(key, _scalars(key)))


def _scalars(key: str) -> list[_Scalar]:
    found: list[_Scalar] = []
    at = 0
    while match := _BEGINS.search(key, at):
        read = _read_at(key, match.start(), found[-1] if found else None)
        found += read
        at = read[-1].end if read else _beyond(key, match)
    return found


def _beyond(key: str, match: re.Match[str]) -> int:
    """Return where to look on after what began as an amount and is none."""
    start = match.start()
    if key[start].isascii() and key[start].isalnum():
        return match.end()
    return start + 1


def _read_at(key: str, at: int, previous: _Scalar | None) -> list[_Scalar]:
    """Read the amount that begins here; a date is three of them."""
    if (match := _DATE.match(key, at)) and not key[at - 1 : at].isdigit():
        return [
            _Scalar(match.start(part), match.end(part), Fraction(match[part]), part)
            for part in ("year", "month", "day")
        ]
    if match := _NAME.match(key, at):
        name = match[0].lower()
        return [_Scalar(at, match.end(), re.sub(r"^0(?=\d:)", "", name))]
    if match := _CLOCK.match(key, at):
        minute = 30 if match["half"] else int(match["minute"] or 0)
        return [_Scalar(at, match.end(), f"{int(match['hour'])}:{minute:02}")]
    if match := _RANK.match(key, at):
        rank = match["rank"] if match["rank"][0].isdigit() else _chinese(match["rank"])
        return [] if rank is None else [_Scalar(at, match.end(), f"第{rank}")]
    if match := _SHARE.match(key, at):
        return _share(match)
    if (match := _HALF.match(key, at)) and (match["unit"] or match["some"] == "一半"):
        unit, factor = unit_of(match["unit"] or "%")
        many = Fraction(1, 2) * factor if match["unit"] else Fraction(50)
        return [_Scalar(at, match.end(), many, unit)]
    if match := _FOLD.match(key, at):
        digits = str(whole_number(match["digits"]))
        return [_Scalar(at, match.end(), Fraction(f"{digits[0]}.{digits[1:] or 0}"), "折")]
    match = _PLAIN.match(key, at)
    return _plain(key, match, previous) if match else []


def _share(match: re.Match[str]) -> list[_Scalar]:
    over, under = _number(match["over"]), _number(match["under"])
    if over is None or not under:
        return []
    value = over / under * 100
    return [_Scalar(*match.span(), -value if match["sign"] else value, "%")]


def _number(written: str) -> Fraction | None:
    if written[0].isdigit() and written[0].isascii():
        return Fraction(written.replace(",", ""))
    if written in _SCALES:
        return Fraction(_SCALES[written])
    return _chinese(written)


def _chinese(numeral: str) -> Fraction | None:
    whole, _, part = numeral.translate(_FORMAL).partition("点")
    value = whole_number(whole)
    if value is None:
        return None
    decimals = "".join(str(whole_number(char)) for char in part)
    return Fraction(f"{value}.{decimals or 0}")


def _plain(key: str, match: re.Match[str], previous: _Scalar | None) -> list[_Scalar]:
    start, end = match.span()
    sign = match["sign"] or ""
    if sign and sign in "-+" and _NEAR_SIGN.match(key[max(0, start - 1) : start]):
        start, sign = start + 1, ""
    written = match["unit"] or ""
    if match["and"] and written == "月":
        written = "个月"
    scale = 1
    for char in match["scale"]:
        scale *= _SCALES[char]
    high = None
    if numeral := match["cn"]:
        # 一个 says no amount, and without a unit a numeral may be a part of any word.
        lower = not written and _UPPER_END.match(key, end)
        if not lower and (not written or (numeral == "一" and unit_of(written)[0][:1] == "#")):
            return []
        value = _chinese(numeral)
        if value is None:
            return []
        # 三四个 is three or four.
        if re.fullmatch("[一二两三四五六七八][二三四五六七八九]", numeral):
            value, high = Fraction(whole_number(numeral[0]) or 0), _chinese(numeral[1])
    else:
        value = Fraction(match["digits"].replace(",", ""))
    unit, factor = unit_of(written)
    if match["under"]:
        value, unit = value / int(match["under"]), unit or "%"
        factor = Fraction(100) if unit == "%" else factor
    if not written and match["money"]:
        unit = _MONEY[match["money"]]
    value, high = value * scale * factor, high and high * scale * factor
    if match["plus"] == "半" or match["and"]:
        value += factor / 2
    unit, value = _calendar(key, unit, written, value, scale, start, previous)
    if sign in ("-", "负"):
        value = -value
    more = bool(match["more"] or match["more2"] or match["plus"] in ("多", "余"))
    shown: Fraction | str = f"±{value}" if sign == "±" else value
    return [_Scalar(start, end, shown, unit, written, scale, high, more)]


def _calendar(
    key: str,
    unit: str,
    written: str,
    value: Fraction,
    scale: int,
    start: int,
    previous: _Scalar | None,
) -> tuple[str, Fraction]:
    """Tell the parts of a date from times: 2023年 from 三年, 30日 after 6月 from 三十日."""
    if written == "年" and scale == 1 and 1000 <= value / 12 < 3000:
        return "year", value / 12
    after = previous and previous.end == start and previous.unit == "month"
    joined = previous and previous.unit == "day" and _JOIN.fullmatch(key[previous.end : start])
    if written == "日" and (after or joined):
        return "day", value / 86400
    return unit, value


_JOIN = re.compile(r"\s?(?:-|~|〜|至|到|—)\s?")


def _ranges(key: str, scalars: list[_Scalar]) -> Iterator[tuple[_Scalar, _Scalar]]:
    """Yield (first, last) of every range, and the same amount twice where there is none."""
    at = 0
    while at < len(scalars):
        one = scalars[at]
        two = scalars[at + 1] if at + 1 < len(scalars) else None
        if two and _JOIN.fullmatch(key[one.end : two.start]) and (first := _lower_end(one, two)):
            yield first, two
            at += 2
        else:
            yield one, one
            at += 1


def _lower_end(one: _Scalar, two: _Scalar) -> _Scalar | None:
    """Return the lower end of a range with the unit that only its upper end has: 3-5元."""
    if one.unit == two.unit:
        return one
    if one.unit or isinstance(one.value, str) or isinstance(two.value, str):
        return None
    if two.unit in ("year", "month", "day"):
        return replace(one, unit=two.unit)
    factor = unit_of(two.written)[1] if two.written else Fraction(1)
    scale = two.scale if one.scale == 1 else 1
    return replace(one, unit=two.unit, value=one.value * factor * scale)


def _bounded(key: str, first: _Scalar, last: _Scalar) -> Quantity:
    """Return an amount with the comparators that stand before and after it."""
    window = key[max(0, first.start - LONGEST_BOUND) : first.start]
    move = MOVES.search(window)
    lead, before = bound_before(window)
    end, after = bound_after(key, last.end)
    bounds = (before, after, "~>" if last.more else "")
    high = last.value if last is not first else first.value if first.high is None else first.high
    return Quantity(
        first.start - lead,
        end,
        (first.start, last.end),
        first.value,
        high,
        last.unit,
        " ".join(dict.fromkeys(bound for bound in bounds if bound)),
        bool(move["falls"]) if move else None,
    )
