"""Rebuild an index: only what changed is embedded, and nothing is published that is not whole."""

import hashlib
import shutil
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing, suppress
from pathlib import Path

from ragbot.documents import loading
from ragbot.documents.formats.extracted import without_surrogates
from ragbot.embedding import Embedder
from ragbot.errors import CorpusError, RagbotError
from ragbot.index.calibration import calibrate
from ragbot.index.completing import complete
from ragbot.index.folder import new_id
from ragbot.index.generation import STORE, Generation
from ragbot.index.journal import Journal
from ragbot.index.manifest import SCHEMA_VERSION, Calibration, Manifest
from ragbot.index.protocols import Index, Progress
from ragbot.index.store import create
from ragbot.index.vectors import Share, fill
from ragbot.index.writing import TEXT_VERSION, StoreWriter
from ragbot.results import DocumentCounts, Failure, PassageCounts, RebuildReport

__all__ = ["rebuild", "withdraw"]


def rebuild(
    index: Index,
    paths: Sequence[Path],
    embedder: Embedder,
    *,
    keep: int,
    progress: Progress = lambda *_: None,
    share: Share | None = None,
) -> RebuildReport:
    """Make the documents under ``paths`` the index, and publish it as a new generation.

    ``share`` has others compute the vectors, with the model of ``embedder``.

    Raises:
        CorpusError: a path does not exist, or no document holds any text; nothing is published.
        RagbotError: another rebuild of this index is running, or its engine cannot be reached.
    """
    try:
        with index.writer():
            try:
                report = _rebuild(index, paths, embedder, progress, share)
            except (OSError, sqlite3.Error):
                # What was built is worth nothing, and the disk may be full of it; the journal is
                # kept.
                with suppress(OSError):
                    _clear(index.building)
                raise
            with suppress(OSError):  # it is published; the next one removes what stayed
                index.prune(keep)
    except (OSError, sqlite3.Error) as error:
        raise RagbotError(
            f"The index could not be written ({error}), so it stays as it was; make room on "
            f"the disk of {index.building.parent} or permit writing there."
        ) from error
    return report


def withdraw(index: Index, let_go: Callable[[], None]) -> RebuildReport:
    """Forget all an index holds: it has no document left. ``let_go`` closes what reads it.

    Raises:
        IndexMissingError, IndexDamagedError: it holds nothing.
        RagbotError: a rebuild of it is running, or its engine cannot be reached.
    """
    started = time.monotonic()
    with index.writer():
        held, _ = index.newest_whole(trust_unchanged=True)
        index.withdraw()
        let_go()
        index.prune(0)
    return RebuildReport(
        documents=DocumentCounts(removed=held.documents),
        passages=PassageCounts(removed=held.passages),
        embedded=0,
        failures=(),
        seconds=round(time.monotonic() - started, 3),
        generation="",
    )


def _rebuild(
    index: Index,
    paths: Sequence[Path],
    embedder: Embedder,
    progress: Progress,
    share: Share | None,
) -> RebuildReport:
    started = time.monotonic()
    sources, failed = loading.discover(paths)
    failures = [Failure(f.document, f.reason) for f in failed]
    with ExitStack() as stack:
        previous = index.previous()
        if previous:
            stack.callback(previous.close)
        alike = previous if previous and _same_text_and_model(previous, embedder) else None
        generation = new_id()
        _clear(index.building)
        staged = index.building / generation
        staged.mkdir(parents=True)
        journal = stack.enter_context(closing(Journal(index.building / "journal.sqlite")))
        store = stack.enter_context(closing(create(staged / STORE)))
        writer = StoreWriter(store, embedder.fingerprint)
        if previous:
            store.execute("ATTACH ? AS previous", (str(previous.path / STORE),))
        _write(store, writer, sources, alike is not None, failures, progress)
        if not writer.passages:
            raise CorpusError(_nothing_usable(paths, failures))
        documents = _count(store, previous is not None, len(failures))
        before = previous.manifest.passages if previous else 0
        sources_of = tuple(str(path.resolve()) for path in paths)
        if alike and _is_current(alike, index, documents, sources_of):
            generation, kept, embedded = alike.id, writer.passages, 0
        else:
            store.commit()
            vectors = index.building / "vectors.npy"
            embedded = fill(
                vectors,
                store,
                embedder,
                alike,
                journal,
                lambda done, total: progress("embedding", done, total),
                share,
            )
            kept = _kept(store) if alike else 0
            progress("indexing", 0, writer.passages)
            calibration = (alike and alike.manifest.calibration) or calibrate(embedder)
            manifest = _manifest(generation, writer, embedder, sources_of, calibration)
            complete(staged, store, vectors, manifest, alike.path if alike else None)
            progress("indexing", writer.passages, writer.passages)
            # What is published can no longer be cancelled: nothing is told from here on.
            index.publish(staged, generation, progress)
            journal.remove()
    _clear(index.building)
    return RebuildReport(
        documents=documents,
        passages=PassageCounts(writer.passages - kept, kept, max(0, before - kept)),
        embedded=embedded,
        failures=tuple(failures),
        seconds=round(time.monotonic() - started, 3),
        generation=generation,
    )


def _is_current(
    alike: Generation, index: Index, counts: DocumentCounts, sources: tuple[str, ...]
) -> bool:
    """Tell whether a generation is served and has just these documents: nothing to publish."""
    return (
        not (counts.added or counts.changed or counts.removed)
        and alike.id == index.current_id()
        and alike.manifest.sources == sources
        and alike.manifest.calibration is not None
    )


def _same_text_and_model(previous: Generation, embedder: Embedder) -> bool:
    """Tell whether equal texts have equal keys and vectors in the previous generation."""
    manifest = previous.manifest
    return (manifest.text_version, manifest.fingerprint) == (TEXT_VERSION, embedder.fingerprint)


def _manifest(
    generation: str,
    writer: StoreWriter,
    embedder: Embedder,
    sources: tuple[str, ...],
    calibration: Calibration,
) -> Manifest:
    return Manifest(
        schema=SCHEMA_VERSION,
        generation=generation,
        model=embedder.name,
        fingerprint=embedder.fingerprint,
        dimension=embedder.dimension,
        text_version=TEXT_VERSION,
        sources=sources,
        documents=writer.documents,
        statements=writer.statements,
        passages=writer.passages,
        units=writer.units,
        mean_key_chars=writer.key_chars / writer.passages,
        files={},
        calibration=calibration,
    )


def _kept(store: sqlite3.Connection) -> int:
    """Count the passages whose text was in the previous generation."""
    count: int = store.execute(
        "SELECT count(*) FROM passages WHERE hash IN (SELECT hash FROM previous.passages)"
    ).fetchone()[0]
    return count


def _clear(building: Path) -> None:
    """Remove what rebuilds left behind that were killed or have ended, all but the journal."""
    building.mkdir(parents=True, exist_ok=True)
    for path in building.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif not path.name.startswith("journal"):
            path.unlink()


def _write(
    store: sqlite3.Connection,
    writer: StoreWriter,
    sources: Sequence[loading.SourceFile],
    reuse: bool,
    failures: list[Failure],
    progress: Progress,
) -> None:
    """Write every document; with ``reuse`` those whose file is unchanged are copied."""
    if reuse:
        # Members of archives are read again: their failures are known to nobody else. In a table,
        # not in a dictionary: a million documents would take a gigabyte of memory.
        store.execute(
            "CREATE TEMP TABLE known AS SELECT sha256, name, row FROM previous.documents "
            "WHERE sha256 = source"
        )
        store.execute("CREATE INDEX temp.known_by_sha256 ON known (sha256)")
    for number, source in enumerate(sources):
        progress("reading", number, len(sources))
        root = without_surrogates(str(source.root.resolve()))
        digest = _sha256(source.path)
        if reuse and (row := _known(store, digest, source.name)) is not None:
            writer.copy(row, digest, source.name, root)
            continue
        for document in loading.load(source):
            if isinstance(document, loading.Failure):
                failures.append(Failure(document.document, document.reason))
            elif not writer.add(document, root, digest):
                failures.append(Failure(document.name, "It holds no text that can be searched."))
    progress("reading", len(sources), len(sources))


def _known(store: sqlite3.Connection, digest: str, name: str) -> int | None:
    """Return the previous row of a document of the same bytes and the same ending, or None."""
    for row, old in store.execute("SELECT row, name FROM known WHERE sha256 = ?", (digest,)):
        if Path(old).suffix == Path(name).suffix:
            return int(row)
    return None


def _sha256(path: Path) -> str:
    """Return the SHA-256 of a file, or nothing where it cannot be read: loading says why."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _count(store: sqlite3.Connection, previous: bool, failed: int) -> DocumentCounts:
    """Compare the documents with those of the previous generation, by root and name."""
    files = "SELECT root, name, max(sha256) AS sha256 FROM {}.documents GROUP BY root, name"
    new = files.format("main")
    old = files.format("previous" if previous else "main") + ("" if previous else " LIMIT 0")
    found, before, both, same = store.execute(
        f"WITH new AS ({new}), old AS ({old}) "  # noqa: S608 - nothing in it comes from outside
        "SELECT count(*), (SELECT count(*) FROM old), count(old.sha256), "
        "count(*) FILTER (WHERE old.sha256 = new.sha256) FROM new LEFT JOIN old USING (root, name)"
    ).fetchone()
    return DocumentCounts(
        added=found - both,
        changed=both - same,
        unchanged=same,
        removed=before - both,
        failed=failed,
    )


def _nothing_usable(paths: Sequence[Path], failures: Sequence[Failure]) -> str:
    names = without_surrogates(", ".join(str(path) for path in paths))
    why = f" The first problem: {failures[0].document}: {failures[0].reason}" if failures else ""
    return (
        f"No document with text was found in {names}, so the index stays as it was; "
        f"name a folder or file that holds documents.{why}"
    )
