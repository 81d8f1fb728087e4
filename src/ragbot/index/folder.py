"""The folder of one index: its generations, the pointer to the current one, the writer's lock.

<name>/generations/<id>/   complete generations only
<name>/library/            what people have put in through the chat or over HTTP
<name>/current             the id of the one that is served
<name>/building/           what a rebuild is working on; a killed one leaves it for the next
"""

import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ragbot.errors import (
    GenerationGoneError,
    IndexDamagedError,
    IndexMissingError,
    RebuildRunningError,
)
from ragbot.index.holding import held, unused
from ragbot.index.manifest import Manifest, damage, fingerprint_of, read_manifest
from ragbot.index.syncing import sync_folder

if TYPE_CHECKING:
    # Imported where they are used: who only asks how things stand waits for none of them.
    from ragbot.documents.library import Library
    from ragbot.index.generation import Generation

__all__ = ["IndexFolder", "new_id"]

_T = TypeVar("_T")
_WITHDRAWN = "-"
"""What the pointer names where nothing is to be served; all ids sort behind it."""


def new_id() -> str:
    """Return an id that sorts behind all earlier ones: the time in UTC and something unique."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{uuid.uuid4().hex[:6]}"


def _write_atomically(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


@dataclass(frozen=True, slots=True)
class IndexFolder:
    """An index by name, whether or not anything has been built in it yet."""

    path: Path

    @property
    def name(self) -> str:
        """The index's name."""
        return self.path.name

    @property
    def library(self) -> "Library":
        """The documents that were put in through the chat or over HTTP."""
        from ragbot.documents.library import Library

        return Library(self.path / "library")

    @property
    def building(self) -> Path:
        """Where a rebuild works."""
        return self.path / "building"

    @property
    def generations(self) -> Path:
        """Where complete generations are."""
        return self.path / "generations"

    def ids(self) -> list[str]:
        """Return the ids of the complete generations, newest first."""
        if not self.generations.is_dir():
            return []
        return sorted((p.name for p in self.generations.iterdir() if p.is_dir()), reverse=True)

    def current_id(self) -> str | None:
        """Return the id the pointer names, or None where there is no readable pointer."""
        try:
            return (self.path / "current").read_text("utf-8", errors="replace").strip() or None
        except OSError:
            return None

    def pointer(self) -> tuple[int, int] | None:
        """Return what changes when a generation is published; None where there is no pointer."""
        try:
            found = (self.path / "current").stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino

    def place_of(self, generation: str) -> str:
        """Return where a generation lies, for people."""
        return str(self.generations / generation)

    def is_empty(self) -> bool:
        """Tell whether nothing is served: nothing has been built yet, or it was withdrawn."""
        return not self.ids() or self.current_id() == _WITHDRAWN

    def last_sources(self) -> tuple[str, ...] | None:
        """Return the paths it was last built from; None where nothing says so."""
        with suppress(IndexMissingError):
            for generation in self.candidates()[0]:
                with suppress(IndexDamagedError):  # an older one may still say
                    return read_manifest(self.generations / generation).sources
        return None

    def previous(self) -> "Generation | None":
        """Open what a new generation may take over from; None where nothing can be trusted.

        Every byte is verified: damage that was copied would carry a checksum of its own.
        """
        try:
            return self.open_newest(trust_unchanged=False)[0]
        except (IndexMissingError, IndexDamagedError):
            return None

    def publish(
        self, staged: Path, generation: str, progress: Callable[[str, int, int], None]
    ) -> None:
        """Make a sealed directory the current generation: one rename and one pointer."""
        self.generations.mkdir(parents=True, exist_ok=True)
        target = self.generations / generation
        staged.rename(target)
        sync_folder(self.generations)
        _write_atomically(self.path / "current", generation + "\n")

    def withdraw(self) -> None:
        """Serve nothing any more; ``prune`` removes what there is."""
        _write_atomically(self.path / "current", _WITHDRAWN + "\n")

    def candidates(self) -> tuple[list[str], list[str]]:
        """Return the ids to try, best first, and what is odd about the pointer.

        A complete generation newer than the pointer was being published when its writer died:
        the pointer decides.
        """
        ids, current = self.ids(), self.current_id()
        if not ids or current == _WITHDRAWN:
            raise IndexMissingError(
                f"There is no index named {self.name} yet; run 'ragbot rebuild' first."
            )
        if current in ids:
            return [current, *(i for i in ids if i < current)], []
        return ids, [f"The pointer of index {self.name} names no generation; using the newest."]

    def verify(self, generation: str, *, trust_unchanged: bool) -> tuple[Manifest, list[str]]:
        """Check every file of a generation, which is held, against its manifest.

        With ``trust_unchanged``, files that were whole before and have the same size and time are
        not read again. Returns the manifest and what is wrong.
        """
        directory = self.generations / generation
        manifest = read_manifest(directory)
        seen = self._seen().get(generation) if trust_unchanged else None
        wrong = damage(directory, manifest, seen)
        if not wrong:
            self._remember(generation, manifest)
        return manifest, wrong

    def open_newest(self, *, trust_unchanged: bool) -> "tuple[Generation, list[str]]":
        """Open the current generation, or the newest earlier one that is whole.

        Returns it with warnings about what was passed over.

        Raises:
            IndexMissingError: nothing has been built yet.
            IndexDamagedError: no generation is whole.
        """
        from ragbot.index.generation import Generation

        return self._newest(lambda path, _: Generation.open(path), trust_unchanged)

    def newest_whole(self, *, trust_unchanged: bool) -> tuple[Manifest, list[str]]:
        """Return the manifest of the generation that ``open_newest`` would open; as it does."""
        return self._newest(lambda _, manifest: manifest, trust_unchanged)

    def _newest(
        self, use: Callable[[Path, Manifest], _T], trust_unchanged: bool
    ) -> tuple[_T, list[str]]:
        while True:
            with suppress(GenerationGoneError):  # a rebuild removed one: there are newer ones
                return self._first_whole(use, trust_unchanged)

    def _first_whole(
        self, use: Callable[[Path, Manifest], _T], trust_unchanged: bool
    ) -> tuple[_T, list[str]]:
        ids, warnings = self.candidates()
        for generation in ids:
            with held(self.generations / generation):
                try:
                    manifest, wrong = self.verify(generation, trust_unchanged=trust_unchanged)
                    if not wrong:
                        return use(self.generations / generation, manifest), warnings
                except IndexDamagedError as error:
                    wrong = [str(error)]
            warnings.append(
                f"Generation {generation} is damaged and is not served: {wrong[0]} "
                "Run 'ragbot rebuild' to replace it."
            )
        raise IndexDamagedError(
            f"No generation of index {self.name} is whole ({warnings[-1]}) "
            f"Remove {self.generations} and run 'ragbot rebuild'."
        )

    def check(self) -> list[str]:
        """Read every file of the newest published generation; returns what is wrong with it.

        Raises:
            IndexMissingError: nothing has been built yet.
            IndexDamagedError: its manifest cannot be used.
        """
        from ragbot.index.generation import Generation

        while True:
            ids, odd = self.candidates()
            with suppress(GenerationGoneError), held(self.generations / ids[0]):
                _, wrong = self.verify(ids[0], trust_unchanged=False)
                if not wrong:
                    Generation.open(self.generations / ids[0]).close()
                return odd + wrong

    def close(self) -> None:
        """Let go of nothing: files are opened by generations only."""

    def _seen(self) -> dict[str, dict[str, list[int]]]:
        try:
            found = json.loads((self.path / "verified.json").read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _remember(self, generation: str, manifest: Manifest) -> None:
        directory = self.generations / generation
        stamps = {name: fingerprint_of(directory / name) for name in manifest.files}
        seen = {k: v for k, v in self._seen().items() if k in self.ids()}
        if seen.get(generation) != stamps:
            with suppress(OSError):  # a read-only data folder is verified each time
                _write_atomically(
                    self.path / "verified.json", json.dumps(seen | {generation: stamps})
                )

    def prune(self, keep: int) -> None:
        """Remove all but the newest ``keep`` generations, except those being read.

        A generation newer than the pointer was never published, and goes too.
        """
        current = self.current_id() or ""
        older = [i for i in self.ids() if i < current]
        unpublished = [i for i in self.ids() if i > current]
        for generation in unpublished + older[max(0, keep - 1) :]:
            with unused(self.generations / generation) as free:
                if free:
                    # Renamed first: a half-removed directory is never among the generations.
                    grave = self.building / f"removed-{generation}"
                    self.building.mkdir(parents=True, exist_ok=True)
                    (self.generations / generation).rename(grave)
                    shutil.rmtree(grave, ignore_errors=True)

    @contextmanager
    def writer(self) -> Iterator[None]:
        """Be the only writer. The lock of a process that died is free at once.

        Raises:
            RebuildRunningError: another rebuild of this index is running.
        """
        from filelock import FileLock, Timeout

        self.path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.path / "rebuild.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise RebuildRunningError(
                f"Another rebuild of index {self.name} is running; wait for it to end."
            ) from None
        try:
            yield
        finally:
            lock.release()
