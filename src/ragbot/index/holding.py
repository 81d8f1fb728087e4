"""Locks on generations in a folder: who reads one keeps it from being removed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ragbot.errors import GenerationGoneError

__all__ = ["held", "hold", "unused"]

_LOCKED = "manifest.json"


def hold(directory: Path) -> int | None:
    """Take a shared lock on a generation, so that no rebuild removes it while it is read.

    Returns a descriptor to close, None where there is nothing to lock.

    Raises:
        GenerationGoneError: a rebuild has removed it.
    """
    try:
        import fcntl
    except ImportError:  # Windows does not remove files that are open
        return None
    try:
        handle = os.open(directory / _LOCKED, os.O_RDONLY)
    except OSError as error:
        if directory.is_dir():  # its manifest is missing, or not to be read: for others to say
            return None
        raise _gone(directory) from error
    fcntl.flock(handle, fcntl.LOCK_SH)
    # Whoever removed it had the lock, and let go of it afterwards.
    with suppress(OSError):
        if os.path.samestat(os.fstat(handle), (directory / _LOCKED).stat()):
            return handle
    os.close(handle)
    raise _gone(directory)


def _gone(directory: Path) -> GenerationGoneError:
    return GenerationGoneError(f"Generation {directory.name} has been removed; ask again.")


@contextmanager
def held(directory: Path) -> Iterator[None]:
    """Hold a generation for the length of the block.

    Raises:
        GenerationGoneError: a rebuild has removed it.
    """
    handle = hold(directory)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


@contextmanager
def unused(directory: Path) -> Iterator[bool]:
    """Tell whether no reader holds a generation, keeping readers out meanwhile."""
    try:
        import fcntl
    except ImportError:
        yield True
        return
    try:
        handle = os.open(directory / _LOCKED, os.O_RDONLY)
    except OSError:
        yield True
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(handle)
