"""How much of a file is read at most, and why."""

__all__ = [
    "ARCHIVE_BYTES",
    "CELLS",
    "FILE_BYTES",
    "JSON_BYTES",
    "LINE_CHARACTERS",
    "MEMBERS",
    "PAGES",
    "PAGE_SECONDS",
    "PDF_MEMORY_BYTES",
    "RATIO",
    "RATIO_FREE_BYTES",
    "TEXT_BYTES",
    "XML_BYTES",
    "mebibytes",
]

_MIB = 1 << 20

FILE_BYTES = 512 * _MIB
"""A file is read into memory in one go, so that it cannot change while it is read; larger ones
are films and disk images, or PDFs that should be cut."""

TEXT_BYTES = 256 * _MIB
"""Plain text: about 90 million Chinese characters, a hundred times the Dream of the Red Chamber.
Its text, its reading and the map between them have to fit in 2 GB."""

LINE_CHARACTERS = 10_000_000
"""The longest paragraph. Books without any line break have up to 3 million characters; what is
longer is data, and one paragraph of it is one unit of work for everything that follows."""

JSON_BYTES = 64 * _MIB
"""One JSON value; parsed it takes ten times as much. JSON lines are read a line at a time."""

ARCHIVE_BYTES = 512 * _MIB
"""What the members of one archive may unpack to, all together."""

MEMBERS = 20_000
"""Members of one archive; the largest corpora shared as archives have some thousands."""

RATIO = 200
RATIO_FREE_BYTES = 16 * _MIB
"""Prose shrinks to a third, repetitive tables to a fiftieth, bombs to a thousandth (the most that
deflate can do). Below 16 MiB unpacked nothing can do harm, however well it shrinks."""

XML_BYTES = 128 * _MIB
"""One XML part of an office document or e-book; as a tree it takes about six times as much."""

PAGES = 10_000
"""Pages of a PDF; the largest collected statutes have some 5,000."""

PAGE_SECONDS = 20.0
"""A page takes some 20 ms; one that takes a thousand times as long was made to never end."""

PDF_MEMORY_BYTES = 2048 * _MIB
"""Address space of the process that reads a PDF, beyond the size of the file."""

CELLS = 5_000_000
"""Cells of one sheet, empty ones between filled ones included: about a minute of reading."""


def mebibytes(count: int) -> str:
    """Return a byte limit as people write it: 256 MiB."""
    return f"{count // _MIB} MiB"
