"""The texts of a generation: documents, statements and passages in one SQLite file.

A passage row carries its own raw text and its own piece of the offset map, so that a citation
costs one look-up however large the document is.
"""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ragbot.text.fold import fold
from ragbot.text.offsets import Reading

__all__ = ["DocumentRow", "PassageRow", "StatementRow", "Store", "create"]

_SCHEMA = """
CREATE TABLE documents (
  row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, root TEXT NOT NULL,
  sha256 TEXT NOT NULL, source TEXT NOT NULL, title TEXT, script TEXT NOT NULL,
  raw TEXT NOT NULL, reading TEXT, map BLOB, pages BLOB
) STRICT;
CREATE TABLE statements (
  row INTEGER PRIMARY KEY, document INTEGER NOT NULL, heading TEXT, place TEXT, byline TEXT,
  office TEXT, name TEXT, first_passage INTEGER NOT NULL
) STRICT;
CREATE TABLE passages (
  row INTEGER PRIMARY KEY, document INTEGER NOT NULL, statement INTEGER NOT NULL,
  start INTEGER NOT NULL, raw TEXT NOT NULL, reading TEXT, map BLOB,
  context TEXT NOT NULL, key TEXT NOT NULL, hash BLOB NOT NULL, page INTEGER
) STRICT;
CREATE TABLE units (
  row INTEGER PRIMARY KEY, passage INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL,
  hash BLOB NOT NULL
) STRICT;
CREATE INDEX units_by_hash ON units (hash);
CREATE INDEX passages_by_hash ON passages (hash);
CREATE INDEX passages_by_document ON passages (document);
CREATE INDEX passages_by_statement ON passages (statement);
CREATE INDEX statements_by_document ON statements (document);
CREATE INDEX units_by_passage ON units (passage);
"""


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document as stored; ``source`` is the SHA-256 of the file it came out of."""

    row: int
    id: str
    name: str
    root: str
    sha256: str
    source: str
    title: str | None
    script: str


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A statement as stored: its headings joined, and its speaker."""

    row: int
    document: int
    heading: str | None
    place: str | None
    byline: str | None
    office: str | None
    name: str | None
    first_passage: int


@dataclass(frozen=True, slots=True)
class PassageRow:
    """A passage as stored. ``start`` is its offset in the raw text of its document.

    ``page`` is the page it begins on, None where the document has none.
    """

    row: int
    document: int
    statement: int
    start: int
    raw: str
    reading: str | None
    map: bytes | None
    context: str
    key: str
    hash: bytes
    page: int | None

    def unfold(self) -> Reading:
        """Return the passage's reading with the way back to its raw text."""
        return _reading(self.raw, self.reading, self.map)


def _reading(raw: str, text: str | None, segments: bytes | None) -> Reading:
    rows = np.frombuffer(segments or b"", dtype="<i4")
    return Reading.from_parts(raw, raw if text is None else text, rows)


def pack(reading: Reading) -> tuple[str, str | None, bytes | None]:
    """Return (raw, reading, map) as they are stored: None where nothing was repaired."""
    if not len(reading.repairs):
        return reading.raw, None, None
    text = None if reading.text == reading.raw else reading.text
    return reading.raw, text, reading.segments().astype("<i4").tobytes()


def create(path: Path) -> sqlite3.Connection:
    """Create an empty store; the caller fills it, commits and closes it."""
    connection = sqlite3.connect(path)
    # Built aside and published only when whole: a crash throws the file away, so no journal.
    connection.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + _SCHEMA)
    return connection


class Store:
    """A published store, read by any number of threads."""

    def __init__(self, path: Path) -> None:
        self._uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        self._local = threading.local()
        self._lock = threading.Lock()
        self._opened: list[tuple[threading.Thread, sqlite3.Connection]] = []
        self._documents: dict[int, DocumentRow] = {}
        self._pages: dict[int, tuple[int, ...]] = {}
        self._connect()  # a file that cannot be opened is told of now

    def _connect(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._uri, uri=True, check_same_thread=False)
            self._local.connection = connection
            with self._lock:
                # Servers and pools end threads; their connections would stay open for good.
                alive = []
                for thread, other in self._opened:
                    if thread.is_alive():
                        alive.append((thread, other))
                    else:
                        other.close()
                self._opened = [*alive, (threading.current_thread(), connection)]
        return connection

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._lock:
            for _, connection in self._opened:
                connection.close()
            self._opened.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def passages(self, rows: Sequence[int]) -> list[PassageRow]:
        """Return the passages of these rows, in the order asked for."""
        found = {
            record[0]: PassageRow(*record)
            for record in self._connect().execute(
                "SELECT * FROM passages WHERE row IN (SELECT value FROM json_each(?))",
                (json.dumps([int(row) for row in rows]),),
            )
        }
        return [found[int(row)] for row in rows]

    def next_passage(self, passage: PassageRow) -> PassageRow | None:
        """Return the passage behind one in the same statement, or None."""
        record = (
            self._connect()
            .execute(
                "SELECT * FROM passages WHERE row = ? AND statement = ?",
                (passage.row + 1, passage.statement),
            )
            .fetchone()
        )
        return PassageRow(*record) if record else None

    def passage_at(self, document: int, start: int) -> int | None:
        """Return the row of a document's last passage that begins at ``start`` or before."""
        (row,) = (
            self._connect()
            .execute(
                "SELECT max(row) FROM passages WHERE document = ? AND start <= ?", (document, start)
            )
            .fetchone()
        )
        return None if row is None else int(row)

    def document(self, row: int) -> DocumentRow:
        """Return a document's description."""
        known = self._documents.get(row)
        if known is None:
            known = self._documents[row] = next(self._document_rows("WHERE row = ?", (row,)))
        return known

    def documents(self) -> Iterator[DocumentRow]:
        """Yield every document's description, in order."""
        return self._document_rows("ORDER BY row", ())

    def document_names(self) -> Iterator[tuple[str, str]]:
        """Yield every file of the index, as (name, root), in order; an archive's members too."""
        yield from self._connect().execute("SELECT name, root FROM documents ORDER BY row")

    def _document_rows(self, clause: str, values: Iterable[object]) -> Iterator[DocumentRow]:
        cursor = self._connect().execute(
            "SELECT row, id, name, root, sha256, source, title, script FROM documents " + clause,  # noqa: S608 - our own clauses
            tuple(values),
        )
        return (DocumentRow(*record) for record in cursor)

    def text(self, document: int) -> Reading:
        """Return a document's whole reading."""
        record = (
            self._connect()
            .execute("SELECT raw, reading, map FROM documents WHERE row = ?", (document,))
            .fetchone()
        )
        return _reading(*record)

    def pages(self, document: int) -> tuple[int, ...]:
        """Return the raw offsets at which a document's pages begin."""
        known = self._pages.get(document)
        if known is None:
            (pages,) = (
                self._connect()
                .execute("SELECT pages FROM documents WHERE row = ?", (document,))
                .fetchone()
            )
            known = self._pages[document] = tuple(np.frombuffer(pages or b"", "<i8").tolist())
        return known

    def statement(self, row: int) -> StatementRow:
        """Return a statement's description."""
        return StatementRow(
            *self._connect().execute("SELECT * FROM statements WHERE row = ?", (row,)).fetchone()
        )

    def document_by_id(self, id: str) -> DocumentRow | None:
        """Return the document of an id, or None."""
        return next(self._document_rows("WHERE id = ?", (id,)), None)

    def passages_where(self, document: str | None, heading: str | None) -> NDArray[np.int64]:
        """Return the rows of the passages of a document, by name or id, under a heading.

        A heading matches where it holds the words, in either script.
        """
        wanted = fold(heading or "")
        statements = [
            (row,)
            for row, text in self._connect().execute(
                "SELECT s.row, s.heading FROM statements s JOIN documents d ON d.row = s.document "
                "WHERE ? IS NULL OR ? IN (d.name, d.id)",
                (document, document),
            )
            if not wanted or wanted in fold(text or "")
        ]
        rows = self._connect().execute(
            "SELECT row FROM passages WHERE statement IN (SELECT value FROM json_each(?)) "
            "ORDER BY row",
            (json.dumps([row for (row,) in statements]),),
        )
        return np.fromiter((row for (row,) in rows), np.int64)

    def statements_count(self) -> int:
        """Return how many statements there are."""
        count: int = self._connect().execute("SELECT count(*) FROM statements").fetchone()[0]
        return count
