"""The 34 provinces, municipalities and regions of China, with their one-character short names."""

import re

from ragbot.text.tokens import frequency, tagged

__all__ = [
    "PLACES",
    "is_ambiguous",
    "is_named",
    "is_torn",
    "place_of_short",
    "places_in",
    "rank_of",
    "short_names_in",
]

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
# Everyday words besides: in running text these name no place.
_AMBIGUOUS = frozenset("吉黑云贵青宁新台申秦蜀川港藏甘")
# 苏先生 is a person, 晋国 and 辽的皇帝 are of other times.
_NO_PLACE_AFTER = re.compile(
    "(?:先生|女士|小姐|老师|师傅|夫人|总|某|氏|姓|局长|厅长|主任|经理|书记|部长|[国朝代军帝皇王公]|的皇|的[国君王])"
)
_LETTER = re.compile(r"[A-Za-z0-9_]")
_GAP = re.compile(r"[\s·/／—–-]+")
_LONGEST_WORD = 4
_NAMES = re.compile("|".join(sorted(PLACES, key=len, reverse=True)))


def place_of_short(char: str) -> str | None:
    """Return the place a one-character short name stands for (沪 is 上海), or None."""
    return _SHORT.get(char)


def places_in(key: str) -> list[str]:
    """Return the places a folded text names in full, in order, without repeats."""
    return list(dict.fromkeys(_NAMES.findall(key)))


def is_ambiguous(short: str) -> bool:
    """Tell whether a short name is an everyday word besides: 新, 云, 黑."""
    return short in _AMBIGUOUS


def is_torn(text: str, at: int) -> bool:
    """Tell whether a gap tears the word that the character at an offset begins or ends: 津 贴."""
    after, before = text[at + 1 : at + 9], text[max(at - 8, 0) : at][::-1]
    if gap := _GAP.match(after):
        joined = text[at] + _GAP.sub("", after[gap.end() :])
        if any(frequency(joined[:size]) for size in range(2, min(len(joined), _LONGEST_WORD) + 1)):
            return True
    if gap := _GAP.match(before):
        joined = _GAP.sub("", before[gap.end() :])[::-1] + text[at]
        return any(frequency(joined[-n:]) for n in range(2, min(len(joined), _LONGEST_WORD) + 1))
    return False


def short_names_in(key: str) -> list[str]:
    """Return the short names that a folded text uses as words: 沪 and 浙 in 沪和浙的局长.

    A character is one only where jieba's tagger takes it for a place by itself and where it is
    neither tied to a letter (沪A) nor part of a torn word (津 贴).
    """
    found = []
    at = 0
    for word, tag in tagged(key):
        end = at + len(word)
        if word in _SHORT and word not in _AMBIGUOUS and tag in {"j", "ns", "nr"}:
            tied = _LETTER.match(key[max(at - 1, 0) : at]) or _LETTER.match(key, end)
            if not (tied or _NO_PLACE_AFTER.match(key, end) or is_torn(key, at)):
                found.append(word)
        at = end
    return list(dict.fromkeys(found))


def is_named(name: str, key: str) -> bool:
    """Tell whether a folded text holds a name; the short name of a place only as a word."""
    if name in key and name in _SHORT:
        return name in short_names_in(key)
    return name in key


def rank_of(place: str) -> str:
    """Return what the place is in the administration, as its full name says."""
    if place in ("北京", "天津", "上海", "重庆"):
        return "市"
    if place in ("香港", "澳门"):
        return "特别行政区"
    return "自治区" if place in ("内蒙古", "广西", "西藏", "宁夏", "新疆") else "省"
