"""PDF: its lines, read by PDFium in another process, joined to paragraphs again."""

import itertools
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ragbot.documents.formats.extracted import (
    Extracted,
    LineWriter,
    UnreadableError,
    join_lines,
)
from ragbot.documents.formats.limits import PAGE_SECONDS, PAGES, PDF_MEMORY_BYTES

__all__ = ["PdfLine", "load_pdf", "paragraphs"]

_WORKER = Path(__file__).with_name("pdf_worker.py")
_CRASHED = "The PDF takes too much memory to read; print it to a new PDF and add that."
_DAMAGED = "The PDF is damaged or cut off; open it in a viewer, save it again and add that."
# A hyphen that only ends a line, as PDFium marks it; before a capital it belongs to the word.
_SOFT_HYPHEN = re.compile("\u00ad(?=([a-z])?)")
_WIDE = r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60]"
# Single characters spread over a line, as 通 知 书 in a title.
_SPREAD = re.compile(rf"(?<![^\s])(?:{_WIDE} ){{2,}}{_WIDE}(?![^\s])")
_SENTENCE_END = re.compile(r"[。！？!?；;：:…][”’」』）)》]*$|[.][\"”)]?$")
_LIST_MARK = re.compile(
    r"[(（]?(?:\d{1,3}|[一二三四五六七八九十]{1,3})[)）、.．]\s*|[•●○■□◆◇▪\-–·※]\s|第[^\s]{1,6}[条條章节節编編]"
)
# In ems. A paragraph's last line is shorter than the others by more than the two characters that
# rules for punctuation may move; a first line is indented by two, in English by one or more. No
# running text is set in fewer than eight Chinese characters a line.
_SHORTER, _INDENT, _NARROWEST = 2.5, 0.8, 8.0
# A line also ends early where the next word did not fit. Latin letters are half an em wide,
# capitals up to 0.7.
_FIRST_WORD = re.compile(r"[^\s\u2e80-\U0003ffff]*")
_LETTER = 0.7
_SAME_COLUMN = 4.0
# A column of a page has at most about this many lines.
_COLUMN_LINES = 80
_OTHER_SIZE = 1.2
_OTHER_GAP = 1.5
# No text is set with lines farther apart than this, in ems.
_FARTHEST = 3.0
# Below this many characters a page of pictures is a scan with a page number or a stamp.
_SCANNED_CHARACTERS = 16


class PdfLine(NamedTuple):
    """A line of a page: where it begins, ends and stands, and its em, in points from below left."""

    text: str
    left: float
    right: float
    baseline: float
    size: float


def _goes_on(line: PdfLine, after: PdfLine, edge: float, spacing: float) -> bool:
    """Tell whether ``after`` continues the paragraph of ``line``.

    ``edge`` is the right edge of the column, ``spacing`` the usual distance of its lines.
    """
    em = line.size
    if max(line.size, after.size) > _OTHER_SIZE * min(line.size, after.size):
        return False
    if "\t" in line.text or "\t" in after.text or line.right - line.left < _NARROWEST * em:
        return False
    word = _FIRST_WORD.match(after.text)
    if edge - line.right > max(_SHORTER, _LETTER * len(word[0]) if word else 0) * em:
        return False
    drop = line.baseline - after.baseline
    if drop <= 0:
        # The top of the next column; only an unfinished sentence goes on there.
        return not _SENTENCE_END.search(line.text)
    if drop > min(_OTHER_GAP * spacing, _FARTHEST * em) or _LIST_MARK.match(after.text):
        return False
    indented = after.left - line.left > _INDENT * em
    if indented and not _LIST_MARK.match(line.text):
        return False
    # Lines that begin together may be a block set in, or paragraphs without an indent.
    return not (abs(after.left - line.left) <= _INDENT * em and _ends_paragraph(line, edge))


def _ends_paragraph(line: PdfLine, edge: float) -> bool:
    return bool(_SENTENCE_END.search(line.text)) and line.right < edge - line.size


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2] if values else 0.0


def paragraphs(lines: list[PdfLine]) -> Iterator[str]:
    """Yield the paragraphs of one page: lines broken in mid-sentence are joined.

    Where a line ends and the next begins tells: the last line of a paragraph is short, the first
    one is set in, headings have another size, and blocks stand apart.
    """
    drops = [
        a.baseline - b.baseline
        for a, b in itertools.pairwise(lines)
        if 0 < a.baseline - b.baseline < _FARTHEST * a.size
    ]
    spacing = _median(drops) or float("inf")
    current: list[str] = []
    for i, line in enumerate(lines):
        current.append(_columns(lines, i))
        if i + 1 < len(lines) and _goes_on(line, lines[i + 1], _edge(lines, i), spacing):
            continue
        yield _SOFT_HYPHEN.sub(lambda m: "" if m[1] else "-", join_lines(current))
        current.clear()


def _edge(lines: Sequence[PdfLine], i: int) -> float:
    """Return the right edge of a line's column: of what begins near it, else of what overlaps."""
    line, around = lines[i], lines[max(i - _COLUMN_LINES, 0) : i + _COLUMN_LINES]
    near = [o.right for o in around if abs(o.left - line.left) < _SAME_COLUMN * line.size]
    if len(near) < 3:
        near = [o.right for o in around if o.left < line.right and o.right > line.left]
    return max(near, default=line.right)


def _columns(lines: list[PdfLine], i: int) -> str:
    """Return a line's text with a bar between columns where it is not the only such line."""
    neighbours = lines[max(i - 1, 0) : i] + lines[i + 1 : i + 2]
    in_table = any("\t" in other.text for other in neighbours)
    text = lines[i].text.replace("\t", " | " if in_table else " ")
    return _SPREAD.sub(lambda spread: spread[0].replace(" ", ""), text)


def _read_pages(data: bytes) -> Iterator[dict[str, Any]]:
    """Yield what the reading process prints; raises UnreadableError when it fails or hangs."""
    command = [sys.executable, "-P", str(_WORKER), str(PAGES), str(PDF_MEMORY_BYTES)]
    process = subprocess.Popen(  # noqa: S603 - our own file
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdin is not None  # noqa: S101 - for the type checker
    assert process.stdout is not None  # noqa: S101
    timed_out = threading.Event()

    def stop() -> None:
        timed_out.set()
        process.kill()

    # Starting takes longer on a busy machine than any page does.
    watch = threading.Timer(3 * PAGE_SECONDS, stop)
    try:
        watch.start()
        try:
            process.stdin.write(data)
            process.stdin.close()
        except OSError:  # it has ended already; how it ended is asked below
            pass
        for row in process.stdout:
            watch.cancel()
            yield json.loads(row)
            watch = threading.Timer(PAGE_SECONDS, stop)
            watch.start()
        if process.wait() != 0:
            raise UnreadableError(
                f"A page of the PDF takes more than {PAGE_SECONDS:.0f} seconds to read; "
                "print it to a new PDF and add that."
                if timed_out.is_set()
                else _CRASHED
            )
    finally:
        watch.cancel()
        process.kill()
        process.wait()
        process.stdout.close()


def load_pdf(data: bytes) -> Extracted:
    """Read a PDF; every page begins a new line. Scans and locked files raise UnreadableError."""
    rows = _read_pages(data)
    writer = LineWriter()
    characters = pictured = damaged = count = 0
    for row in rows:
        if "error" in row:
            if row["error"] == "password":
                raise UnreadableError(
                    "The PDF is protected by a password; save a copy without one and add that."
                )
            raise UnreadableError(_DAMAGED)
        if "pages" in row:
            count = row["pages"]
            if count > PAGES:
                raise UnreadableError(
                    f"The PDF has {count:,} pages, and {PAGES:,} is the limit; cut it into parts."
                )
            continue
        lines = [PdfLine(*line) for line in row["lines"]]
        characters += sum(len(line.text) for line in lines)
        pictured += bool(row["images"])
        damaged += "damaged" in row
        writer.begin_page()
        for paragraph in paragraphs(lines):
            writer.write(paragraph)
    if damaged == count:
        raise UnreadableError(_DAMAGED)
    # A text page with a picture has hundreds of characters.
    if pictured == count and characters < _SCANNED_CHARACTERS * count:
        raise UnreadableError(
            "The PDF is a scan: its pages are pictures without text; run text recognition (OCR) "
            "on it and add the result."
        )
    return writer.extracted()
