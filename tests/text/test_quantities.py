"""Amounts are values: what is written in two ways is one, and one character more is another."""

import re
import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragbot.text.quantities import Quantity, quantities


def _one(text: str) -> Quantity:
    found = quantities(text)
    assert len(found) == 1, (text, found)
    return found[0]


SAME = [
    ("12万元", "120,000元", "十二万元", "¥120,000.00", "拾贰万元整"),
    ("12.30%", "12.3%", "百分之十二点三"),
    ("5%", "百分之五", "百分之5", "半成"),
    ("3至5元", "3-5元", "3~5元", "3元至5元", "三至五元"),
    ("半年", "6个月", "六个月"),
    ("一年半", "18个月", "1.5年"),
    ("一倍半", "1.5倍"),
    ("两成半", "25%"),
    ("0.5克", "500毫克", "500 mg"),
    ("6,218名", "6218人", "六千二百一十八人"),
    ("不低于95%", "≥95%", "不少于95%", "至少95%", "95%以上"),
    ("不超过30天", "30天以内", "至多30天", "≤30天", "不得超过30日"),
    ("不足五万元", "少于5万元", "<50,000元", "低于5万元"),
    ("超过100人", "多于100人", ">100人", "逾百人".replace("百", "100")),
    ("约四成", "40%左右"),
    ("三千余人", "3000多人"),
    ("9:30", "9点半", "9时30分"),
    ("第三", "第3"),
    ("两个半小时", "2.5小时", "150分钟"),
    ("三分之一", "1/3"),
    ("负3℃", "-3摄氏度"),
    ("1.2万亿元", "12000亿元"),
    ("100 km/h", "100公里/小时"),
]


@pytest.mark.parametrize("written", SAME, ids=lambda written: written[0])
def test_what_means_the_same_is_equal(written: tuple[str, ...]) -> None:
    """In whatever digits, units and words."""
    first, *rest = map(_one, written)
    for other in rest:
        assert first.means(other), other
        assert first.low == other.low


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("58.6亿元", "586亿元"),
        ("12.3%", "123%"),
        ("-8.7%", "8.7%"),
        ("≥7.0", "<7.0"),
        ("≥7.0", "7.0"),
        ("3-5元", "35元"),
        ("3-5元", "5元"),
        ("2.1", "21"),
        ("三分之一", "3"),
        ("三分之一", "三分之二"),
        ("以上3人", "3人以上"),
        ("10元以上", "10元以下"),
        ("10倍", "10成"),
        ("10%", "10个百分点"),
        ("60.5万辆", "60.5亿辆"),
        ("1.50元", "15.0元"),
        ("7.0 mmol/L", "7.0 mol/L"),
        ("10 mW", "10 MW"),
        ("三个月", "三年"),
        ("8件", "8次"),
        ("IP67", "IP68"),
        ("v2.1", "v21"),
        ("192.168.1.1", "192.168.11"),
        ("±10%", "10%"),
        ("10日前", "10日后"),
        ("约5万", "超过5万"),
        ("近5万", "约5万"),
        ("007", "7"),
        ("3:1", "1:3"),
    ],
)
def test_one_character_makes_another_amount(one: str, other: str) -> None:
    """A sign, a point, a comparator, a unit, an end of a range."""
    assert not any(a.means(b) for a in quantities(one) for b in quantities(other))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("2024年6月30日前", [("year", 2024), ("month", 6), ("day", 30)]),
        ("2024-06-30", [("year", 2024), ("month", 6), ("day", 30)]),
        ("2024/6/30", [("year", 2024), ("month", 6), ("day", 30)]),
        ("6月5日至8日", [("month", 6), ("day", 5)]),
        ("2018至2020年", [("year", 2018)]),
        ("1至6月", [("month", 1)]),
    ],
)
def test_the_parts_of_a_date_stand_alone(text: str, parts: list[tuple[str, int]]) -> None:
    """A claim may name the year only."""
    assert [(one.unit, one.low) for one in quantities(text)] == parts


@pytest.mark.parametrize(
    "text",
    [
        "一个人",
        "二甲双胍",
        "三峡",
        "百度",
        "半导体",
        "四川",
        "一些",
        "万科",
        "一律",
        "重庆",
        "十分之好",
    ],
)
def test_words_are_no_amounts(text: str) -> None:
    """Numerals are parts of many words."""
    assert not quantities(text)


def test_a_word_that_moves_the_amount_is_a_sign() -> None:
    """下降8.7% and -8.7% are one, 增长8.7% is not."""
    fell, minus, rose = quantities("下降8.7%，-8.7%，增长8.7%")
    assert fell.means(minus)
    assert not fell.means(rose)
    assert not minus.means(rose)


NUMERAL = st.from_regex(r"[-+]?(?:0|[1-9][0-9]{0,3})(?:\.[0-9]{1,3})?", fullmatch=True)
UNIT = st.sampled_from(["", "元", "万元", "亿元", "%", "倍", "千克", "人", "小时", "米"])
BOUND = st.sampled_from(["", "不低于", "不超过", "超过", "不足", "约", "至少", "≥", "<"])


@given(NUMERAL, UNIT, BOUND)
def test_an_amount_is_read_whole(numeral: str, unit: str, bound: str) -> None:
    """With its sign, decimals, unit and comparator, as its value."""
    written = f"{bound}{numeral}{unit}"
    one = _one(f"重量为{written}。")
    assert f"重量为{written}。"[one.start : one.end] == written
    assert isinstance(one.low, Fraction)
    sign = -1 if numeral.startswith("-") else 1
    assert (one.low >= 0) is (sign > 0 or Fraction(numeral) == 0)


@given(
    st.text(
        "0123456789.,-+%一二三十百千万亿半成倍元年月日点分之至到~第约超过不以上下A/: ", max_size=40
    )
)
def test_ranges_never_overlap_and_never_fail(text: str) -> None:
    """Whatever stands there."""
    end = 0
    for one in quantities(text):
        assert one.start < one.end <= len(text)
        assert one.start <= one.core[0] < one.core[1] <= one.end
        assert one.core[0] >= end
        end = one.core[1]


@pytest.mark.parametrize(
    "part",
    ["1,", "1.", "一", "十万", "9:", "a1-", "第", "百分之", "不", "1-", "a", "0", "半", "约", "1/"],
)
def test_no_text_takes_long(part: str) -> None:
    """The time grows with the length."""
    began = time.process_time()
    quantities(part * 4_000 + "!")
    assert time.process_time() - began < 5


def test_digits_without_end_are_a_name() -> None:
    """Nothing is calculated with a number of a thousand digits."""
    assert re.fullmatch(r"\d+", str(_one("9" * 5000).low))
