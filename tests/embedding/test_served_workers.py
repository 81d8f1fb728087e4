"""Vectors from a server of two processes, some of which are killed."""

import threading
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from ragbot.bot import Ragbot
from ragbot.documents.sample import sample_corpus
from ragbot.embedding import served
from ragbot.errors import ModelError
from ragbot.settings import load_settings
from tests.embedding_peer import Workers

BATCH, AT_ONCE = 4, 4
UNDER_WAY = BATCH * AT_ONCE


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample corpus is a hundred texts: let there be many batches of them."""
    monkeypatch.setattr(served, "_BATCH", BATCH)
    monkeypatch.setattr(served, "_AT_ONCE", AT_ONCE)


def _bot(data_dir: Path, workers: Workers) -> Ragbot:
    settings = load_settings(
        data_dir=data_dir, embedding_url=workers.url, embedding_model="multilingual-e5-small"
    )
    return Ragbot(settings, lambda _: None)


def _killer(workers: Workers, *, others: bool) -> threading.Thread:
    killer = threading.Thread(
        target=workers.kill_when_one_holds, kwargs={"others": others}, daemon=True
    )
    killer.start()
    return killer


def _assert_same(other: Ragbot, bot: Ragbot) -> None:
    """Every passage is there once, with the vector that the model gives here."""
    with other.current.hold() as generation, bot.current.hold() as ours:
        assert generation.manifest.passages == ours.manifest.passages
        assert generation.manifest.units == ours.manifest.units
        rows = np.arange(ours.manifest.units)
        expected = ours.dense.vectors(rows)
        assert np.allclose(generation.dense.vectors(rows), expected, rtol=0, atol=1e-5)


def test_a_rebuild_outlives_a_worker(bot: Ragbot, tmp_path: Path, models_dir: Path) -> None:
    """Its request goes to the other one; no text is lost, and only that request is done twice."""
    with Workers(models_dir, tmp_path / "workers") as workers:
        workers.start(2, holds_at=3)
        killer = _killer(workers, others=False)
        with _bot(tmp_path / "data", workers) as other:
            report = other.rebuild([sample_corpus()])
            killer.join()
            _assert_same(other, bot)
        answered, asked = Counter(workers.texts("answered")), Counter(workers.texts("asked"))
        assert answered.keys() == asked.keys()
        assert len(answered) == report.embedded
        assert 0 < asked.total() - len(asked) <= UNDER_WAY


def test_the_next_rebuild_goes_on_where_both_workers_fell(
    bot: Ragbot, tmp_path: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence says what happened, and nothing is published."""
    monkeypatch.setattr(served, "_RETRIES", 1)
    monkeypatch.setattr("ragbot.index.vectors._AT_ONCE", UNDER_WAY)
    with Workers(models_dir, tmp_path / "workers") as workers:
        workers.start(2, holds_at=4)
        killer = _killer(workers, others=True)
        with _bot(tmp_path / "data", workers) as other:
            with pytest.raises(ModelError, match="RAGBOT_EMBEDDING_URL") as said:
                other.rebuild([sample_corpus()])
            assert "\n" not in str(said.value)
            killer.join()
            assert other.index.is_empty()
            before = Counter(workers.texts("asked"))
            workers.start(1)
            report = other.rebuild([sample_corpus()])
            _assert_same(other, bot)
        again = Counter(workers.texts("asked")) - before
        assert again.total() == len(again) == report.embedded
        assert 0 < (again & before).total() <= UNDER_WAY
