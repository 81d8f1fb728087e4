"""The facade: open an index once, then ask it from any number of threads."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

from ragbot.answering.answerer import answer
from ragbot.answering.composing import Composition
from ragbot.answering.conversation import complete
from ragbot.answering.history import last_turns
from ragbot.answering.sides import sides_of
from ragbot.answering.writing import Writer, writer_of
from ragbot.answering.written import write
from ragbot.documents.sample import sample_corpus
from ragbot.embedding import Embedder
from ragbot.errors import BadQuestionError
from ragbot.fitting import require_fit
from ragbot.index.current import Current
from ragbot.index.opening import index_of
from ragbot.index.protocols import Generation, Progress
from ragbot.index.rebuild import rebuild, withdraw
from ragbot.index.store import PassageRow
from ragbot.index.vectors import Share
from ragbot.models import Announce, Models
from ragbot.results import Answer, Cited, Listed, RebuildReport, Retrieval, Source, Status, Turn
from ragbot.retrieval.citing import hit_of
from ragbot.retrieval.query import Query, read_query
from ragbot.retrieval.retriever import MOST, Filter, Search, deepen, search
from ragbot.retrieval.sources import page_picture, source_of
from ragbot.settings import Settings, load_settings
from ragbot.standing import describe, listed
from ragbot.text.script import convert

__all__ = ["Ragbot"]

History = Sequence[str | Turn]
_T = TypeVar("_T")

_LOOKED_AT = 6
"""Passages an answer is made of, at most."""
_STREAM_CHARS = 12
"""Characters per piece of a streamed answer: small enough to read along. Over HTTP every piece
costs a turn of the server: with fifty askers at once pieces of four took a third longer."""


def _to_stderr(message: str) -> None:
    sys.stderr.write(message + "\n")


class Ragbot:
    """Answers questions from one index. Safe to share between threads.

    A generation published by a rebuild, in this process or another, is picked up by the next
    question; questions under way finish on the generation they began with.
    """

    def __init__(
        self,
        settings: Settings,
        announce: Announce = _to_stderr,
        *,
        serving: bool = False,
        models: Models | None = None,
    ) -> None:
        """Name an index; nothing is opened before it is needed.

        ``models`` are those of a bot on another index, to share them. ``serving`` makes every file
        of a generation be verified when it is opened; otherwise files that were whole before and
        have not changed since are trusted.
        """
        self.settings = settings
        self.index = index_of(settings)
        self._announce = announce
        self._serving = serving
        self.models = models or Models(settings, announce)
        self._writer = writer_of(settings)
        self.current = Current(
            self.index,
            trust_unchanged=not serving,
            announce=announce,
            build_first=self._build_first if settings.index == "default" else None,
        )

    @classmethod
    def open(cls, index: str | None = None, *, announce: Announce = _to_stderr) -> Self:
        """Open an index by name, with the settings as they are now.

        Raises:
            SettingsError: a setting is unknown or cannot be used.
        """
        return cls(load_settings(**({} if index is None else {"index": index})), announce)

    def sibling(self, index: str) -> "Ragbot":
        """Return a bot on another index that shares this one's models."""
        settings = self.settings.model_copy(update={"index": index})
        return Ragbot(settings, self._announce, serving=self._serving, models=self.models)

    def close(self) -> None:
        """Let go of the generation that is open, and of the index."""
        self.current.close()
        self.index.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def embedder(self) -> Embedder:
        """The embedding model, prepared and loaded on first use."""
        return self.models.embedder

    @property
    def ready(self) -> bool:
        """Whether a question can be answered without waiting for the model or the index."""
        return self.models.loaded is not None and self.current.is_open

    def prepare(self) -> None:
        """Load the model and open the index; the default index is built if there is none.

        Raises:
            RagbotError: as ``answer`` does.
        """
        with self._ask(lambda _: None):
            pass

    def retrieve(
        self,
        query: str,
        k: int = 5,
        *,
        history: History = (),
        document: str | None = None,
        heading: str | None = None,
    ) -> Retrieval:
        """Find the k passages that answer best, k from 1 to 1,000; fewer where no more exist.

        ``document``, a name or an id, and ``heading``, words of it, limit the search.

        Raises:
            BadQuestionError: the question is empty, too long or holds no word, or k is out of
                range.
            IndexMissingError, IndexDamagedError, IndexMismatchError: there is nothing to search.
        """
        if not 1 <= k <= MOST:
            raise BadQuestionError(
                f"{k:,} passages were asked for; ask for at least 1 and at most {MOST:,}."
            )
        read = self._read(query, history)
        only = Filter(document, heading) if document or heading else None

        def find(generation: Generation) -> Retrieval:
            found = search(
                generation, self.embedder, read, k, only, reader=self.models.reader, words=False
            )
            if len(found.found) < k:
                found = deepen(generation, self.embedder, found, k, only)
            hits = tuple(hit_of(generation.store, f, n) for n, f in enumerate(found.found, 1))
            return Retrieval(query, read.reading, hits, found.timing_ms)

        with self._ask(find) as (_, retrieval):
            return retrieval

    def retrieve_many(self, queries: Sequence[str], k: int = 5) -> list[Retrieval]:
        """Find the k passages that answer best for each of many questions, in their order.

        Raises:
            BadQuestionError: one of the questions is empty, too long or holds no word, or k is out
                of range.
            IndexMissingError, IndexDamagedError, IndexMismatchError: there is nothing to search.
        """
        self.prepare()
        # A search leaves Python's lock for most of its time: as many at once as there are cores.
        with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
            return list(threads.map(partial(self.retrieve, k=k), queries))

    def answer(self, question: str, *, history: History = ()) -> Answer:
        """Answer a question from the documents, or refuse.

        Raises:
            BadQuestionError: the question is empty, too long or holds no word.
            IndexMissingError, IndexDamagedError, IndexMismatchError: there is nothing to search.
        """
        *_, result = self._answer(question, history)
        assert isinstance(result, Answer)  # noqa: S101 - what it yields last
        return result

    def answers(self, question: str) -> bool:
        """Tell whether the documents answer a question; no writing model is asked.

        Raises:
            RagbotError: as ``answer`` does.
        """
        with self._ask(partial(self._quote, self._read(question, ()))) as (_, (quoted, _passages)):
            return not quoted.refused

    def answer_stream(self, question: str, *, history: History = ()) -> Iterator[str | Answer]:
        """Yield the answer's text in pieces, then the answer itself. Raises as ``answer`` does.

        What a model writes is yielded sentence by sentence, each one verified before. Closing the
        iterator ends the request to the model.
        """
        for piece in self._answer(question, history):
            if isinstance(piece, Answer):
                yield piece
            else:
                for start in range(0, len(piece), _STREAM_CHARS):
                    yield piece[start : start + _STREAM_CHARS]

    def _answer(self, question: str, history: History) -> Iterator[str | Answer]:
        read = self._read(question, history, self._writer)
        with self._ask(partial(self._quote, read)) as (generation, (quoted, passages)):
            if quoted.refused or self._writer is None or read.english:
                yield quoted.text
                yield quoted
                return
            composition = Composition(
                generation.store, passages, read.script, self.settings.llm_unverified
            )
            yield from write(self._writer, read, quoted, composition)

    def _quote(self, read: Query, generation: Generation) -> tuple[Answer, list[PassageRow]]:
        found = self._search(generation, read)
        sides = [
            (place, self._search(generation, self._read(side, ())))
            for place, side in sides_of(convert(read.reading, "hans"))
        ]
        least = self.settings.refuse_below
        return answer(generation, found, refuse_below=least, sides=sides)

    def _search(self, generation: Generation, read: Query) -> Search:
        return search(generation, self.embedder, read, _LOOKED_AT, reader=self.models.reader)

    def source(self, citation: Cited) -> Source:
        """Return the statement a citation stands in, for people to read around the quote.

        Raises:
            CitationGoneError: the document is no longer in the index as it was cited.
        """
        return self.current.ask(lambda generation: source_of(generation, citation))

    def page_picture(self, document_id: str, page: int) -> bytes | None:
        """Return a page of a cited PDF as a PNG; None where its file has gone or changed."""
        with self.current.hold() as generation:
            return page_picture(generation.store, document_id, page)

    def rebuild(
        self, paths: Sequence[str | os.PathLike[str]] = (), *, progress: Progress = lambda *_: None
    ) -> RebuildReport:
        """Make the documents under ``paths`` the index.

        Without paths, those it was last built from; at first the sample corpus. What has been put
        into the index's library belongs to it besides; one that held nothing else, and from which
        all has been removed, serves nothing any more.

        Raises:
            CorpusError: a path does not exist, or no document holds any text.
            RebuildRunningError: another rebuild of this index is running.
        """
        chosen = [Path(path) for path in paths] or self._last_paths()
        if self.index.library.names():
            chosen.append(self.index.library.path)
        if not chosen and not self.index.is_empty():  # the last upload was removed
            return withdraw(self.index, self.current.close)
        report = rebuild(
            self.index,
            chosen,
            self.embedder,
            keep=self.settings.keep_generations,
            progress=progress,
            share=self._share(),
        )
        if self.current.is_open:
            self.current.refresh()
        return report

    def _share(self) -> Share | None:
        address = self.settings.workers
        if not address:
            return None
        from ragbot.sharing import embed_by_workers

        return partial(embed_by_workers, address, self.embedder)

    def status(self) -> Status:
        """Describe what is served, without loading the model.

        Raises:
            IndexMissingError, IndexDamagedError: there is nothing to serve.
        """
        with self.current.hold() as generation:
            loaded = self.models.loaded
            engine = loaded.engine if loaded else "not loaded"
            place, warnings = generation.place, self.current.warnings
            return describe(
                self.index.name, self.settings, generation.manifest, place, engine, warnings
            )

    def documents(self) -> list[Listed]:
        """Return the documents of the index and of its library.

        Raises:
            IndexMissingError, IndexDamagedError: there is nothing to serve.
        """
        names = self.current.ask(lambda generation: list(generation.store.document_names()))
        return listed(names, self.index.library)

    def _read(self, question: str, history: History, writer: Writer | None = None) -> Query:
        """Read a question, completed from the history: by rule, or else by a writing model."""
        longest = self.settings.max_question_chars
        turns = last_turns(history, longest)
        after = turns[-1].question if turns else ""
        read = read_query(question, longest=longest, after=after)
        full = complete(question, turns, self._said)
        if writer and turns and full == read.reading:
            full = writer.rewrite(full, turns)
        if writer and read.english:
            full = writer.translate(full)
        if full == read.reading:
            return read
        return read_query(question, longest=longest, reading=full, after=after)

    def _said(self, question: str) -> str:
        """Return what a full question is answered with; nothing where it cannot be asked."""
        try:
            with self._ask(partial(self._quote, self._read(question, ()))) as (_, (quoted, _rows)):
                return quoted.text
        except BadQuestionError:
            return ""

    def _last_paths(self) -> list[Path]:
        sources = self.index.last_sources()
        if sources is not None:
            own = self.index.library.path.resolve()
            return [Path(source) for source in sources if Path(source) != own]
        # An index that people only upload to holds what they upload.
        uploads_only = self.settings.index != "default" and self.index.library.path.is_dir()
        return [] if uploads_only else [sample_corpus()]

    def _ask(
        self, question: Callable[[Generation], _T]
    ) -> AbstractContextManager[tuple[Generation, _T]]:
        """Ask the newest generation, one the model fits, and hold it."""
        if self.models.loaded is None:
            self.models.load()

        def ask(generation: Generation) -> _T:
            require_fit(self.index.name, generation.manifest, self.embedder)
            return question(generation)

        return self.current.ask_and_hold(ask)

    def _build_first(self) -> None:
        self._announce("There is no index yet: building the one of the sample corpus.")
        rebuild(self.index, [sample_corpus()], self.embedder, keep=self.settings.keep_generations)
