"""Bring files and folders to the disk, as far as the platform can."""

import errno
import os
from pathlib import Path

__all__ = ["sync_file", "sync_folder"]

_NOT_FOR_FOLDERS = (errno.EINVAL, errno.ENOTSUP)
"""What file systems answer that have no fsync for a folder, some network ones among them."""


def sync_file(path: Path) -> None:
    """Bring a file's content to the disk.

    Raises:
        OSError: it cannot be opened for writing, or the disk fails.
    """
    # Windows syncs only what is open for writing.
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Bring the names in a folder to the disk; do nothing where the platform cannot do it.

    Windows opens no folder as a file, and keeps its names without being asked.

    Raises:
        OSError: the folder is not there, or the disk fails.
    """
    try:
        handle = os.open(path, os.O_RDONLY)
    except PermissionError:
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NOT_FOR_FOLDERS:
            raise
    finally:
        os.close(handle)
