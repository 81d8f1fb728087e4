"""Statements: headings, bylines, places and paragraphs of several kinds of document."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragbot.documents.bylines import parse_byline
from ragbot.documents.headings import parse_heading, place_of
from ragbot.documents.sample import sample_corpus
from ragbot.documents.structure import split_statements
from ragbot.text.reading import read


def test_the_sample_corpus_is_ten_statements_under_a_title() -> None:
    """Each statement has its place, its speaker without padding, and its office."""
    (path,) = sample_corpus().glob("*.txt")
    text = read(path.read_text("utf-8")).text
    found = [
        (s.place, text[slice(*s.heading)][0], s.byline.name)
        for s in split_statements(text)
        if s.heading and s.byline
    ]
    assert found == [
        ("北京", "京", "楊東起"),
        ("天津", "津", "吳挺"),
        ("河北", "冀", "趙彥軍"),
        ("山西", "晉", "武小勤"),
        ("内蒙古", "蒙", "呂金華"),
        ("辽宁", "遼", "敖然"),
        ("吉林", "吉", "張洪彬"),
        ("上海", "滬", "芮文彪"),
        ("江苏", "蘇", "施蔚"),
        ("浙江", "浙", "章根明"),
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("北京市知识产权局党组书记、局长 杨东起", ("北京市知识产权局党组书记、局长", "杨东起")),
        ("江蘇省知識產權局黨組成員、副局長 施 蔚", ("江蘇省知識產權局黨組成員、副局長", "施蔚")),
        ("——湖南省知识产权局局长　段 军", ("湖南省知识产权局局长", "段军")),
        ("湖北省知识产权局局长彭泉", ("湖北省知识产权局局长", "彭泉")),
        ("张三（四川省知识产权服务促进中心主任）", ("四川省知识产权服务促进中心主任", "张三")),
        ("李四，广东省市场监督管理局副局长", ("广东省市场监督管理局副局长", "李四")),
        ("海南省知识产权局局长：朱东海", ("海南省知识产权局局长", "朱东海")),
        ("（贵州省知识产权局局长 欧阳修）", ("贵州省知识产权局局长", "欧阳修")),
        (
            "新疆维吾尔自治区市场监督管理局局长 艾尔肯·吐尼亚孜",
            ("新疆维吾尔自治区市场监督管理局局长", "艾尔肯·吐尼亚孜"),
        ),
        (
            "河北省市场监督管理局(知识产权局)党组成员、副局长 赵彦军",
            ("河北省市场监督管理局(知识产权局)党组成员、副局长", "赵彦军"),
        ),
    ],
)
def test_bylines_of_many_forms_are_split(line: str, expected: tuple[str, str]) -> None:
    """Office and name are found in either order, with or without a space between."""
    assert parse_byline(line) == expected


@pytest.mark.parametrize(
    "line",
    [
        "近日,天津召开了全市知识产权保护大会。",
        "省委书记张国清、省长刘宁多次作出重要指示批示,",
        "局长讲话",
        "第一章 总则",
        "知识产权强国建设纲要",
        "全国知识产权局局长高级研修班开班",
        "",
        "主任会议",
    ],
)
def test_ordinary_lines_are_no_bylines(line: str) -> None:
    """A line that names an office but no person is no byline."""
    assert parse_byline(line) is None


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("【湖南】打造创新高地", "湖南"),
        ("湖北：建设强省", "湖北"),
        ("三、四川 提升治理水平", "四川"),
        ("广西壮族自治区 服务面向东盟", "广西"),
        ("陝西", "陕西"),
    ],
)
def test_headings_that_open_with_a_place_name_it(line: str, place: str) -> None:
    """Brackets, colons and numbers before the place are understood."""
    heading = parse_heading(line)
    assert heading
    assert heading.place == place
    assert place_of(line) == place


@pytest.mark.parametrize(
    ("line", "below", "place"),
    [
        ("滬 打造國際知識產權保護高地", "上海市知識產權局局長 芮文彪", "上海"),
        ("沪", "上海市今年将建设保护中心。", "上海"),
        ("桂丨面向东盟开放合作", "今年以来，广西持续推进开放。", "广西"),
        ("（粤）走在前列", "广东省知识产权局局长 马宪民", "广东"),
        ("新 建设丝路枢纽", "新疆维吾尔自治区知识产权局局长 李四光", "新疆"),
        ("【云】服务面向南亚", "云南省正在行动。", "云南"),
        ("黔 构建贵州新局面", "各项工作有序推进。", "贵州"),
    ],
)
def test_a_short_name_names_a_place_that_is_named_in_full_beside_it(
    line: str, below: str, place: str
) -> None:
    """In the heading itself, in the byline, or in the text below."""
    (statement,) = split_statements(f"{line}\n{below}\n")
    assert statement.heading == (0, len(line))
    assert statement.place == place


@pytest.mark.parametrize(
    "line",
    [
        "新 功能介绍",
        "云-边-端协同",
        "黑·白名单",
        "青 少年模式",
        "台 账管理",
        "津 贴发放标准",
        "晋 升条件",
        "桂 花糕",
        "京-东商城",
        "苏 打水",
        "【新】版本说明",
        "（台）",
        "新：版本说明",
        "新",
    ],
)
@pytest.mark.parametrize("below", ["支持自动更新。", "可在内蒙古、新疆、台湾等地使用。"])
def test_one_character_at_the_head_of_a_line_is_no_place(line: str, below: str) -> None:
    """A damaged or spaced word, and a character that only may be a short name."""
    for text in (f"{line}\n{below}\n", f"产品手册\n{below}\n{line}\n{below}\n"):
        assert all(s.place is None for s in split_statements(text))
        marked = {text.index(f"{line}\n"): 2}
        assert all(s.place is None for s in split_statements(text, marked))
        assert any(s.heading for s in split_statements(text, marked))


def test_a_series_of_short_names_is_a_feature_by_places() -> None:
    """Three of different places prove each other, and an everyday word among them."""
    text = "".join(f"{short} 扎实推进\n我们认真落实。\n" for short in "京津冀新")
    assert [s.place for s in split_statements(text)] == ["北京", "天津", "河北", "新疆"]
    text = "".join(f"{short} 扎实推进\n我们认真落实。\n" for short in "新云黑青")
    assert [s.place for s in split_statements(text)] == [None]


@pytest.mark.parametrize(
    "line",
    [
        "新 的一年开始了。",
        "上海市知识产权局系统将认真学习领会、全面贯徹落实,",
        "吉祥如意",
        "青年们",
    ],
)
def test_lines_of_running_text_are_no_headings(line: str) -> None:
    """A place at the head of a sentence makes no heading."""
    assert parse_heading(line) is None


FEATURE = """各地谈落实
【湖南】打造创新高地
湖南省知识产权局党组书记、局长段志雄
《纲要》印发后，湖南省迅速行动。
我们将在下一步努力。

湖北：建设强省
张三（湖北省知识产权局局长）
湖北的正文。

黔 构建贵州新局面

——贵州省知识产权局副局长 王 五
贵州正文一。

李四，四川省知识产权服务促进中心主任
走在西部前列
四川正文。
"""


def test_another_feature_with_other_headings_and_bylines_is_understood() -> None:
    """Heading and byline may come in either order, with blank lines between."""
    found = [
        (s.place, FEATURE[slice(*s.heading)], s.byline.name, len(s.body))
        for s in split_statements(FEATURE)
        if s.heading and s.byline
    ]
    assert found == [
        ("湖南", "【湖南】打造创新高地", "段志雄", 2),
        ("湖北", "湖北：建设强省", "张三", 1),
        ("贵州", "黔 构建贵州新局面", "王五", 1),
        ("四川", "走在西部前列", "李四", 1),
    ]


@pytest.mark.parametrize(
    ("text", "headings"),
    [
        ("各位股东：\n公司取得进步。\n董事长 陈志远\n", []),
        ("各位股东：\n公司取得进步。\n\n\n董事长 陈志远\n\n2024年3月1日\n", []),
        ("通知\n特此通知。\n董事长 陈志远\n甲公司办公室\n二〇二四年三月一日\n", []),
        ("第一章 总则\n第一条 甲。\n董事长 陈志远\n", ["第一章 总则"]),
        (
            "一、经营\n收入增长。\n董事长 陈志远\n2024-03-01\n二、展望\n明年继续。\n",
            ["一、经营", "二、展望"],
        ),
        (
            "一、经营\n收入增长。\n董事长 陈志远\n总经理 李四光\n二、展望\n明年继续。\n",
            ["一、经营", "二、展望"],
        ),
        ("# 致股东\n公司取得进步。\n董事长 陈志远\n# 附录\n数据表。\n", ["# 致股东", "# 附录"]),
        ("甲方：某公司\n董事长：陈志远\n地址：某路一号\n第一条 期限三年。\n", []),
        ("各位股東：\n公司取得進步。\n董事長 陳志遠\n日期：2024年3月1日\n", []),
    ],
)
def test_a_signature_is_no_byline(text: str, headings: list[str]) -> None:
    """At the end of a letter or of a section, with a date below it or without; a field is none."""
    statements = split_statements(text)
    assert [s.byline for s in statements] == [None] * len(statements)
    assert [text[slice(*s.heading)] for s in statements if s.heading] == headings


def test_a_signature_below_a_speaker_leaves_the_speaker() -> None:
    """The section has its byline above, and the name below is not asked."""
    text = "第一章 回顾\n总经理 李四光\n收入增长。\n董事长 陈志远\n2024年3月1日\n"
    (statement,) = split_statements(text)
    assert statement.byline
    assert statement.byline.name == "李四光"


def test_speakers_of_a_talk_without_headings_stay() -> None:
    """Each is followed by what is said."""
    text = "记者 王小丫\n您好。\n董事长 陈志远\n你好，很高兴。\n"
    names = [s.byline.name for s in split_statements(text) if s.byline]
    assert names == ["王小丫", "陈志远"]


def test_headings_of_markdown_and_laws_nest() -> None:
    """A section knows the headings above it, and a sibling does not."""
    text = "# 学位法\n## 第一章 总则\n第一条 甲。\n## 第二章 体制\n### 第一节 机构\n第七条 乙。\n"
    found = [
        ([text[slice(*p)] for p in s.path], text[slice(*s.heading)])
        for s in split_statements(text)
        if s.heading
    ]
    assert found == [
        ([], "# 学位法"),
        (["# 学位法"], "## 第一章 总则"),
        (["# 学位法"], "## 第二章 体制"),
        (["# 学位法", "## 第二章 体制"], "### 第一节 机构"),
    ]


@given(st.text(alphabet="上海沪 局长：张三、。\n#第一章【】湘", max_size=120))
def test_every_line_with_text_is_in_exactly_one_statement(text: str) -> None:
    """Nothing of a document is lost or doubled, whatever its lines look like."""
    statements = split_statements(text)
    covered = "".join(text[s.start : s.end] for s in statements)
    assert "".join(covered.split()) == "".join(text.split())
    ends = [(s.start, s.end) for s in statements]
    assert all(a[1] <= b[0] for a, b in pairwise(ends))


def test_a_line_of_a_million_spaces_is_no_line() -> None:
    """And looked at once, not once for every space."""
    text = "第一段。\n" + " " * 1_000_000 + "\n第二段。"
    (statement,) = split_statements(text)
    assert [text[slice(*span)] for span in statement.body] == ["第一段。", "第二段。"]


@pytest.mark.parametrize(
    "line", [" " * 200_000 + "日期", "董事长：" + "一" * 150, "2024年" + " " * 200_000 + "x"]
)
def test_long_lines_beside_a_byline_are_read_at_once(line: str) -> None:
    """Once, and not once for every space; a minute is far more than they need."""
    text = f"第一章 总则\n{line}\n董事长：陈志远\n{line}\n" * 20
    began = time.monotonic()
    assert split_statements(text)
    assert time.monotonic() - began < 60
