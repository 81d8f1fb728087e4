"""Read files: their real content decides how, and nothing bad in one stops the others."""

import hashlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from ragbot.documents.discovery import Failure, SourceFile, discover, is_skipped, is_supported
from ragbot.documents.formats.extracted import Extracted, UnreadableError, without_surrogates
from ragbot.documents.formats.limits import FILE_BYTES, LINE_CHARACTERS, mebibytes
from ragbot.documents.formats.sniff import Kind, kind_of
from ragbot.documents.model import Document

if TYPE_CHECKING:
    from ragbot.documents.formats.records import Record

__all__ = ["Failure", "SourceFile", "discover", "load", "load_bytes"]

_log = logging.getLogger(__name__)


def _read(path: Path) -> bytes:
    """Return a file's bytes, read in one go so that a change meanwhile cannot mix two versions."""
    try:
        with path.open("rb") as file:
            data = file.read(FILE_BYTES + 1)
    except FileNotFoundError:
        raise UnreadableError("The file was deleted or moved before it was read.") from None
    except PermissionError:
        raise UnreadableError("The file may not be read; give permission to read it.") from None
    except OSError as error:
        raise UnreadableError(
            f"The file cannot be read from the disk ({error.strerror}); check the disk or copy it."
        ) from error
    except MemoryError:
        raise UnreadableError("The file does not fit in memory; cut it into parts.") from None
    if len(data) > FILE_BYTES:
        raise UnreadableError(
            f"The file has more than {mebibytes(FILE_BYTES)}; cut it into smaller files."
        )
    return data


def _longest_line(text: str) -> int:
    longest = start = 0
    while start <= len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        longest = max(longest, end - start)
        start = end + 1
    return longest


def _document(name: str, digest: str, content: Extracted) -> Document:
    raw = content.raw
    if not raw or raw.isspace():
        raise UnreadableError("It holds no text; remove it, or add a version with text.")
    if len(raw) > LINE_CHARACTERS and _longest_line(raw) > LINE_CHARACTERS:
        raise UnreadableError(
            f"It has a line of more than {LINE_CHARACTERS:,} characters, which no paragraph has; "
            "break it into lines."
        )
    return Document(name, digest, raw, content.pages, content.headings)


def _load_records(
    name: str, digest: str, records: Iterator["Record"]
) -> Iterator[Document | Failure]:
    for record in records:
        full = name if record.key is None else f"{name}/{record.key}"
        try:
            if isinstance(record.content, UnreadableError):
                raise record.content
            if record.key is not None:
                digest = hashlib.sha256(record.content.raw.encode()).hexdigest()
            yield _document(full, digest, record.content)
        except UnreadableError as error:
            yield Failure(full, str(error))


def _extract(kind: Kind, data: bytes) -> "Extracted | Iterator[Record]":
    # Each format is imported when the first file of it is read: most corpora have one or two.
    match kind:
        case Kind.TEXT:
            from ragbot.documents.formats.plain import load_plain as extract
        case Kind.HTML:
            from ragbot.documents.formats.webpage import load_webpage as extract
        case Kind.CSV:
            from ragbot.documents.formats.delimited import load_delimited as extract
        case Kind.PDF:
            from ragbot.documents.formats.pdf import load_pdf as extract
        case Kind.DOCX:
            from ragbot.documents.formats.word import load_word as extract
        case Kind.PPTX:
            from ragbot.documents.formats.slides import load_slides as extract
        case Kind.XLSX:
            from ragbot.documents.formats.sheets import load_sheets as extract
        case Kind.EPUB:
            from ragbot.documents.formats.epub import load_epub as extract
        case Kind.JSON:
            from ragbot.documents.formats.records import read_json

            return read_json(data)
        case Kind.JSON_LINES:
            from ragbot.documents.formats.records import read_json_lines

            return read_json_lines(data)
        case Kind.ZIP:
            raise AssertionError("archives are not one text")
        case _:
            assert_never(kind)
    return extract(data)


def _load_archive(name: str, data: bytes) -> Iterator[Document | Failure]:
    from ragbot.documents.formats.archive import read_members

    found = False
    for member in read_members(data):
        inner = without_surrogates(member.name)
        if any(is_skipped(part) for part in inner.split("/") if part != "..") or (
            not is_supported(inner)
        ):
            continue
        found = True
        full = f"{name}/{inner}"
        if isinstance(member.content, UnreadableError):
            yield Failure(full, str(member.content))
        else:
            yield from load_bytes(full, member.content, is_member=True)
    if not found:
        raise UnreadableError("The archive holds no document that can be read.")


def _load(name: str, data: bytes, is_member: bool) -> Iterator[Document | Failure]:
    if not data or data.isspace():
        raise UnreadableError("The file is empty: it holds no text.")
    kind = kind_of(name, data)
    digest = hashlib.sha256(data).hexdigest()
    if kind is Kind.ZIP:
        if is_member:
            raise UnreadableError("Archives inside archives are not opened; unpack the outer one.")
        yield from _load_archive(name, data)
        return
    content = _extract(kind, data)
    if isinstance(content, Extracted):
        yield _document(name, digest, content)
    else:
        yield from _load_records(name, digest, content)


def load_bytes(name: str, data: bytes, *, is_member: bool = False) -> Iterator[Document | Failure]:
    """Read a file's content, as ``load`` does; ``is_member`` says that it lies in an archive."""
    try:
        yield from _load(name, data, is_member)
    except UnreadableError as error:
        yield Failure(name, str(error))
    except Exception:
        # Damaged files make the libraries raise anything at all.
        _log.debug("cannot read %s", name, exc_info=True)
        reason = "The file is damaged; open it in its program, save it again and add that."
        yield Failure(name, reason)


def load(source: SourceFile) -> Iterator[Document | Failure]:
    """Read a file: one document, or many from an archive or JSON; never raises for bad content.

    Members and rows are named after the file: ``archive.zip/inner/name.txt``, ``rows.jsonl/17``.
    ``sha256`` is of the file's bytes, of a member's bytes, of a row's text.
    """
    try:
        data = _read(source.path)
    except UnreadableError as error:
        yield Failure(source.name, str(error))
    else:
        yield from load_bytes(source.name, data)
