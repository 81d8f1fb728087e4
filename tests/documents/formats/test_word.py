import io
from collections.abc import Callable

import docx
import pytest
from docx.document import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from ragbot.documents.formats.numbering import chinese_number
from ragbot.documents.formats.word import load_word


def saved(fill: Callable[[Document], None]) -> bytes:
    """Return a docx file that a function has filled."""
    document = docx.Document()
    fill(document)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def xml(text: str) -> object:
    """Return an element of WordprocessingML."""
    name = text[1:].split("/")[0].split(">")[0].split()[0]
    return parse_xml(text.replace(name, f"{name} {nsdecls('w')}", 1))


def test_headings_and_paragraphs_in_order() -> None:
    """Headings have the level of their style, and tables stand where they stand."""

    def fill(document: Document) -> None:
        document.add_heading("知识产权公报", 0)
        document.add_heading("第一部分", 1)
        document.add_paragraph("正文一。")
        table = document.add_table(1, 2)
        table.cell(0, 0).text, table.cell(0, 1).text = "甲", "乙"
        document.add_heading("小节", 3)
        document.add_paragraph("正文二。\n换行")

    content = load_word(saved(fill))
    assert content.raw == "知识产权公报\n第一部分\n正文一。\n甲 | 乙\n小节\n正文二。\n换行\n"
    assert [(content.raw[at:].split("\n")[0], n) for at, n in content.headings] == [
        ("知识产权公报", 1),
        ("第一部分", 1),
        ("小节", 3),
    ]


def test_an_outline_level_is_a_heading() -> None:
    """A paragraph given an outline level by hand, or by the style its style is based on, is one."""

    def fill(document: Document) -> None:
        paragraph = document.add_paragraph("手工标题")
        paragraph._p.get_or_add_pPr().append(xml('<w:outlineLvl w:val="1"/>'))
        style = document.styles.add_style("我的标题", 1)
        style.base_style = document.styles["Heading 2"]
        document.add_paragraph("样式标题", style)

    assert [level for _, level in load_word(saved(fill)).headings] == [2, 2]


def test_what_word_shows_is_what_is_read() -> None:
    """Sounds, insertions, links, text boxes and content controls are read; deletions are not."""
    box = "<w:txbxContent><w:p><w:r><w:t>框内</w:t></w:r></w:p></w:txbxContent>"
    paragraph = (
        "<w:p><w:r><w:ruby><w:rt><w:r><w:t>jì</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>計</w:t></w:r>"
        "</w:rubyBase></w:ruby></w:r><w:ins><w:r><w:t>劃</w:t></w:r></w:ins><w:del><w:r><w:delText>坏"
        "</w:delText></w:r></w:del><w:moveFrom><w:r><w:t>坏</w:t></w:r></w:moveFrom>"
        "<w:hyperlink><w:r><w:t>建設</w:t></w:r></w:hyperlink><w:r><w:t>中</w:t><w:tab/><w:t>心</w:t>"
        '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        f"<mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    control = "<w:sdt><w:sdtContent><w:p><w:r><w:t>控件</w:t></w:r></w:p></w:sdtContent></w:sdt>"

    def fill(document: Document) -> None:
        document.element.body.insert(0, xml(paragraph))
        document.element.body.insert(1, xml(control))

    assert load_word(saved(fill)).raw == "計(jì)劃建設中 心\n框内\n控件\n"


def test_a_marked_header_row_names_the_columns() -> None:
    """A header row that repeats on every page names the columns; merged cells count in each row."""

    def fill(document: Document) -> None:
        table = document.add_table(3, 2)
        for row, texts in zip(
            table.rows, (("地区", "省份"), ("华东", "江苏"), ("", "浙江")), strict=True
        ):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.text = text
        table.cell(1, 0).merge(table.cell(2, 0))
        table.rows[0]._tr.get_or_add_trPr().append(xml("<w:tblHeader/>"))

    assert (
        load_word(saved(fill)).raw
        == "地区 | 省份\n地区：华东；省份：江苏\n地区：华东；省份：浙江\n"
    )


def test_numbers_that_word_draws_are_read() -> None:
    """The numbers of laws are in no text of the file; they are counted as Word counts them."""
    numbering = (
        '<w:abstractNum w:abstractNumId="90">'
        '<w:lvl w:ilvl="0"><w:start w:val="9"/><w:numFmt w:val="chineseCountingThousand"/>'
        '<w:lvlText w:val="第%1条"/></w:lvl><w:lvl w:ilvl="1"><w:start w:val="1"/>'
        '<w:numFmt w:val="decimal"/><w:suff w:val="nothing"/><w:lvlText w:val="（%2）"/></w:lvl>'
        "</w:abstractNum>",
        '<w:num w:numId="90"><w:abstractNumId w:val="90"/></w:num>',
    )

    def fill(document: Document) -> None:
        root = document.part.numbering_part.element
        root.insert(0, xml(numbering[0]))
        root.append(xml(numbering[1]))
        for level, text in ((0, "甲"), (1, "子"), (1, "丑"), (0, "乙"), (1, "寅"), (0, "丙")):
            properties = document.add_paragraph(text)._p.get_or_add_pPr()
            item = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="90"/></w:numPr>'
            properties.append(xml(item))
        document.add_paragraph("点", "List Bullet")

    assert load_word(saved(fill)).raw.splitlines() == [
        "第九条 甲", "（1）子", "（2）丑", "第十条 乙", "（1）寅", "第十一条 丙", "点",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "一"), (10, "十"), (12, "十二"), (20, "二十"), (105, "一百零五"), (110, "一百一十"),
     (1001, "一千零一"), (2024, "二千零二十四"), (10010, "一万零一十"), (0, "零")],
)  # fmt: skip
def test_chinese_numbers(number: int, text: str) -> None:
    """Numbers are counted as laws count their articles."""
    assert chinese_number(number) == text


def test_documents_with_macros_are_read() -> None:
    """A docm file is read like a docx file."""
    from zipfile import ZipFile

    source, target = io.BytesIO(saved(lambda d: d.add_paragraph("宏"))), io.BytesIO()
    with ZipFile(source) as old, ZipFile(target, "w") as new:
        for name in old.namelist():
            plain = b"vnd.openxmlformats-officedocument.wordprocessingml.document.main"
            new.writestr(
                name, old.read(name).replace(plain, b"vnd.ms-word.document.macroEnabled.main")
            )
    assert load_word(target.getvalue()).raw == "宏\n"
