"""Vectors are found: all of them in a small index, nearly all of the nearest in a large one."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ragbot.index.dense import Dense, build

Vectors = NDArray[np.float32]


def _clustered(count: int, seed: int = 0) -> Vectors:
    chance = np.random.default_rng(seed)
    centres = np.random.default_rng(9).normal(size=(40, 32))
    rows = centres[chance.integers(0, 40, count)] + 0.5 * chance.normal(size=(count, 32))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def _built(folder: Path, vectors: Vectors, previous: Path | None = None) -> Dense:
    folder.mkdir()
    file = folder.parent / "vectors.npy"
    np.save(file, vectors)
    build(folder, file, previous)
    return Dense(folder)


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Call an index large that is quick to build."""
    monkeypatch.setattr("ragbot.index.dense._EXACT_UP_TO", 500)


def _nearest(vectors: Vectors, asked: Vectors, k: int) -> list[int]:
    found: list[int] = np.argsort(-(vectors @ asked), kind="stable")[:k].tolist()
    return found


def test_a_small_index_is_exact(tmp_path: Path) -> None:
    """Every row, in order."""
    vectors = _clustered(300)
    dense = _built(tmp_path / "a", vectors)
    assert (dense.count, dense.dimension) == (300, 32)
    for asked in vectors[:20]:
        rows, cosines = dense.search(asked, 10)
        assert rows.tolist() == _nearest(vectors, asked, 10)
        assert np.allclose(cosines, vectors[rows] @ asked, atol=1e-5)


@pytest.mark.usefixtures("large")
def test_a_large_index_finds_nearly_all(tmp_path: Path) -> None:
    """With exact cosines, the best one first."""
    vectors = _clustered(4000)
    dense = _built(tmp_path / "a", vectors)
    assert (tmp_path / "a" / "dense-ivf.faiss").exists()
    found = 0
    for asked in _clustered(100, seed=3):
        rows, cosines = dense.search(asked, 10)
        found += len(set(rows.tolist()) & set(_nearest(vectors, asked, 10)))
        assert np.allclose(cosines, vectors[rows] @ asked, atol=1e-5)
        assert (np.diff(cosines) <= 0).all()
    assert found >= 0.98 * 1000
    assert np.array_equal(dense.vectors(np.array([7, 3])), vectors[[7, 3]])


@pytest.mark.usefixtures("large")
def test_the_cells_of_the_generation_before_are_taken_over(tmp_path: Path) -> None:
    """Training again would cost more than all else that a small change costs."""
    _built(tmp_path / "a", _clustered(4000))
    dense = _built(tmp_path / "b", _clustered(4050, seed=5), tmp_path / "a")
    assert dense.count == 4050
    rows, _ = dense.search(_clustered(4050, seed=5)[4049], 1)
    assert rows.tolist() == [4049]


@pytest.mark.usefixtures("large")
def test_vectors_without_any_cluster_are_searched_one_by_one(tmp_path: Path) -> None:
    """Where cells would miss too much there are none."""
    chance = np.random.default_rng(4)
    rows = chance.normal(size=(1000, 200)).astype(np.float32)
    vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    dense = _built(tmp_path / "a", vectors)
    assert not (tmp_path / "a" / "dense-ivf.faiss").exists()
    assert dense.search(vectors[5], 1)[0].tolist() == [5]


@pytest.mark.parametrize("count", [300, 4000])
@pytest.mark.usefixtures("large")
def test_a_search_may_be_limited_to_some_rows(tmp_path: Path, count: int) -> None:
    """Those are compared one by one."""
    vectors = _clustered(count)
    dense = _built(tmp_path / "a", vectors)
    among = np.arange(0, count, 7)
    rows, _ = dense.search(vectors[1], 5, among)
    assert rows.tolist() == [int(among[i]) for i in _nearest(vectors[among], vectors[1], 5)]
    assert dense.search(vectors[1], 5, np.empty(0, np.int64))[0].tolist() == []


@pytest.mark.usefixtures("large")
def test_a_large_index_finds_as_many_as_are_asked_for(tmp_path: Path) -> None:
    """Also more than lie in the cells it usually looks into."""
    vectors = _clustered(4000)
    dense = _built(tmp_path / "a", vectors)
    for k in (2000, 4000, 9000):
        rows, cosines = dense.search(vectors[0], k)
        assert len(set(rows.tolist())) == min(k, 4000)
        assert (np.diff(cosines) <= 0).all()
