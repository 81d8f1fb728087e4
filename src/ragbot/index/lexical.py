"""The lexical leg: BM25 over words and character bigrams, in tantivy."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragbot.text.tokens import bigrams, words

__all__ = ["Lexical", "build"]

_HEAP_BYTES = 128 * 1024 * 1024
"""Memory of the one writer thread; a corpus larger than that goes to disk in segments."""
_FILTERED_DEPTH = 50_000
"""Passages that are looked through where most of them will be filtered out."""


def _schema() -> Any:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("row", stored=False, indexed=False, fast=True)
    for name in ("words", "bigrams"):
        # Terms come in already cut; Tantivy only splits at the spaces between them.
        builder.add_text_field(name, stored=False, tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def build(directory: Path, keys: Iterable[tuple[int, str]]) -> None:
    """Write an index of (row, key) into a directory that exists and is empty.

    Raises:
        OSError: it cannot be written.
    """
    import tantivy

    try:
        index = tantivy.Index(_schema(), path=str(directory))
        writer = index.writer(heap_size=_HEAP_BYTES, num_threads=1)
        for row, key in keys:
            terms = {"words": " ".join(words(key)), "bigrams": " ".join(bigrams(key))}
            writer.add_document(tantivy.Document(row=row, **terms))
        writer.commit()
        writer.wait_merging_threads()
    except ValueError as error:  # Tantivy's answer to every failed write
        raise OSError(str(error)) from error


class Lexical:
    """A published lexical index, read by any number of threads."""

    def __init__(self, directory: Path) -> None:
        import tantivy

        self._tantivy = tantivy
        self._schema = _schema()
        self._searcher = tantivy.Index.open(str(directory)).searcher()
        self.count: int = self._searcher.num_docs

    def search(
        self, terms: Sequence[tuple[str, str]], k: int, among: NDArray[np.int64] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the rows and BM25 scores of the k best passages, best first.

        ``terms`` are (field, term) with field ``words`` or ``bigrams``. ``among`` limits the search
        to these rows.
        """
        query_of, occur = self._tantivy.Query, self._tantivy.Occur
        clauses = [
            (occur.Should, query_of.term_query(self._schema, field, term, index_option="freq"))
            for field, term in terms
        ]
        if not clauses or not self.count:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        depth = k if among is None else _FILTERED_DEPTH
        hits = self._searcher.search(query_of.boolean_query(clauses), depth, count=False).hits
        found = self._searcher.fast_field_values("row", [address for _, address in hits])
        rows = np.array(found, np.int64)
        scores = np.array([score for score, _ in hits], np.float32)
        if among is not None:
            allowed = np.isin(rows, among)
            rows, scores = rows[allowed][:k], scores[allowed][:k]
        return rows, scores

    def frequencies(self, terms: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """Return how many passages hold each of these terms."""
        return {term: int(self._searcher.doc_freq(*term)) for term in terms}
