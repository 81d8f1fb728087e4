"""From a citation back to the statement it stands in."""

import hashlib
from pathlib import Path

from ragbot.documents.formats.pdf_picture import picture
from ragbot.errors import RagbotError
from ragbot.index.protocols import Generation, Store
from ragbot.results import Cited, Source
from ragbot.retrieval.citing import page_of

__all__ = ["CitationGoneError", "page_picture", "source_of"]

_AROUND = 16
"""Passages shown on either side of the quoted one: about 5,000 characters, more than a statement
of the sample corpus has, and little enough for a page whatever the document's length."""


class CitationGoneError(RagbotError):
    """What a citation points at is not in the index."""


def source_of(generation: Generation, cited: Cited) -> Source:
    """Return the statement around a citation, with the quoted range in it.

    Raises:
        CitationGoneError: the document is not in this generation, or has no such range.
    """
    store, passages = generation.store, generation.manifest.passages
    gone = CitationGoneError(
        "The cited place is no longer in the index; ask again to get its place of today."
    )
    document = store.document_by_id(cited.document_id)
    if document is None or not 0 <= cited.start < cited.end:
        raise gone

    row = store.passage_at(document.row, cited.start)
    if row is None:
        raise gone
    near = store.passages(range(max(0, row - _AROUND), min(passages, row + _AROUND + 1)))
    quoted = next(passage for passage in near if passage.row == row)
    if cited.end > quoted.start + len(quoted.raw):
        raise gone
    near = [passage for passage in near if passage.statement == quoted.statement]
    statement = store.statement(quoted.statement)
    after = near[-1].row + 1
    reading = store.text(document.row)
    shown = reading.to_reading(near[0].start, near[-1].start + len(near[-1].raw))
    part, (base, _) = reading.part(*shown), reading.to_raw(*shown)
    raw_range = cited.start - base, cited.end - base
    start, end = part.to_reading(*raw_range)
    answer = None
    if cited.answer_start is not None and cited.answer_end is not None:
        if not cited.start <= cited.answer_start <= cited.answer_end <= cited.end:
            raise gone
        answer = part.to_reading(cited.answer_start - base, cited.answer_end - base)
    return Source(
        document=document.name,
        document_id=document.id,
        page=page_of(store, quoted, cited.start),
        heading=statement.heading,
        byline=statement.byline,
        text=part.text,
        start=start,
        end=end,
        raw=part.raw[slice(*raw_range)],
        state=part.state(*raw_range),
        cut_before=near[0].row > statement.first_passage,
        answer=answer,
        cut_after=after < passages and store.passages([after])[0].statement == statement.row,
    )


def page_picture(store: Store, document_id: str, page: int) -> bytes | None:
    """Return a page of a document's PDF, counted from 1, as a PNG.

    Nothing is drawn of a file that is not the one that was indexed, nor of one in an archive.
    """
    document = store.document_by_id(document_id)
    if document is None:
        return None
    root = Path(document.root)
    file = root / document.name if root.is_dir() else root
    try:
        data = file.read_bytes()
    except OSError:
        return None
    if hashlib.sha256(data).hexdigest() != document.source:
        return None
    return picture(data, page)
