"""Batches, steps and checkpoints."""

import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from ragbot.reader.joining import Joined, Joiner
from training.data import Example
from training.model import SpanModel, span_loss

__all__ = ["Item", "Plan", "batches", "tokenised", "train"]

_PADDING = 1
_EVERY = 100
"""Steps between checkpoints, some five minutes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is."""

    trained_layers: int = 8
    passes: int = 3
    batch_tokens: int = 3600
    rate: float = 2.5e-4
    head_rate: float = 1e-3
    warm_up: float = 0.06
    decay: float = 0.01
    seed: int = 20


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


def _padded(batch: list[Item]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    longest = max(len(item.joined.ids) for item in batch)
    ids = torch.full((len(batch), longest), _PADDING)
    passage = torch.zeros((len(batch), longest), dtype=torch.bool)
    passage[:, 0] = True
    for row, item in enumerate(batch):
        ids[row, : len(item.joined.ids)] = torch.tensor(item.joined.ids)
        first = item.joined.first
        passage[row, first : first + len(item.joined.offsets)] = True
    return ids, ids != _PADDING, passage


def train(model: SpanModel, plan: Plan, all_batches: Sequence[list[Item]], folder: Path) -> None:
    """Train, going on from the checkpoint in ``folder`` if there is one."""
    trained = [p for p in model.encoder.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(
        [
            {"params": trained, "lr": plan.rate},
            {"params": model.head.parameters(), "lr": plan.head_rate},
        ],
        weight_decay=plan.decay,
    )
    total = len(all_batches)
    warm = max(1, round(total * plan.warm_up))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / warm, (total - step) / max(1, total - warm))
    )
    done = _resume(folder / "checkpoint.pt", model, optimiser, schedule)
    model.train()
    losses: list[float] = []
    started, tokens = time.monotonic(), 0
    for step in range(done, total):
        ids, mask, passage = _padded(all_batches[step])
        loss = span_loss(model(ids, mask), passage, [item.spans for item in all_batches[step]])
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
        tokens += ids.numel()
        if (step + 1) % 20 == 0:
            speed = tokens / (time.monotonic() - started)
            left = (total - step - 1) * (time.monotonic() - started) / (step + 1 - done)
            sys.stderr.write(
                f"step {step + 1} of {total}: loss {sum(losses[-60:]) / len(losses[-60:]):.3f}, "
                f"{speed:.0f} tokens/s, {left / 60:.0f} min left\n"
            )
        if (step + 1) % _EVERY == 0 or step + 1 == total:
            _save(folder / "checkpoint.pt", model, optimiser, schedule, step + 1)


def _trained_state(model: SpanModel) -> dict[str, torch.Tensor]:
    names = {name for name, p in model.named_parameters() if p.requires_grad}
    return {name: value for name, value in model.state_dict().items() if name in names}


def _save(
    path: Path,
    model: SpanModel,
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    done: int,
) -> None:
    aside = path.with_suffix(".new")
    torch.save(
        {
            "done": done,
            "model": _trained_state(model),
            "optimiser": optimiser.state_dict(),
            "schedule": schedule.state_dict(),
        },
        aside,
    )
    aside.replace(path)


def _resume(
    path: Path,
    model: SpanModel,
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
) -> int:
    """Load a checkpoint; return how many steps it has behind it."""
    if not path.is_file():
        return 0
    saved = torch.load(path, weights_only=True)
    model.load_state_dict(saved["model"], strict=False)
    optimiser.load_state_dict(saved["optimiser"])
    schedule.load_state_dict(saved["schedule"])
    return int(saved["done"])
