"""Getting ready in the background, so that the page is there before the model is."""

import threading

from ragbot.bot import Ragbot
from ragbot.errors import RagbotError

__all__ = ["Preparation"]

_RETRY_SECONDS = 10
"""Between attempts: an index built meanwhile is noticed soon, a broken one costs little."""


class Preparation:
    """Prepares a bot in a thread of its own, again and again until it can answer."""

    def __init__(self, bot: Ragbot) -> None:
        self._bot = bot
        self._stop = threading.Event()
        self._failure: str | None = None

    @property
    def ready(self) -> bool:
        """Whether questions are answered without waiting."""
        return self._bot.ready

    @property
    def failure(self) -> str | None:
        """Why the last attempt failed, in one sentence; None while it is loading or ready."""
        return None if self.ready else self._failure

    def start(self) -> None:
        """Begin."""
        threading.Thread(target=self._run, name="prepare", daemon=True).start()

    def stop(self) -> None:
        """Make no further attempt."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._bot.prepare()
                return
            except RagbotError as error:
                self._failure = str(error)
            except Exception as error:  # a thread that dies silently would be loading forever
                self._failure = f"{type(error).__name__}: {error}"
            self._stop.wait(_RETRY_SECONDS)
