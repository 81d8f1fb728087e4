"""Zip archives: their members, in memory; nothing is ever written to the disk."""

import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from ragbot.documents.formats.extracted import UnreadableError
from ragbot.documents.formats.limits import ARCHIVE_BYTES, mebibytes
from ragbot.documents.formats.packages import check_member, open_zip

__all__ = ["Member", "read_members"]

_UTF8_NAME = 0x800  # APPNOTE 4.4.4, bit 11


@dataclass(frozen=True, slots=True)
class Member:
    """A file of an archive: its path with '/' and without '.', and what it holds."""

    name: str
    content: bytes | UnreadableError


def _name(info: zipfile.ZipInfo) -> str:
    """Return a member's name; Chinese Windows writes GBK where zip expects code page 437."""
    name = info.orig_filename
    if not info.flag_bits & _UTF8_NAME:
        try:
            raw = name.encode("cp437")
        except UnicodeEncodeError:
            raw = b""
        for encoding in ("utf-8", "gb18030", "big5hkscs"):
            try:
                name = raw.decode(encoding) or name
                break
            except UnicodeDecodeError:
                continue
    return "/".join(part for part in name.replace("\\", "/").split("/") if part != ".")


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, left: int) -> bytes:
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or parts[0].endswith(":"):
        raise UnreadableError(
            "Its path points outside the archive, so it was not opened; pack the archive again."
        )
    if stat.S_ISLNK(info.external_attr >> 16):
        raise UnreadableError("It is a link, not a file; add the file it points to.")
    check_member(info)
    if info.file_size > left:
        raise UnreadableError(
            f"The archive unpacks to more than {mebibytes(ARCHIVE_BYTES)}; "
            "unpack it and add the folder."
        )
    try:
        return archive.read(info)
    except Exception as error:  # zipfile and each of its decompressors raise errors of their own
        raise UnreadableError("It is damaged inside the archive; pack it again.") from error


def read_members(data: bytes) -> Iterator[Member]:
    """Yield the files of an archive in its order; what cannot be read comes with its reason."""
    left = ARCHIVE_BYTES
    with open_zip(data) as archive:
        for info in archive.infolist():
            name = _name(info)
            if name.endswith("/"):
                continue
            try:
                content = _read(archive, info, name, left)
            except UnreadableError as error:
                yield Member(name, error)
            else:
                left -= len(content)
                yield Member(name, content)
