"""Several processes that learn one model, a share of every batch each.

Two processes of one thread make twice the tokens of one process with two: the many small
operations of a batch of short texts leave a second thread little to do.
"""

import os
import signal
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import distributed

__all__ = ["add_up", "place", "together"]


def together(processes: int, work: Callable[..., None], *arguments: Any) -> None:
    """Call ``work(*arguments)`` in so many processes that know of one another; wait for all.

    Raises:
        torch.multiprocessing.ProcessException: One failed or was killed; the others are ended.
    """
    with tempfile.TemporaryDirectory() as folder:
        meeting = Path(folder) / "meeting"
        torch.multiprocessing.spawn(  # type: ignore[no-untyped-call]
            _one, (processes, meeting, work, arguments), nprocs=processes
        )


def _one(
    rank: int, processes: int, meeting: Path, work: Callable[..., None], arguments: Sequence[Any]
) -> None:
    torch.set_num_threads(max(1, (os.cpu_count() or 1) // processes))
    # It is sent when the parent dies, and inherited as ignored from a shell's background.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    store = distributed.FileStore(str(meeting), processes)
    distributed.init_process_group("gloo", store=store, rank=rank, world_size=processes)
    try:
        work(*arguments)
    finally:
        distributed.destroy_process_group()


def place() -> tuple[int, int]:
    """Return which process this is and of how many; the first of one outside of ``together``."""
    if distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    return 0, 1


def add_up(parameters: Iterable[torch.Tensor], loss: torch.Tensor) -> float:
    """Give every process the sum of the gradients of all; return the sum of their losses."""
    held = list(parameters)
    if place()[1] > 1:
        for one in held:
            if one.grad is None:  # its share of this batch was empty
                one.grad = torch.zeros_like(one)
        row = torch.cat([one.grad.flatten() for one in held] + [loss.detach().reshape(1)])
        distributed.all_reduce(row)
        *parts, total = row.split([one.numel() for one in held] + [1])
        for one, part in zip(held, parts, strict=True):
            one.grad = part.view_as(one)
        return total.item()
    return loss.item()
