"""The documents that people have put into an index through the chat or over HTTP."""

import os
import unicodedata
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ragbot.documents.discovery import READ, is_skipped, is_supported
from ragbot.documents.formats.extracted import UnreadableError
from ragbot.documents.formats.sniff import kind_of
from ragbot.errors import LibraryError

__all__ = ["Library"]

_LONGEST_NAME = 200
"""Bytes: file systems take 255, and a temporary name needs some."""


@dataclass(frozen=True, slots=True)
class Library:
    """A flat folder of files; nothing outside it is ever written or removed."""

    path: Path

    def names(self) -> list[str]:
        """Return the names of its documents, sorted."""
        if not self.path.is_dir():
            return []
        return sorted(
            entry.name
            for entry in os.scandir(self.path)
            if entry.is_file(follow_symlinks=False)
            and is_supported(entry.name)
            and not is_skipped(entry.name)
        )

    @contextmanager
    def adding(self, name: str) -> Iterator[BinaryIO]:
        """Write a document: it is there once the block has ended well, or not at all.

        One of the same name is replaced.

        Raises:
            LibraryError: the name is no file name, the content is of no kind that can be read, or
                it cannot be written.
        """
        name = _checked(name)
        temporary = self.path / f".{uuid.uuid4().hex}"
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            try:
                with temporary.open("xb") as file:
                    yield file
                    file.flush()
                    os.fsync(file.fileno())
                _check_content(name, temporary)
                temporary.replace(self.path / name)
            finally:
                temporary.unlink(missing_ok=True)
        except OSError as error:
            raise LibraryError(
                f"{name} was not added ({error.strerror}); make room on the disk of {self.path} or "
                "permit writing there."
            ) from error

    def remove(self, name: str) -> None:
        """Remove a document.

        Raises:
            LibraryError: there is none of that name here.
        """
        if name not in self.names():
            raise LibraryError(
                f"There is no uploaded document named {name}; only uploaded ones can be removed."
            )
        (self.path / name).unlink()


def _checked(name: str) -> str:
    """Return a name that is one of a plain file in one folder, on any system."""
    name = unicodedata.normalize("NFC", name).strip()
    bad = any(char in '/\\:*?"<>|' or unicodedata.category(char)[0] == "C" for char in name)
    if bad or not name or is_skipped(name) or len(name.encode(errors="replace")) > _LONGEST_NAME:
        raise LibraryError("This is no usable file name; rename the file and upload it again.")
    if not is_supported(name):
        raise LibraryError(f"Files of this type are not read; save {name} as {READ}.")
    return name


def _check_content(name: str, path: Path) -> None:
    """Refuse what could not be indexed anyway; whether text is text shows when it is read."""
    try:
        kind_of(name, path.read_bytes())
    except UnreadableError as error:
        raise LibraryError(f"{name} was not added: {error}") from None
