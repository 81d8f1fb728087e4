"""The generation of an index that answers: opened when needed, followed by what is published."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TypeVar

from ragbot.errors import GenerationGoneError, RagbotError
from ragbot.index.protocols import Generation, Index

__all__ = ["Current"]

_T = TypeVar("_T")


class Current:
    """Holds one generation open. Safe to share between threads.

    A generation published by a rebuild, in this process or another, is opened by the next
    ``refresh``; who holds the one before finishes on it.
    """

    def __init__(
        self,
        index: Index,
        *,
        trust_unchanged: bool,
        announce: Callable[[str], None],
        build_first: Callable[[], None] | None = None,
    ) -> None:
        """Name an index; nothing is opened before it is needed.

        With ``trust_unchanged``, files that were whole before and have not changed since are not
        read again. ``build_first`` builds an index where there is none.
        """
        self._index = index
        self._trust_unchanged = trust_unchanged
        self._announce = announce
        self._build_first = build_first
        self._opening = threading.Lock()
        self._failed: tuple[float, RagbotError] | None = None
        self._generation: Generation | None = None
        self._pointer: object = None
        self.warnings: tuple[str, ...] = ()
        """What was passed over when the generation was opened."""

    @property
    def is_open(self) -> bool:
        """Whether a generation is open."""
        return self._generation is not None

    def close(self) -> None:
        """Let go of the generation that is open."""
        generation, self._generation = self._generation, None
        if generation:
            generation.retire()

    @contextmanager
    def hold(self) -> Iterator[Generation]:
        """Keep the newest generation open for the length of the block.

        Raises:
            IndexMissingError, IndexDamagedError: there is nothing to serve.
            EngineError: where the index lies cannot be reached.
        """
        while True:
            self.refresh()
            generation = self._generation
            # One that was retired this moment has a successor already, or is opened anew.
            held = generation.acquire() if generation else None
            if held:
                try:
                    yield held
                finally:
                    held.release()
                return

    def ask(self, question: Callable[[Generation], _T]) -> _T:
        """Return what the newest generation answers, or the one that replaced it meanwhile."""
        with self.ask_and_hold(question) as (_, answer):
            return answer

    @contextmanager
    def ask_and_hold(self, question: Callable[[Generation], _T]) -> Iterator[tuple[Generation, _T]]:
        """Ask the newest generation, and keep it open for the length of the block.

        Where others removed it from under the question, the one that replaced it is asked, once.
        """
        with ExitStack() as stack:
            held = stack.enter_context(self.hold())
            try:
                answer = question(held)
            except GenerationGoneError:
                stack.close()
                if self._generation and self._generation.id == held.id:
                    self.close()
                held = stack.enter_context(self.hold())
                answer = question(held)
            yield held, answer

    def refresh(self) -> None:
        """Open the generation the pointer names, unless it is open already."""
        arrived = time.monotonic()
        if self._generation is not None and self._index.pointer() == self._pointer:
            return
        # Only one thread opens; the others go on with what they have.
        if not self._opening.acquire(blocking=self._generation is None):
            return
        try:
            if self._failed and self._failed[0] > arrived:
                # While this thread waited: each trying anew would make a queue of time-outs.
                raise self._failed[1]
            try:
                self._open()
            except RagbotError as error:
                self._failed = time.monotonic(), error
                raise
        finally:
            self._opening.release()

    def _open(self) -> None:
        pointer = self._index.pointer()
        if self._generation is not None and pointer == self._pointer:
            return
        if self._build_first and self._index.is_empty():
            self._build_first()
            pointer = self._index.pointer()
        opened, warnings = self._index.open_newest(trust_unchanged=self._trust_unchanged)
        for warning in warnings:
            self._announce(warning)
        before, self._generation = self._generation, opened
        self._pointer, self.warnings = pointer, tuple(warnings)
        if before:
            before.retire()
