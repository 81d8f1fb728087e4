"""The indexes of one data folder, one chosen by every question; they share the model."""

import re
import threading

from ragbot.bot import Ragbot
from ragbot.errors import RagbotError

__all__ = ["Collections", "UnknownIndexError"]

_NAME = re.compile(r"\w[\w.-]{0,63}")


class UnknownIndexError(RagbotError):
    """No index has this name."""


class Collections:
    """Opens the indexes beside a server's own one as they are asked for."""

    def __init__(self, own: Ragbot) -> None:
        self.own = own
        self._opened = {own.index.name: own}
        self._folder = own.settings.data_dir / "indexes"
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        """Return the names of all indexes that have been built or begun, the server's own first."""
        try:
            found = sorted(
                p.name for p in self._folder.iterdir() if _is_index(p.name) and p.is_dir()
            )
        except OSError:
            found = []
        return list(dict.fromkeys([self.own.index.name, *found]))

    def get(self, name: str | None) -> Ragbot:
        """Return the bot of an index; of the server's own one where none is named.

        Raises:
            UnknownIndexError: there is no index of that name.
        """
        if name is None or name == self.own.index.name:
            return self.own
        with self._lock:
            if name not in self._opened:
                if name not in self.names():
                    raise UnknownIndexError(
                        f"There is no index of that name here; there are {', '.join(self.names())}."
                    )
                self._opened[name] = self.own.sibling(name)
            return self._opened[name]

    def create(self, name: str) -> Ragbot:
        """Begin an index that documents can be uploaded to.

        Raises:
            RagbotError: it cannot be a name, or the index exists.
        """
        if not _is_index(name):
            raise RagbotError(
                "An index is named with letters, digits, '.', '_' and '-', 64 at most; choose "
                "another name."
            )
        if name in self.names():
            raise RagbotError(f"There is an index named {name} already; choose another name.")
        (self._folder / name / "library").mkdir(parents=True)
        return self.get(name)

    def close(self) -> None:
        """Close all but the server's own."""
        for bot in self._opened.values():
            if bot is not self.own:
                bot.close()


def _is_index(name: str) -> bool:
    return bool(_NAME.fullmatch(name))
