"""The 34 provinces, municipalities and regions of China, with their one-character short names."""

import re

__all__ = ["PLACES", "place_of_short", "place_of_word", "places_in", "rank_of"]

# Short names as in GB/T 2260 and common use (沪/申 for 上海, 川/蜀 for 四川 …), Simplified.
PLACES: dict[str, str] = {
    "北京": "京", "天津": "津", "河北": "冀", "山西": "晋", "内蒙古": "蒙", "辽宁": "辽",
    "吉林": "吉", "黑龙江": "黑", "上海": "沪申", "江苏": "苏", "浙江": "浙", "安徽": "皖",
    "福建": "闽", "江西": "赣", "山东": "鲁", "河南": "豫", "湖北": "鄂", "湖南": "湘",
    "广东": "粤", "广西": "桂", "海南": "琼", "重庆": "渝", "四川": "川蜀", "贵州": "黔贵",
    "云南": "滇云", "西藏": "藏", "陕西": "陕秦", "甘肃": "甘陇", "青海": "青", "宁夏": "宁",
    "新疆": "新", "香港": "港", "澳门": "澳", "台湾": "台",
}  # fmt: skip
"""Name in Simplified to its short names, the usual one first."""

_SHORT = {short: name for name, shorts in PLACES.items() for short in shorts}
# Everyday words besides: alone, these name a place only where the form of a heading says so.
_AMBIGUOUS = frozenset("吉黑云贵青宁新台申秦蜀川港藏甘")
_NAMES = re.compile("|".join(sorted(PLACES, key=len, reverse=True)))


def place_of_short(char: str) -> str | None:
    """Return the place a one-character short name stands for (沪 is 上海), or None."""
    return _SHORT.get(char)


def places_in(key: str) -> list[str]:
    """Return the places a folded text names in full, in order, without repeats."""
    return list(dict.fromkeys(_NAMES.findall(key)))


def place_of_word(word: str) -> str | None:
    """Return the place a one-character word names (沪, 浙, 粤); None where it may mean more."""
    return None if word in _AMBIGUOUS else _SHORT.get(word)


def rank_of(place: str) -> str:
    """Return what the place is in the administration, as its full name says."""
    if place in ("北京", "天津", "上海", "重庆"):
        return "市"
    if place in ("香港", "澳门"):
        return "特别行政区"
    return "自治区" if place in ("内蒙古", "广西", "西藏", "宁夏", "新疆") else "省"
