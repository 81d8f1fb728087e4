"""Words around an amount that bound it: 不超过, 至少, 以上, 左右, 之前."""

import re

__all__ = ["LONGEST_BOUND", "MOVES", "bound_after", "bound_before"]

LONGEST_BOUND = 10
"""Most characters in front of an amount that say how it is bounded."""

_BASES = {
    **dict.fromkeys(["低于", "少于", "小于", "早于"], "<"),
    **dict.fromkeys(["高于", "多于", "大于", "晚于", "迟于", "超过", "超出", "超", "逾"], ">"),
}
_TURNED = {"<": ">=", ">": "<="}
_WORDED = {
    **dict.fromkeys(
        [
            "至少",
            "最少",
            "起码",
            "不下",
            "不下于",
            "≥",
            ">=",
            "≧",
            "⩾",
            "大于等于",
            "大于或等于",
            "满",
        ],
        ">=",
    ),
    **dict.fromkeys(["至多", "最多", "顶多", "≤", "<=", "≦", "⩽", "小于等于", "小于或等于"], "<="),
    **dict.fromkeys(
        ["<", "不足", "不到", "不满", "不及", "未满", "未达", "未及", "未到", "没到", "没有达"], "<"
    ),
    **dict.fromkeys([">", "突破"], ">"),
    **dict.fromkeys(["将近", "接近", "近"], "~<"),
    **dict.fromkeys(["约", "大约", "大概"], "~"),
}
# 附近, 节约 and their like are words of their own.
_NOT_AFTER = {
    "近": "附最临靠邻新将接",
    "约": "节制预条合签公契邀特相履大",
    "满": "不未圆充装",
}
_NO = "不(?:得|应当?|能|可|会|宜|允许|准)?|未(?:曾|能)?|没有?|勿|别"


def _words() -> str:
    words = sorted(_WORDED, key=len, reverse=True)
    return "|".join(
        f"(?<![{_NOT_AFTER[word]}]){word}" if word in _NOT_AFTER else re.escape(word)
        for word in words
    )


_BEFORE = re.compile(
    rf"(?:(?P<no>{_NO})?(?P<base>[低少小早高多大晚迟]于(?!等|或)|超过|超出|(?<!高)超|(?<!过)逾)"
    rf"|(?P<word>{_words()}))[为占需有是了到达]?\s?$"
)
# What follows an amount; not where it begins a longer word: 内容, 前期, 后来, 起来.
_SUFFIXES = {
    ">=": "[及或]?以上",
    "<=": "[及或]?以下|以内|之内|内(?![容部存外地科阁政衣涵置蒙])",
    "~": "左右|上下|前后",
    "before": "之前|以前|前(?![者期身任往锋半提端列台夕])",
    "after": "之后|以后|后(?![来期续者勤备半卫方果台代裔])",
    "since": "起(?![来诉步草到义源点伏飞码因初])",
    "until": "为止|截?止(?![步损境痛血])",
}
_AFTER = re.compile(
    r"\s?(?:" + "|".join(f"(?P<s{n}>{words})" for n, words in enumerate(_SUFFIXES.values())) + ")"
)
MOVES = re.compile(
    r"(?:(?P<falls>下降|减少|降低|下滑|回落|缩减|下跌|下挫|下调|负增长|减|降|跌)"
    r"|增长|增加|上升|提高|上涨|提升|上调|增|升|涨)了?(?:约|近|超过|逾|超|大约|达)?\s?$"
)
"""A word at the end of a text that says that something falls or rises by the amount behind it."""


def bound_before(window: str) -> tuple[int, str]:
    """Return how long the comparator at the end of a text is, and what it says; 0 for none."""
    match = _BEFORE.search(window)
    if not match:
        return 0, ""
    length = len(window) - match.start()
    if match["word"]:
        return length, _WORDED[match["word"]]
    base = _BASES[match["base"]]
    return length, _TURNED[base] if match["no"] else base


def bound_after(key: str, end: int) -> tuple[int, str]:
    """Return where the comparator behind an amount ends, and what it says."""
    match = _AFTER.match(key, end)
    if not match:
        return end, ""
    return match.end(), next(name for n, name in enumerate(_SUFFIXES) if match[f"s{n}"])
