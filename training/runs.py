"""Runs of the training, side by side, and the mean of what they learn."""

import multiprocessing
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock
from numpy.typing import NDArray

from ragbot.embedding.onnx_engine import open_tokenizer
from ragbot.reader.joining import MAX_TOKENS, Joiner
from training.data import Example, Question, examples
from training.loop import Plan, batches, tokenised, train
from training.model import SpanModel

__all__ = ["learn", "mean", "run"]

Weights = dict[str, NDArray[np.float32]]


def learn(
    plan: Plan,
    questions: list[Question],
    unanswered: dict[str, list[Example]],
    model_folder: Path,
    folder: Path,
) -> Weights:
    """Do all runs of a plan, each in a process and a folder of its own; return the mean.

    A run that was killed goes on from its last checkpoint.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        plan.runs, mp_context=context, initializer=torch.set_num_threads, initargs=(1,)
    ) as pool:
        running = [
            pool.submit(run, plan, number, questions, unanswered, model_folder, folder)
            for number in range(plan.runs)
        ]
        return mean([one.result() for one in running])


def run(
    plan: Plan,
    number: int,
    questions: list[Question],
    unanswered: dict[str, list[Example]],
    model_folder: Path,
    folder: Path,
) -> Weights:
    """Do one run; return what was trained. Waits for a process that does the same one already."""
    own = folder / f"run{number}"
    own.mkdir(exist_ok=True)
    # One whose parent was killed goes on; two would write over each other's checkpoints.
    with FileLock(own / "lock"):
        joiner = Joiner(open_tokenizer(model_folder / "tokenizer.json", MAX_TOKENS))
        torch.manual_seed(plan.stages[0].seed)  # the head begins the same in every run
        model = SpanModel(model_folder, plan.trained_layers)
        for stage in plan.stages:
            first = stage.seed + 100 * number
            torch.manual_seed(first)
            steps = []
            for seed in range(first, first + stage.passes):
                made = examples(questions, unanswered, stage.cut, seed)
                steps += batches(tokenised(joiner, made), plan.batch_tokens, seed)
            steps = steps[: stage.most_steps]
            sys.stderr.write(f"{own.name}, {stage.name}: {len(steps)} steps\n")
            train(model, plan, stage, steps, own)
        return model.trained()


def mean(learnt: Sequence[Mapping[str, NDArray[np.float32]]]) -> Weights:
    """Return the mean of weights by name."""
    return {name: np.mean([one[name] for one in learnt], axis=0) for name in learnt[0]}
