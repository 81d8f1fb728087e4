"""The vectors of a rebuild, computed by the workers of a Dask cluster.

Reading, repairing and splitting stay with the rebuild, which needs the documents anyhow: they are
about a hundredth of its time (``benchmarks/shared.py``). What is sent is texts, what comes back is
vectors.
"""

import logging
import threading
import time
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import CancelledError
from functools import cache
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragbot.embedding import Embedder
from ragbot.errors import ModelError, RagbotError, SettingsError
from ragbot.models import Models
from ragbot.settings import load_settings

__all__ = ["embed_by_workers"]

Vectors = NDArray[np.float32]

_A_THREAD = 2
"""Pieces under way for each thread of the workers: one is computed, one waits beside it. The rest
of a corpus stays on the publisher's disk."""
_PATIENCE = 60.0
"""Seconds without any worker, after which nobody is waited for."""
_TICK = 1.0
_CONNECTING = _FETCHING = 10.0


def embed_by_workers(
    address: str,
    embedder: Embedder,
    pieces: Iterable[list[str]],
    progress: Callable[[int], None],
) -> Generator[tuple[int, Vectors]]:
    """Yield (number of a piece, from 0; its vectors, shape (texts, dimension)) as they come.

    ``address`` is that of the scheduler. A piece whose worker is lost is computed by another one.
    ``progress`` is called with 0 now and then while nothing comes.

    Raises:
        SettingsError: the package that it takes is not installed.
        ModelError: the scheduler cannot be reached, no worker is left, or one has another model.
    """
    numbered = enumerate(pieces)
    first = next(numbered, None)
    if first is None:
        return
    cluster = _Cluster(address)
    try:
        todo = chain([first], numbered)
        under_way: dict[Any, tuple[int, int]] = {}
        while True:
            while len(under_way) < cluster.room and (piece := next(todo, None)):
                number, texts = piece
                future = cluster.submit(texts, embedder.fingerprint)
                under_way[future] = number, len(texts)
            if not under_way:
                return
            for future in cluster.wait(under_way):
                number, count = under_way[future]
                found = cluster.vectors(future, (count, embedder.dimension))
                if found is not None:
                    del under_way[future]
                    yield number, found
            progress(0)
    finally:
        cluster.close()


class _Cluster:
    """A connection to a scheduler that speaks in sentences."""

    def __init__(self, address: str) -> None:
        try:
            import distributed
        except ModuleNotFoundError:
            raise SettingsError(
                "RAGBOT_WORKERS needs a package that is not installed; run "
                "pip install 'ragbot[workers]', or unset it."
            ) from None
        self._dask = distributed
        self._address = address
        try:
            self._client = distributed.Client(address, timeout=_CONNECTING, set_as_default=False)
        except Exception as error:
            raise self._lost(error) from error
        self._seen = time.monotonic()
        self.room = 1
        """Pieces that may be under way."""

    def close(self) -> None:
        """Let go of the scheduler, and of what it still has to do for us."""
        self._client.close(timeout=5)

    def submit(self, texts: list[str], fingerprint: str) -> Any:
        """Give a piece to the workers."""
        try:
            return self._client.submit(_embed, texts, fingerprint, pure=False)
        except Exception as error:
            raise self._lost(error) from error

    def wait(self, under_way: Iterable[Any]) -> list[Any]:
        """Return what is done, after a second at the latest."""
        waited = list(under_way)
        try:
            with self._client.as_current():
                self._dask.wait(waited, timeout=_TICK, return_when="FIRST_COMPLETED")
        except (TimeoutError, self._dask.TimeoutError):
            pass
        except (Exception, CancelledError) as error:
            raise self._lost(error) from error
        try:
            threads = sum(self._client.nthreads().values())
        except (Exception, CancelledError) as error:
            raise self._lost(error) from error
        now = time.monotonic()
        if threads:
            self._seen = now
        elif now - self._seen > _PATIENCE:
            raise ModelError(
                f"The scheduler at {self._address} has had no worker for {_PATIENCE:.0f} seconds; "
                f"start some with 'dask worker {self._address}', and rebuild: what they have "
                "computed is kept."
            )
        self.room = max(1, _A_THREAD * threads)
        return [future for future in waited if future.done()]

    def vectors(self, future: Any, shape: tuple[int, int]) -> Vectors | None:
        """Return what a worker has computed; None where it was lost with it and is done anew."""
        try:
            found = np.asarray(future.result(timeout=_FETCHING), np.float32)
        except RagbotError:
            raise
        except (Exception, CancelledError) as error:
            if isinstance(error, TimeoutError) and future.status != "error":
                return None
            if future.status == "cancelled":
                raise self._lost(error) from error
            raise ModelError(
                f"The workers of {self._address} failed ({_short(error)}); check that this version "
                "of ragbot is installed where they run, and what they have logged."
            ) from error
        if found.shape != shape or not np.isfinite(found).all():
            raise ModelError(
                f"A worker of {self._address} gave vectors that cannot be used; check its model."
            )
        return found

    def _lost(self, error: BaseException) -> ModelError:
        return ModelError(
            f"The scheduler at {self._address} cannot be reached ({_short(error)}); start it with "
            "'dask scheduler', or unset RAGBOT_WORKERS, and rebuild: what was computed is kept."
        )


def _short(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]


_opening = threading.Lock()


@cache
def _models() -> Models:
    return Models(load_settings(), logging.getLogger("distributed.worker").info)


def _embed(texts: list[str], fingerprint: str) -> Vectors:
    """Run in a worker: compute vectors with the model of its own settings, loaded once."""
    with _opening:
        embedder = _models().embedder
    if embedder.fingerprint != fingerprint:
        import socket

        raise ModelError(
            f"A worker on {socket.gethostname()} has another model than this rebuild, or another "
            f"version of ragbot ({embedder.name}, {embedder.fingerprint[:8]}, and not "
            f"{fingerprint[:8]}); give it the same, start it again, and rebuild."
        )
    return embedder.embed_passages(texts)
