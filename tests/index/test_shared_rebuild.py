"""Rebuilds whose vectors are computed by workers: a real scheduler, real processes, real kills."""

import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import dask
import numpy as np
import pytest

from ragbot import sharing
from ragbot.bot import Ragbot
from ragbot.documents.sample import sample_corpus
from ragbot.errors import ModelError, RebuildCancelledError, SettingsError
from ragbot.index.folder import IndexFolder
from ragbot.index.rebuild import rebuild
from ragbot.settings import load_settings
from ragbot.sharing import embed_by_workers
from tests.dask_cluster import Cluster
from tests.hashing import HashingEmbedder

MODEL = "hashing-1"
PIECE = 2
IN_HAND = 2 * sharing._A_THREAD * PIECE
"""Texts that two workers have at a time."""


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """The corpora are small: let there be many pieces of them."""
    monkeypatch.setattr("ragbot.index.vectors._SHARED", PIECE)


@pytest.fixture
def cluster(tmp_path: Path, models_dir: Path) -> Iterator[Cluster]:
    """A scheduler without workers."""
    with Cluster(tmp_path / "cluster", models_dir) as running:
        yield running


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Twenty files, some with the same sentence."""
    folder = tmp_path / "docs"
    folder.mkdir()
    for number in range(20):
        text = "".join(f"第{number}市将建设第{line}号知识产权保护中心。\n" * 3 for line in range(9))
        (folder / f"{number}.txt").write_text(f"{text}\n各市都要保护知识产权。\n", "utf-8")
    return folder


def _assert_same(one: IndexFolder, other: IndexFolder) -> None:
    """Both hold the same passages, the same vectors and the same counts."""
    first, _ = one.open_newest(trust_unchanged=False)
    second, _ = other.open_newest(trust_unchanged=False)
    counts = ("documents", "statements", "passages", "units", "mean_key_chars", "fingerprint")
    with first, second:
        for name in counts:
            assert getattr(first.manifest, name) == getattr(second.manifest, name)
        assert list(first.store.document_names()) == list(second.store.document_names())
        passages = range(first.manifest.passages)
        assert first.store.passages(passages) == second.store.passages(passages)
        rows = np.arange(first.manifest.units)
        assert np.array_equal(first.dense.vectors(rows), second.dense.vectors(rows))


def test_a_worker_that_is_killed_costs_nothing(
    cluster: Cluster, corpus: Path, tmp_path: Path
) -> None:
    """What it had is done by another one; its nanny starts it again."""
    alone, shared = IndexFolder(tmp_path / "alone"), IndexFolder(tmp_path / "shared")
    expected = rebuild(alone, [corpus], HashingEmbedder(), keep=2)
    here = HashingEmbedder()
    cluster.start_hashing(2, fingerprint=MODEL, holds_at=4)
    killer = threading.Thread(target=cluster.kill_the_one_that_holds, daemon=True)
    killer.start()
    share = partial(embed_by_workers, cluster.address, here)
    report = rebuild(shared, [corpus], here, keep=2, share=share)
    killer.join()
    assert here.embedded == []
    assert (report.documents, report.passages) == (expected.documents, expected.passages)
    assert report.embedded == expected.embedded
    assert len(cluster.embedded()) >= 2
    assert 0 <= sum(cluster.embedded()) - report.embedded <= IN_HAND
    _assert_same(alone, shared)


def test_without_workers_or_scheduler_the_next_rebuild_goes_on(
    cluster: Cluster, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence says so, nothing is published, and nothing is done twice that came in."""
    monkeypatch.setattr(sharing, "_PATIENCE", 1.0)
    alone, shared = IndexFolder(tmp_path / "alone"), IndexFolder(tmp_path / "shared")
    whole = rebuild(alone, [corpus], HashingEmbedder(), keep=2).embedded
    share = partial(embed_by_workers, cluster.address, HashingEmbedder())

    def fails(match: str) -> None:
        with pytest.raises(ModelError, match=match) as said:
            rebuild(shared, [corpus], HashingEmbedder(), keep=2, share=share, progress=watch)
        assert "\n" not in str(said.value)
        assert shared.ids() == []

    def watch(stage: str, done: int, total: int) -> None:
        if stage == "embedding" and done:
            monkeypatch.setattr(sharing, "_PATIENCE", 0.5)

    fails("has had no worker")
    monkeypatch.setattr(sharing, "_PATIENCE", 60.0)  # a worker takes its time to start
    monkeypatch.setattr(sharing, "_A_THREAD", 1)
    cluster.start_hashing(1, "--no-nanny", fingerprint=MODEL, holds_at=6)
    threading.Thread(target=cluster.kill_the_one_that_holds, daemon=True).start()
    fails("has had no worker")
    cluster.stop_scheduler()
    monkeypatch.setattr(sharing, "_CONNECTING", 0.5)
    fails("cannot be reached")
    survivor = HashingEmbedder()
    report = rebuild(shared, [corpus], survivor, keep=2)
    assert report.embedded == len(survivor.embedded) == whole - 5 * PIECE
    _assert_same(alone, shared)


def test_a_worker_of_another_model_is_refused(
    cluster: Cluster, corpus: Path, tmp_path: Path
) -> None:
    """Its vectors are not mixed with ours."""
    cluster.start_hashing(1, "--no-nanny", fingerprint="hashing-2")
    shared = IndexFolder(tmp_path / "shared")
    share = partial(embed_by_workers, cluster.address, HashingEmbedder())
    with pytest.raises(ModelError, match="another model than this rebuild"):
        rebuild(shared, [corpus], HashingEmbedder(), keep=2, share=share)
    assert shared.ids() == []


def test_no_more_is_handed_out_than_the_workers_have_in_hand(cluster: Cluster) -> None:
    """The rest of a large corpus stays where it is."""
    cluster.start_hashing(1, "--no-nanny", fingerprint=MODEL)
    taken = 0

    def pieces() -> Iterator[list[str]]:
        nonlocal taken
        for number in range(40):
            taken += 1
            yield [f"第{number}条"]

    most = came = 0
    embedder = HashingEmbedder()
    for number, vectors in embed_by_workers(cluster.address, embedder, pieces(), lambda _: None):
        assert np.array_equal(vectors, embedder.embed_passages([f"第{number}条"]))
        came += 1
        most = max(most, taken - came)
    assert came == taken == 40
    assert most <= 2


def test_the_setting_shares_the_rebuild_of_the_model_that_ships(
    cluster: Cluster, bot: Ragbot, tmp_path: Path, models_dir: Path
) -> None:
    """With the same vectors as alone, to the last bit; nothing new asks nobody."""
    cluster.start(2, "--no-nanny")
    data = tmp_path / "data"
    data.mkdir()
    (data / "models").symlink_to(models_dir.resolve(), target_is_directory=True)
    settings = load_settings(data_dir=data, workers=cluster.address)
    with Ragbot(settings, lambda _: None) as other:
        assert other.rebuild([sample_corpus()]).embedded > 0
        _assert_same(other.index, bot.index)
        cluster.stop_scheduler()
        assert other.rebuild([sample_corpus()]).embedded == 0


@pytest.mark.parametrize("address", ["10.0.0.5:8786", "http://a:1", "tcp://a", "tcp://a:b", "tcp:"])
def test_the_address_is_that_of_a_scheduler(address: str) -> None:
    """With its protocol and its port."""
    with pytest.raises(SettingsError, match="workers"):
        load_settings(workers=address)


def test_a_scheduler_that_goes_in_the_middle_is_said(
    cluster: Cluster, capfd: pytest.CaptureFixture[str]
) -> None:
    """In one sentence, and in nothing that its library logs."""
    cluster.start_hashing(1, "--no-nanny", fingerprint=MODEL)
    pieces = ([f"第{number}条"] for number in range(1000))
    computed = embed_by_workers(cluster.address, HashingEmbedder(), pieces, lambda _: None)
    next(computed)
    cluster.stop_scheduler()
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "1s"}),
        pytest.raises(ModelError, match="cannot be reached"),
    ):
        list(computed)
    assert capfd.readouterr().err == ""


def test_whoever_stops_the_rebuild_need_not_wait(cluster: Cluster) -> None:
    """Also while there is no worker."""

    def stop(_: int) -> None:
        raise RebuildCancelledError("stopped")

    with pytest.raises(RebuildCancelledError):
        list(embed_by_workers(cluster.address, HashingEmbedder(), [["第一条"]], stop))


def test_the_package_that_it_takes_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sets the address learns what to install."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SettingsError, match=r"pip install 'ragbot\[workers\]'"):
        list(embed_by_workers("tcp://127.0.0.1:1", HashingEmbedder(), [["第一条"]], lambda _: None))
