"""A platform that cannot sync a folder still builds an index; a disk that fails is said."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ragbot.index.folder import IndexFolder
from ragbot.index.syncing import sync_file, sync_folder
from ragbot.results import RebuildReport

Build = Callable[..., RebuildReport]
_OPEN, _FSYNC = os.open, os.fsync


def _like_windows(path: Any, *args: Any, **options: Any) -> int:
    if Path(path).is_dir():
        raise PermissionError(errno.EACCES, "Permission denied", str(path))
    return _OPEN(path, *args, **options)


def _fails_for_folders(code: int) -> Callable[[int], None]:
    def fsync(handle: int) -> None:
        if Path(f"/proc/self/fd/{handle}").is_dir():
            raise OSError(code, os.strerror(code))
        _FSYNC(handle)

    return fsync


def _needs_write_access(handle: int) -> None:
    """Sync as Windows does, where a file must be open for writing."""
    if not Path(f"/proc/self/fd/{handle}").is_dir():
        os.write(handle, b"")
    _FSYNC(handle)


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("open", _like_windows),
        ("fsync", _fails_for_folders(errno.EINVAL)),
        ("fsync", _fails_for_folders(errno.ENOTSUP)),
        ("fsync", _needs_write_access),
    ],
)
def test_a_rebuild_ends_well_where_folders_cannot_be_synced(
    build: Build, folder: IndexFolder, monkeypatch: pytest.MonkeyPatch, name: str, instead: Any
) -> None:
    """As on Windows, and on some network file systems."""
    monkeypatch.setattr(os, name, instead)
    assert build().documents.added == 10
    monkeypatch.undo()
    generation, warnings = folder.open_newest(trust_unchanged=False)
    assert warnings == []
    generation.retire()


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
def test_a_disk_that_fails_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """What did not come to the disk must not be published."""
    monkeypatch.setattr(os, "fsync", _fails_for_folders(code))
    with pytest.raises(OSError, match=os.strerror(code)):
        sync_folder(tmp_path)


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """Only the right to open a folder may be missing."""
    with pytest.raises(FileNotFoundError):
        sync_folder(tmp_path / "none")


def test_syncing_a_file_changes_nothing(tmp_path: Path) -> None:
    """It is opened for writing, and not written."""
    (tmp_path / "a").write_bytes(b"abc")
    sync_file(tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"abc"
