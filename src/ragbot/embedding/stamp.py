"""Folders that are either whole and ours, or rebuilt: written aside, stamped, renamed.

A stamp is a small JSON file with the recipe the folder was made by and the size and SHA-256 of
every file in it. It is written last, inside the temporary folder, so a folder under its final name
always has one.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from filelock import FileLock

from ragbot.errors import ModelError

__all__ = ["STAMP", "build", "file_sha256", "is_listed", "is_whole"]

STAMP = "ragbot-stamp.json"


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_listed(folder: Path, recipe: str) -> bool:
    """Tell whether ``folder`` was made by ``recipe`` and every file has its size; cheap."""
    return _listed(folder, recipe) is not None


def is_whole(folder: Path, recipe: str, names: Iterable[str] | None = None) -> bool:
    """Tell whether ``folder`` was made by ``recipe`` and its files are as they were written.

    ``names`` restricts the reading of contents to those files; the rest are checked by size.
    """
    files = _listed(folder, recipe)
    if files is None:
        return False
    try:
        return all(
            files[name]["sha256"] == file_sha256(folder / name)
            for name in (files if names is None else names)
        )
    except (OSError, KeyError):
        return False


def _listed(folder: Path, recipe: str) -> dict[str, dict[str, object]] | None:
    try:
        stamp = json.loads((folder / STAMP).read_text(encoding="utf-8"))
        files: dict[str, dict[str, object]] = stamp["files"]
        if stamp["recipe"] != recipe or not files:
            return None
        if any((folder / name).stat().st_size != entry["size"] for name, entry in files.items()):
            return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return files


def build(folder: Path, recipe: str, write: Callable[[Path], None]) -> None:
    """Make ``folder`` by calling ``write(temporary folder)``, unless it is whole already.

    Safe against other processes doing the same: one builds, the rest wait and find it whole.
    A folder that is damaged or made by another recipe is replaced.

    Raises:
        ModelError: the folder cannot be written (no room, no permission).
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.parent / f".{folder.name}.lock"):
            if is_whole(folder, recipe):
                return
            _discard_leftovers(folder)
            temporary = Path(tempfile.mkdtemp(prefix=_prefix(folder), dir=folder.parent))
            try:
                write(temporary)
                _finish(temporary, recipe)
                if folder.exists():  # a non-empty folder cannot be replaced: move it out of the way
                    aside = Path(tempfile.mkdtemp(prefix=_prefix(folder), dir=folder.parent))
                    folder.rename(aside / "old")
                temporary.rename(folder)
            finally:
                _discard_leftovers(folder)
    except OSError as error:
        raise ModelError(
            f"The model folder {folder} cannot be written ({error.strerror or error}); free some "
            "room there or set RAGBOT_DATA_DIR to a folder that can be written."
        ) from error


def _prefix(folder: Path) -> str:
    return f".{folder.name}.part-"


def _finish(folder: Path, recipe: str) -> None:
    """Make everything readable and durable, then write the stamp."""
    folder.chmod(0o755)  # mkdtemp and safetensors give files to their owner only
    files = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        path.chmod(0o644)
        with path.open("rb+") as file:
            os.fsync(file.fileno())
        name = path.relative_to(folder).as_posix()
        files[name] = {"size": path.stat().st_size, "sha256": file_sha256(path)}
    stamp = json.dumps({"recipe": recipe, "files": files}, indent=1, ensure_ascii=False)
    with (folder / STAMP).open("w", encoding="utf-8") as file:
        file.write(stamp)
        file.flush()
        os.fsync(file.fileno())


def _discard_leftovers(folder: Path) -> None:
    """Remove what a killed build left beside ``folder``; call only with the lock held."""
    for leftover in folder.parent.glob(_prefix(folder) + "*"):
        shutil.rmtree(leftover, ignore_errors=True)
