"""Files that go wrong, each made from bytes, with a word that its reason must hold."""

import io
import json
import random
import zipfile
from dataclasses import dataclass

from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

__all__ = ["BAD_FILES", "BadFile", "pdf", "zipped"]


@dataclass(frozen=True, slots=True)
class BadFile:
    """A file and what its failure must say."""

    name: str
    data: bytes
    word: str


def zipped(*members: tuple[str, bytes]) -> bytes:
    """Return a zip with these members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members:
            packed.writestr(name, content)
    return file.getvalue()


def pdf(text: str, encrypt: StandardEncryption | None = None) -> bytes:
    """Return a PDF of one line."""
    file = io.BytesIO()
    canvas = Canvas(file, encrypt=encrypt)
    canvas.drawString(72, 700, text)
    canvas.save()
    return file.getvalue()


_TYPES = '<Types xmlns="x"><Override ContentType="{}"/></Types>'
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
_SENTENCE = "上海计划建设国际知识产权中心城市。\n"

BAD_FILES = [
    BadFile("empty.txt", b"", "empty"),
    BadFile("blank.md", b" \n\t\r\n", "empty"),
    BadFile("spaces.txt", "　\u00a0\n".encode(), "no text"),
    BadFile("picture.txt", b"\x89PNG\r\n\x1a\n" + random.Random(3).randbytes(2000), "not text"),
    BadFile("locked.pdf", pdf("secret", StandardEncryption("user")), "password"),
    BadFile("broken.pdf", pdf("broken")[:300], "damaged"),
    BadFile("nothing.pdf", pdf(""), "no text"),
    BadFile("locked.docx", _OLE + "EncryptedPackage".encode("utf-16-le"), "password"),
    BadFile("old.docx", _OLE, "docx, pptx or xlsx"),
    BadFile("rich.docx", rb"{\rtf1 text}", "docx"),
    BadFile("cut.docx", zipped(("[Content_Types].xml", b"x" * 500))[:-40], "damaged"),
    BadFile(
        "hollow.docx", zipped(("[Content_Types].xml", _TYPES.format(_WORD).encode())), "damaged"
    ),
    BadFile("other.xlsx", zipped(("[Content_Types].xml", b"visio")), "docx, pptx or xlsx"),
    BadFile("open.docx", zipped(("mimetype", b"application/vnd.oasis.opendocument.text")), "docx"),
    BadFile("hollow.epub", zipped(("mimetype", b"application/epub+zip")), "damaged"),
    BadFile("archive.zip", b"Rar!\x1a\x07\x00" + bytes(99), "zip"),
    BadFile("empty.zip", zipped(), "no document"),
    BadFile("pictures.zip", zipped(("a.png", b"x")), "no document"),
    BadFile("cut.json", b'{"text": "', "JSON"),
    BadFile("deep.json", b"[" * 100_000, "nested"),
    BadFile("mixed.txt", _SENTENCE.encode() * 9 + _SENTENCE.encode("gbk") * 9, "encoding"),
    BadFile("rows.json", json.dumps([{"text": ""}]).encode(), "no text"),
    BadFile("blank.html", b"<html><body><script>x</script></body></html>", "no text"),
]
