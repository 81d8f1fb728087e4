"""Units and words that count, each with the unit it is compared in."""

import re
from fractions import Fraction

__all__ = ["COUNTED", "MEASURES", "UNITS", "UNIT_PATTERN", "unit_of"]

MEASURES = (
    "平方公里|平方千米|平方米|公里|千米|厘米|毫米|公顷|公斤|千克|公吨|英里|英尺|小时|分钟|美元|港元|欧元|"
    "[个家名位项件种所座只条人次户元年月日天岁周倍成间篇部册章款科门类级层米里尺亩吨克升度票分秒集届期代艘架辆枚颗张段组场局处站国州省市县区镇乡村"
    "字页章本套台幅卷首句块片头匹棵株份笔具批支队站年月圆块角]"
)
"""A pattern of the words that count things."""

# One line a unit that others are compared in: "unit: name=factor ...".
_TABLE = """
元: 元 元整=1 块=1 块钱=1 圆=1 圆整=1 rmb=1 cny=1 角=1/10
美元: 美元 usd=1 美金=1
港元: 港元 港币=1 hkd=1
欧元: 欧元 eur=1
英镑: 英镑
日元: 日元 日圆=1
新台币: 新台币 台币=1
%: % 成=10 ‰=1/10 千分点=1/10
个百分点: 个百分点 百分点=1
个基点: 个基点 基点=1
倍: 倍
折: 折
番: 番
秒: 秒 秒钟=1 s=1 毫秒=1/1000 ms=1/1000 微秒=1/1000000 μs=1/1000000 us=1/1000000 纳秒=1/1000000000
 ns=1/1000000000 分钟=60 min=60 mins=60 小时=3600 个小时=3600 个钟头=3600 钟头=3600 h=3600
 天=86400 日=86400 周=604800 星期=604800 个星期=604800 礼拜=604800
工作日: 个工作日 工作日=1 个交易日=1 交易日=1
month: 月 月份=1
day: 号
个月: 个月 年=12 周年=12 年度=12
季度: 个季度 季度=1
世纪: 世纪 个世纪=1
年代: 年代
岁: 岁 周岁=1
米: 米 m=1 公尺=1 毫米=1/1000 mm=1/1000 厘米=1/100 cm=1/100 公分=1/100 分米=1/10 dm=1/10 千米=1000
 公里=1000 km=1000 微米=1/1000000 μm=1/1000000 um=1/1000000 纳米=1/1000000000 nm=1/1000000000
里: 里
尺: 尺 市尺=1
英里: 英里
英尺: 英尺
英寸: 英寸 寸=1
海里: 海里
平方米: 平方米 m2=1 m^2=1 平米=1 平方厘米=1/10000 cm2=1/10000 平方公里=1000000 平方千米=1000000
 km2=1000000 公顷=10000 ha=10000
平方尺: 平方尺
亩: 亩
升: 升 l=1 公升=1 毫升=1/1000 ml=1/1000 立方米=1000 m3=1000 m^3=1000 立方厘米=1/1000 dl=1/10
克: 克 g=1 毫克=1/1000 mg=1/1000 微克=1/1000000 μg=1/1000000 ug=1/1000000 千克=1000 公斤=1000
 kg=1000 吨=1000000 公吨=1000000 t=1000000 斤=500
磅: 磅
盎司: 盎司
摄氏度: ℃ °c=1 摄氏度=1
华氏度: ℉ °f=1 华氏度=1
度: 度 °=1
伏: 伏 伏特=1 v=1 千伏=1000 kv=1000 毫伏=1/1000 mV=1/1000
瓦: 瓦 瓦特=1 w=1 千瓦=1000 kw=1000 兆瓦=1000000 MW=1000000 mW=1/1000 吉瓦=1000000000 gw=1000000000
千瓦时: 千瓦时 kwh=1 兆瓦时=1000 mwh=1000
毫安时: 毫安时 mah=1
安: 安培 毫安=1/1000 mA=1/1000 ma=1/1000
赫: 赫兹 赫=1 hz=1 千赫=1000 khz=1000 MHz=1000000 mhz=1000000 兆赫=1000000 ghz=1000000000
字节: 字节 kb=1024 KB=1024 MB=1048576 mb=1048576 gb=1073741824 tb=1099511627776 pb=1125899906842624
比特: Kb=1024 Mb=1048576 Gb=1073741824 Mbps=1048576 mbps=1048576 gbps=1073741824 kbps=1024
帕: 帕 pa=1 千帕=1000 kpa=1000 MPa=1000000 mpa=1000000 兆帕=1000000 百帕=100 hpa=100
毫米汞柱: mmhg 毫米汞柱=1
分贝: 分贝 db=1
摩尔: mol mmol=1/1000 μmol=1/1000000 umol=1/1000000
国际单位: iu 国际单位=1
千卡: 千卡 kcal=1 大卡=1
千焦: 千焦 kj=1
焦: 焦耳
牛: 牛顿
像素: 像素
"""


def _read() -> dict[str, tuple[str, Fraction]]:
    found: dict[str, tuple[str, Fraction]] = {}
    base = ""
    for line in _TABLE.strip().splitlines():
        name, colon, rest = line.partition(": ")
        if colon:
            base = name
        for entry in (rest if colon else line).split():
            word, _, factor = entry.partition("=")
            found[word] = base, Fraction(factor or 1)
    return found


UNITS = _read()
"""The unit that each unit is compared in, and how many of that it is."""

COUNTED = frozenset(
    "个家名位项件种所座只条人次户间篇部册章款科门类级层票集届期代艘架辆枚颗张段组场局处站国州省市县区镇乡村"
    "字页本套台幅卷首句片头匹棵株份笔具批支队股桌顿声道盒袋瓶包箱桶杯排列栋幢轮堂课节门封则把根粒滴串束对双步遍趟回口员艇盏"
)
"""Words that count things one by one; some stand for each other: 6,218名员工, 员工6,218人."""

_ANY = frozenset("个名位人员")
# What is no unit before certain characters: 三成 is a share, 3成员 are members.
_NOT_BEFORE = {
    "成": "员为立功本果份长熟交绩都品语",
    "日": "本常期",
    "年": "龄轻级",
    "天": "然津下空",
    "人": "民均工才类物口",
    "元": "素旦首",
    "分": "别布类析为成之",
    "度": "过假",
}


def _pattern() -> str:
    words = sorted({*UNITS, *COUNTED}, key=len, reverse=True)
    # 5G is a name, 5g is a weight.
    cased = [word for word in words if word in "gstmh"]
    latin = [
        word for word in words if re.fullmatch("[A-Za-zμ0-9^]{1,9}", word) and word not in cased
    ]
    other = [word for word in words if word not in {*latin, *cased, *_NOT_BEFORE}]
    guarded = [f"{word}(?![{chars}])" for word, chars in _NOT_BEFORE.items()]
    return (
        f"(?:(?i:{'|'.join(map(re.escape, other))})|{'|'.join(guarded)}"
        f"|(?:(?i:{'|'.join(map(re.escape, latin))})|[{''.join(cased)}])(?![A-Za-z0-9_]))"
    )


UNIT_PATTERN = _pattern()
"""A pattern of every unit and word that counts, the longest first."""


def unit_of(written: str) -> tuple[str, Fraction]:
    """Return what a unit is compared in, and how many of that it is.

    Of two units that differ in the case of a letter alone, MW and mW, each is itself.
    """
    if "/" in written:
        upper, _, lower = written.partition("/")
        (one, many), (other, few) = unit_of(upper), unit_of(lower)
        return f"{one}/{other}", many / few
    found = UNITS.get(written) or UNITS.get(written.lower())
    if found:
        return found
    if written in COUNTED:
        return "#" if written in _ANY else f"#{written}", Fraction(1)
    return written.lower(), Fraction(1)
