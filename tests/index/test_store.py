"""Connections to a store."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ragbot.index.folder import IndexFolder
from ragbot.results import RebuildReport


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files cannot be counted")
def test_threads_that_end_leave_no_file_open(
    folder: IndexFolder, build: Callable[..., RebuildReport]
) -> None:
    """Servers and pools make new ones without end."""
    build()
    generation, _ = folder.open_newest(trust_unchanged=True)
    with generation:

        def read() -> None:
            assert len(generation.store.passages([0])) == 1

        def one_after_another(count: int) -> int:
            for _ in range(count):
                thread = threading.Thread(target=read)
                thread.start()
                thread.join()
            return len(list(Path("/proc/self/fd").iterdir()))

        assert one_after_another(40) <= one_after_another(2) + 2
        read()
