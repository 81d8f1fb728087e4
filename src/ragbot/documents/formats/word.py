"""Word documents: paragraphs and tables in order, with what Word draws around them."""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any

from ragbot.documents.formats.extracted import Extracted, LineWriter
from ragbot.documents.formats.numbering import Numbering
from ragbot.documents.formats.packages import open_package
from ragbot.documents.formats.tables import Cell, Line, write_table

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

__all__ = ["load_word"]

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MATH_TEXT = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_P, _TBL, _TR, _TC = f"{_W}p", f"{_W}tbl", f"{_W}tr", f"{_W}tc"
_TEXT_BOX = f"{_W}txbxContent"
# Text taken out by tracked changes; its rows in <w:t> would otherwise read as if they stood.
_DELETED = frozenset((f"{_W}del", f"{_W}moveFrom", f"{_W}rPr", f"{_W}pPr", _FALLBACK))
_BREAKS = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_NAMED_HEADING = re.compile(r"(?:heading|标题|標題)\s*([1-9])", re.I)
_NAMED_TITLE = re.compile(r"title|标题|標題", re.I)
_CONTENTS = re.compile(r"toc\s*\d|目录\s*\d|目錄\s*\d", re.I)


class _Styles:
    """What a paragraph's style says: its name, outline level and list, its bases included."""

    def __init__(self, document: "WordDocument") -> None:
        self._elements = {
            style.get(f"{_W}styleId"): style for style in document.styles.element.iter(f"{_W}style")
        }

    def chain(self, paragraph: Any) -> Iterator[Any]:
        """Yield the paragraph's own properties, then those of its style and the style's bases."""
        own = paragraph.find(f"{_W}pPr")
        if own is None:
            return
        yield own
        reference = own.find(f"{_W}pStyle")
        seen: set[str] = set()
        while reference is not None and (key := reference.get(f"{_W}val")) not in seen:
            seen.add(key)
            style = self._elements.get(key)
            if style is None:
                return
            if (properties := style.find(f"{_W}pPr")) is not None:
                yield properties
            reference = style.find(f"{_W}basedOn")

    def name(self, paragraph: Any) -> str:
        reference = paragraph.find(f"{_W}pPr/{_W}pStyle")
        style = self._elements.get(reference.get(f"{_W}val")) if reference is not None else None
        name = style.find(f"{_W}name") if style is not None else None
        return (name.get(f"{_W}val") or "") if name is not None else ""

    def level(self, paragraph: Any) -> int:
        """Return a heading's level from 1, or 0."""
        name = self.name(paragraph)
        if match := _NAMED_HEADING.fullmatch(name):
            return int(match[1])
        if _NAMED_TITLE.fullmatch(name):
            return 1
        for properties in self.chain(paragraph):
            outline = properties.find(f"{_W}outlineLvl")
            if outline is not None:
                value = outline.get(f"{_W}val") or "9"
                return int(value) + 1 if value in "012345678" else 0
        return 0

    def list_item(self, paragraph: Any) -> tuple[str, int] | None:
        """Return the list that numbers a paragraph, and the level in it."""
        number = level = None
        for properties in self.chain(paragraph):
            numbering = properties.find(f"{_W}numPr")
            if numbering is None:
                continue
            for child in numbering:
                if child.tag == f"{_W}numId" and number is None:
                    number = child.get(f"{_W}val")
                elif child.tag == f"{_W}ilvl" and level is None:
                    level = child.get(f"{_W}val")
        if not number or number == "0":
            return None
        return number, int(level) if level and level in "012345678" else 0


class _Reader:
    def __init__(self, document: "WordDocument") -> None:
        self._styles = _Styles(document)
        self._numbering = Numbering(document)

    def _text(self, element: Any, boxes: list[Any]) -> str:
        """Return the text in reading order; the boxes floating beside it are put in ``boxes``."""
        parts: list[str] = []
        for child in element:
            tag = child.tag
            if tag in (f"{_W}t", _MATH_TEXT):
                parts.append(child.text or "")
            elif tag in _BREAKS:
                is_page = child.get(f"{_W}type") in ("page", "column")
                parts.append("" if is_page else _BREAKS[tag])
            elif tag == f"{_W}ruby":
                sound, base = (
                    "".join(self._text(part, boxes) for part in child.iterchildren(f"{_W}{name}"))
                    for name in ("rt", "rubyBase")
                )
                parts.append(f"{base}({sound})" if sound.strip() else base)
            elif tag == _TEXT_BOX:
                boxes.append(child)
            elif tag not in _DELETED:
                parts.append(self._text(child, boxes))
        return "".join(parts)

    def _paragraph(self, paragraph: Any) -> Iterator[Line]:
        boxes: list[Any] = []
        text = self._text(paragraph, boxes)
        item = self._styles.list_item(paragraph)
        if text.strip() and not _CONTENTS.fullmatch(self._styles.name(paragraph)):
            label = self._numbering.next(*item) if item else ""
            yield label + text.strip(), self._styles.level(paragraph)
        for box in boxes:
            yield from self.lines(box)

    def lines(self, container: Any) -> Iterator[Line]:
        """Yield the paragraphs of a container; tables inside give their rows as they are shown."""
        for block in self.blocks(container):
            if block.tag == _P:
                yield from self._paragraph(block)
            else:
                inner = LineWriter()
                write_table(self.rows(block), inner)
                yield from ((line, 0) for line in inner.extracted().raw.splitlines())

    def blocks(self, container: Any) -> Iterator[Any]:
        """Yield paragraphs and tables, those in content controls and insertions included."""
        for child in container:
            if child.tag in (_P, _TBL):
                yield child
            elif child.tag not in _DELETED and isinstance(child.tag, str):
                yield from self.blocks(child)

    def rows(self, table: Any) -> list[list[Cell]]:
        rows: list[list[Cell]] = []
        covering: dict[int, Cell] = {}  # column: the cell above that goes on into this row
        for row in table.iter(_TR):
            if next(row.iterancestors(_TBL)) is not table:
                continue
            marked = row.find(f"{_W}trPr/{_W}tblHeader") is not None
            cells: list[Cell] = []
            column = 0
            for element in row.iter(_TC):
                if next(element.iterancestors(_TR)) is not row:
                    continue
                span = element.find(f"{_W}tcPr/{_W}gridSpan")
                width = span.get(f"{_W}val", "1") if span is not None else "1"
                columns = int(width) if re.fullmatch(r"[1-9]\d?", width) else 1
                merge = element.find(f"{_W}tcPr/{_W}vMerge")
                above = covering.get(column)
                if merge is not None and merge.get(f"{_W}val") != "restart" and above:
                    above.rows += 1
                else:
                    cell = Cell(list(self.lines(element)), columns, 1, marked)
                    cells.append(cell)
                    covering[column] = cell
                column += columns
            rows.append(cells)
        return rows


def load_word(data: bytes) -> Extracted:
    """Read a docx file; heading styles and outline levels become headings."""
    open_package(data).close()
    import docx
    from docx.opc.constants import CONTENT_TYPE
    from docx.opc.package import OpcPackage
    from docx.parts.document import DocumentPart

    part = OpcPackage.open(BytesIO(data)).main_document_part
    # python-docx opens documents with macros only as parts, though they differ in nothing else.
    if not isinstance(part, DocumentPart):
        kind = CONTENT_TYPE.WML_DOCUMENT_MAIN
        part = DocumentPart.load(part.partname, kind, part.blob, part.package)
    document = docx.document.Document(part.element, part)
    reader = _Reader(document)
    writer = LineWriter()
    for block in reader.blocks(document.element.body):
        if block.tag == _P:
            for text, level in reader.lines([block]):
                writer.write(text, level)
        else:
            write_table(reader.rows(block), writer)
    return writer.extracted()
