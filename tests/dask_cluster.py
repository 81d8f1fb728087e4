"""A Dask scheduler and workers, as they are started by hand."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from tests.serving import environment

ROOT = Path(__file__).parents[1]
PRELOAD = ROOT / "tests" / "dask_hashing.py"


class Cluster:
    """Leave the context to stop it. ``folder`` holds what its processes write."""

    def __init__(self, folder: Path, models: Path) -> None:
        self.folder = folder
        data = folder / "data"
        data.mkdir(parents=True)
        (data / "models").symlink_to(models.resolve(), target_is_directory=True)
        path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
        self._environment = environment(data) | {"PYTHONPATH": path}
        self.processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "Cluster":
        file = self.folder / "scheduler.json"
        self._dask("scheduler", "--scheduler-file", str(file), "--host", "127.0.0.1", "--port", "0")
        while not (file.exists() and file.read_text()):
            assert self.processes[0].poll() is None
            time.sleep(0.05)
        self.address = json.loads(file.read_text())["address"]
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _dask(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "dask", *arguments, "--no-dashboard"]
        with (self.folder / "log.txt").open("ab") as log:
            self.processes.append(
                subprocess.Popen(
                    command,
                    stdout=log,
                    stderr=log,
                    cwd=self.folder,
                    env=self._environment,
                    start_new_session=True,  # a nanny and its worker end together
                )
            )

    def start(self, count: int, *options: str) -> None:
        """Start workers of one thread; a nanny replaces each that is lost."""
        for _ in range(count):
            self._dask("worker", self.address, "--nthreads", "1", *options)

    def start_hashing(self, count: int, *options: str, fingerprint: str, holds_at: int = 0) -> None:
        """Start workers that embed by hashing, as ``dask_hashing`` says."""
        given = str(self.folder), fingerprint, str(holds_at)
        self.start(count, *options, "--preload", str(PRELOAD), *given)

    def kill_the_one_that_holds(self) -> None:
        """Kill with -9 the worker that keeps a piece."""
        held = self.folder / "held"
        while not (held.exists() and held.read_text()):
            time.sleep(0.01)
        os.kill(int(held.read_text()), signal.SIGKILL)

    def stop_scheduler(self) -> None:
        """Kill the scheduler with -9."""
        self.processes[0].kill()
        self.processes[0].wait()

    def embedded(self) -> list[int]:
        """Return how many texts each process embedded."""
        return [sum(map(int, path.read_text().split())) for path in self.folder.glob("[0-9]*.txt")]
