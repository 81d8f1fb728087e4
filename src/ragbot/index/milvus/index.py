"""An index in Milvus: rebuilt on this machine, published by one alias, read by many."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from pydantic import SecretStr

from ragbot.documents.library import Library
from ragbot.errors import (
    EngineError,
    GenerationGoneError,
    IndexDamagedError,
    IndexMissingError,
    RagbotError,
    RebuildRunningError,
)
from ragbot.index.address import Address
from ragbot.index.folder import IndexFolder
from ragbot.index.generation import Generation
from ragbot.index.manifest import Manifest
from ragbot.index.milvus.copying import download, upload, what_is_wrong
from ragbot.index.milvus.engine import LOOK_UP, OPENING, PUBLISHING, Budget, EachCall, Engine
from ragbot.index.milvus.generation import MilvusGeneration, read_manifest
from ragbot.index.milvus.layout import Names
from ragbot.index.milvus.reader import Reader
from ragbot.index.protocols import Progress

__all__ = ["MilvusIndex"]

_T = TypeVar("_T")

_LOOKED_UP = 1.0
"""Seconds for which a process takes the generation that was served for the one that is."""
_PATIENCE = 30.0
"""Seconds another publisher may hold the alias before it is taken for dead."""
_ABANDONED = timedelta(days=1)
"""The age at which an unfinished generation of another machine is taken for a leftover."""


class MilvusIndex:
    """An index in Milvus, whether or not anything has been built in it yet.

    A rebuild builds a whole generation on this machine, in a folder that is its workshop, and
    copies it. The workshop keeps it, so that the next rebuild costs what has changed.
    """

    def __init__(self, address: Address, token: SecretStr | None, workshop: IndexFolder) -> None:
        self._address = address
        self._engine = Engine(address, token)
        self._workshop = workshop
        self._look = threading.Lock()
        self._looked: tuple[float, str | None] | None = None
        self._began: str | None = None

    @property
    def name(self) -> str:
        """Its name, for people."""
        return self._address.name

    @property
    def library(self) -> Library:
        """The documents that were put in through the chat or over HTTP, on this machine."""
        return self._workshop.library

    @property
    def building(self) -> Path:
        """The folder a rebuild works in."""
        return self._workshop.building

    def writer(self) -> AbstractContextManager[None]:
        """Be the only writer of this machine."""
        return self._workshop.writer()

    def close(self) -> None:
        """Close the connection."""
        self._engine.close()

    def pointer(self) -> str | None:
        """Return the id of the generation served, as it was a second ago at most."""
        looked = self._looked
        if looked and time.monotonic() - looked[0] < _LOOKED_UP:
            return looked[1]
        # One thread asks; the others take what is known rather than wait behind it.
        if not self._look.acquire(blocking=looked is None):
            return looked[1] if looked else None
        try:
            return self.current_id()
        finally:
            self._look.release()

    def current_id(self) -> str | None:
        """Return the id of the generation that is served, or None."""
        current = self._alias(Budget(LOOK_UP), self._address.name)
        found = Names.generation(self._address.name, current) if current else None
        self._looked = time.monotonic(), found
        return found

    def place_of(self, generation: str) -> str:
        """Return where a generation lies, for people."""
        return self._address.url

    def is_empty(self) -> bool:
        """Tell whether nothing has been built yet."""
        return self.current_id() is None

    def open_newest(self, *, trust_unchanged: bool) -> tuple[MilvusGeneration, list[str]]:
        """Open the generation that is served; what it holds is compared by ``check`` only."""
        return self._newest(lambda id, budget: MilvusGeneration.open(self._engine, id, budget)), []

    def newest_whole(self, *, trust_unchanged: bool) -> tuple[Manifest, list[str]]:
        """Return the manifest of the generation that is served."""
        return self._newest(lambda id, budget: read_manifest(self._reader(id, budget), id)[0]), []

    def last_sources(self) -> tuple[str, ...] | None:
        """Return the paths it was last built from; None where nothing says so."""
        try:
            return self.newest_whole(trust_unchanged=True)[0].sources
        except (IndexMissingError, IndexDamagedError):
            return None

    def check(self) -> list[str]:
        """Read every row of the generation that is served; returns what is wrong with it."""

        def compare(id: str, budget: Budget) -> list[str]:
            manifest, buckets = read_manifest(self._reader(id, budget), id)
            return what_is_wrong(self._reader(id, EachCall(PUBLISHING)), manifest, buckets)

        return self._newest(compare)

    def previous(self) -> Generation | None:
        """Open what a new generation may take over from; None where nothing can be trusted.

        That is the copy of it in the workshop, every byte verified, or else one made anew of what
        Milvus has. Leftovers of killed rebuilds are removed first.
        """
        self._began = self.current_id()
        self._sweep()
        if self._began is None:
            return None
        for attempt in (self._began in self._workshop.ids(), False):
            try:
                if not attempt:
                    self._remove_copies()
                    download(self._engine, self._began, self._workshop)
                _, wrong = self._workshop.verify(self._began, trust_unchanged=False)
                if not wrong:
                    return Generation.open(self._workshop.generations / self._began)
            except (IndexDamagedError, GenerationGoneError):
                if not attempt:
                    break
        return None

    def publish(self, staged: Path, generation: str, progress: Progress) -> None:
        """Copy a sealed generation into collections of its own, and switch the alias to it.

        Raises:
            RebuildRunningError: somebody else has published since this rebuild began.
            IndexDamagedError: the engine does not return what was sent.
            EngineError: the engine cannot be asked.
        """
        try:
            with Generation.open(staged) as built:
                upload(self._engine, built, lambda n, of: progress("indexing", n, of))
            self._switch(generation)
        except RagbotError:
            with suppress(EngineError):
                self._drop(generation)
            raise
        with suppress(OSError):  # it is published; a copy only saves the next rebuild time
            self._remove_copies()
            self._workshop.publish(staged, generation, progress)

    def withdraw(self) -> None:
        """Serve nothing any more, and remove what was served, the generations before it too.

        Raises:
            RebuildRunningError: somebody else has published meanwhile.
            EngineError: the engine cannot be asked.
        """
        current = self.current_id()
        if current is None:
            return
        with self._locked(Names(self._address.name, current).texts):
            if self.current_id() != current:
                raise RebuildRunningError(
                    f"Somebody else has rebuilt the index at {self._address.url} meanwhile, so it "
                    "stays as it is; try again."
                )
            self._engine.call(Budget(PUBLISHING), "drop_alias", self._address.name)
        for id in self._generations():
            if id <= current:
                self._drop(id)
        self._remove_copies()

    def prune(self, keep: int) -> None:
        """Remove all but the newest ``keep`` of the generations that were published.

        What cannot be removed now is by the next rebuild: this one is published, and done.
        """
        with suppress(EngineError):
            current = self.current_id() or ""
            older = [id for id in self._generations() if id < current and self._is_complete(id)]
            for id in sorted(older, reverse=True)[max(0, keep - 1) :]:
                self._drop(id)

    def _newest(self, use: Callable[[str, Budget], _T]) -> _T:
        budget = Budget(OPENING)
        while True:
            current = self.current_id()
            if current is None:
                raise IndexMissingError(
                    f"There is no index at {self._address.url} yet; run 'ragbot rebuild' first."
                )
            try:
                return use(current, budget)
            except GenerationGoneError:
                # Two generations were published since: the one of now is asked for.
                if current == self.current_id():
                    raise IndexDamagedError(
                        f"Generation {current} at {self._address.url} is not whole; run "
                        "'ragbot rebuild' to replace it."
                    ) from None

    def _reader(self, generation: str, budget: Budget) -> Reader:
        return Reader(self._engine, Names(self._address.name, generation), budget)

    def _alias(self, budget: Budget, alias: str) -> str | None:
        try:
            found = self._engine.call(budget, "describe_alias", alias)
        except GenerationGoneError:
            return None
        return str(found["collection_name"])

    def _switch(self, generation: str) -> None:
        """Let the alias name a generation, unless somebody else has moved it since the beginning.

        Milvus has no way to move an alias only if it is where one thinks. So who moves it holds a
        second alias, which can be made only once. One that stays is a dead publisher's: who takes
        it over removes that publisher's texts, and if it ever wakes, its own move fails.
        """
        mine = Names(self._address.name, generation).texts
        with self._locked(mine):
            budget = Budget(PUBLISHING)
            if self.current_id() != self._began:
                raise RebuildRunningError(
                    f"Somebody else has rebuilt the index at {self._address.url} meanwhile, so it "
                    "stays as it is; run 'ragbot rebuild' again to add what is yours."
                )
            method = "create_alias" if self._began is None else "alter_alias"
            try:
                self._engine.call(budget, method, mine, self._address.name)
            except GenerationGoneError:
                raise RebuildRunningError(
                    f"This rebuild stood still for so long that another one of the index at "
                    f"{self._address.url} took its place; run 'ragbot rebuild' again."
                ) from None
            self.current_id()

    @contextmanager
    def _locked(self, mine: str) -> Iterator[None]:
        budget, lock = Budget(PUBLISHING), self._lock
        seen, since = None, time.monotonic()
        while True:
            try:
                self._engine.call(budget, "create_alias", mine, lock)
                break
            except EngineError:
                holder = self._alias(budget, lock)
                if holder is None and self._alias(budget, self._address.name) is None:
                    raise
            if holder != seen:
                seen, since = holder, time.monotonic()
            elif holder and time.monotonic() - since > _PATIENCE:
                self._drop(Names.generation(self._address.name, holder) or "")
            time.sleep(0.2)
        try:
            yield
        finally:
            if self._alias(Budget(LOOK_UP), lock) == mine:
                self._engine.call(Budget(LOOK_UP), "drop_alias", lock)

    @property
    def _lock(self) -> str:
        return f"{self._address.name}_publishing"

    def _generations(self) -> set[str]:
        names = self._engine.call(Budget(OPENING), "list_collections")
        found = (Names.generation(self._address.name, name) for name in names)
        return {id for id in found if id}

    def _is_complete(self, generation: str) -> bool:
        try:
            read_manifest(self._reader(generation, Budget(OPENING)), generation)
        except GenerationGoneError:
            return False
        except IndexDamagedError:
            return True
        return True

    def _sweep(self) -> None:
        """Remove unfinished generations: this machine's own, and those of others after a day.

        One that another machine is building just now is not touched.
        """
        own = {path.name for path in self.building.iterdir()} if self.building.is_dir() else set()
        for id in self._generations():
            age = datetime.now(UTC) - datetime.strptime(id[:21], "%Y%m%dT%H%M%S%f").replace(
                tzinfo=UTC
            )
            unfinished = id > (self._began or "") or not self._is_complete(id)
            killed = id in own and (unfinished or id == self._began)
            if killed or (unfinished and age > _ABANDONED):
                self._drop(id)

    def _drop(self, generation: str) -> None:
        """Take the publishing alias from a generation, and remove it unless it is served.

        Its texts, by which it is known, go last.
        """
        budget = Budget(PUBLISHING)
        if self._alias(budget, self._lock) == Names(self._address.name, generation).texts:
            self._engine.call(budget, "drop_alias", self._lock)
        if generation == self.current_id():
            return
        for collection in Names(self._address.name, generation).all:
            with suppress(GenerationGoneError):
                self._engine.call(budget, "drop_collection", collection)

    def _remove_copies(self) -> None:
        shutil.rmtree(self._workshop.generations, ignore_errors=True)
