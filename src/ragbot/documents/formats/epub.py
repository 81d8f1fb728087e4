"""E-books: the chapters in reading order."""

import posixpath
import re
from html.entities import html5
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ragbot.documents.formats.extracted import Extracted, LineWriter, UnreadableError
from ragbot.documents.formats.packages import open_package
from ragbot.documents.formats.webpage import write_blocks

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["load_epub"]

_XML_ENTITIES = frozenset(("amp", "lt", "gt", "quot", "apos"))
_ENTITY = re.compile(rb"&([A-Za-z][A-Za-z0-9]*);")
_PAGES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")


def _entity(match: re.Match[bytes]) -> bytes:
    name = match[1].decode("ascii")
    text = html5.get(f"{name};")
    if name in _XML_ENTITIES or text is None:
        return match[0]
    return "".join(f"&#{ord(character)};" for character in text).encode("ascii")


def _parse(data: bytes) -> "_Element":
    """Parse XML as readers of e-books do: HTML's entities are known, small faults are mended."""
    from lxml import etree

    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False)
    root = etree.fromstring(_ENTITY.sub(_entity, data), parser)
    if root is None:
        raise UnreadableError("A part of the e-book is damaged; export or download it again.")
    return root


def load_epub(data: bytes) -> Extracted:
    """Read an EPUB 2 or 3 file without DRM."""
    writer = LineWriter()
    with open_package(data) as package:
        container = _parse(package.read("META-INF/container.xml"))
        paths = container.xpath("//*[local-name()='rootfile']/@full-path")
        if not isinstance(paths, list) or not paths:
            raise UnreadableError("The e-book does not name its chapters; export it again.")
        opf_path = str(paths[0])
        opf = _parse(package.read(opf_path))
        folder = posixpath.dirname(opf_path)
        items = {
            item.get("id"): item
            for item in opf.iter("{*}item")
            if item.get("media-type") in _PAGES
            and "nav" not in (item.get("properties") or "").split()
        }
        locked = b""
        if "META-INF/encryption.xml" in package.NameToInfo:
            locked = package.read("META-INF/encryption.xml")
        read = set()
        for reference in opf.iter("{*}itemref"):
            item = items.get(reference.get("idref"))
            if item is None:
                continue
            path = posixpath.normpath(posixpath.join(folder, unquote(item.get("href") or "")))
            if path.encode() in locked:
                raise UnreadableError(
                    "The e-book is protected by DRM; only books without it can be read."
                )
            if path in package.NameToInfo and path not in read:  # a book has each chapter once
                read.add(path)
                body = _parse(package.read(path)).find("{*}body")
                if body is not None:
                    write_blocks(body, writer)
    return writer.extracted()
