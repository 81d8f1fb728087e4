"""Batches, steps and checkpoints."""

import hashlib
import random
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from safetensors.numpy import save_file
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ragbot.errors import RagbotError
from ragbot.reader.joining import Joined, Joiner
from training.data import Cut, Example
from training.model import SpanModel, span_loss
from training.together import add_up, place

__all__ = ["Item", "Plan", "Stage", "batches", "check", "learn", "tokenised", "train"]

_PADDING = 1
_EVERY = 100
"""Steps between checkpoints, some five minutes."""
_AVERAGE = 0.998
"""What a step leaves of the moving average: it is over some 500 steps, nine tenths of a pass."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Passes over the questions, and how they are learnt."""

    name: str
    passes: int
    seed: int
    cut: Cut
    rate: float
    head_rate: float
    warm_up: int
    """Steps in which the rate rises."""
    dropout: float = 0.0
    averaged: bool = False
    """Keep the rate, and end with a moving average of the weights; else let the rate fall to 0."""
    most_steps: int | None = None
    """Where it ends though there are more; an average may end anywhere."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is.

    The first stage learns fast and, without dropout, nearly by heart. The second, with dropout,
    longer passages and averaged weights, is there for the questions it has not seen.
    """

    stages: tuple[Stage, ...] = (
        Stage(
            "first",
            passes=3,
            seed=20,
            cut=Cut(longest=280, whole=0.12),
            rate=2.5e-4,
            head_rate=1e-3,
            warm_up=84,
        ),
        Stage(
            "second",
            passes=2,
            seed=40,
            cut=Cut(longest=340, whole=0.25),
            rate=1.5e-4,
            head_rate=5e-4,
            warm_up=66,
            dropout=0.1,
            averaged=True,
            most_steps=600,
        ),
    )
    trained_layers: int = 8
    batch_tokens: int = 3600
    processes: int = 2
    """They share every batch; what dropout drops depends on how many they are."""
    decay: float = 0.01


@dataclass(frozen=True, slots=True)
class Item:
    """An example as tokens; ``spans`` are first and last token of each answer."""

    joined: Joined
    spans: list[tuple[int, int]]


def tokenised(joiner: Joiner, made: Sequence[Example]) -> list[Item]:
    """Turn examples into tokens, without those whose answer is cut off."""
    items = []
    for one in made:
        joined = joiner.join(one.question, one.passage, one.context)
        found = [span for a, b in one.spans if (span := joined.token_span(a, b))]
        if found or not one.spans:
            items.append(Item(joined, found))
    return items


def batches(items: Sequence[Item], most: int, seed: int) -> list[list[Item]]:
    """Put items of nearly one length together, at most ``most`` tokens a batch, padding counted."""
    draw = random.Random(seed)  # noqa: S311 - repeatable on purpose
    made: list[list[Item]] = []
    for item in sorted(items, key=lambda item: (len(item.joined.ids), draw.random())):
        if made and (len(made[-1]) + 1) * len(item.joined.ids) <= most:
            made[-1].append(item)
        else:
            made.append([item])
    draw.shuffle(made)
    return made


def _padded(batch: Sequence[Item]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    longest = max(len(item.joined.ids) for item in batch)
    ids = torch.full((len(batch), longest), _PADDING)
    passage = torch.zeros((len(batch), longest), dtype=torch.bool)
    passage[:, 0] = True
    for row, item in enumerate(batch):
        ids[row, : len(item.joined.ids)] = torch.tensor(item.joined.ids)
        first = item.joined.first
        passage[row, first : first + len(item.joined.offsets)] = True
    return ids, ids != _PADDING, passage


@dataclass(frozen=True, slots=True)
class _Run:
    """All that a checkpoint holds."""

    model: SpanModel
    average: AveragedModel
    optimiser: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler


def check(plan: Plan, steps: Mapping[Stage, Sequence[list[Item]]], folder: Path) -> None:
    """See that the checkpoints in ``folder`` are of these stages.

    Raises:
        RagbotError: one is of another plan, or of other data.
    """
    for stage, all_batches in steps.items():
        path = folder / f"{stage.name}.pt"
        if path.is_file():
            saved = torch.load(path, weights_only=True, mmap=True)
            if saved.get("of") != _identity(plan, stage, all_batches):
                raise RagbotError(
                    f"{path} was trained by another plan or from other data; name a new folder."
                )


def _identity(plan: Plan, stage: Stage, all_batches: Sequence[list[Item]]) -> str:
    """Return what differs where anything does that a stage learns from or by."""
    digest = hashlib.sha256(repr((stage, replace(plan, stages=()))).encode())
    for batch in all_batches:
        digest.update(repr([(item.joined.ids, item.spans) for item in batch]).encode())
    return digest.hexdigest()


def learn(
    plan: Plan,
    steps: Mapping[Stage, Sequence[list[Item]]],
    model_folder: Path,
    folder: Path,
    to: Path,
) -> None:
    """Train a fresh model, stage after stage; write what it learnt to ``to`` as safetensors."""
    torch.manual_seed(plan.stages[0].seed)
    model = SpanModel(model_folder, plan.trained_layers)
    for stage, all_batches in steps.items():
        train(model, plan, stage, all_batches, folder)
    if place()[0] == 0:
        save_file(model.trained(), to)


def train(
    model: SpanModel, plan: Plan, stage: Stage, all_batches: Sequence[list[Item]], folder: Path
) -> None:
    """Train a stage, going on from its checkpoint in ``folder`` if there is one.

    Within ``together`` each process works on its share of a batch, and all end with one model.
    """
    checkpoint = folder / f"{stage.name}.pt"
    model.set_dropout(stage.dropout)
    trained = [p for p in model.encoder.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(
        [
            {"params": trained, "lr": stage.rate},
            {"params": model.head.parameters(), "lr": stage.head_rate},
        ],
        weight_decay=plan.decay,
    )
    total = len(all_batches)

    def rate(step: int) -> float:
        falling = 1.0 if stage.averaged else (total - step) / max(1, total - stage.warm_up)
        return min((step + 1) / stage.warm_up, falling)

    run = _Run(
        model,
        AveragedModel(model.learnt, multi_avg_fn=get_ema_multi_avg_fn(_AVERAGE)),
        optimiser,
        torch.optim.lr_scheduler.LambdaLR(optimiser, rate),
    )
    done = _resume(checkpoint, run)
    model.train()
    losses: list[float] = []
    started, tokens = time.monotonic(), 0
    rank, processes = place()
    identity = _identity(plan, stage, all_batches) if rank == 0 else ""
    for step in range(done, total):
        batch = all_batches[step]
        torch.manual_seed(stage.seed * 1_000_000 + step * 10 + rank)  # a resumed run drops alike
        optimiser.zero_grad()
        losses.append(add_up(model.learnt, _backward(model, batch[rank::processes], len(batch))))
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        run.schedule.step()
        run.average.update_parameters(model.learnt)
        tokens += len(batch) * max(len(item.joined.ids) for item in batch)
        if rank == 0 and (step + 1) % 20 == 0:
            speed = tokens / (time.monotonic() - started)
            left = (total - step - 1) * (time.monotonic() - started) / (step + 1 - done)
            sys.stderr.write(
                f"{stage.name}, step {step + 1} of {total}: "
                f"loss {sum(losses[-60:]) / len(losses[-60:]):.3f}, "
                f"{speed:.0f} tokens/s, {left / 60:.0f} min left\n"
            )
        if rank == 0 and ((step + 1) % _EVERY == 0 or step + 1 == total):
            _save(checkpoint, run, step + 1, identity)
    if stage.averaged:
        model.learnt.load_state_dict(run.average.module.state_dict())


def _backward(model: SpanModel, items: Sequence[Item], of: int) -> torch.Tensor:
    """Add the gradients of some items of a batch of so many; return their part of its loss."""
    if not items:
        return torch.zeros(())
    ids, mask, passage = _padded(items)
    loss = span_loss(model(ids, mask), passage, [item.spans for item in items]) * len(items) / of
    loss.backward()  # type: ignore[no-untyped-call]
    return loss


def _save(path: Path, run: _Run, done: int, identity: str) -> None:
    aside = path.with_suffix(".new")
    torch.save(
        {
            "of": identity,
            "done": done,
            "model": run.model.learnt.state_dict(),
            "average": run.average.state_dict(),
            "optimiser": run.optimiser.state_dict(),
            "schedule": run.schedule.state_dict(),
        },
        aside,
    )
    aside.replace(path)


def _resume(path: Path, run: _Run) -> int:
    """Load a checkpoint; return how many steps it has behind it."""
    if not path.is_file():
        return 0
    saved = torch.load(path, weights_only=True)
    run.model.learnt.load_state_dict(saved["model"])
    run.average.load_state_dict(saved["average"])
    run.optimiser.load_state_dict(saved["optimiser"])
    run.schedule.load_state_dict(saved["schedule"])
    return int(saved["done"])
