"""Rebuilds that the server runs: one an index, watched and cancelled by whoever may."""

import threading
import time
from dataclasses import dataclass, field

from ragbot.bot import Ragbot
from ragbot.errors import RebuildCancelledError, RebuildRunningError
from ragbot.results import RebuildReport

__all__ = ["Progress", "Rebuilding"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rebuild is. ``running`` is false where none is under way."""

    running: bool
    stage: str = ""
    done: int = 0
    total: int = 0
    seconds: float = 0.0
    """Since the rebuild began."""
    remaining: float | None = None
    """Seconds to the end of the stage, at its speed so far; None where that cannot be told yet."""


@dataclass
class _Run:
    began: float = field(default_factory=time.monotonic)
    stage: str = ""
    stage_began: float = 0.0
    done: int = 0
    total: int = 0
    cancelled: bool = False


class Rebuilding:
    """Runs rebuilds, each in the thread that asks for it."""

    def __init__(self) -> None:
        self._runs: dict[str, _Run] = {}
        self._lock = threading.Lock()

    def run(self, bot: Ragbot) -> RebuildReport:
        """Rebuild an index from the paths it was last built from and its library.

        Raises:
            RebuildRunningError: one is under way.
            RebuildCancelledError: it was cancelled; the index stays as it was.
        """
        name, run = bot.index.name, _Run()
        with self._lock:
            if name in self._runs:
                raise RebuildRunningError(
                    f"A rebuild of index {name} is running; wait for it to end, or cancel it."
                )
            self._runs[name] = run

        def watch(stage: str, done: int, total: int) -> None:
            if run.cancelled:
                raise RebuildCancelledError("The rebuild was cancelled; the index is as it was.")
            if stage != run.stage:
                run.stage, run.stage_began = stage, time.monotonic()
            run.done, run.total = done, total

        try:
            return bot.rebuild(progress=watch)
        finally:
            with self._lock:
                del self._runs[name]

    def progress(self, bot: Ragbot) -> Progress:
        """Return how far the rebuild of an index is."""
        run = self._runs.get(bot.index.name)
        if run is None:
            return Progress(False)
        now = time.monotonic()
        spent = now - run.stage_began
        known = run.done and run.total and spent > 1
        return Progress(
            True,
            run.stage,
            run.done,
            run.total,
            round(now - run.began, 1),
            round(spent / run.done * (run.total - run.done), 1) if known else None,
        )

    def cancel(self, bot: Ragbot) -> bool:
        """Stop the rebuild of an index at its next step; returns whether one was running."""
        run = self._runs.get(bot.index.name)
        if run:
            run.cancelled = True
        return run is not None
