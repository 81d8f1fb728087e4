"""Verifies passwords, and lets nobody try many."""

import hmac
import secrets
from collections import OrderedDict
from hashlib import sha256
from typing import Literal

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from ragbot.ui.logins import Logins, slow_hash

__all__ = ["Passwords", "Role", "TooManyTriesError"]

Role = Literal["reader", "editor"]

_A_CLIENT = parse("10/minute")
_IN_ALL = parse("100/minute")
"""Tries of all clients: who has many addresses still tries some 150,000 passwords a day at most."""
_REMEMBERED = 4_096


class TooManyTriesError(Exception):
    """A password was not looked at: too many others were tried before it."""


class Passwords:
    """The passwords of readers and editors. Used from the event loop only.

    What a client has tried before is known, right or wrong, and is no further try: a program that
    sends its password with every request is verified once.
    """

    def __init__(self, logins: Logins) -> None:
        """Take the hashes of the reader's and the editor's password; that of none is empty."""
        self._salt = logins.salt
        self._reader, self._editor = logins.hashes
        self._tries = MovingWindowRateLimiter(MemoryStorage())
        self._hashing = CapacityLimiter(1)
        self._known: OrderedDict[tuple[str, bytes], Role | None] = OrderedDict()
        self._secret = secrets.token_bytes(32)

    async def role_of(self, password: str, client: str) -> Role | None:
        """Return whose password it is; None where it is nobody's.

        Raises:
            TooManyTriesError: this client, or all together, tried too many others this minute.
        """
        # Who may try no more is told nothing, not even that a password would be right.
        if not self._tries.test(_A_CLIENT, client):
            raise TooManyTriesError
        tried = client, hmac.digest(self._secret, password.encode(errors="replace"), sha256)
        if tried in self._known:
            self._known.move_to_end(tried)
            return self._known[tried]
        # Counted before it is hashed: of tries that come at once none is free.
        if not (self._tries.hit(_A_CLIENT, client) and self._tries.hit(_IN_ALL)):
            raise TooManyTriesError
        hashed = await run_sync(slow_hash, password, self._salt, limiter=self._hashing)
        role = self._role_of_hash(hashed)
        self._known[tried] = role
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return role

    def _role_of_hash(self, hashed: str) -> Role | None:
        if self._editor and hmac.compare_digest(hashed, self._editor):
            return "editor"
        if self._reader and hmac.compare_digest(hashed, self._reader):
            return "reader" if self._editor else "editor"
        return None
