"""What an answer must hold whatever its words are: names, and a thing of the kind asked for.

Near misses are told by this and nothing else: the right law without the figure, the right place
without the office. A demand is made only where the question leaves no doubt; elsewhere the reader
and the check of the claim decide.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, filterfalse

from ragbot.documents.bylines import SURNAMES, TITLES
from ragbot.lexicon import read_lines
from ragbot.retrieval.query import Kind, Query, asking_words
from ragbot.text.places import PLACES, is_ambiguous, is_named
from ragbot.text.quantities import MEASURES
from ragbot.text.tokens import tagged

__all__ = ["Demand", "demand_of"]

_NUMERALS = "一二两三四五六七八九十百千万亿半几"
# Bounded, or a run of numerals would be read again from each of its characters.
_NUMBER = (
    rf"(?:\d[\d,.]{{0,30}}|(?:[{_NUMERALS}]|数(?!字)|若干){{1,16}})(?:点\d{{1,9}})?"
    r"[余多来]?[十百千万亿]{0,8}(?:\s?(?:[-~至到]|以[上下内])\s?\d[\d,.]{0,30})?[余多]?\s?"
)
# A number that is no part of a date and no ordinal: 2019年 is no amount, 3年 is one.
_PLAIN = r"(?<![\d.第月-])(?!(?:1[89]|20)\d\d(?:年|[-.])|\d{1,2}月\d)\d"
# A cell of a table holds the number alone: its unit stands in the head of the column.
_CELL = r"(?:^|\|)[^\S\n]{0,4}[-+]?\d[\d,.]{0,30}\s?%?(?=[^\S\n]{0,4}(?:\||$))"
_MONEY = (
    rf"[\d{_NUMERALS}][余多]?\s?(?:[元块圆角分]|美元|港元|欧元|万|亿)|[¥$€]\s?\d|\d\.\d\d(?!\d)"
    r"|免费|免收|不收费|%"
)
_LISTED = r"[^、,。;\n]{1,20}、[^、,。;\n]{1,20}"
"""Things in a row: 几种 and 几个 may be answered by naming them."""
_QUOTED = re.compile(r'《([^《》]{1,60})》|"([^",.?!;:]{2,12})"|「([^」,.?!;:]{2,12})」')
_EXACT = re.compile(r"第\d+条|\d{4}(?=年)")
_STATE = "中华人民共和国"
# The office whose holder is asked for: 局长是谁, 谁是局长; not 由谁代表.
_ROLE = re.compile(
    rf"(?P<role>[副前原]?(?:{TITLES}))(?:的?(?:姓名|名字))?(?:(?:是|为)?(?:谁|哪一?位|何人)|叫做?(?:什么|啥))"
    rf"|谁(?:是|任|担任|出任)[^?!,.;:谁]{{0,60}}?(?P<other>[副前原]?(?:{TITLES}))(?=$|[?!,.;:])"
)
_ORGAN = re.compile("[委局厅部处院校会社司厂团组科室署]$")
_ASIDE = r"(?:\([^()]{1,12}\))?"
# Characters that foreign names are written with: two in a row begin one.
_FOREIGN = (
    "阿埃艾安奥巴班贝比布查达戴丹道德迪多厄尔法菲费弗戈格古哈海赫亨霍基吉加杰卡凯科克肯库拉莱兰劳勒雷里利林卢鲁"
    "路伦罗洛马玛迈曼梅米蒙莫姆穆纳奈内尼涅诺帕佩皮普乔琼萨塞桑沙圣施史斯苏索塔泰汤特提托瓦威维韦魏温沃乌西希夏"
    "谢休雅亚扬伊约詹朱"
)
_HOW_MANY = re.compile(r"(?P<rank>第)?(?:多少|几)(?P<rest>.*)", re.DOTALL)
_SIZE = re.compile(r"多[大高长远重宽深快]|面积|长度|高度")
_SHARE = re.compile(r"百分之[几多]|%|占比|比例|比率|几成")
_DAY = re.compile(r"(?<!第)几[日号]|哪一?[天日]|何日")
_MONTH = re.compile(r"(?<!第)几月|哪一?个?月|何月")
_YEAR = re.compile(r"哪一?[个]?年|何年|几几年|什么年份")
# 什么是专利 asks for a sentence that says what it is, not for one that uses the word.
_DEFINITION = re.compile(
    r"(?:请问)?什么(?:是|叫做?)([^?!,.]{2,20})\W*$|([^?!,.]{2,20})(?:是什么意思|指的?是?什么)"
)
# 竹节虫拟态(又称枝状伪装),是… · 净资产,也称股东权益,指…
_DEFINED = (
    r"\"?(?:\([^()\n]{1,40}\))?(?:,?(?:又|也|亦|简|俗|旧|通|全|英文)[名称作叫][^。;\n]{1,40})?"
    r"[^。;\n]{0,3},?"
)
_SAYS_WHAT = r"(?:是|指|即|系|(?<![最因认成视行])为|称|谓|:|意思|包括)"
_TIMES = (
    r"\d|[年月日天周朝节季]|世纪|时期|期间|小时|分钟|[早中晚末初]期|[之以]?[前后内]|[上下中]午|[早晚]上|星期|"
    r"永久|终身|长期|随时|立即|当[日天]|次日|即日"
)
_DAYS = (
    r"\d[日号]|[上下本每这]?(?:周|星期|礼拜)[一二三四五六日天末]|[当次即翌]日|月[初末底]"
    r"|[日天月年][之以]?[内后前]"
)


@dataclass(frozen=True, slots=True)
class Demand:
    """What the evidence must hold; made once a question."""

    names: tuple[tuple[str, ...], ...]
    """Titles and quoted names, places, years and articles, each in every spelling."""
    answer: re.Pattern[str] | None
    """A thing of the kind asked for; None where any text may be one."""
    person: bool
    """That thing is the holder of an office."""
    own: tuple[str, ...]
    """Numbers of the question, which answer nothing."""

    def named(self, text: str) -> bool:
        """Tell whether every name of the question occurs in a text."""
        return all(any(is_named(name, text) for name in names) for names in self.names)

    def met(self, windows: Sequence[str], context: str) -> bool:
        """Tell whether one of some stretches of text holds a thing of the kind asked for.

        Who speaks is said in the context, once for all paragraphs.
        """
        if self.answer is None or (self.person and self.answer.search(context)):
            return True
        for window in windows:
            for number in self.own:
                window = window.replace(number, " ")
            if self.answer.search(window):
                return True
        return False


@lru_cache(maxsize=64)
def demand_of(query: Query) -> Demand:
    """Read off a question what its answer must hold."""
    quoted = ["".join(groups).removeprefix(_STATE) for groups in _QUOTED.findall(query.key)]
    names: list[tuple[str, ...]] = [(name,) for name in (*quoted, *_EXACT.findall(query.key))]
    # 沪 names 上海 wherever it stands, the 新 of 创新 does not name 新疆.
    places: list[tuple[str, ...]] = [
        (place, *filterfalse(is_ambiguous, PLACES[place])) for place in query.places
    ]
    # 比较江苏和浙江: each side has a passage of its own.
    names += [tuple(chain(*places))] if query.many and places else places
    own = tuple(re.findall(rf"第?\d[\d,.]*(?:{MEASURES})?%?", query.key))
    office = _ROLE.search(query.key)
    answer = re.compile(_holder(query, office)) if office else _answer(query)
    return Demand(tuple(dict.fromkeys(names)), answer, bool(office), own)


def _answer(query: Query) -> re.Pattern[str] | None:
    key = query.key
    if match := _DEFINITION.match(key):
        term = re.escape((match[1] or match[2]).strip())
        # A text that has not the term itself may define it under another name.
        return re.compile(
            rf"{term}{_DEFINED}{_SAYS_WHAT}|{_SAYS_WHAT}\"?{term}|\A(?!.*{term})", re.S
        )
    if query.kind is Kind.HOW_MANY:
        return re.compile(f"{_amount(key)}|{_CELL}", re.MULTILINE)
    if query.kind is Kind.WHEN:
        if _DAY.search(key):
            return re.compile(_DAYS)
        if _MONTH.search(key):
            return re.compile(r"\d月|[本上下当次每][个]?月|[正腊]月")
        if _YEAR.search(key):
            return re.compile(r"\d\d|年间|[一二三四五六七八九十元]年")
        return re.compile(_TIMES)
    if query.kind is Kind.WHAT and query.focus:
        # 以人民为中心 names no 中心; a text that has not the word may say it in others.
        thing = re.escape(query.focus)
        return re.compile(rf"(?<!为){thing}|\A(?!.*{thing})", re.DOTALL)
    return None


def _amount(key: str) -> str:
    """Return what an amount of the thing asked for looks like."""
    if _SHARE.search(key):
        return r"\d%|[\d十]‰|分之|[一二两三四五六七八九半]成|一半|半数"
    match = next(asking_words(_HOW_MANY, key), None)
    if match and match["rank"]:
        return r"第[\d一二三四五六七八九十]|[首最末]|\d"
    if match and (unit := _unit(match["rest"])):
        named = f"|{_LISTED}" if unit in {"个", "种", "项", "类", "点", "款", "条"} else ""
        if unit == "个":
            return rf"{_NUMBER}(?:{MEASURES}){named}"
        same = "|".join(map(re.escape, _alike(unit)))
        many = rf"[\d十百千万]余|\d{{4,}}(?![年\d]){named}"
        return rf"{_NUMBER}个?(?:工作|自然|交易|日历)?(?:{same})|{many}"
    if _SIZE.search(key):
        return rf"{_NUMBER}(?:{MEASURES})"
    if match and re.match("[十百千万亿]*(?:钱|元|块)", match["rest"]):
        return _MONEY
    # 一家企业 and 一种办法 say no amount.
    numeral = rf"(?:[{_NUMERALS.replace('一', '')}]|一(?![家个种项类位名次款条座些]))"
    return rf"{_PLAIN}|分之|{numeral}[余多]?(?:{MEASURES})"


def _unit(rest: str) -> str:
    """Return the word that counts behind 多少 or 几; nothing where none stands there.

    Of 多少支付 and 多少成绩 no part is one: the word must be whole.
    """
    words = tagged(rest[:12])
    if not words:
        return ""
    found = re.match(rf"[十百千万亿]*(?P<unit>{MEASURES})", rest)
    if not found:
        return ""
    at, ends = 0, set()
    for word, _ in words:
        at += len(word)
        ends.add(at)
    return found["unit"] if found.end() in ends else ""


def _alike(unit: str) -> tuple[str, ...]:
    """Return the words that count the same things as one does: 名, 人 and 位; 天 and 日."""
    return next((group for group in read_lines("measures") if unit in group), (unit,))


def _holder(query: Query, asked: re.Match[str]) -> str:
    """Return what the holder of an office looks like; the 局长 of 副局长 is none.

    Nor is the 书记 of 党组书记 a 省委书记: the character before the office must stand before it, or
    before other offices of the same holder.
    """
    role = asked["role"] or asked["other"]
    before = query.key[: asked.start("role" if asked["role"] else "other")]
    name = rf"(?:[{SURNAMES}]\s?[\u4e00-\u9fff]|[{_FOREIGN}]{{2}})"
    office = rf"(?<![副前原]){role}"
    if _ORGAN.search(before) and before[-1] != role[0] and not before.endswith(query.places):
        office = rf"{before[-1]}{_ASIDE}(?:[\u4e00-\u9fff]{{0,4}}(?:{TITLES})[、,])*{role}"
    others = rf"(?:[、,]?[副前原]?(?:{TITLES}))*"  # 党组书记、局长 杨东起
    after = rf"{office}{others}[\s:,、]*(?:是|为)?{name}"
    return rf"{after}|(?:现任|时任|担任|出任|当选|任|为|是)[^,。]{{0,20}}{office}"
