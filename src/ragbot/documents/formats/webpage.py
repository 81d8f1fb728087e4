"""Web pages, and the chapters of e-books: what a reader sees, block by block."""

import re
from typing import TYPE_CHECKING

from ragbot.documents.formats.extracted import (
    Extracted,
    LineWriter,
    UnreadableError,
    is_wide,
)
from ragbot.documents.formats.limits import TEXT_BYTES, mebibytes
from ragbot.documents.formats.plain import decode_text
from ragbot.documents.formats.tables import Cell, Line, write_table

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["load_webpage", "write_blocks"]

_SKIPPED = frozenset(
    ("script", "style", "template", "noscript", "nav", "head", "iframe", "object", "svg", "canvas",
     "audio", "video", "select", "button", "textarea", "datalist")
)  # fmt: skip
_BLOCKS = frozenset(
    ("address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details",
     "dialog", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "header",
     "h1", "h2", "h3", "h4", "h5", "h6", "hgroup", "hr", "html", "legend", "li", "main", "menu",
     "nav", "ol", "p", "pre", "search", "section", "summary", "table", "tbody", "td", "tfoot",
     "th", "thead", "tr", "ul")
)  # fmt: skip
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_ANNOTATIONS = ("rt", "rtc")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_SPACE = re.compile(r"[ \t\r\n\f]+")
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*+=\s*+[\"']?\s*+([\w-]+)", re.I)
# Pages say gb2312 or big5 and use what GB18030 and Big5-HKSCS added (WHATWG Encoding, 4.2).
_CHARSETS = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "gb18030": "gb18030"} | {
    "big5": "big5hkscs",
    "big5-hkscs": "big5hkscs",
    "x-x-big5": "big5hkscs",
}


def _collapse(text: str) -> str:
    """Make runs of white space one space, and none where Chinese text is broken over lines."""

    def replace(run: re.Match[str]) -> str:
        start, end = run.span()
        breaks = "\n" in run[0] or "\r" in run[0]
        inside = start > 0 and end < len(text)
        return "" if breaks and inside and is_wide(text[start - 1]) and is_wide(text[end]) else " "

    return _SPACE.sub(replace, text)


def _name(element: "_Element") -> str:
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def _is_hidden(element: "_Element") -> bool:
    return (
        "hidden" in element.attrib
        or element.get("role") == "navigation"
        or _HIDDEN.search(element.get("style") or "") is not None
    )


def _count(element: "_Element", attribute: str) -> int:
    value = element.get(attribute, "1").strip()
    return max(int(value), 1) if value.isdecimal() and len(value) < 6 else 1


class _Blocks:
    """Follows a tree in document order; text gathers until a block begins or ends."""

    def __init__(self, writer: LineWriter) -> None:
        self._writer = writer
        self._inline: list[str] = []
        self._level = 0
        self._preformatted = 0
        self._annotating = False
        self._tables: list[list[list[Cell]]] = []
        self._depths: list[int] = []  # of self._cells, at the beginning of each open table
        self._cells: list[Cell] = []

    def text(self, text: str | None) -> None:
        if text:
            self._inline.append(text)

    def _emit(self, line: Line) -> None:
        if self._cells:
            self._cells[-1].lines.append(line)
        else:
            self._writer.write(*line)

    def flush(self) -> None:
        text = "".join(self._inline)
        self._inline.clear()
        # \v stands for <br>: white space in the source breaks no line.
        for line in text.split("\n") if self._preformatted else _collapse(text).split("\v"):
            if line.strip():
                self._emit((line.strip(), self._level))

    def _close_annotation(self) -> None:
        if self._annotating:
            self._annotating = False
            if self._inline and self._inline[-1] == "(":
                self._inline.pop()
            else:
                self._inline.append(")")

    def _close_cell(self) -> None:
        if self._cells and self._depths and len(self._cells) > self._depths[-1]:
            self._cells.pop()

    def begin(self, name: str, element: "_Element") -> None:
        if name in _BLOCKS:
            self.flush()
        if name in _HEADINGS:
            self._level = _HEADINGS[name]
        elif name == "pre":
            self._preformatted += 1
        elif name == "br":
            self.text("\n" if self._preformatted else "\v")
        elif name in _ANNOTATIONS:
            self._close_annotation()
            self._annotating = True
            self.text("(")
        elif name in ("rb", "rp"):
            self._close_annotation()
        elif name == "table":
            self._tables.append([])
            self._depths.append(len(self._cells))
        elif name == "tr" and self._tables:
            self._tables[-1].append([])
        elif name in ("td", "th") and self._tables:
            self._close_cell()
            if not self._tables[-1]:
                self._tables[-1].append([])
            columns, rows = _count(element, "colspan"), _count(element, "rowspan")
            cell = Cell([], columns, rows, header=name == "th")
            self._tables[-1][-1].append(cell)
            self._cells.append(cell)
        if name != "rp":  # the brackets that browsers without ruby would show
            self.text(element.text)

    def end(self, name: str) -> None:
        if name in _BLOCKS:
            self.flush()
        if name in _HEADINGS:
            self._level = 0
        elif name == "pre":
            self._preformatted -= 1
        elif name in _ANNOTATIONS or name == "ruby":
            self._close_annotation()
        elif name in ("td", "th"):
            self._close_cell()
        elif name == "table":
            rows = self._tables.pop()
            del self._cells[self._depths.pop() :]
            self._end_table(rows)

    def _end_table(self, rows: list[list[Cell]]) -> None:
        if not self._cells:
            write_table(rows, self._writer)
            return
        inner = LineWriter()
        write_table(rows, inner)
        result = inner.extracted()
        levels = dict(result.headings)
        offset = 0
        for line in result.raw.splitlines():
            self._emit((line, levels.get(offset, 0)))
            offset += len(line) + 1


def write_blocks(root: "_Element", writer: LineWriter) -> None:
    """Write the visible text of an HTML or XHTML tree; ruby 計 with jì becomes 計(jì)."""
    from lxml import etree

    blocks = _Blocks(writer)
    walker = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
    skipping: _Element | None = None
    for event, element in walker:
        name = _name(element)
        if event == "start":
            if name in _SKIPPED or _is_hidden(element):
                if name in _BLOCKS:
                    blocks.flush()
                skipping = element
                walker.skip_subtree()
            else:
                blocks.begin(name, element)
            continue
        if event == "end" and element is not skipping:
            blocks.end(name)
        if element is not root:
            blocks.text(element.tail)
    blocks.flush()


def _decode_page(data: bytes) -> str:
    """Decode a page: as UTF-8 where it is, else as it says itself, else as a text file."""
    declared = _META.search(data[:4096])
    charset = _CHARSETS.get(declared[1].decode("ascii").lower()) if declared else None
    if charset:
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            text = data.decode(charset, errors="replace")
            if text.count("\ufffd") * 100 < len(text):
                return text
    return decode_text(data)


def load_webpage(data: bytes) -> Extracted:
    """Read a web page; its title comes first where no ``h1`` says what the page is about."""
    from lxml import etree

    if len(data) > TEXT_BYTES:
        raise UnreadableError(
            f"The page has more than {mebibytes(TEXT_BYTES)}; cut it into smaller files."
        )
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, no_network=True)
    text = _decode_page(data).replace("\0", "")
    root = etree.fromstring(text.encode("utf-8", errors="replace"), parser)
    writer = LineWriter()
    if root is None:
        return writer.extracted()
    if any("depth" in error.message for error in parser.error_log):
        raise UnreadableError(
            "The page nests elements too deeply to be read whole; save its text instead."
        )
    if root.find(".//h1") is None and (title := root.findtext("head/title")):
        writer.write(_collapse(title), 1)
    write_blocks(root, writer)
    return writer.extracted()
