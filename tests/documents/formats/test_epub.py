import io
import zipfile

import pytest

from ragbot.documents.formats.epub import load_epub
from ragbot.documents.formats.extracted import UnreadableError

CONTAINER = (
    '<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
    '<rootfiles><rootfile full-path="OEBPS/content.opf"/></rootfiles></container>'
)
PAGE = (
    '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml">'
    "<head><title/><script src='a.js'/></head><body>{}</body></html>"
)


def book(chapters: dict[str, str], **more: str) -> bytes:
    """Return an e-book of these chapters, in this order."""
    item = '<item id="i{}" href="{}" media-type="application/xhtml+xml" properties="{}"/>'
    items = "".join(
        item.format(n, name.replace(" ", "%20"), name.removesuffix(".xhtml"))
        for n, name in enumerate(chapters)
    )
    spine = "".join(f'<itemref idref="i{n}"/>' for n in range(len(chapters)))
    opf = (
        f'<package xmlns="http://www.idpf.org/2007/opf"><manifest>{items}</manifest>'
        f"<spine>{spine}</spine></package>"
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("mimetype", "application/epub+zip")
        packed.writestr("META-INF/container.xml", CONTAINER)
        packed.writestr("OEBPS/content.opf", opf)
        for name, body in reversed(chapters.items()):
            packed.writestr(f"OEBPS/{name}", PAGE.format(body))
        for name, text in more.items():
            packed.writestr(f"META-INF/{name}.xml", text)
    return file.getvalue()


def test_chapters_come_in_reading_order() -> None:
    """Chapters are read in the order of the spine, the table of contents left out."""
    content = load_epub(
        book(
            {
                "nav.xhtml": "<p>目录</p>",
                "ch 2.xhtml": "<h1>第二章</h1><p>先读<a id='x'/>这里&nbsp;&amp;&hellip;</p>",
                "ch1.xhtml": "<h2>第一章</h2><p><ruby>計<rt>jì</rt></ruby>劃<br/>行</p>",
            }
        )
    )
    assert content.raw == "第二章\n先读这里\xa0&…\n第一章\n計(jì)劃\n行\n"
    assert content.headings == ((0, 1), (content.raw.index("第一章"), 2))


def test_a_locked_book_is_refused() -> None:
    """A book whose chapters are encrypted is refused with that reason."""
    locked = '<encryption><CipherReference URI="OEBPS/ch1.xhtml"/></encryption>'
    with pytest.raises(UnreadableError, match="DRM"):
        load_epub(book({"ch1.xhtml": "<p>甲</p>"}, encryption=locked))


def test_entities_are_not_expanded_without_end() -> None:
    """Entities that a book defines itself, to blow up, are not expanded."""
    bomb = PAGE.replace(
        "<!DOCTYPE html>",
        '<!DOCTYPE html [<!ENTITY a "哈哈哈哈哈哈"><!ENTITY b "&a;&a;&a;&a;&a;&a;">'
        '<!ENTITY c "&b;&b;&b;&b;&b;&b;">]>',
    )
    data = book({"ch1.xhtml": "甲"})
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            new.writestr(name, bomb.format("<p>甲&c;乙</p>") if "ch1" in name else old.read(name))
    assert load_epub(file.getvalue()).raw == "甲&c;乙\n"


def test_a_chapter_named_twice_is_read_once() -> None:
    """A spine may name one a million times."""
    data = book({"ch1.xhtml": "<p>第一章</p>"})
    once = io.BytesIO(data)
    twice = io.BytesIO()
    with zipfile.ZipFile(once) as old, zipfile.ZipFile(twice, "w") as new:
        for name in old.namelist():
            text = old.read(name).decode()
            reference = '<itemref idref="i0"/>'
            new.writestr(name, text.replace(reference, reference * 3))
    assert load_epub(twice.getvalue()).raw == "第一章\n"
