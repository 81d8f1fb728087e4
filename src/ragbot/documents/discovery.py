"""Find the files to read under the paths that people name."""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ragbot.documents.formats.extracted import without_surrogates
from ragbot.documents.formats.sniff import SUFFIXES
from ragbot.errors import CorpusError

__all__ = ["READ", "Failure", "SourceFile", "discover", "is_skipped", "is_supported"]

_SKIPPED = frozenset(
    ("node_modules", "__pycache__", "__MACOSX", "$RECYCLE.BIN", "System Volume Information")
)
READ = "txt, md, html, pdf, docx, pptx, xlsx, csv, epub, json, jsonl or zip"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read: ``name`` is relative to ``root``, the path that was named, with '/'."""

    path: Path
    name: str
    root: Path


@dataclass(frozen=True, slots=True)
class Failure:
    """A document that could not be read, and a sentence that says why and what to do."""

    document: str
    reason: str


def is_skipped(name: str) -> bool:
    """Tell whether a file or folder is no document: hidden, an editor's lock, a tool's folder."""
    return name.startswith((".", "~$")) or name in _SKIPPED


def is_supported(name: str) -> bool:
    """Tell whether a file's name says that it is of a format that can be read."""
    return PurePosixPath(name).suffix.lower() in SUFFIXES


def _clean(name: str) -> str:
    """Return a name that can be written in any encoding of Unicode."""
    return without_surrogates(name.replace(os.sep, "/"))


class _Walk:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._real_root = root.resolve()
        self._folders: set[Path] = set()
        self.failures: list[Failure] = []

    def files(self, folder: Path) -> Iterator[Path]:
        """Yield files to read; a link only where it leads to a place inside the root."""
        real = folder.resolve()
        if real in self._folders:
            return
        self._folders.add(real)
        try:
            entries = sorted(folder.iterdir(), key=lambda path: path.name)
            # Real files come first: a link to one that is found anyway is the same document again.
            entries.sort(key=lambda path: path.is_symlink())
        except OSError as error:
            name = _clean(str(folder.relative_to(self._root)))
            reason = f"The folder cannot be opened ({error.strerror}); allow reading it."
            self.failures.append(Failure(name, reason))
            return
        for path in entries:
            if is_skipped(path.name):
                continue
            try:
                if path.is_symlink() and not path.resolve().is_relative_to(self._real_root):
                    continue
                mode = path.stat().st_mode
            except (OSError, RuntimeError):  # a link to nothing, or to itself
                continue
            if stat.S_ISDIR(mode):
                yield from self.files(path)
            elif stat.S_ISREG(mode) and is_supported(path.name):
                yield path


def _named(path: Path) -> SourceFile | Failure:
    """Return the file that a path names."""
    name = _clean(path.name)
    if not stat.S_ISREG(path.stat().st_mode):
        return Failure(name, "It is not an ordinary file; copy its content to one.")
    if path.suffix and not is_supported(path.name):
        return Failure(name, f"Files of type {path.suffix} are not read; save it as {READ}.")
    return SourceFile(path, name, path)


def discover(paths: Sequence[Path]) -> tuple[list[SourceFile], list[Failure]]:
    """Return the files under the paths, sorted by name within each path, each file once.

    Hidden files, tools' folders and unsupported types are left out, unless a path names the file
    itself. Raises CorpusError when a path does not exist or holds no file that can be read.
    """
    if not paths:
        raise CorpusError("No folder or file was named; name the documents to read.")
    sources: list[SourceFile] = []
    failures: list[Failure] = []
    seen: set[Path] = set()
    for path in paths:
        try:
            is_folder = stat.S_ISDIR(path.stat().st_mode)
        except OSError as error:
            raise CorpusError(
                f"{_clean(str(path))} cannot be read ({error.strerror}); check the path."
            ) from error
        if not is_folder:
            found = _named(path)
            if isinstance(found, Failure):
                failures.append(found)
            elif path.resolve() not in seen:
                seen.add(path.resolve())
                sources.append(found)
            continue
        walk = _Walk(path)
        files = list(walk.files(path))
        if not files:
            raise CorpusError(
                f"{_clean(str(path))} holds no document that can be read; put {READ} files there."
            )
        failures += walk.failures
        inside = []
        for file in sorted(files, key=Path.is_symlink):
            if file.resolve() not in seen:
                seen.add(file.resolve())
                inside.append(SourceFile(file, _clean(file.relative_to(path).as_posix()), path))
        sources += sorted(inside, key=lambda source: source.name)
    return sources, failures
