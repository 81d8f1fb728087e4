"""What search, answers and rebuilds use of an index, wherever it lies.

A generation is immutable, whichever engine keeps it: rows of documents, statements, passages and
units are numbered from 0 without gaps, in the order of the documents.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from ragbot.index.manifest import Manifest
from ragbot.index.store import DocumentRow, PassageRow, StatementRow
from ragbot.text.offsets import Reading

if TYPE_CHECKING:
    from ragbot.documents.library import Library
    from ragbot.index.generation import Generation as LocalGeneration

__all__ = ["Dense", "Generation", "Index", "Lexical", "Progress", "Store"]

Progress = Callable[[str, int, int], None]
"""Called with (what is being done, how much of it is done, how much there is)."""


class Store(Protocol):
    """The texts of a generation."""

    def passages(self, rows: Sequence[int]) -> list[PassageRow]:
        """Return the passages of these rows, in the order asked for."""
        ...

    def next_passage(self, passage: PassageRow) -> PassageRow | None:
        """Return the passage behind one in the same statement, or None."""
        ...

    def passage_at(self, document: int, start: int) -> int | None:
        """Return the row of a document's last passage that begins at ``start`` or before."""
        ...

    def passages_where(self, document: str | None, heading: str | None) -> NDArray[np.int64]:
        """Return the rows of the passages of a document, by name or id, under a heading."""
        ...

    def document(self, row: int) -> DocumentRow:
        """Return a document's description."""
        ...

    def documents(self) -> Iterator[DocumentRow]:
        """Yield every document's description, in order."""
        ...

    def document_names(self) -> Iterator[tuple[str, str]]:
        """Yield every file of the index, as (name, root), in order; an archive's members too."""
        ...

    def document_by_id(self, id: str) -> DocumentRow | None:
        """Return the document of an id, or None."""
        ...

    def text(self, document: int) -> Reading:
        """Return a document's whole reading."""
        ...

    def pages(self, document: int) -> tuple[int, ...]:
        """Return the raw offsets at which a document's pages begin."""
        ...

    def statement(self, row: int) -> StatementRow:
        """Return a statement's description."""
        ...

    def statements_count(self) -> int:
        """Return how many statements there are."""
        ...


class Lexical(Protocol):
    """The lexical leg: BM25 over words and pairs of characters."""

    def search(
        self, terms: Sequence[tuple[str, str]], k: int, among: NDArray[np.int64] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the rows and BM25 scores of the k best passages, best first.

        ``terms`` are (field, term) with field ``words`` or ``bigrams``. ``among`` limits the search
        to these rows.
        """
        ...

    def frequencies(self, terms: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """Return how many passages hold each of these terms."""
        ...


class Dense(Protocol):
    """The dense leg: inner products of normalised vectors, one a unit."""

    def search(
        self, vector: NDArray[np.float32], k: int, among: NDArray[np.int64] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the rows and cosines of the k nearest units, nearest first."""
        ...

    def vectors(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the vectors of these rows, shape (n, dimension)."""
        ...


class Generation(Protocol):
    """One generation, opened for reading."""

    @property
    def id(self) -> str:
        """Its id; later ones sort behind earlier ones."""
        ...

    @property
    def place(self) -> str:
        """Where it lies, for people."""
        ...

    @property
    def manifest(self) -> Manifest:
        """What it was built with."""
        ...

    @property
    def store(self) -> Store:
        """Its texts."""
        ...

    @property
    def lexical(self) -> Lexical:
        """Its lexical leg."""
        ...

    @property
    def dense(self) -> Dense:
        """Its dense leg."""
        ...

    @property
    def first_units(self) -> NDArray[np.int64]:
        """The row of each passage's first unit, and the number of units at the end."""
        ...

    def acquire(self) -> Self | None:
        """Return it for one question, open until ``release``; None where it has been retired."""
        ...

    def release(self) -> None:
        """Undo one ``acquire``."""
        ...

    def retire(self) -> None:
        """Close it as soon as nobody reads it any more."""
        ...


class Index(Protocol):
    """An index, whether or not anything has been built in it yet."""

    @property
    def name(self) -> str:
        """Its name, for people."""
        ...

    @property
    def library(self) -> "Library":
        """The documents that were put in through the chat or over HTTP."""
        ...

    @property
    def building(self) -> Path:
        """The folder a rebuild works in."""
        ...

    def pointer(self) -> object:
        """Return what changes when a generation is published; None where none has been."""
        ...

    def current_id(self) -> str | None:
        """Return the id of the generation that is served, or None."""
        ...

    def place_of(self, generation: str) -> str:
        """Return where a generation lies, for people."""
        ...

    def is_empty(self) -> bool:
        """Tell whether nothing has been built yet."""
        ...

    def open_newest(self, *, trust_unchanged: bool) -> tuple[Generation, list[str]]:
        """Open the generation that is served, with warnings about what was passed over."""
        ...

    def newest_whole(self, *, trust_unchanged: bool) -> tuple[Manifest, list[str]]:
        """Return the manifest of the generation that ``open_newest`` would open; as it does."""
        ...

    def last_sources(self) -> tuple[str, ...] | None:
        """Return the paths it was last built from; None where nothing says so."""
        ...

    def previous(self) -> "LocalGeneration | None":
        """Open what a new generation may take over from; None where nothing can be trusted."""
        ...

    def publish(self, staged: Path, generation: str, progress: Progress) -> None:
        """Make a sealed directory the generation that is served, at once or not at all."""
        ...

    def withdraw(self) -> None:
        """Serve nothing any more."""
        ...

    def prune(self, keep: int) -> None:
        """Remove all but the newest ``keep`` generations."""
        ...

    def writer(self) -> AbstractContextManager[None]:
        """Be the only writer of this machine."""
        ...

    def check(self) -> list[str]:
        """Read everything of the generation that is served; returns what is wrong with it."""
        ...

    def close(self) -> None:
        """Let go of the connection to where it lies."""
        ...
