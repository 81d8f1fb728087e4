"""What a file really is: its content decides, its name only where content cannot."""

import re
from enum import Enum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ragbot.documents.formats.extracted import UnreadableError
from ragbot.documents.formats.packages import open_zip

if TYPE_CHECKING:
    from zipfile import ZipFile

__all__ = ["SUFFIXES", "Kind", "kind_of"]


class Kind(Enum):
    """A format that can be read; the value is its name for people."""

    TEXT = "text file"
    HTML = "web page"
    CSV = "table"
    JSON = "JSON file"
    JSON_LINES = "JSON lines file"
    PDF = "PDF"
    DOCX = "Word document"
    PPTX = "presentation"
    XLSX = "workbook"
    EPUB = "e-book"
    ZIP = "zip archive"


SUFFIXES = {
    ".txt": Kind.TEXT,
    ".text": Kind.TEXT,
    ".md": Kind.TEXT,
    ".markdown": Kind.TEXT,
    ".html": Kind.HTML,
    ".htm": Kind.HTML,
    ".xhtml": Kind.HTML,
    ".csv": Kind.CSV,
    ".tsv": Kind.CSV,
    ".json": Kind.JSON,
    ".jsonl": Kind.JSON_LINES,
    ".ndjson": Kind.JSON_LINES,
    ".pdf": Kind.PDF,
    ".docx": Kind.DOCX,
    ".docm": Kind.DOCX,
    ".pptx": Kind.PPTX,
    ".pptm": Kind.PPTX,
    ".xlsx": Kind.XLSX,
    ".xlsm": Kind.XLSX,
    ".epub": Kind.EPUB,
    ".zip": Kind.ZIP,
}

# ECMA-376: the content type of the main part says which of the three it is, macros or not.
_OOXML = (
    (re.compile(rb"wordprocessingml\.document\.main|word\.document\.macroEnabled"), Kind.DOCX),
    (re.compile(rb"presentationml\.\w+\.main|powerpoint\.\w+\.macroEnabled"), Kind.PPTX),
    (re.compile(rb"spreadsheetml\.sheet\.main|ms-excel\.sheet\.macroEnabled"), Kind.XLSX),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# [MS-OFFCRYPTO]: a document with a password is an OLE file with a stream of this name.
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
# A comment ends at its first "-->". The atomic group keeps the engine from trying later ones, which
# would double its work with every comment.
_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*+(?:<\?xml[^>]*>\s*+)?(?><!--.*?-->\s*+)*+"
    rb"<(?:!doctype\s+html|html[\s>])",
    re.IGNORECASE | re.DOTALL,
)
_TAG = re.compile(rb"<[a-zA-Z!/]")
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def _package_kind(data: bytes) -> Kind:
    try:
        return _kind_of_archive(open_zip(data))
    except UnreadableError:
        raise
    except Exception as error:  # zipfile and zlib raise a dozen kinds
        raise UnreadableError(
            "The zip structure is damaged or encrypted; save the file again without a password."
        ) from error


def _kind_of_archive(archive: "ZipFile") -> Kind:
    names = set(archive.namelist())
    if "[Content_Types].xml" in names:
        with archive.open("[Content_Types].xml") as part:
            types = part.read(1 << 20)
        for pattern, kind in _OOXML:
            if pattern.search(types):
                return kind
        raise UnreadableError(
            "This kind of Office file cannot be read; save it as docx, pptx or xlsx."
        )
    if "META-INF/container.xml" in names:
        return Kind.EPUB
    if "mimetype" in names:
        with archive.open("mimetype") as part:
            mimetype = part.read(100)
        if b"epub" in mimetype:
            return Kind.EPUB
        if b"opendocument" in mimetype:
            raise UnreadableError(
                "OpenDocument files cannot be read; save it as docx, pptx or xlsx."
            )
    return Kind.ZIP


def kind_of(name: str, data: bytes) -> Kind:
    """Return the format of a file's content.

    Raises UnreadableError when it is a format that cannot be read. Text of no known form is TEXT;
    whether it is text at all shows when it is decoded.
    """
    if data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n\0").startswith(b"%PDF-"):
        return Kind.PDF
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _package_kind(data)
    if data.startswith(_OLE):
        if _ENCRYPTED_STREAM in data:
            raise UnreadableError(
                "The document is protected by a password; save a copy without one and add that."
            )
        raise UnreadableError(
            "The old Office format cannot be read; save it as docx, pptx or xlsx."
        )
    if data.startswith(b"{\\rtf"):
        raise UnreadableError("RTF cannot be read; save it as docx.")
    if data[:2] == b"\x1f\x8b" or data[:6] in (b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07"):
        raise UnreadableError("Of archives only zip is read; unpack it, or pack it as zip.")
    suffix = PurePosixPath(name).suffix.lower()
    named = SUFFIXES.get(suffix)
    # Some writers put junk before the header; readers look for it in the first 1,024 bytes.
    if named is Kind.PDF and b"%PDF-" in data[:1024]:
        return Kind.PDF
    if suffix not in (".md", ".markdown") and _HTML.match(data[:4096]):
        return Kind.HTML
    if named is Kind.HTML and not data.startswith(_MARKS[1:]) and not _TAG.search(data):
        return Kind.TEXT
    if named in (Kind.HTML, Kind.CSV, Kind.JSON, Kind.JSON_LINES):
        return named
    return Kind.TEXT
