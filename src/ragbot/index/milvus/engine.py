"""The connection to Milvus: every call has a time-out, and every failure is a sentence."""

import logging
import os
import threading
import time
from collections import Counter
from typing import Any

from pydantic import SecretStr

from ragbot.errors import EngineError, GenerationGoneError
from ragbot.index.address import Address

__all__ = ["LOOK_UP", "OPENING", "PUBLISHING", "QUESTION", "Budget", "EachCall", "Engine"]

LOOK_UP = 5.0
"""Seconds a question may wait to learn which generation is served, connecting included."""
QUESTION = 15.0
"""Seconds all other calls of a question may take, together."""
OPENING = 15.0
"""Seconds that opening a generation may take, where a new one was published."""
PUBLISHING = 600.0
"""Seconds that one call of a rebuild may take."""

_MISSING, _NOT_LOADED, _NO_ALIAS = 100, 101, 1600
_RECONNECTING = {
    # Else gRPC waits up to two minutes before it tries a server again that was away, and a new
    # connection to the same address waits with the old one.
    "grpc.use_local_subchannel_pool": 1,
    "grpc.initial_reconnect_backoff_ms": 200,
    "grpc.max_reconnect_backoff_ms": 1000,
}
_PATIENCE = 3
"""Times a call is repeated after the collection was brought back into memory."""

_opened: Counter[str] = Counter()
_opening = threading.Lock()


class Budget:
    """The time that may be spent waiting for the engine; what passes between calls is free."""

    def __init__(self, seconds: float) -> None:
        self.seconds = self.left = seconds

    def spend(self, seconds: float) -> None:
        """Take off what a call has cost."""
        self.left -= seconds


class EachCall(Budget):
    """The time for each call by itself, where there are as many calls as the corpus needs."""

    def spend(self, seconds: float) -> None:
        """Begin anew."""


class Engine:
    """One connection, shared by all threads, made when it is first needed."""

    def __init__(self, address: Address, token: SecretStr | None) -> None:
        self.address = address
        self._token = token
        self._client: Any = None
        self._connecting = threading.Lock()
        self._failed: tuple[float, EngineError] | None = None

    def call(self, budget: Budget, method: str, *args: Any, **options: Any) -> Any:
        """Call a method of the client, within what is left of a budget.

        Raises:
            GenerationGoneError: the collection, or the alias, does not exist.
            EngineError: the engine is away, silent, too slow, or refuses.
        """
        started = time.monotonic()
        try:
            for _ in range(_PATIENCE):
                left = budget.left - (time.monotonic() - started)
                if left <= 0:
                    raise self._away(f"it took longer than {budget.seconds:.0f} seconds")
                client = self._connected(left)
                try:
                    return getattr(client, method)(*args, timeout=left, **options)
                except Exception as error:  # it raises those of gRPC besides its own
                    # After a restart a collection is on disk only.
                    if getattr(error, "code", None) != _NOT_LOADED or not args:
                        self._forget(client, error)
                        raise self._error(error, budget) from None
                    self._load(client, args[0], left, budget)
            raise self._away("it does not keep the index in memory")
        finally:
            budget.spend(time.monotonic() - started)

    def _load(self, client: Any, collection: str, left: float, budget: Budget) -> None:
        try:
            client.load_collection(collection, timeout=left)
        except Exception as error:
            raise self._error(error, budget) from None

    def _forget(self, client: Any, error: Exception) -> None:
        """Let go of a connection that is lost: it would try anew after a pause of its own only."""
        if _status(error) == "UNAVAILABLE" and not self.address.is_file:
            with self._connecting:
                if self._client is client:
                    self._client = None
                    client.close()

    def close(self) -> None:
        """Close the connection; a file is let go when nobody in this process has it open."""
        with self._connecting:
            client, self._client = self._client, None
        if client is None:
            return
        client.close()
        if self.address.is_file:
            from milvus_lite.server_manager import server_manager_instance

            with _opening:
                _opened[self.address.uri] -= 1
                if not _opened[self.address.uri]:
                    server_manager_instance.release_server(self.address.uri)

    def _connected(self, left: float) -> Any:
        if self._client is not None:
            return self._client
        arrived = time.monotonic()
        if not self._connecting.acquire(timeout=left):
            raise self._away("it does not answer")
        try:
            if self._client is None:
                if self._failed and self._failed[0] > arrived:
                    # While this thread waited: each trying anew would make a queue of time-outs.
                    raise self._failed[1]
                try:
                    self._client = self._connect(min(LOOK_UP, left))
                except EngineError as error:
                    self._failed = time.monotonic(), error
                    raise
            return self._client
        finally:
            self._connecting.release()

    def _connect(self, seconds: float) -> Any:
        try:
            client_class = _client_class()
            if self.address.is_file:
                import milvus_lite  # noqa: F401 - so that a missing extra is told from a bad file
        except ImportError:
            raise EngineError(
                "An index in Milvus needs its client; run pip install 'ragbot[milvus]'."
            ) from None
        token = self._token.get_secret_value() if self._token else ""
        try:
            if not self.address.is_file:
                return client_class(
                    uri=self.address.uri,
                    token=token,
                    timeout=seconds,
                    dedicated=True,
                    grpc_options=_RECONNECTING,
                )
            with _opening:
                client = client_class(uri=self.address.uri, timeout=seconds, dedicated=True)
                _opened[self.address.uri] += 1
                return client
        except Exception as error:
            if self.address.is_file:
                raise EngineError(
                    f"{self.address.uri} cannot be opened: another process has it open, or it may "
                    "not be written; close the other one, or serve the file to both with "
                    "'milvus-lite server' and set its address."
                ) from None
            raise self._error(error, Budget(seconds)) from None

    def _away(self, why: str) -> EngineError:
        return EngineError(
            f"Milvus at {self.address.uri} cannot be asked: {why}; see that it runs and is "
            "reached from here, then ask again."
        )

    def _error(self, error: Exception, budget: Budget) -> EngineError:
        """Say what went wrong; the client's words may be many lines, and name internals."""
        name, text = _status(error), str(getattr(error, "message", error))
        if name in ("UNAUTHENTICATED", "PERMISSION_DENIED") or "auth check" in text.lower():
            return EngineError(
                f"Milvus at {self.address.uri} refuses the token; set RAGBOT_INDEX_TOKEN."
            )
        missing = getattr(error, "code", None) in (_MISSING, _NO_ALIAS)
        if missing or "not exist" in text or "not found" in text:
            return GenerationGoneError(
                f"What was asked of Milvus at {self.address.uri} is no longer there; ask again."
            )
        if name == "DEADLINE_EXCEEDED":
            return self._away(f"it does not answer within {budget.seconds:.0f} seconds")
        if name == "UNAVAILABLE" or "Retry" in text or "Fail connecting" in text:
            return self._away("nobody answers there")
        return self._away(" ".join(text.split())[:200].rstrip(".") or type(error).__name__)


def _status(error: Exception) -> str:
    """Return the name gRPC has for an error, where it has one."""
    code: Any = getattr(error, "code", None)
    return str(getattr(code() if callable(code) else code, "name", ""))


def _client_class() -> Any:
    """Import the client, which reads a .env of the working directory into the environment."""
    before = set(os.environ)
    from pymilvus import MilvusClient

    for name in set(os.environ) - before:
        # Settings are read from where ragbot says they are, and from nowhere else.
        del os.environ[name]
    # It prints tracebacks of what it also raises.
    logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
    logging.getLogger("milvus_lite").setLevel(logging.CRITICAL)
    return MilvusClient
