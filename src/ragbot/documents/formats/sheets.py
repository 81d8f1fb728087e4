"""Workbooks: a sheet is a heading, a row a line."""

import datetime
import itertools
import re
import warnings
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any

from ragbot.documents.formats.extracted import (
    Extracted,
    LineWriter,
    UnreadableError,
    too_much_text,
)
from ragbot.documents.formats.limits import CELLS, TEXT_BYTES
from ragbot.documents.formats.packages import open_package
from ragbot.documents.formats.tables import table_lines

__all__ = ["load_sheets"]

_DEFAULT_NAME = re.compile(r"(?:sheet|工作表)\s*\d*", re.I)
_FORMAT_DIGITS = re.compile(r"\.(0+)%")


def _shown(cell: Any) -> str:
    """Return a cell's value as the sheet shows it, as far as it matters when it is quoted."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time()
        return value.date().isoformat() if midnight else value.isoformat(" ", "seconds")
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, (int, float)):
        number_format = cell.number_format or ""
        if "%" in number_format:
            digits = _FORMAT_DIGITS.search(number_format)
            return f"{value:.{len(digits[1]) if digits else 0}%}"
        # Excel keeps 15 digits; more would show how a binary fraction ends.
        return format(value, ".15g") if isinstance(value, float) else str(value)
    return str(value)


def _is_bold(row: tuple[Any, ...]) -> bool:
    filled = [cell for cell in row if cell.value is not None]
    return bool(filled) and all(cell.font is not None and cell.font.b for cell in filled)


def _rows(sheet: Any) -> Iterator[tuple[Any, ...]]:
    # The size a sheet states of itself may be wrong or absent.
    sheet.reset_dimensions()
    count = 0
    for row in sheet.iter_rows():
        count += len(row) + 1
        if count > CELLS:
            raise UnreadableError(
                f"A sheet of the workbook has more than {CELLS:,} cells; cut it into smaller ones."
            )
        yield row


def _texts(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[str]]:
    """Yield rows of texts; many cells may share one long text, and are counted each."""
    length = 0
    for row in rows:
        texts = [_shown(cell) for cell in row]
        length += sum(map(len, texts))
        if length > TEXT_BYTES // 3:
            raise too_much_text()
        yield texts


def load_sheets(data: bytes) -> Extracted:
    """Read an xlsx file: values as last calculated, dates and percentages as they are shown."""
    open_package(data).close()
    from openpyxl.reader.excel import load_workbook

    # openpyxl warns of every feature it would lose on saving; nothing is saved here.
    warnings.filterwarnings("ignore", module="openpyxl")
    book = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
    writer = LineWriter()
    for sheet in book.worksheets:
        if not _DEFAULT_NAME.fullmatch(sheet.title):
            writer.write(sheet.title, 1)
        rows = _rows(sheet)
        leading = list(itertools.islice(rows, 10))
        tables = [row for row in leading if sum(cell.value is not None for cell in row) > 1]
        marked = len(tables) > 1 and _is_bold(tables[0]) and not _is_bold(tables[1])
        lines = table_lines(
            _texts(itertools.chain(leading, rows)),
            has_header=True if marked else None,
        )
        for line in lines:
            writer.write(line)
    book.close()
    return writer.extracted()
