"""Presentations: a slide is a page, its title a heading."""

from collections.abc import Iterable
from io import BytesIO
from typing import Any

from ragbot.documents.formats.extracted import Extracted, LineWriter
from ragbot.documents.formats.packages import open_package
from ragbot.documents.formats.tables import Cell, write_table

__all__ = ["load_slides"]


def _write_shapes(shapes: Iterable[Any], title_id: int | None, writer: LineWriter) -> None:
    for shape in shapes:
        if shape.shape_id == title_id:
            continue
        if hasattr(shape, "shapes"):
            _write_shapes(shape.shapes, title_id, writer)
        elif getattr(shape, "has_table", False):
            table = shape.table
            rows = [
                [
                    Cell(
                        [(p.text, 0) for p in cell.text_frame.paragraphs if p.text.strip()],
                        cell.span_width if cell.is_merge_origin else 1,
                        cell.span_height if cell.is_merge_origin else 1,
                    )
                    for cell in row.cells
                    if not cell.is_spanned
                ]
                for row in table.rows
            ]
            write_table(rows, writer)
        elif shape.has_text_frame:
            for paragraph in shape.text_frame.paragraphs:
                writer.write(paragraph.text)


def load_slides(data: bytes) -> Extracted:
    """Read a pptx file: titles, texts, tables and the speaker's notes of every slide."""
    open_package(data).close()
    from pptx.package import Package
    from pptx.parts.presentation import PresentationPart

    part = Package.open(BytesIO(data)).main_document_part
    if not isinstance(part, PresentationPart):
        part = PresentationPart.load(part.partname, part.content_type, part.package, part.blob)
    writer = LineWriter()
    for slide in part.presentation.slides:
        writer.begin_page()
        title = slide.shapes.title
        if title is not None:
            writer.write(title.text_frame.text, 1)
        _write_shapes(slide.shapes, title.shape_id if title is not None else None, writer)
        if slide.has_notes_slide and (notes := slide.notes_slide.notes_text_frame) is not None:
            for paragraph in notes.paragraphs:
                writer.write(paragraph.text)
    return writer.extracted()
