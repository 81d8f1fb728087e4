"""One generation in Milvus, opened for reading, and its parts: texts and both legs."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from ragbot.errors import GenerationGoneError, IndexDamagedError
from ragbot.index.manifest import Manifest
from ragbot.index.milvus.engine import QUESTION, Budget, Engine
from ragbot.index.milvus.layout import Names, first_units_keys, first_units_of, keys_of
from ragbot.index.milvus.reader import Reader
from ragbot.index.milvus.terms import sparse, term_id
from ragbot.index.milvus.texts import MANIFEST, bucket, manifest_of, unpack
from ragbot.index.store import DocumentRow, PassageRow, StatementRow
from ragbot.text.fold import fold
from ragbot.text.offsets import Reading

__all__ = ["MilvusGeneration"]

_T = TypeVar("_T")

_KEPT = 20_000
"""Small things kept in memory, of each kind, before all of the kind are forgotten."""


_ID = re.compile(r"[0-9a-f]{16}(-\d+)?")
_ALONG = 256
"""Descriptions fetched along with passages; who asks for more passages than that cites few."""


class _Known:
    """What was read of a generation; it never changes, and every question may use it."""

    def __init__(self) -> None:
        self.documents: dict[int, DocumentRow] = {}
        self.statements: dict[int, StatementRow] = {}
        self.pages: dict[int, tuple[int, ...]] = {}
        self.frequencies: dict[tuple[str, str], int] = {}
        self.headings: list[tuple[int, int, str]] | None = None


def _keep(known: dict[Any, Any], new: dict[Any, Any]) -> None:
    if len(known) + len(new) > _KEPT:
        known.clear()
    known.update(new)


class MilvusStore:
    """The texts of a generation."""

    def __init__(self, reader: Reader, manifest: Manifest, known: _Known) -> None:
        self._reader = reader
        self._manifest = manifest
        self._known = known

    def _records(self, kind: str, rows: Sequence[int]) -> list[list[Any]]:
        keys = keys_of(kind, (int(row) for row in rows))
        found = self._reader.texts(list(dict.fromkeys(keys)))
        if any(key not in found for key in keys):
            raise IndexDamagedError("Texts of the index are missing in Milvus; rebuild it.")
        return [unpack(kind, found[key]) for key in keys]

    def _row(self, kind: str, row: int, known: dict[int, _T], make: Callable[..., _T]) -> _T:
        found = known.get(row)
        if found is None:
            found = make(*self._records(kind, [row])[0])
            _keep(known, {row: found})
        return found

    def passages(self, rows: Sequence[int]) -> list[PassageRow]:
        """Return the passages of these rows, in the order asked for.

        What describes their documents and statements is asked for along with them, in one call:
        whoever cites them needs it next.
        """
        found = [PassageRow(*record) for record in self._records("p", rows)]
        documents = {p.document for p in found if p.document not in self._known.documents}
        statements = {p.statement for p in found if p.statement not in self._known.statements}
        new = [*keys_of("d", documents), *keys_of("s", statements)]
        if len(new) <= _ALONG:
            for key, text in self._reader.texts(new).items():
                if key.startswith("d"):
                    _keep(self._known.documents, {int(key[1:]): DocumentRow(*unpack("d", text))})
                else:
                    _keep(self._known.statements, {int(key[1:]): StatementRow(*unpack("s", text))})
        return found

    def next_passage(self, passage: PassageRow) -> PassageRow | None:
        """Return the passage behind one in the same statement, or None."""
        if passage.row + 1 >= self._manifest.passages:
            return None
        (found,) = self.passages([passage.row + 1])
        return found if found.statement == passage.statement else None

    def passage_at(self, document: int, start: int) -> int | None:
        """Return the row of a document's last passage that begins at ``start`` or before."""
        limits = f"document == {document} and start <= {start}"
        rows = [row["row"] for row in self._reader.where("passages", limits, [])]
        return max(rows, default=None)

    def document(self, row: int) -> DocumentRow:
        """Return a document's description."""
        return self._row("d", row, self._known.documents, DocumentRow)

    def documents(self) -> Iterator[DocumentRow]:
        """Yield every document's description, in order."""
        for _, text in self._reader.each_text(keys_of("d", range(self._manifest.documents))):
            yield DocumentRow(*unpack("d", text))

    def document_names(self) -> Iterator[tuple[str, str]]:
        """Yield every file of the index, as (name, root), in order; an archive's members too."""
        return ((document.name, document.root) for document in self.documents())

    def document_by_id(self, id: str) -> DocumentRow | None:
        """Return the document of an id, or None."""
        key = f"i{id}"
        found = self._reader.texts([key]) if _ID.fullmatch(id) else {}
        return self.document(int(found[key])) if key in found else None

    def text(self, document: int) -> Reading:
        """Return a document's whole reading."""
        raw, text, segments, _ = self._records("t", [document])[0]
        return Reading.from_parts(
            raw, raw if text is None else text, np.frombuffer(segments or b"", "<i4")
        )

    def pages(self, document: int) -> tuple[int, ...]:
        """Return the raw offsets at which a document's pages begin."""

        def starts(*record: bytes | None) -> tuple[int, ...]:
            return tuple(np.frombuffer(record[-1] or b"", "<i8").tolist())

        return self._row("t", document, self._known.pages, starts)

    def statement(self, row: int) -> StatementRow:
        """Return a statement's description."""
        return self._row("s", row, self._known.statements, StatementRow)

    def statements_count(self) -> int:
        """Return how many statements there are."""
        return self._manifest.statements

    def passages_where(self, document: str | None, heading: str | None) -> NDArray[np.int64]:
        """Return the rows of the passages of a document, by name or id, under a heading.

        A heading matches where it holds the words, in either script.
        """
        allowed = None
        if document is not None:
            allowed = {d.row for d in self.documents() if document in (d.name, d.id)}
        wanted = fold(heading or "")
        headings = self._headings()
        # The passages of a statement lie side by side, and statements without any have no first.
        ends = np.full(len(headings), self._manifest.passages, np.int64)
        following = self._manifest.passages
        for at in range(len(headings) - 1, -1, -1):
            ends[at] = following
            following = headings[at][1] if headings[at][1] >= 0 else following
        spans = [
            np.arange(first, end)
            for (of, first, text), end in zip(headings, ends.tolist(), strict=True)
            if first >= 0 and (allowed is None or of in allowed) and (not wanted or wanted in text)
        ]
        return np.concatenate([*spans, np.empty(0, np.int64)]).astype(np.int64)

    def _headings(self) -> list[tuple[int, int, str]]:
        """Return (document, first passage, folded heading) of every statement."""
        if self._known.headings is None:
            rows = (
                StatementRow(*unpack("s", text))
                for _, text in self._reader.each_text(
                    keys_of("s", range(self._manifest.statements))
                )
            )
            self._known.headings = [
                (row.document, row.first_passage, fold(row.heading or "")) for row in rows
            ]
        return self._known.headings


class MilvusLexical:
    """The lexical leg."""

    def __init__(self, reader: Reader, manifest: Manifest, buckets: int, known: _Known) -> None:
        self._reader = reader
        self._passages = manifest.passages
        self._buckets = buckets
        self._known = known.frequencies

    def search(
        self, terms: Sequence[tuple[str, str]], k: int, among: NDArray[np.int64] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the rows and BM25 scores of the k best passages, best first."""
        vector = sparse(terms, self.frequencies(terms), self._passages)
        if not vector:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        return self._reader.search("passages", vector, k, among)

    def frequencies(self, terms: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """Return how many passages hold each of these terms; one call for all that are new."""
        found = {term: self._known[term] for term in terms if term in self._known}
        missing = {term: term_id(*term) for term in terms if term not in found}
        if missing:
            keys = {number: bucket(number, self._buckets) for number in missing.values()}
            texts = self._reader.texts(list(dict.fromkeys(keys.values())))
            shares = {key: json.loads(text) for key, text in texts.items()}
            new = {
                term: int(shares.get(keys[number], {}).get(f"{number:x}", 0))
                for term, number in missing.items()
            }
            found |= new
            _keep(self._known, new)
        return found


class MilvusDense:
    """The dense leg."""

    def __init__(self, reader: Reader, manifest: Manifest) -> None:
        self._reader = reader
        self.dimension = manifest.dimension

    def search(
        self, vector: NDArray[np.float32], k: int, among: NDArray[np.int64] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the rows and cosines of the k nearest units, nearest first."""
        return self._reader.search("units", vector, k, among)

    def vectors(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the vectors of these rows, shape (n, dimension)."""
        if not len(rows):
            return np.empty((0, self.dimension), np.float32)
        limits = f"row in {json.dumps(rows.tolist())}"
        found = {row["row"]: row["vector"] for row in self._reader.where("units", limits, _VECTOR)}
        if len(found) < len(set(rows.tolist())):
            raise IndexDamagedError("Vectors of the index are missing in Milvus; rebuild it.")
        return np.array([found[row] for row in rows.tolist()], np.float32)


_VECTOR = ["vector"]


class MilvusGeneration:
    """The parts of a generation, all read under its own name, within one budget of time."""

    def __init__(
        self,
        engine: Engine,
        manifest: Manifest,
        buckets: int,
        first_units: NDArray[np.int64],
        known: _Known,
    ) -> None:
        self._engine, self._buckets, self._known = engine, buckets, known
        self.manifest = manifest
        self.first_units = first_units
        names = Names(engine.address.name, manifest.generation)
        reader = Reader(engine, names, Budget(QUESTION))
        self.store = MilvusStore(reader, manifest, known)
        self.lexical = MilvusLexical(reader, manifest, buckets, known)
        self.dense = MilvusDense(reader, manifest)

    @property
    def id(self) -> str:
        """The generation's id; later ones sort behind earlier ones."""
        return self.manifest.generation

    @property
    def place(self) -> str:
        """Where it lies, for people."""
        return self._engine.address.url

    @classmethod
    def open(cls, engine: Engine, generation: str, budget: Budget) -> Self:
        """Open a generation that has been published.

        Raises:
            GenerationGoneError: it is not there any more.
            IndexDamagedError: its manifest cannot be used.
            EngineError: the engine cannot be asked.
        """
        reader = Reader(engine, Names(engine.address.name, generation), budget)
        manifest, buckets = read_manifest(reader, generation)
        keys = first_units_keys(manifest.passages)
        firsts = first_units_of([text for _, text in reader.each_text(keys)])
        if len(firsts) != manifest.passages + 1 or firsts[-1] != manifest.units:
            raise IndexDamagedError(
                f"The parts of generation {generation} in Milvus do not belong together; run "
                "'ragbot rebuild'."
            )
        return cls(engine, manifest, buckets, firsts, _Known())

    def acquire(self) -> Self:
        """Return it for one question, with a budget of its own."""
        return type(self)(self._engine, self.manifest, self._buckets, self.first_units, self._known)

    def release(self) -> None:
        """Nothing is held: who removes collections does not ask who reads them."""

    def retire(self) -> None:
        """Nothing is open but the connection, which belongs to the index."""


def read_manifest(reader: Reader, generation: str) -> tuple[Manifest, int]:
    """Return the manifest of a generation and its number of buckets.

    Raises:
        GenerationGoneError: it was never completed.
        IndexDamagedError: it cannot be used.
    """
    text = reader.texts([MANIFEST]).get(MANIFEST)
    if text is None:
        raise GenerationGoneError(f"Generation {generation} in Milvus is not whole.")
    return manifest_of(text)
