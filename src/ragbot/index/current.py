"""The generation of an index that answers: opened when needed, followed by what is published."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ragbot.errors import IndexMissingError
from ragbot.index.folder import IndexFolder
from ragbot.index.generation import Generation

__all__ = ["Current"]


class Current:
    """Holds one generation open. Safe to share between threads.

    A generation published by a rebuild, in this process or another, is opened by the next
    ``refresh``; who holds the one before finishes on it.
    """

    def __init__(
        self,
        folder: IndexFolder,
        *,
        trust_unchanged: bool,
        announce: Callable[[str], None],
        build_first: Callable[[], None] | None = None,
    ) -> None:
        """Name a folder; nothing is opened before it is needed.

        With ``trust_unchanged``, files that were whole before and have not changed since are not
        read again. ``build_first`` builds an index where there is none.
        """
        self._folder = folder
        self._trust_unchanged = trust_unchanged
        self._announce = announce
        self._build_first = build_first
        self._opening = threading.Lock()
        self._generation: Generation | None = None
        self._pointer: tuple[int, int] | None = None
        self.warnings: tuple[str, ...] = ()
        """What was passed over when the generation was opened."""

    @property
    def is_open(self) -> bool:
        """Whether a generation is open."""
        return self._generation is not None

    def close(self) -> None:
        """Let go of the generation that is open."""
        if self._generation:
            self._generation.retire()
            self._generation = None

    @contextmanager
    def hold(self) -> Iterator[Generation]:
        """Keep the newest generation open for the length of the block.

        Raises:
            IndexMissingError, IndexDamagedError: there is nothing to serve.
        """
        self.refresh()
        while True:
            generation = self._generation
            if generation is None:
                raise IndexMissingError(
                    f"There is no index named {self._folder.name}; run 'ragbot rebuild' first."
                )
            # One that was retired this moment has a successor already.
            if generation.acquire():
                try:
                    yield generation
                finally:
                    generation.release()
                return

    def refresh(self) -> None:
        """Open the generation the pointer names, unless it is open already."""
        pointer = self._stat()
        if self._generation is not None and pointer == self._pointer:
            return
        # Only one thread opens; the others go on with what they have.
        if not self._opening.acquire(blocking=self._generation is None):
            return
        try:
            pointer = self._stat()
            if self._generation is not None and pointer == self._pointer:
                return
            if self._build_first and not self._folder.ids():
                self._build_first()
                pointer = self._stat()
            opened, warnings = self._folder.open_newest(trust_unchanged=self._trust_unchanged)
            for warning in warnings:
                self._announce(warning)
            before, self._generation = self._generation, opened
            self._pointer, self.warnings = pointer, tuple(warnings)
            if before:
                before.retire()
        finally:
            self._opening.release()

    def _stat(self) -> tuple[int, int] | None:
        try:
            found = (self._folder.path / "current").stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino
