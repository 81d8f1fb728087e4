"""What an answer must hold whatever its words are."""

import pytest

from ragbot.retrieval.evidence import demand_of
from ragbot.retrieval.query import read_query
from ragbot.text.fold import fold


def _met(question: str, text: str, context: str = "") -> bool:
    demand = demand_of(read_query(question, longest=200))
    return demand.met([fold(text)], fold(context))


@pytest.mark.parametrize(
    ("question", "holds", "lacks"),
    [
        ("上海市市长是谁？", "上海市市长龚正出席会议", "上海市市长出席会议"),
        ("局长是谁？", "党组书记、局长 杨东起", "党组成员、副局长 施蔚"),
        ("副局长是谁？", "党组成员、副局长 施蔚", "局长 章根明"),
        ("谁是校长？", "他时任北京大学校长", "校长办公室"),
        ("有多少家企业？", "共有二千余家企业", "企业是创新主体"),
        ("投资多少亿元？", "投资3亿元", "投资三年"),
        ("占地多少平方公里？", "占地12.5平方公里", "占地300亩"),
        ("有多少用户？", "有5万个用户", "坚持数字化改革"),
        ("比例是多少？", "占百分之五", "占了一些"),
        ("是几月几日召开的？", "9月26日召开", "近日召开"),
        ("哪一年建成？", "二〇二一年建成", "去年建成"),
        ("排名第几？", "排名第三", "排名靠前"),
        ("他几岁？", "他五岁", "他五年"),
        ("天津建设什么中心？", "天津建设保护中心，以人民为中心", "天津坚持以人民为中心"),
        ("它是什么颜色？", "它是红的", "以红为颜色"),
    ],
)
def test_a_thing_of_the_kind_asked_for(question: str, holds: str, lacks: str) -> None:
    """In the text, not only near it."""
    assert _met(question, holds)
    assert not _met(question, lacks)


def test_a_number_of_the_question_answers_nothing() -> None:
    """The 2021年 of the question is not the year asked for."""
    assert not _met("2021年的规划到哪一年为止？", "2021年的规划正在执行")
    assert _met("2021年的规划到哪一年为止？", "2021年的规划到2035年为止")


def test_who_speaks_is_said_in_the_context() -> None:
    """A paragraph need not repeat its byline."""
    assert _met("北京市知识产权局局长是谁？", "我们将努力", "北京市知识产权局党组书记、局长 杨东起")


@pytest.mark.parametrize(
    ("question", "holds", "lacks"),
    [
        ("《核安全法》规定了什么？", "中华人民共和国核安全法 第一条", "网络安全法 第一条"),
        ("上海要建设什么？", "沪 打造国际知识产权保护高地", "京 开创新局面"),
        ("新疆要建设什么？", "新疆将建设中心", "坚持创新"),
        ("1995年8月他在哪里？", "1995-1998年在北京", "1996年在北京"),
        ("第12条规定了什么？", "第十二条 军官", "第十三条 军官"),
        ("“江苏专利奖”是什么？", "加强“江苏专利奖”对创新的奖励", "江苏的专利奖项"),
    ],
)
def test_every_name_must_occur(question: str, holds: str, lacks: str) -> None:
    """Titles, places in either form, years, articles."""
    demand = demand_of(read_query(question, longest=200))
    assert demand.named(fold(holds))
    assert not demand.named(fold(lacks))


def test_a_question_of_no_special_kind_demands_nothing() -> None:
    """Any text may say what, why or how."""
    demand = demand_of(read_query("怎样保护知识产权？", longest=200))
    assert demand.met([""], "")
    assert demand.named("")


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("加班费按多少支付？", "按照日工资收入的260%支付加班费"),
        ("上机考试占多少成绩？", "期末上机考试占45%"),
        ("每个月几号发工资？", "公司每月12日发放上月薪资"),
        ("代表大会设多少名代表？", "拟设代表名额为46人"),
        ("请假几天要证明？", "请假十四日以上"),
        ("罚多少元？", "罚款3万元"),
        ("有几种方式？", "可以现金、转账或者支票支付"),
        ("图论基础几个学分？", "图论基础 | 2.5 | 必修"),
        ("要多少小时？", "需要八个小时"),
        ("租期多少个月？", "租期十二个月"),
        ("什么是净资产？", "净资产，也称股东权益，指资产减去负债后的余额"),
        ("什么是拟态？", "拟态（又称伪装，也叫“假枝”），是一类昆虫的现象"),
        ("什么是拟态？", "昆虫模仿枯枝的现象称为拟态"),
        ("哪天截止？", "每周五下午截止"),
    ],
)
def test_other_words_of_the_same_kind_answer(question: str, text: str) -> None:
    """名 and 人 count the same things, 天 and 日 too; 支 and 成 begin other words here."""
    assert _met(question, text)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("注册资本是多少？", "公司成立于2019年，注册地为高新区"),
        ("什么是拟态？", "拟态在热带雨林最为常见"),
        ("有多少名代表？", "会议于12月18日召开"),
        ("租金多少元？", "租期3年"),
    ],
)
def test_a_thing_of_another_kind_does_not_answer(question: str, text: str) -> None:
    """A year is no amount; using a word does not define it."""
    assert not _met(question, text)
