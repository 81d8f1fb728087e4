"""How much one client may ask, and how much all of them together."""

import threading

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

__all__ = ["Limiting"]

_MOST_AT_ONCE = 400
"""Questions under way or waiting; each holds a connection and a little memory."""


class Limiting:
    """Counts questions by client."""

    def __init__(self, rate: str | None) -> None:
        self._rate = parse(rate) if rate else None
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._under_way = 0
        self._lock = threading.Lock()

    def refusal(self, client: str) -> str | None:
        """Count a question; returns why it may not be asked now, or None."""
        if self._rate and not self._limiter.hit(self._rate, client):
            return f"More questions than {self._rate}; wait a moment and ask again."
        return None

    def begin(self) -> bool:
        """Take a place among those under way; returns whether there was one."""
        with self._lock:
            if self._under_way >= _MOST_AT_ONCE:
                return False
            self._under_way += 1
            return True

    def end(self) -> None:
        """Give the place back."""
        with self._lock:
            self._under_way -= 1
