"""Tables to lines: every row a line that can be understood, and quoted, by itself.

Under a header a row becomes ``省份：上海；专利数：352``; without one ``上海 | 352``. A wrong header
would make the row say something false, so one is assumed only where the format marks it or the
columns prove it: names above numbers.
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ragbot.documents.formats.extracted import LineWriter, UnreadableError, join_lines
from ragbot.documents.formats.limits import CELLS

__all__ = ["Cell", "Line", "spread", "table_lines", "write_table"]

Line = tuple[str, int]
"""A paragraph and its heading level, 0 for none."""

_SPACE = re.compile(r"\s+")
_NUMBER = re.compile(r"[^\d\s]?\s?\d[\d\s.,，/:：%％‰年月日-]*[^\d\s]{0,2}")
_YEAR = re.compile(r"(?:19|20)\d\d年?")
_LONGEST_HEADER = 40
_PEEKED = 20
_LEAST_ROWS = 3
# Rows of a cell beyond this make no data table: the table only lays out a page.
_CELL_LINES = 3
# HTML allows 1,000 columns and 65,534 rows to a cell; no table for people has as many.
_MOST_COLUMNS, _MOST_ROWS = 100, 1000


@dataclass(slots=True)
class Cell:
    """A cell as written in the file: its paragraphs and how many columns and rows it covers."""

    lines: list[Line] = field(default_factory=list)
    columns: int = 1
    rows: int = 1
    header: bool = False


def _one_line(cell: str) -> str:
    return _SPACE.sub(" ", join_lines(cell.splitlines()))


def _is_number(cell: str) -> bool:
    return _NUMBER.fullmatch(cell) is not None


def _may_be_header(row: Sequence[str]) -> bool:
    if len(row) < 2 or not all(row) or len(set(row)) < len(row):
        return False
    if any(len(cell) > _LONGEST_HEADER for cell in row):
        return False
    return not any(_is_number(cell) and not _YEAR.fullmatch(cell) for cell in row) and not (
        _is_number(row[0])
    )


def _columns_prove(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether columns hold either numbers or none, and at least one holds numbers."""
    if len(rows) < _LEAST_ROWS:
        return False
    proved = False
    for i in range(len(header)):
        filled = [row[i] for row in rows if i < len(row) and row[i]]
        numbers = sum(map(_is_number, filled))
        if filled and 0.2 * len(filled) < numbers < 0.8 * len(filled):
            return False
        proved |= bool(filled) and numbers >= 0.8 * len(filled)
    return proved


def _trim(row: Iterable[str]) -> list[str]:
    cells = [_one_line(cell) for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _under(header: Sequence[str], row: Sequence[str]) -> str:
    if sum(map(bool, row)) == 1 and row[0]:
        return row[0]
    named = itertools.zip_longest(header, row, fillvalue="")
    return "；".join(
        f"{name.rstrip('：:')}：{cell}" if name else cell for name, cell in named if cell
    )


def table_lines(rows: Iterable[Sequence[str]], *, has_header: bool | None = None) -> Iterator[str]:
    """Yield a table's rows as lines; ``has_header`` None means that the columns have to prove it.

    Rows above the header with a single filled cell are titles and come first, as they are.
    """
    filled = (row for row in map(_trim, rows) if row)
    first: list[str] | None = None
    for row in filled:
        if sum(map(bool, row)) > 1:
            first = row
            break
        yield "".join(row)
    if first is None:
        return
    peeked = list(itertools.islice(filled, _PEEKED))
    header = (
        bool(peeked)
        and has_header is not False
        and _may_be_header(first)
        and (has_header is True or _columns_prove(first, peeked))
    )
    yield " | ".join(filter(None, first))
    for row in itertools.chain(peeked, filled):
        yield _under(first, row) if header else " | ".join(filter(None, row))


def spread(rows: Sequence[Sequence[Cell]]) -> list[list[str]]:
    """Return a grid of texts: a cell over several rows is in each, over several columns in one.

    Raises UnreadableError when there are more than CELLS: a few bytes can ask for thousands.
    """
    grid: list[list[str]] = []
    count = 0
    hanging: dict[int, tuple[int, str]] = {}  # column: (rows it still covers, text)
    for row in rows:
        texts = {column: text for column, (_, text) in hanging.items()}
        hanging = {c: (left - 1, text) for c, (left, text) in hanging.items() if left > 1}
        column = 0
        for cell in row:
            while column in texts:
                column += 1
            text = "\n".join(line for line, _ in cell.lines)
            for i in range(min(cell.columns, _MOST_COLUMNS)):
                texts[column] = text if i == 0 else ""
                if cell.rows > 1:
                    hanging[column] = (min(cell.rows, _MOST_ROWS) - 1, texts[column])
                column += 1
        count += len(texts)
        if count > CELLS:
            raise UnreadableError(
                f"A table of it has more than {CELLS:,} cells; cut it into smaller ones."
            )
        grid.append([texts.get(column, "") for column in range(max(texts, default=-1) + 1)])
    return grid


def write_table(rows: Sequence[Sequence[Cell]], writer: LineWriter) -> None:
    """Write a table; one that only lays out a page gives its paragraphs in order."""
    cells = [cell for row in rows for cell in row]
    is_layout = all(len(row) < 2 for row in rows) or any(
        len(cell.lines) > _CELL_LINES or any(level for _, level in cell.lines) for cell in cells
    )
    if is_layout:
        for cell in cells:
            for text, level in cell.lines:
                writer.write(text, level)
        return
    marked = next((all(c.header for c in row) for row in rows if len(row) > 1), False)
    for line in table_lines(spread(rows), has_header=True if marked else None):
        writer.write(line)
