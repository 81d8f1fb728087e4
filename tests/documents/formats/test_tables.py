import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragbot.documents.formats import tables
from ragbot.documents.formats.extracted import LineWriter, UnreadableError
from ragbot.documents.formats.tables import Cell, spread, table_lines, write_table

ROWS = [
    ["省份", "城市", "专利数"],
    ["江苏", "南京", "352"],
    ["浙江", "", "1,201"],
    ["广东", "深圳", "9"],
]


def test_names_above_numbers_are_a_header() -> None:
    """Where columns prove the header, every row says what its cells are."""
    assert list(table_lines(ROWS)) == [
        "省份 | 城市 | 专利数",
        "省份：江苏；城市：南京；专利数：352",
        "省份：浙江；专利数：1,201",
        "省份：广东；城市：深圳；专利数：9",
    ]


def test_a_form_has_no_header() -> None:
    """The labels of a form are not taken for a header, which would make its rows false."""
    form = [
        ["姓名", "张三", "性别", "男"],
        ["年龄", "35", "民族", "汉"],
        ["籍贯", "江苏", "学历", "本科"],
        ["电话", "12345678", "邮编", "210000"],
    ]
    assert list(table_lines(form))[1] == "年龄 | 35 | 民族 | 汉"


def test_a_column_of_numbers_and_words_proves_no_header() -> None:
    """Where a column holds numbers and words, what stands above is not taken for its name."""
    rows = [
        ["甲", "乙", "丙"],
        ["子", "1", "2"],
        ["丑", "3", "见注"],
        ["寅", "5", "6"],
        ["卯", "7", "无"],
    ]
    assert list(table_lines(rows))[1] == "子 | 1 | 2"


def test_a_marked_header_needs_no_proof() -> None:
    """A header that the format marks is used for tables of words, too."""
    rows = [["条款", "内容"], ["第一条", "总则"]]
    assert list(table_lines(rows, has_header=True)) == ["条款 | 内容", "条款：第一条；内容：总则"]
    assert list(table_lines(rows)) == ["条款 | 内容", "第一条 | 总则"]


def test_titles_stand_above_the_header() -> None:
    """Rows of one cell above the header are lines of their own, as are sections below it."""
    rows = [["2024年统计表"], ["", ""], *ROWS[:2], ["华南"], *ROWS[2:]]
    lines = list(table_lines(rows))
    assert lines[:3] == [
        "2024年统计表",
        "省份 | 城市 | 专利数",
        "省份：江苏；城市：南京；专利数：352",
    ]
    assert lines[3] == "华南"


def test_years_are_a_header() -> None:
    """Columns named by years are a header, unlike other numbers."""
    rows = [["省份", "2023", "2024年"], ["江苏", "1", "2"], ["浙江", "3", "4"], ["广东", "5", "6"]]
    assert list(table_lines(rows))[1] == "省份：江苏；2023：1；2024年：2"


def test_cells_over_several_rows_are_in_each() -> None:
    """A cell that covers rows is repeated in each, one that covers columns is not."""
    rows = [
        [Cell([("华东", 0)], rows=2), Cell([("江苏", 0)]), Cell([("甲", 0)])],
        [Cell([("合并", 0)], columns=2)],
        [Cell([("a", 0)]), Cell([("b", 0)]), Cell([("c", 0)])],
    ]
    assert spread(rows) == [["华东", "江苏", "甲"], ["华东", "合并", ""], ["a", "b", "c"]]


def test_a_table_that_lays_out_a_page_is_no_table() -> None:
    """A cell with many paragraphs is running text: its paragraphs and headings stay lines."""
    article = [("标题", 2), ("一", 0), ("二", 0), ("三", 0)]
    writer = LineWriter()
    write_table([[Cell([("导航", 0)]), Cell(article)]], writer)
    assert writer.extracted().raw == "导航\n标题\n一\n二\n三\n"
    assert writer.extracted().headings == ((3, 2),)


CELLS = st.lists(st.lists(st.text("甲乙丙12.年 \n", max_size=5), max_size=5), max_size=12)


@given(CELLS, st.sampled_from([None, True, False]))
def test_no_cell_is_lost(rows: list[list[str]], has_header: bool | None) -> None:
    """Whatever the table, each row gives one line with all its cells in order."""
    filled = [["".join(c.split()) for c in row if c.strip()] for row in rows]
    filled = [row for row in filled if row]
    lines = list(table_lines(rows, has_header=has_header))
    assert len(lines) == len(filled)
    for line, cells in zip(lines, filled, strict=True):
        position, packed = 0, "".join(line.split())
        for cell in cells:
            position = packed.index(cell, position) + len(cell)


def test_a_table_of_too_many_cells_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few cells may cover millions of places."""
    monkeypatch.setattr(tables, "CELLS", 1000)
    rows = [[Cell([("甲", 0)], columns=20, rows=100)], *([] for _ in range(99))]
    with pytest.raises(UnreadableError, match="more than 1,000 cells"):
        spread(rows)
    assert len(spread(rows[:40])) == 40
