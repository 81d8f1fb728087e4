"""Read a PDF in a process of its own: python -P pdf_worker.py MAX_PAGES MEMORY < file.

A hostile PDF can make any reader run for ever, take all memory or crash; here it can do that to
this process only. Prints a JSON object a line: first {"pages": n}, then for each page {"lines":
[[text, left, right, baseline, size], …], "images": bool}, in points, with a tab
in a text where columns stand apart; or {"error": code}, where code
is "password" or "damaged". Imports nothing of ragbot.
"""

import ctypes
import json
import math
import sys
from collections.abc import Iterator
from typing import Any

_BREAKS = (10, 13)
# PDFium gives these for a hyphen at a line's end that belongs to the word's typesetting only.
_SOFT_HYPHENS = (0x02, 0xFFFE)
_PASSWORD_ERROR = 4  # FPDF_ERR_PASSWORD
_COLUMN_GAP = 1.5  # in ems


def _limit_memory(count: int) -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash leaves no file behind
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        count = min(count, hard)
    resource.setrlimit(resource.RLIMIT_AS, (count, hard))


class _Page:
    def __init__(self, raw: Any, textpage: Any) -> None:
        self._raw = raw
        self._page = textpage
        self._numbers = [ctypes.c_double() for _ in range(4)]
        self._matrix = raw.FS_MATRIX()

    def _size(self, index: int) -> float:
        """Return the height of a character's em square as it stands on the page."""
        size: float = self._raw.FPDFText_GetFontSize(self._page, index)
        if self._raw.FPDFText_GetMatrix(self._page, index, self._matrix):
            size *= math.hypot(self._matrix.b, self._matrix.d)
        return size

    def _origin(self, index: int) -> tuple[float, float]:
        x, y = self._numbers[:2]
        self._raw.FPDFText_GetCharOrigin(self._page, index, x, y)
        return x.value, y.value

    def _place(self, first: int, last: int) -> tuple[float, float, float]:
        """Return a line's left and right end and its baseline, as if it ran from left to right."""
        x, y = self._origin(first)
        _, right = self._sides(last)
        angle = -self._raw.FPDFText_GetCharAngle(self._page, first)  # it counts clockwise
        if abs(math.sin(angle)) < 0.1 and math.cos(angle) > 0:
            return x, right, y
        # Turned text, as on pages scanned or set sideways.
        end_x, end_y = self._origin(last)
        cosine, sine = math.cos(angle), math.sin(angle)
        end = end_x * cosine + end_y * sine + self._size(last)
        return x * cosine + y * sine, end, y * cosine - x * sine

    def _sides(self, index: int) -> tuple[float, float]:
        left, right, bottom, top = self._numbers
        self._raw.FPDFText_GetCharBox(self._page, index, left, right, bottom, top)
        return left.value, right.value

    def _space(self, index: int, count: int) -> str:
        """Return what a space stands for: a tab where columns stand apart, else a space."""
        if not 0 < index < count - 1:
            return " "
        gap = self._sides(index + 1)[0] - self._sides(index - 1)[1]
        return "\t" if gap > _COLUMN_GAP * self._size(index - 1) else " "

    def _text(self, codes: list[int], start: int, end: int) -> str:
        parts = []
        for index in range(start, end):
            code = codes[index]
            if code == 32:
                parts.append(self._space(index, len(codes)))
            elif code in _SOFT_HYPHENS:
                parts.append("\u00ad")
            elif 0 < code < 0x110000:
                parts.append(chr(code))
        return "".join(parts)

    def lines(self) -> Iterator[list[object]]:
        count = self._raw.FPDFText_CountChars(self._page)
        codes = [self._raw.FPDFText_GetUnicode(self._page, i) for i in range(count)]
        start = 0
        for end in range(count + 1):
            if end < count and codes[end] not in _BREAKS:
                continue
            shown = [i for i in range(start, end) if codes[i] > 32 or codes[i] in _SOFT_HYPHENS]
            if shown:
                text = self._text(codes, shown[0], shown[-1] + 1)
                yield [text, *self._place(shown[0], shown[-1]), self._size(shown[len(shown) // 2])]
            start = end + 1


def _say(row: dict[str, object]) -> None:
    # ASCII, because lone surrogates have no UTF-8.
    sys.stdout.write(json.dumps(row) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Print what the module's docstring says."""
    most_pages, memory = int(sys.argv[1]), int(sys.argv[2])
    data = sys.stdin.buffer.read()
    _limit_memory(memory + len(data))
    import pypdfium2
    from pypdfium2 import raw

    try:
        document = pypdfium2.PdfDocument(data)
        count = len(document)
    except pypdfium2.PdfiumError as error:
        _say({"error": "password" if error.err_code == _PASSWORD_ERROR else "damaged"})
        return
    _say({"pages": count})
    for number in range(min(count, most_pages)):
        try:
            page = document[number]
            textpage = page.get_textpage()
        except pypdfium2.PdfiumError:
            _say({"lines": [], "images": False, "damaged": True})
            continue
        lines = list(_Page(raw, textpage.raw).lines())
        images = any(page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3))
        _say({"lines": lines, "images": images})
        textpage.close()
        page.close()


if __name__ == "__main__":
    main()
