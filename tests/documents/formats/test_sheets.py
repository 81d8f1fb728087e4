import datetime
import io
import warnings

import pytest
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.worksheet.datavalidation import DataValidation

from ragbot.documents.formats import sheets
from ragbot.documents.formats.extracted import UnreadableError
from ragbot.documents.formats.sheets import load_sheets


def saved(book: Workbook) -> bytes:
    """Return a workbook's bytes."""
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_sheets_are_headings_and_rows_lines() -> None:
    """A named sheet is a heading; numbers, dates and percentages are written as they are shown."""
    book = Workbook()
    sheet = book.active
    sheet.title = "2024年专利"
    sheet.append(["2024年统计表"])
    sheet.append(["省份", "日期", "专利数", "增长", "完成"])
    sheet.append(["江苏", datetime.datetime(2024, 5, 1), 352, 0.125, True])
    sheet.append(["浙江", datetime.datetime(2024, 5, 1, 8, 30), 0.1 + 0.2, 0.5, False])
    sheet["D3"].number_format, sheet["D4"].number_format = "0.0%", "0%"
    for cell in sheet[2]:
        cell.font = Font(bold=True)
    book.create_sheet("Sheet2").append(["单独"])

    content = load_sheets(saved(book))
    assert content.raw.splitlines() == [
        "2024年专利",
        "2024年统计表",
        "省份 | 日期 | 专利数 | 增长 | 完成",
        "省份：江苏；日期：2024-05-01；专利数：352；增长：12.5%；完成：TRUE",
        "省份：浙江；日期：2024-05-01 08:30:00；专利数：0.3；增长：50%；完成：FALSE",
        "单独",
    ]
    assert content.headings == ((0, 1),)


def test_features_that_are_not_read_are_no_warnings() -> None:
    """Validations and the like are passed over in silence."""
    book = Workbook()
    book.active.append(["甲", "乙"])
    book.active.add_data_validation(DataValidation(type="list", formula1='"a,b"'))
    with warnings.catch_warnings(record=True) as caught:
        load_sheets(saved(book))
    assert not caught


def test_a_sheet_of_far_apart_cells_is_read_at_once() -> None:
    """A cell at the end of an otherwise empty sheet costs nothing but its gap."""
    book = Workbook()
    book.active["A1"], book.active["C200000"] = "头", "尾"
    assert load_sheets(saved(book)).raw == "头\n尾\n"


def test_too_many_cells_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sheet over the limit is refused, its gaps counted."""
    monkeypatch.setattr(sheets, "CELLS", 1000)
    book = Workbook()
    book.active["A1001"] = "尾"
    with pytest.raises(UnreadableError, match="1,000 cells"):
        load_sheets(saved(book))


def test_one_long_text_in_many_cells_is_counted_in_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file holds it once, and the sheet as often as it has cells."""
    book = Workbook()
    book.active.append(["长文 " * 300] * 20)
    assert load_sheets(saved(book)).raw
    monkeypatch.setattr(sheets, "TEXT_BYTES", 30_000)
    with pytest.raises(UnreadableError, match="million characters"):
        load_sheets(saved(book))
