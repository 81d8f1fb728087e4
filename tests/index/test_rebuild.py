"""A rebuild costs what changed, and publishes only what is whole."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from ragbot.errors import CorpusError, IndexMissingError, RagbotError, RebuildCancelledError
from ragbot.index.folder import IndexFolder
from ragbot.index.journal import Journal
from ragbot.index.protocols import Generation, Index
from ragbot.index.rebuild import rebuild, withdraw
from ragbot.results import DocumentCounts, RebuildReport
from tests.hashing import HashingEmbedder

Build = Callable[..., RebuildReport]

wherever = pytest.mark.parametrize("folder", ["local", "milvus"], indirect=True)
"""Of a test that holds for a local index and for one in Milvus."""


@contextmanager
def _opened(folder: Index) -> Iterator[Generation]:
    generation, warnings = folder.open_newest(trust_unchanged=False)
    assert warnings == []
    yield generation
    generation.retire()


def _names(folder: Index) -> set[str]:
    with _opened(folder) as generation:
        return {row.name for row in generation.store.documents()}


@wherever
def test_the_first_rebuild_embeds_every_passage_once(
    build: Build, embedder: HashingEmbedder
) -> None:
    """Everything is new, and repeated texts are embedded once."""
    report = build()
    assert report.documents == DocumentCounts(added=10)
    assert report.passages.added >= 10
    assert report.embedded == len(embedder.embedded) == len(set(embedder.embedded))


@wherever
def test_a_rebuild_without_changes_embeds_and_publishes_nothing(build: Build) -> None:
    """What is served stays."""
    first, second = build(), build()
    assert second.embedded == 0
    assert second.documents == DocumentCounts(unchanged=10)
    assert second.passages.unchanged == first.passages.added
    assert second.generation == first.generation


@wherever
def test_a_change_embeds_only_its_own_passages(
    build: Build, corpus: Path, embedder: HashingEmbedder
) -> None:
    """One file of ten changed: nothing of the other nine goes through the model."""
    build()
    embedder.embedded.clear()
    (corpus / "3.txt").write_text(
        "山西 让知识产权火起来\n山西将召开全省知识产权保护大会。\n", "utf-8"
    )
    report = build()
    assert report.documents == DocumentCounts(changed=1, unchanged=9)
    assert report.embedded == 1
    assert all("山西" in text for text in embedder.embedded)


@wherever
def test_a_renamed_file_costs_nothing(build: Build, corpus: Path, folder: Index) -> None:
    """File names are not embedded."""
    build()
    (corpus / "sub").mkdir()
    (corpus / "3.txt").rename(corpus / "sub" / "改名.txt")
    assert build().embedded == 0
    assert "sub/改名.txt" in _names(folder)
    assert "3.txt" not in _names(folder)


@wherever
def test_a_removed_file_is_gone_with_the_same_publish(
    build: Build, corpus: Path, folder: Index
) -> None:
    """Its passages are in no leg of the index any more."""
    build()
    (corpus / "6.txt").unlink()
    report = build()
    assert report.documents.removed == 1
    with _opened(folder) as generation:
        rows, _ = generation.lexical.search([("bigrams", "上海")], 10)
        assert len(rows) == 0
        assert generation.first_units[-1] == generation.manifest.units == 45


@wherever
def test_documents_of_the_same_name_and_text_have_ids_of_their_own(
    folder: Index, embedder: HashingEmbedder, tmp_path: Path
) -> None:
    """Two folders may hold a file of the same name."""
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.txt").write_text("同样的文字。", "utf-8")
    report = rebuild(folder, [tmp_path / "a", tmp_path / "b"], embedder, keep=2)
    assert report.documents.added == 2
    assert report.embedded == 1
    with _opened(folder) as generation:
        assert len({row.id for row in generation.store.documents()}) == 2


@wherever
def test_nothing_usable_never_replaces_a_good_index(
    build: Build, folder: Index, tmp_path: Path
) -> None:
    """An empty folder, one without text and a missing one each leave the index as it was."""
    good = build().generation
    empty, blank = tmp_path / "empty", tmp_path / "blank"
    empty.mkdir()
    blank.mkdir()
    (blank / "x.txt").write_text(" \n\n", "utf-8")
    for path in (empty, blank, tmp_path / "missing"):
        with pytest.raises(CorpusError) as caught:
            build(path)
        assert "\n" not in str(caught.value)
    assert folder.current_id() == good


@wherever
def test_a_bad_file_is_listed_and_stops_nothing(build: Build, corpus: Path) -> None:
    """The other files are indexed."""
    (corpus / "bad.txt").write_bytes(b"")
    report = build()
    assert report.documents.failed == 1
    assert report.failures[0].document == "bad.txt"
    assert report.documents.added == 10


def test_what_a_killed_rebuild_had_embedded_is_not_embedded_again(
    corpus: Path, folder: IndexFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal holds it until the next rebuild publishes it."""

    class Dies(HashingEmbedder):
        def embed_passages(self, texts, *, progress=None):  # type: ignore[no-untyped-def]
            vectors = super().embed_passages(texts, progress=progress)
            if len(self.embedded) > 4:
                raise KeyboardInterrupt
            return vectors

    monkeypatch.setattr("ragbot.index.vectors._AT_ONCE", 2)
    with pytest.raises(KeyboardInterrupt):
        rebuild(folder, [corpus], Dies(), keep=2)
    assert folder.ids() == []
    whole = rebuild(IndexFolder(tmp_path / "whole"), [corpus], HashingEmbedder(), keep=2).embedded
    survivor = HashingEmbedder()
    report = rebuild(folder, [corpus], survivor, keep=2)
    assert report.embedded == len(survivor.embedded) == whole - 4


@wherever
def test_another_model_embeds_everything_again(build: Build, corpus: Path, folder: Index) -> None:
    """Vectors of two models are never mixed."""
    first = build()
    other = HashingEmbedder("hashing-2", dimension=32)
    report = rebuild(folder, [corpus], other, keep=2)
    assert report.embedded == first.embedded
    with _opened(folder) as generation:
        assert generation.manifest.dimension == 32
        assert generation.dense.vectors(np.arange(3)).shape == (3, 32)


@wherever
def test_only_one_rebuild_writes_at_a_time(build: Build, folder: Index) -> None:
    """The second gets one clear sentence."""
    with folder.writer(), pytest.raises(RagbotError, match="Another rebuild"):
        build()
    build()


def test_old_generations_go_unless_they_are_read(
    build: Build, folder: IndexFolder, corpus: Path
) -> None:
    """The newest ones are kept, and one that a reader holds stays until it lets go."""

    def publish(number: int) -> str:
        (corpus / "0.txt").write_text(f"北京将建设第{number}个中心。", "utf-8")
        return build().generation

    first = publish(0)
    held, _ = folder.open_newest(trust_unchanged=True)
    last = [publish(number) for number in (1, 2, 3)][-1]
    assert folder.ids()[0] == last
    assert first in folder.ids()
    assert len(folder.ids()) == 3
    held.close()
    last = publish(4)
    assert folder.ids()[0] == last
    assert len(folder.ids()) == 2


def test_a_rebuild_that_was_never_published_is_not_repeated(
    build: Build, folder: IndexFolder, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between the rename and the pointer: the paths of what is served are kept to."""
    served = build().generation
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.txt").write_text("别的文件。", "utf-8")

    class Kill(BaseException):
        pass

    def kill(path: Path, _: str) -> None:
        if path.name == "current":
            raise Kill

    with monkeypatch.context() as patched:
        patched.setattr("ragbot.index.folder._write_atomically", kill)
        with pytest.raises(Kill):
            build(other)
    assert folder.current_id() == served
    assert len(folder.ids()) == 2
    assert folder.last_sources() == (str(corpus.resolve()),)


def test_nothing_can_be_cancelled_once_it_is_published(
    folder: IndexFolder, corpus: Path, embedder: HashingEmbedder
) -> None:
    """Whenever a caller's progress raises, the index is as it was."""
    calls = 0

    def raising_at(last: int) -> Callable[[str, int, int], None]:
        def progress(*_: object) -> None:
            nonlocal calls
            calls += 1
            if calls == last:
                raise RebuildCancelledError("Cancelled.")

        return progress

    for last in range(1, 1000):
        calls = 0
        try:
            rebuild(folder, [corpus], embedder, keep=2, progress=raising_at(last))
        except RebuildCancelledError:
            assert folder.current_id() is None
        else:
            assert calls == last - 1
            break
    assert folder.current_id() is not None


@pytest.mark.skipif(sys.platform == "win32", reason="files that are open are not removed there")
def test_a_generation_that_goes_while_it_is_opened_leads_to_the_next(
    build: Build, folder: IndexFolder, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rebuild may publish and remove between the look at the pointer and the lock."""
    first = build(keep=1).generation
    candidates, looked = IndexFolder.candidates, []

    def overtaken(self: IndexFolder) -> tuple[list[str], list[str]]:
        found = candidates(self)
        if not looked:
            looked.append(found)
            (corpus / "0.txt").write_text("北京将建设另一个中心。", "utf-8")
            monkeypatch.undo()
            build(keep=1)
        return found

    monkeypatch.setattr(IndexFolder, "candidates", overtaken)
    with _opened(folder) as generation:
        assert generation.id != first
        assert generation.store.passages([0])


@wherever
def test_what_is_withdrawn_is_gone_until_something_is_built(
    build: Build, folder: Index, corpus: Path
) -> None:
    """Nothing is served, nothing is taken over, and no file of it is left."""
    build()
    (corpus / "0.txt").write_text("北京将建设另一个中心。", "utf-8")
    build()
    closed = []
    report = withdraw(folder, lambda: closed.append(True))
    assert closed
    assert report.documents == DocumentCounts(removed=10)
    assert folder.is_empty()
    assert folder.last_sources() is None
    for open_it in (folder.open_newest, folder.newest_whole):
        with pytest.raises(IndexMissingError):
            open_it(trust_unchanged=True)
    with pytest.raises(IndexMissingError):
        withdraw(folder, lambda: None)
    left = folder.ids() if isinstance(folder, IndexFolder) else folder._generations()  # type: ignore[attr-defined]
    assert not left
    report = build()
    assert report.documents == DocumentCounts(added=10)
    assert len(_names(folder)) == 10


def test_the_journal_forgets_vectors_that_were_altered(tmp_path: Path) -> None:
    """A flipped bit costs an embedding, never a wrong vector."""
    journal = Journal(tmp_path / "j.sqlite")
    journal.add([b"a", b"b"], np.ones((2, 4), np.float32))
    journal._connection.execute("UPDATE vectors SET vector = zeroblob(16) WHERE hash = ?", (b"a",))
    assert list(journal.find([b"a", b"b", b"c"])) == [b"b"]
    journal.close()


def test_taking_a_document_over_looks_up_and_never_scans(build: Build, folder: IndexFolder) -> None:
    """Else two thousand unchanged documents would cost minutes."""
    build()
    generation, _ = folder.open_newest(trust_unchanged=False)
    with generation:
        for query in (
            "SELECT * FROM passages WHERE document = 1",
            "SELECT * FROM statements WHERE document = 1",
            "SELECT * FROM passages WHERE statement = 1",
            "SELECT * FROM units WHERE passage IN (SELECT row FROM passages WHERE document = 1)",
            "SELECT * FROM units WHERE hash = x'00'",
            "SELECT * FROM documents WHERE id = 'x'",
        ):
            plan = generation.store._connect().execute(f"EXPLAIN QUERY PLAN {query}").fetchall()
            assert not [step for *_, step in plan if step.startswith("SCAN")], query
