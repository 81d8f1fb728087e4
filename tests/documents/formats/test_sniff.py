import io
import zipfile

import docx
import openpyxl
import pptx
import pytest

from ragbot.documents.formats.extracted import UnreadableError
from ragbot.documents.formats.sniff import Kind, kind_of


def office(make: object) -> bytes:
    """Return an empty document of an Office library."""
    file = io.BytesIO()
    make.save(file)  # type: ignore[attr-defined]
    return file.getvalue()


@pytest.mark.parametrize("name", ["a.txt", "b.pdf", "c.docx", "d", "e.json", "f.zip"])
@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7 ...", Kind.PDF),
        (b"\xef\xbb\xbf\n%PDF-1.4", Kind.PDF),
        (office(docx.Document()), Kind.DOCX),
        (office(pptx.Presentation()), Kind.PPTX),
        (office(openpyxl.Workbook()), Kind.XLSX),
        (b"<!DOCTYPE HTML><p>x", Kind.HTML),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- x --><html lang="zh">', Kind.HTML),
        (b"<!-- <p>\n> -->\n<!---->\n<!doctype  html>", Kind.HTML),
    ],
)
def test_content_decides(name: str, data: bytes, kind: Kind) -> None:
    """What a file holds decides how it is read, whatever its name says."""
    assert kind_of(name, data) is kind


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.PDF", "其实是文本".encode(), Kind.TEXT),
        ("a.docx", "其实是文本".encode(), Kind.TEXT),
        ("a.html", "一段\n没有标签 1 < 2".encode(), Kind.TEXT),
        ("a.html", b"<p>x", Kind.HTML),
        ("a.md", b"<html> in Markdown", Kind.TEXT),
        ("a.csv", b"a,b", Kind.CSV),
        ("a.TSV", b"a\tb", Kind.CSV),
        ("a.json", b"{}", Kind.JSON),
        ("a.ndjson", b"{}", Kind.JSON_LINES),
        ("a.txt", b"{}", Kind.TEXT),
        ("a.pdf", b"junk\n%PDF-1.4", Kind.PDF),
        ("a.txt", b"about\n%PDF-1.4", Kind.TEXT),
        ("a.html", "<p>宽".encode("utf-16"), Kind.HTML),
    ],
)
def test_names_decide_between_kinds_of_text(name: str, data: bytes, kind: Kind) -> None:
    """Where the content is only text, the name says which text it is."""
    assert kind_of(name, data) is kind


@pytest.mark.timeout(20)
@pytest.mark.parametrize("unit", [b"<!---->", b"<!-- -->\n", b"<!--", b"-->", b"\n ", b"<?xml >"])
def test_many_comments_are_read_in_linear_time(unit: bytes) -> None:
    """281 bytes of comments once kept the server busy for hours."""
    data = unit * (4096 // len(unit))
    assert kind_of("a.txt", data + b"<p>") is Kind.TEXT
    assert kind_of("a.txt", data[:281] + b"x") is Kind.TEXT


def test_a_zip_of_anything_else_is_an_archive() -> None:
    """A zip file that is no document is an archive, an empty one too."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w"):
        pass
    assert kind_of("a.docx", file.getvalue()) is Kind.ZIP


@pytest.mark.parametrize("data", [b"\x1f\x8b\x08...", b"7z\xbc\xaf\x27\x1c...", b"{\\rtf1}"])
def test_what_cannot_be_read_says_what_to_do(data: bytes) -> None:
    """Known formats that are not read are refused with the format to save them in."""
    with pytest.raises(UnreadableError, match=r"zip|docx"):
        kind_of("a.txt", data)


def test_a_damaged_package_is_refused_by_a_sentence() -> None:
    """Whatever zlib says of its list of contents."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", "types " * 100)
    data = bytearray(file.getvalue())
    start = data.index(b"[Content_Types].xml") + len("[Content_Types].xml")
    data[start : start + 6] = b"\xff" * 6
    with pytest.raises(UnreadableError, match="damaged or encrypted"):
        kind_of("a.docx", bytes(data))
