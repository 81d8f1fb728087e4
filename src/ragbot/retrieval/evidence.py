"""What an answer must hold whatever its words are: names, and a thing of the kind asked for.

Near misses are told by this and nothing else: the right law without the figure, the right place
without the office.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from ragbot.documents.bylines import SURNAMES, TITLES
from ragbot.retrieval.query import Kind, Query
from ragbot.text.places import PLACES, place_of_word
from ragbot.text.quantities import MEASURES

__all__ = ["Demand", "demand_of"]

_NUMBER = r"(?:\d[\d,.]*|(?:[一二两三四五六七八九十百千万亿半几]|数(?!字))+)[余多来]?[十百千万亿]*"
_QUOTED = re.compile(r'《([^《》]{1,60})》|"([^",.?!;:]{2,12})"|「([^」,.?!;:]{2,12})」')
_EXACT = re.compile(r"第\d+条|\d{4}(?=年)")
_STATE = "中华人民共和国"
# The office whose holder is asked for: 局长是谁, 谁是局长; not 由谁代表.
_ROLE = re.compile(
    rf"(?P<role>[副前原]?(?:{TITLES}))(?:的?(?:姓名|名字))?(?:(?:是|为)?(?:谁|哪一?位|何人)|叫做?(?:什么|啥))"
    rf"|谁(?:是|任|担任|出任)[^?!,.;:]*?(?P<other>[副前原]?(?:{TITLES}))(?=$|[?!,.;:])"
)
_ORGAN = re.compile("[委局厅部处院校会社司厂团组科室署]$")
_ASIDE = r"(?:\([^()]{1,12}\))?"
# Characters that foreign names are written with: two in a row begin one.
_FOREIGN = (
    "阿埃艾安奥巴班贝比布查达戴丹道德迪多厄尔法菲费弗戈格古哈海赫亨霍基吉加杰卡凯科克肯库拉莱兰劳勒雷里利林卢鲁"
    "路伦罗洛马玛迈曼梅米蒙莫姆穆纳奈内尼涅诺帕佩皮普乔琼萨塞桑沙圣施史斯苏索塔泰汤特提托瓦威维韦魏温沃乌西希夏"
    "谢休雅亚扬伊约詹朱"
)
_HOW_MANY = re.compile(r"(?P<rank>第)?(?:多少|几)(?P<thing>[^?!,.;:]{0,4})")
_SIZE = re.compile(r"多[大高长远重宽深快久]|面积|长度|高度")
_SHARE = re.compile(r"百分之[几多]|%|占比|比例|比率|几成")
_DAY = re.compile(r"几[日号]|几月几|哪一?[天日]|何日|几月")
_YEAR = re.compile(r"哪一?[个]?年|何年|几几年|什么年份")
# 什么是专利 asks for a sentence that says what it is, not for one that uses the word.
_DEFINITION = re.compile(
    r"(?:请问)?什么(?:是|叫做?)([^?!,.]{2,20})\W*$|([^?!,.]{2,20})(?:是什么意思|指的?是?什么)"
)
_TIMES = r"\d|[年月日天周朝节]|世纪|时期|期间|小时|分钟|[早中晚末初]期|[之以]?[前后]"


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
        return all(any(name in text for name in names) for names in self.names)

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
        (place, *filter(place_of_word, PLACES[place])) for place in query.places
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
        return re.compile(rf"{re.escape(match[1] or match[2])}[^。,]{{0,3}}[,]?(?:是|指|即|系)")
    if query.kind is Kind.HOW_MANY:
        return re.compile(_amount(key))
    if query.kind is Kind.WHEN:
        if _DAY.search(key):
            return re.compile(r"\d+日|\d+号" if "日" in key or "天" in key else r"\d+月")
        if _YEAR.search(key):
            return re.compile(r"\d+年|年间|[一二三四五六七八九十元]年")
        return re.compile(_TIMES)
    if query.kind is Kind.WHAT and query.focus:
        # 以人民为中心 names no 中心; a text that has not the word may say it in others.
        thing = re.escape(query.focus)
        return re.compile(rf"(?<!为){thing}|\A(?!.*{thing})", re.DOTALL)
    return None


def _amount(key: str) -> str:
    """Return what an amount of the thing asked for looks like."""
    if _SHARE.search(key):
        return r"\d%|分之|[一二三四五六七八九]成"
    match = _HOW_MANY.search(key)
    if match and match["rank"]:
        return r"第[\d一二三四五六七八九十]|[首最]"
    if match and match["thing"]:
        if unit := re.match(rf"[十百千万亿]*(?P<unit>{MEASURES})", match["thing"]):
            if unit["unit"] == "个":
                return rf"{_NUMBER}(?:{MEASURES})"
            return rf"{_NUMBER}(?:{re.escape(unit['unit'])}|余)|\d{{4,}}(?![年\d])"
        return rf"{_NUMBER}(?:{MEASURES}|{re.escape(match['thing'][:2])})"
    if _SIZE.search(key):
        return rf"{_NUMBER}(?:{MEASURES})"
    return rf"\d|{_NUMBER}(?:{MEASURES})"


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
