"""The amounts a text states, as values: 12万元, 120,000元 and 十二万元 are one.

Input is expected to be a key: Simplified, half width, dates and percentages in Arabic digits.
"""

import re
from decimal import Decimal

from ragbot.text.numbers import whole_number

__all__ = ["MEASURES", "Quantity", "quantities"]

MEASURES = (
    "平方公里|平方千米|平方米|公里|千米|厘米|毫米|公顷|公斤|千克|公吨|英里|英尺|小时|分钟|美元|港元|欧元|"
    "[个家名位项件种所座只条人次户元年月日天岁周倍成间篇部册章款科门类级层米里尺亩吨克升度票分秒集届期代艘架辆枚颗张段组场局处站国州省市县区镇乡村"
    "字页章本套台幅卷首句块片头匹棵株份笔具批支队站年月圆块角]"
)
"""A pattern of the words that count things."""

Quantity = tuple[Decimal, str]
"""A value, and the word that counts; nothing where a number stands alone."""

# A run of numerals is bounded: behind none of a long one stands a word that counts, and each of its
# characters would begin an attempt that reads the rest.
_SCALE = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}
_AMOUNT = re.compile(
    rf"(?P<digits>\d+(?:,\d{{3}})*(?:\.\d+)?)[余多]?(?P<scale>[十百千万亿]*)[余多]?(?P<unit>%|{MEASURES})?"
    rf"|(?P<numeral>[一二两三四五六七八九十百千万亿零〇]{{1,24}})[余多]?(?P<counted>{MEASURES})"
)


def quantities(key: str) -> list[tuple[Quantity, int, int]]:
    """Return every amount of a key with where it begins and ends.

    A numeral in Chinese counts only before a word that counts; 一个 and its like say no amount.
    """
    found: list[tuple[Quantity, int, int]] = []
    for match in _AMOUNT.finditer(key):
        if digits := match["digits"]:
            value = Decimal(digits.replace(",", ""))
            for char in match["scale"]:
                value *= _SCALE[char]
            found.append(((value.normalize(), match["unit"] or ""), *match.span()))
        elif match["numeral"] != "一":
            whole = whole_number(match["numeral"])
            if whole is not None:
                found.append(((Decimal(whole).normalize(), match["counted"]), *match.span()))
    return found
