"""Zip files opened with care: archives, and the formats that are zip files inside."""

from io import BytesIO
from typing import TYPE_CHECKING

from ragbot.documents.formats.extracted import UnreadableError
from ragbot.documents.formats.limits import (
    ARCHIVE_BYTES,
    MEMBERS,
    RATIO,
    RATIO_FREE_BYTES,
    XML_BYTES,
    mebibytes,
)

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

__all__ = ["check_member", "open_package", "open_zip"]

_BOMB = "It would unpack to {0}, far more than its size, as zip bombs do; it was not opened."


def open_zip(data: bytes) -> "ZipFile":
    """Open a zip file held in memory; raises UnreadableError when it is damaged or too large."""
    import zipfile

    try:
        archive = zipfile.ZipFile(BytesIO(data))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise UnreadableError(
            "The zip structure is damaged or cut off; copy or pack the file again."
        ) from error
    if len(archive.filelist) > MEMBERS:
        raise UnreadableError(
            f"The archive has more than {MEMBERS:,} members; unpack it and add the folder."
        )
    return archive


def check_member(info: "ZipInfo") -> None:
    """Refuse a member that is encrypted or unpacks to too much.

    The sizes are those of the archive's directory: zipfile never reads more than they say.
    """
    if info.flag_bits & 0x1:
        raise UnreadableError(
            "It is protected by a password; save a copy without one and add that instead."
        )
    if (
        info.file_size > RATIO_FREE_BYTES and info.file_size > RATIO * max(info.compress_size, 1)
    ) or info.file_size > ARCHIVE_BYTES:
        raise UnreadableError(_BOMB.format(mebibytes(info.file_size)))


def open_package(data: bytes) -> "ZipFile":
    """Open an office document or e-book, having checked every part of it."""
    package = open_zip(data)
    total = 0
    for info in package.infolist():
        check_member(info)
        total += info.file_size
        is_markup = info.filename.endswith((".xml", ".rels", ".xhtml", ".html"))
        if is_markup and info.file_size > XML_BYTES:
            raise UnreadableError(
                f"A part of it unpacks to {mebibytes(info.file_size)} of XML, and "
                f"{mebibytes(XML_BYTES)} is the limit; cut the document into smaller ones."
            )
    if total > ARCHIVE_BYTES:
        raise UnreadableError(_BOMB.format(mebibytes(total)))
    return package
