"""The models that bots on several indexes share: loaded once, on first use."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

from ragbot.embedding import Embedder, load_embedder, load_served
from ragbot.reader.loading import load_reader
from ragbot.reader.reader import Reader
from ragbot.settings import Settings

__all__ = ["Announce", "Models"]

Announce = Callable[[str], None]


class Models:
    """The embedding model and the reader that the settings name."""

    def __init__(self, settings: Settings, announce: Announce) -> None:
        """Name the models; nothing is loaded before it is needed."""
        self._settings = settings
        self._announce = announce
        self._loading, self._loading_reader = threading.Lock(), threading.Lock()
        self._reader: Reader | None = None

    @property
    def embedder(self) -> Embedder:
        """The embedding model, prepared and loaded on first use.

        Raises:
            ModelError: it cannot be had.
        """
        with self._loading:
            return self._embedder

    @property
    def reader(self) -> Reader | None:
        """The reader; None where it is turned off or its model is not to be had.

        Raises:
            ModelError: its folder cannot be written.
        """
        with self._loading_reader:
            # That there is none is not remembered: the model it is made of may be on its way, with
            # the embedder or by another process.
            if self._reader is None and self._settings.reader:
                self._reader = load_reader(
                    self._settings.data_dir / "models", announce=self._announce
                )
            return self._reader

    def load(self) -> None:
        """Load both, at the same time: each takes a good part of a second.

        Raises:
            ModelError: as ``embedder`` and ``reader`` do.
        """
        with ThreadPoolExecutor(1) as side:
            reader = side.submit(lambda: self.reader)
            _ = self.embedder
            if reader.result() is None:
                _ = self.reader  # its model may have come with the embedder

    @property
    def loaded(self) -> Embedder | None:
        """The embedding model where it is loaded."""
        found: Embedder | None = self.__dict__.get("_embedder")
        return found

    @cached_property
    def _embedder(self) -> Embedder:
        chosen = self._settings
        if chosen.embedding_url and chosen.embedding_model:
            key = chosen.embedding_api_key
            return load_served(
                chosen.embedding_url,
                chosen.embedding_model,
                key.get_secret_value() if key else "",
            )
        return load_embedder(
            chosen.embedding_model, chosen.data_dir / "models", announce=self._announce
        )
