"""A real server in a process of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

APP = Path(__file__).parents[1] / "app.py"


def environment(data_dir: Path, **settings: str) -> dict[str, str]:
    """Return this process's environment with the given settings of ragbot and no other."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAGBOT_")}
    return kept | {"RAGBOT_DATA_DIR": str(data_dir)} | settings


@contextmanager
def serving(data_dir: Path, log: Path, **settings: str) -> Iterator[str]:
    """Run ``app.py`` on a free port; yields the address that it prints, once it can answer."""
    command = [sys.executable, str(APP), "--port", "0"]
    with (
        log.open("w") as stderr,
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            cwd=log.parent,
            env=environment(data_dir, **settings),
        ) as process,
    ):
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            assert address.startswith("http://127.0.0.1:"), log.read_text()
            while httpx.get(f"{address}/healthz", timeout=60).status_code != 200:
                assert process.poll() is None, log.read_text()
                time.sleep(0.1)
            yield address
        finally:
            process.terminate()
            process.wait(30)
