"""Tables in text files: CSV and its relatives."""

import csv
import io

from ragbot.documents.formats.extracted import Extracted, LineWriter
from ragbot.documents.formats.plain import decode_text
from ragbot.documents.formats.tables import table_lines

__all__ = ["load_delimited"]

_DELIMITERS = (",", "\t", ";", "|", "，")


def _delimiter(text: str) -> str:
    """Return the delimiter that the first line with any has most of."""
    for line in text[:100_000].splitlines():
        counts = {delimiter: line.count(delimiter) for delimiter in _DELIMITERS}
        best = max(counts, key=lambda delimiter: counts[delimiter])
        if counts[best]:
            return best
    return ","


def load_delimited(data: bytes) -> Extracted:
    """Read a table; its first row is the header, unless it holds numbers or gaps."""
    text = decode_text(data)
    # The module's limit for one field is for all readers of the process; it only ever grows here.
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    writer = LineWriter()
    for line in table_lines(reader, has_header=True):
        writer.write(line)
    return writer.extracted()
