"""Runs side by side, and their mean."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from filelock import FileLock
from numpy.typing import NDArray

from training.data import Cut, Example, Paragraph, Question
from training.loop import Plan, Stage
from training.runs import learn, mean, run

STAGE = Stage("once", 1, 1, Cut(longest=120, whole=0.5), rate=1e-3, head_rate=1e-3, warm_up=1)
PLAN = Plan(stages=(STAGE,), trained_layers=1, batch_tokens=200)
PARAGRAPH = Paragraph("p", "战国无双", "战国无双由光荣开发。它于2009年在日本发售，后来有了续作。")
QUESTIONS = [
    Question("a", "谁开发的？", PARAGRAPH, ("光荣",)),
    Question("b", "何时发售？", PARAGRAPH, ("2009年",)),
    Question("c", "在哪里发售？", PARAGRAPH, ("日本",)),
]
UNANSWERED = {"a": [Example("谁开发的？", "这里没有答案。", "", ())]}


@pytest.fixture
def one_thread() -> Iterator[None]:
    """As in a process of a run: sums of two threads differ in their last digit."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("one_thread")
def test_what_is_learnt_is_the_mean_of_runs_that_differ(model_folder: Path, tmp_path: Path) -> None:
    """In processes of their own they learn what they learn alone."""
    alone = []
    for number in range(PLAN.runs):
        folder = tmp_path / f"alone{number}"
        folder.mkdir()
        alone.append(run(PLAN, number, QUESTIONS, UNANSWERED, model_folder, folder))
    assert any(not np.array_equal(alone[0][name], alone[1][name]) for name in alone[0])
    together = tmp_path / "together"
    together.mkdir()
    learnt = learn(PLAN, QUESTIONS, UNANSWERED, model_folder, together)
    for name, values in mean(alone).items():
        np.testing.assert_allclose(learnt[name], values, atol=1e-5)


def test_runs_begin_with_the_same_weights(model_folder: Path, tmp_path: Path) -> None:
    """Else the mean of their heads would mean nothing."""
    nothing = replace(PLAN, stages=(replace(STAGE, most_steps=0),))
    one, other = (
        run(nothing, number, QUESTIONS, UNANSWERED, model_folder, tmp_path) for number in (0, 1)
    )
    for name, values in one.items():
        np.testing.assert_array_equal(values, other[name])


def test_one_folder_has_one_run_at_a_time(model_folder: Path, tmp_path: Path) -> None:
    """A process whose parent was killed goes on; who starts again waits for what it learns."""
    (tmp_path / "run0").mkdir()
    with ThreadPoolExecutor(1) as thread:
        with FileLock(tmp_path / "run0" / "lock"):
            second = thread.submit(run, PLAN, 0, QUESTIONS, UNANSWERED, model_folder, tmp_path)
            assert not wait([second], 2).done
            assert not list(tmp_path.rglob("*.pt"))
        assert second.result(60)


def test_the_mean_is_by_name() -> None:
    """Each tensor of its own."""
    one: dict[str, NDArray[np.float32]] = {
        "a": np.array([1, 3], np.float32),
        "b": np.zeros(1, np.float32),
    }
    other: dict[str, NDArray[np.float32]] = {
        "a": np.array([3, 5], np.float32),
        "b": np.ones(1, np.float32),
    }
    found = mean([one, other])
    assert found["a"].tolist() == [2, 4]
    assert found["b"].tolist() == [0.5]
    assert found["a"].dtype == np.float32
