import io

from pptx import Presentation
from pptx.util import Inches

from ragbot.documents.formats.slides import load_slides


def test_slides_are_pages_and_titles_headings() -> None:
    """Titles come first on their page; lists, groups, tables and notes follow."""
    deck = Presentation()
    first = deck.slides.add_slide(deck.slide_layouts[1])
    first.shapes.title.text = "打造\v中心城市"
    first.placeholders[1].text = "要点一\n要点二"
    first.notes_slide.notes_text_frame.text = "备注"
    deck.slides.add_slide(deck.slide_layouts[6])
    third = deck.slides.add_slide(deck.slide_layouts[5])
    third.shapes.title.text = "数据"
    group = third.shapes.add_group_shape()
    group.shapes.add_textbox(0, 0, Inches(1), Inches(1)).text_frame.text = "组内"
    table = third.shapes.add_table(2, 2, 0, 0, Inches(3), Inches(1)).table
    for i, text in enumerate(("省份", "专利数", "江苏", "352")):
        table.cell(i // 2, i % 2).text = text
    file = io.BytesIO()
    deck.save(file)

    content = load_slides(file.getvalue())
    pages = ["打造中心城市\n要点一\n要点二\n备注\n", "", "数据\n组内\n省份 | 专利数\n江苏 | 352\n"]
    assert content.raw == "".join(pages)
    assert content.pages == (0, len(pages[0]), len(pages[0]))
    assert content.headings == ((0, 1), (len(pages[0]), 1))
