import io
import re
import threading
from bisect import bisect_right
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Table

from ragbot.documents.formats import pdf
from ragbot.documents.formats.extracted import UnreadableError
from ragbot.documents.formats.pdf import PdfLine, load_pdf, paragraphs

FONT = "STSong-Light"
pdfmetrics.registerFont(UnicodeCIDFont(FONT))
BODY = ParagraphStyle(
    "b", fontName=FONT, fontSize=11, leading=17, firstLineIndent=22, wordWrap="CJK"
)
FLUSH = ParagraphStyle("f", BODY, firstLineIndent=0, spaceAfter=10)
TITLE = ParagraphStyle("t", fontName=FONT, fontSize=17, leading=26, alignment=1)
LATIN = ParagraphStyle("l", fontName="Helvetica", fontSize=11, leading=16)
LONG = (
    "上海市知识产权局将全面落实国家知识产权战略，加快建设国际知识产权中心城市，推动高质量发展。" * 4
)
OTHER = "江苏计划到2027年每万人口高价值发明专利拥有量达到20件，PCT国际专利申请量保持前列。" * 4
ENGLISH = "This paragraph of the paper is long enough to be wrapped over several lines. " * 4


def drawn(draw: Callable[[Canvas], None], **options: object) -> bytes:
    """Return a PDF that a function has drawn."""
    file = io.BytesIO()
    canvas = Canvas(file, **options)
    canvas.setFont(FONT, 12)
    draw(canvas)
    canvas.save()
    return file.getvalue()


def flowed(*parts: object) -> bytes:
    """Return a PDF with paragraphs set as a word processor sets them."""
    file = io.BytesIO()
    SimpleDocTemplate(file).build(list(parts))
    return file.getvalue()


@pytest.mark.parametrize("style", [BODY, FLUSH])
def test_wrapped_lines_are_paragraphs_again(style: ParagraphStyle) -> None:
    """Lines broken by the page's width are joined, paragraphs and headings stay apart."""
    data = flowed(
        Paragraph("打造国际知识产权中心城市", TITLE),
        Paragraph(LONG, style),
        Paragraph(OTHER, style),
        Paragraph("短的一段。", style),
        Paragraph(ENGLISH, LATIN),
    )
    assert load_pdf(data).raw.splitlines() == [
        "打造国际知识产权中心城市",
        LONG,
        OTHER,
        "短的一段。",
        ENGLISH.strip(),
    ]


def test_pages_begin_where_they_say() -> None:
    """Every page has its offset, an empty one too, so that any offset gives its page."""
    data = flowed(
        Paragraph("第一页的文字", BODY), PageBreak(), PageBreak(), Paragraph("第二页的文字", BODY)
    )
    content = load_pdf(data)
    assert bisect_right(content.pages, content.raw.index("第一页")) == 1
    assert bisect_right(content.pages, content.raw.index("第二页")) == len(content.pages)


def test_an_empty_page_counts() -> None:
    """A page without text is counted, so that the numbers after it are right."""

    def draw(canvas: Canvas) -> None:
        canvas.drawString(72, 700, "第一页")
        canvas.showPage()
        canvas.showPage()
        canvas.setFont(FONT, 12)
        canvas.drawString(72, 700, "第三页")

    content = load_pdf(drawn(draw))
    assert content.raw == "第一页\n第三页\n"
    assert content.pages == (0, 4, 4)


def test_columns_are_read_one_after_the_other() -> None:
    """In two columns, a sentence goes on from line to line, not across."""
    left = ["左栏第一行是一个很长的句子的开头而且", "它在第二行结束。"]
    right = ["右栏第一行是另外一个长句子的开头部分", "也在第二行结束。"]

    def draw(canvas: Canvas) -> None:
        for x, column in ((72, left), (320, right)):
            for i, line in enumerate(column):
                canvas.drawString(x, 700 - 16 * i, line)

    assert load_pdf(drawn(draw)).raw.splitlines() == ["".join(left), "".join(right)]


def test_table_rows_stay_rows() -> None:
    """Rows of a table are lines; columns set far apart are told apart."""
    rows = [["省份", "城市", "专利数"], ["江苏", "南京", "352"]]
    data = flowed(Table(rows, colWidths=90, style=[("FONT", (0, 0), (-1, -1), FONT)]))
    assert load_pdf(data).raw.splitlines() == ["省份 | 城市 | 专利数", "江苏 | 南京 | 352"]


@pytest.mark.parametrize("gap", [3, 9, 14, 30])
def test_spread_characters_are_one_word(gap: int) -> None:
    """Characters spread over a line have no spaces between them; rare characters survive."""

    def draw(canvas: Canvas) -> None:
        for i, character in enumerate("分散对齐的字"):
            canvas.drawString(72 + i * (12 + gap), 700, character)
        canvas.drawString(72, 600, "罕见𠀀字 两个 词语")

    assert load_pdf(drawn(draw)).raw.splitlines() == ["分散对齐的字", "罕见𠀀字 两个 词语"]


def page(*lines: tuple[float, float, str]) -> list[str]:
    """Return the paragraphs of lines given by indent in ems, size and text, 16 points apart."""
    placed = [
        PdfLine(text, 72 + indent * size, 72 + (indent + len(text)) * size, 700 - 16 * i, size)
        for i, (indent, size, text) in enumerate(lines)
    ]
    return list(paragraphs(placed))


FULL = "字" * 30


def test_an_indent_begins_a_paragraph() -> None:
    """A line set in begins a paragraph, even where the one before fills its last line."""
    assert page((2, 11, FULL[2:]), (0, 11, FULL), (2, 11, FULL[2:]), (0, 11, "终")) == [
        FULL[2:] + FULL,
        FULL[2:] + "终",
    ]


def test_a_hanging_indent_does_not() -> None:
    """The lines of a list's item are set in behind its mark, and belong to it."""
    item = (0, 11, "（1）" + FULL[3:])
    assert page(item, (3, 11, FULL[3:]), item) == [item[2] + FULL[3:], item[2]]


def test_a_sentence_that_ends_short_of_the_edge_ends_a_paragraph() -> None:
    """Without indents, a line that ends a sentence before the edge is a paragraph's last one."""
    last = FULL[2:-1] + "。"
    assert page((0, 11, FULL), (0, 11, last), (0, 11, FULL), (0, 11, FULL)) == [
        FULL + last,
        FULL + FULL,
    ]


def test_another_size_is_another_paragraph() -> None:
    """A title as wide as the text below it stays apart."""
    assert page((0, 14, FULL[:24]), (0, 11, FULL), (0, 11, "终")) == [FULL[:24], FULL + "终"]


def test_a_column_of_words_is_no_text() -> None:
    """Words below each other are lines, not one sentence."""
    assert page(*[(0, 11, "江苏省")] * 4) == ["江苏省"] * 4


@given(
    st.lists(st.tuples(st.floats(0, 9), st.floats(1, 40), st.text("字，。a b\t\u00ad", min_size=1)))
)
def test_joining_loses_nothing(lines: list[tuple[float, float, str]]) -> None:
    """Whatever the layout, every letter of every line is in a paragraph, in order."""
    lines = [line for line in lines if line[2].strip()]
    letters = re.compile(r"[字，。ab]")
    joined = "".join(page(*lines))
    assert letters.findall(joined) == letters.findall("".join(text for *_, text in lines))


def test_hyphens_of_line_ends_are_undone() -> None:
    """A word cut at a line's end is whole again, a name with a hyphen keeps it."""

    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 12)
        for y, line in (
            (700, "This line is cut in an ex-"),
            (684, "ample."),
            (600, "Aix-"),
            (584, "Marseille"),
        ):
            canvas.drawString(72, y, line)

    raw = load_pdf(drawn(draw)).raw
    assert "an example." in raw
    assert "Aix-Marseille" in raw


def test_a_password_is_named() -> None:
    """A PDF that needs a password is refused with that reason; one without need of it is read."""

    def draw(canvas: Canvas) -> None:
        canvas.drawString(72, 700, "机密")

    from reportlab.lib.pdfencrypt import StandardEncryption

    with pytest.raises(UnreadableError, match="password"):
        load_pdf(drawn(draw, encrypt=StandardEncryption("user", "owner")))
    assert load_pdf(drawn(draw, encrypt=StandardEncryption("", "owner"))).raw == "机密\n"


def test_a_scan_needs_text_recognition() -> None:
    """Pages that are pictures, even with a number under them, are refused with what to do."""
    picture = ImageReader(Image.new("RGB", (400, 600), "grey"))

    def draw(canvas: Canvas) -> None:
        for number in (1, 2, 3):
            canvas.drawImage(picture, 0, 0, 595, 842)
            canvas.drawString(300, 20, f"- {number} -")
            canvas.showPage()

    with pytest.raises(UnreadableError, match="OCR"):
        load_pdf(drawn(draw))


@pytest.mark.parametrize("keep", [10, 200, 600])
def test_a_cut_pdf_is_refused(keep: int) -> None:
    """A PDF that ends in its middle is refused with a sentence."""
    data = flowed(Paragraph(LONG, BODY))
    with pytest.raises(UnreadableError, match="damaged"):
        load_pdf(data[:keep])


def _nested_forms(depth: int) -> bytes:
    """Return a PDF whose only page draws a form ten times, which draws one ten times, and so on."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R"
        b"/Resources<</XObject<</A 5 0 R>>>>>>",
        b"<</Length 5>>stream\n/A Do\nendstream",
    ]
    for number in range(6, 6 + depth):
        objects.append(
            b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</A %d 0 R>>>>"
            b"/Length 60>>stream\n%b\nendstream" % (number, b"/A Do " * 10)
        )
    objects.append(b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 5>>stream\nBT ET\nendstream")
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    table = b"0000000000 65535 f \n" + table
    trailer = b"trailer<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF"
    count = len(objects) + 1
    return body + b"xref\n0 %d\n%b" % (count, table) + trailer % (count, len(body))


def test_a_page_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page made to be read for ever is refused, and nothing of its reading is left running."""
    monkeypatch.setattr(pdf, "PAGE_SECONDS", 1.5)
    monkeypatch.setattr(pdf, "PDF_MEMORY_BYTES", 6 << 30)
    threads = threading.active_count()
    with pytest.raises(UnreadableError, match="seconds"):
        load_pdf(_nested_forms(30))
    assert threading.active_count() <= threads


def test_a_page_that_takes_all_memory_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the reading process runs out of the memory it is given, the PDF is refused."""
    monkeypatch.setattr(pdf, "PDF_MEMORY_BYTES", 300 << 20)
    with pytest.raises(UnreadableError, match="memory"):
        load_pdf(_nested_forms(30))


def test_too_many_pages_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A PDF with more pages than the limit is refused with both numbers."""
    monkeypatch.setattr(pdf, "PAGES", 2)
    parts = [part for i in range(3) for part in (Paragraph(f"第{i}页", BODY), PageBreak())]
    with pytest.raises(UnreadableError, match="3 pages, and 2"):
        load_pdf(flowed(*parts))


@pytest.mark.parametrize("angle", [0, 90, 180, 270])
def test_turned_pages_are_read(angle: int) -> None:
    """Text set sideways is joined to paragraphs as upright text is."""
    wrapped = ["上海市知识产权局将全面落实国家知识产权战略加快", "建设国际知识产权中心城市。"]

    def draw(canvas: Canvas) -> None:
        canvas.setPageRotation(angle)
        canvas.translate(300, 400)
        canvas.rotate(angle)
        for i, line in enumerate([*wrapped, "第二段"]):
            canvas.drawString(-150, -16 * i, line)

    assert load_pdf(drawn(draw)).raw.splitlines() == ["".join(wrapped), "第二段"]
