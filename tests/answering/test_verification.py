"""What a claim may say of the text it cites."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragbot.answering.verification import contradicts, judge
from ragbot.lexicon import read_lines

TEXT = (
    "加快籌建中國(上海)知識產權保護中心,支持發揮世界知識產權組織(WIPO)仲裁與調解上海中心功能。"
    "2021年,全市專利授權量達17.9萬件,同比增長28.4%。外地企業不得參加評選。芮文彪任局長,吳挺任書記。"
)


@pytest.mark.parametrize(
    "claim",
    [
        "加快筹建中国（上海）知识产权保护中心",
        "2021年，全市专利授权量达17.9万件",
        "外地企业不得参加评选。",
    ],
)
def test_a_quote_in_any_script_is_exact(claim: str) -> None:
    """Width, script and marks do not matter."""
    assert judge(claim, TEXT) == "exact"


@pytest.mark.parametrize(
    "claim",
    [
        "根据文档，上海正在加快筹建知识产权保护中心。",
        "2021年全市的专利授权量达到了179,000件，增长28.4%。",
        "局长是芮文彪，书记是吴挺。",
        "外地的企业不得参加评选。",
    ],
)
def test_what_is_told_in_other_words_is_supported(claim: str) -> None:
    """An amount may be written otherwise, a sentence be turned."""
    assert judge(claim, TEXT) == "supported"


@pytest.mark.parametrize(
    "claim",
    [
        "2021年，全市专利授权量达19.7万件，同比增长28.4%。",
        "2021年，全市专利授权量达17.9亿件。",
        "2020年，全市专利授权量达17.9万件。",
        "全市专利授权量同比下降28.4%。",
        "加快筹建中国（天津）知识产权保护中心",
        "不加快筹建中国（上海）知识产权保护中心",
        "外地企业得参加评选。",
        "外地企业可以参加评选。",
        "吴挺任局长，芮文彪任书记。",
        "章根明任局长。",
        "2021年，全市专利授权量达17.9万件，外地投资者因此大量撤离本市。",
        "上海将举办《国际发明展》，加快筹建知识产权保护中心。",
        "",
        "……",
    ],
)
def test_what_the_text_does_not_say_is_not_verified(claim: str) -> None:
    """Another number, name, date, title; a denial put in or out; something added."""
    assert judge(claim, TEXT) == "unverified"


def test_nothing_is_said_by_a_text_that_cannot_be_seen() -> None:
    """A line may hold a zero-width space and no more."""
    assert judge("局长是芮文彪。", "\u200b\n", "芮文彪") == "unverified"


def test_headings_and_speakers_bear_out_names() -> None:
    """They stand above the passage and are said once."""
    assert judge("芮文彪表示要健全保护体系。", "健全保護體系。", "上海市局長 芮文彪") == "supported"
    assert judge("芮文彪表示要健全保护体系。", "健全保護體系。") == "unverified"


REPORT = (
    "2023年，公司实现营业收入58.6亿元，同比增长12.3%；净利润4.1亿元，同比-8.7%。2022年营业收入为52.2亿元。\n"
    "糖尿病的诊断标准为空腹血糖≥7.0 mmol/L。每份售价3-5元。软件版本2.1。\n"
    "整机重量不超过1.25千克，工作温度为-20℃至60℃，三分之一的用户续费半年。\n"
    "毛利率由23.5%下降至21.8%，检测结果为阳性，不含税。如果甲方逾期，乙方可以解除合同。\n"
    "工作满一年的，职工可以休假，试用人员除外。会议于9:30开始，营业额是去年的一倍半。"
)


@pytest.mark.parametrize(
    "claim",
    [
        "2023年，公司实现营业收入586亿元",
        "2023年，公司实现营业收入58.6万元",
        "2023年，公司实现营业收入58.6亿美元",
        "2022年，公司实现营业收入58.6亿元",
        "2023年，公司实现营业收入52.2亿元",
        "2023年，公司实现营业收入超过58.6亿元",
        "2023年，公司实现营业收入4.1亿元",
        "公司实现营业收入58.6亿元，同比增长123%",
        "公司实现营业收入58.6亿元，同比下降12.3%",
        "净利润4.1亿元，同比8.7%",
        "净利润4.1亿元，同比增长8.7%",
        "净利润4.1亿元，同比增长12.3%",
        "净利润-4.1亿元",
        "空腹血糖<7.0 mmol/L",
        "空腹血糖≥7.0 mol/L",
        "空腹血糖≥70 mmol/L",
        "空腹血糖7.0 mmol/L",
        "每份售价35元",
        "每份售价3-6元",
        "每份售价5元",
        "软件版本21",
        "整机重量超过1.25千克",
        "整机重量不低于1.25千克",
        "整机重量不超过1.25克",
        "超过1.25千克",
        "工作温度为20℃至60℃",
        "三分之二的用户续费半年",
        "3的用户续费半年",
        "三分之一的用户续费一年",
        "毛利率由21.8%下降至23.5%",
        "毛利率由21.8%上升至23.5%",
        "检测结果为阴性",
        "含税",
        "乙方可以解除合同。",
        "甲方可以解除合同",
        "如果乙方逾期，甲方可以解除合同",
        "职工可以休假",
        "职工必须休假",
        "会议于930开始",
        "会议于9:30结束",
        "营业额是去年的一倍",
    ],
)
def test_one_thing_changed_is_not_verified(claim: str) -> None:
    """A point, a sign, a comparator, a unit, a range, a year, an opposite, a condition."""
    assert judge(claim, REPORT) == "unverified"


@pytest.mark.parametrize(
    "claim",
    [
        "2023年，公司实现营业收入58.6亿元，同比增长12.3%",
        "净利润4.1亿元，同比 -8.7%",
        "空腹血糖≥７.０ mmol/L",
        "每份售价3-5元",
        "整机重量不超过1.25千克，工作温度为-20℃至60℃",
        "如果甲方逾期，乙方可以解除合同",
        "三分之一的用户续费半年",
    ],
)
def test_what_stands_there_is_exact(claim: str) -> None:
    """Width and white space apart."""
    assert judge(claim, REPORT) == "exact"


@pytest.mark.parametrize(
    "claim",
    [
        "2023年公司实现的营业收入为5,860,000,000元。",
        "净利润4.1亿元，同比下降8.7%",
        "空腹血糖不低于7.0 mmol/L",
        "每份的售价为3至5元",
        "整机重量不超过1250克",
        "毛利率由23.5%降到21.8%",
        "1/3的用户续费6个月",
    ],
)
def test_the_same_value_in_other_figures_is_supported(claim: str) -> None:
    """It is not exact: the characters are others."""
    assert judge(claim, REPORT) == "supported"


TABLE = (
    "## 分地区销量\n"
    "| 地区 | 2023年销量（台） | 2024年销量（台） | 同比 | 负责人 |\n|---|---|---|---|---|\n"
    "| 华东 | 12,500 | 15,200 | +21.6% | 周远航 |\n| 华南 | 9,800 | 9,100 | -7.1% | 何静怡 |\n"
)


@pytest.mark.parametrize(
    ("claim", "state"),
    [
        ("华南2024年销量为9,100台，同比-7.1%，负责人是何静怡。", "supported"),
        ("华南2024年销量为9100台，同比下降7.1%。", "supported"),
        ("华南2024年销量为9,800台。", "unverified"),
        ("华南2023年销量为9,100台。", "unverified"),
        ("华东2024年销量为9,100台。", "unverified"),
        ("华南2024年销量为9,100台，同比+7.1%。", "unverified"),
        ("华南2024年销量为9,100台，负责人是周远航。", "unverified"),
        ("华南2024年销量为9,100万台。", "unverified"),
    ],
)
def test_a_table_is_read_by_row_and_column(claim: str, state: str) -> None:
    """A value belongs to its row and its column."""
    assert judge(claim, TABLE) == state


BEFORE = st.sampled_from(["公司去年的收入为", "该设备的重量", "参加的人数", "利润同比增长", "工期"])
DIGITS = st.from_regex(r"[1-9][0-9]{0,4}(?:\.[0-9]{1,2})?", fullmatch=True)
UNITS = st.sampled_from(["元", "万元", "亿元", "%", "倍", "成", "千克", "人", "天", "个百分点"])
BOUNDS = st.sampled_from(["", "不低于", "不超过", "超过", "不足", "约", "至少", "低于"])


@st.composite
def _edited(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a sentence, and the same with one character or word of its amount changed."""
    before, bound, unit = draw(BEFORE), draw(BOUNDS), draw(UNITS)
    digits = draw(DIGITS)
    upper = draw(st.none() | st.integers(20_000, 99_999))
    amount = digits if upper is None else f"{digits}至{upper}"
    kind = draw(st.sampled_from(["digit", "point", "sign", "bound", "unit", "range"]))
    other, other_bound, other_unit = amount, bound, unit
    if kind == "digit":
        at = draw(st.sampled_from([n for n, char in enumerate(amount) if char.isdigit()]))
        new = draw(st.sampled_from([d for d in "123456789" if d != amount[at]]))
        other = amount[:at] + new + amount[at + 1 :]
    elif kind == "point":
        other = amount.replace(".", "", 1) if "." in amount else f"0.{amount}"
    elif kind == "sign":
        other = f"-{amount}"
    elif kind == "bound":
        other_bound = draw(BOUNDS.filter(lambda new: _bound(new) != _bound(bound)))
    elif kind == "unit":
        other_unit = draw(UNITS.filter(lambda new: new != unit))
    else:
        other = amount.split("至")[0] if upper else f"{amount}至{10**6}"
    rest = "，已经核实。"
    return f"{before}{bound}{amount}{unit}{rest}", f"{before}{other_bound}{other}{other_unit}{rest}"


def _bound(word: str) -> str:
    return {"至少": "不低于", "低于": "不足"}.get(word, word)


@given(_edited(), st.booleans())
def test_no_change_of_an_amount_is_borne_out(pair: tuple[str, str], part: bool) -> None:
    """Whatever stands around it; the sentence as it is, is exact."""
    text, claim = pair
    around = f"会议昨天召开。{text}其他事项另行通知。"
    assert judge(text, around) == "exact"
    if re.sub(r"(?<=\d)\.0+(?=\D)", "", text) != re.sub(r"(?<=\d)\.0+(?=\D)", "", claim):
        said = claim.split("，")[0] if part else claim
        assert judge(said, around) == "unverified"


FACTS = [
    ("产品含税", "产品不含税"),
    ("检测结果为阳性", "检测结果为阴性"),
    ("公司去年盈利", "公司去年亏损"),
    ("央行上调利率", "央行下调利率"),
    ("职工必须参加培训", "职工可以参加培训"),
    ("全部学生参加考试", "部分学生参加考试"),
    ("年龄在18岁以上", "年龄在18岁以下"),
    ("湿度不低于95%", "湿度高于95%"),
    ("甲方承担运费", "乙方承担运费"),
    ("允许携带食品", "禁止携带食品"),
    ("该馆建于1927年", "该馆建于1972年"),
    ("张建国主持会议", "李建国主持会议"),
    ("饭前服用此药", "饭后服用此药"),
    ("产品适用于室内", "产品适用于室外"),
    ("项目已经完成", "项目没有完成"),
]


@given(st.sampled_from(FACTS), st.booleans(), st.sampled_from(["", "据介绍，", "记者获悉，"]))
def test_an_opposite_is_never_borne_out(pair: tuple[str, str], turned: bool, lead: str) -> None:
    """A denial, a condition, a party, a year, a name."""
    fact, other = reversed(pair) if turned else pair
    text = f"{lead}{fact}，其他事项不变。"
    assert judge(fact, text) == "exact"
    assert judge(other, text) == "unverified"
    assert judge(f"{other}，其他事项不变", text) == "unverified"
    assert contradicts(other, text)


@pytest.mark.parametrize(
    "part",
    ["谁是", "1,", "不", "1-", "是1", "如果", "的，", "|", "a", "增长", "《", "北京", "9:", "(a)"],
)
def test_no_input_takes_long(part: str) -> None:
    """A claim and a text of 2,000 characters, whatever they repeat."""
    claim, text = (part * 2_000)[:2_000], (f"{part}国" * 2_000)[:2_000]
    began = time.process_time()
    judge(claim, text, text[:300])
    judge(claim, claim[:-1] + "国", claim)
    assert time.process_time() - began < 8


def test_a_synonym_stands_on_the_side_of_its_word() -> None:
    """Synonyms are put one for another before opposites are looked for."""
    first = {word: line[0] for line in read_lines("synonyms") for word in line[1:]}
    for line in read_lines("opposites"):
        middle = line.index("/")
        for side in (line[:middle], line[middle + 1 :]):
            assert all(first.get(word, word) in side for word in side)
