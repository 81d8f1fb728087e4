"""Ask a real server from many clients at once, and watch what they wait and what it keeps.

    python -m benchmarks.load [--askers 50] [--seconds 120]

The chat's server, in a process of its own, on the sample corpus. Every asker has one connection of
its own and asks the next question as soon as it has the answer to the last; every other asker
reads server-sent events. Prints requests and errors (any status but 200, a stream that breaks off
or whose pieces are not the answer; exits 1 where there is one), latency until the last byte, the
askers' own medians (how fair the server is), how long the first text event of a stream took beyond
the finding and making of the answer (waiting for a turn, and the way), and the server's memory
from the first question after the warm-up to the last. The questions come again and again, so their
vectors are remembered: what is loaded is everything but the model. The clients use the same CPUs.
"""

import argparse
import asyncio
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np
from httpx_sse import SSEError, aconnect_sse

from tests.serving import APP, environment

QUESTIONS = Path(__file__).parents[1] / "tests" / "data" / "statement_questions.jsonl"
WAIT = 60.0
"""Seconds without a byte that are an error."""


class BrokenError(Exception):
    """What came is not a whole answer."""


@dataclass(slots=True)
class Asker:
    """One client and what it met with; times in milliseconds."""

    number: int
    streamed: bool
    latencies: list[float] = field(default_factory=list)
    beyond: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)

    async def ask(self, client: httpx.AsyncClient, questions: Iterable[str], until: float) -> None:
        """Ask one question after the other until the time has come."""
        for question in questions:
            begun = time.perf_counter()
            if begun >= until:
                return
            try:
                if self.streamed:
                    self.beyond.append(await ask_streamed(client, question))
                else:
                    await ask_whole(client, question)
            except (httpx.HTTPError, SSEError, BrokenError, ValueError, KeyError) as error:
                self.errors[f"{type(error).__name__}: {error}"] += 1
                await asyncio.sleep(0.1)  # one that is refused at once must not spin
            else:
                self.latencies.append(1000 * (time.perf_counter() - begun))


async def ask_whole(client: httpx.AsyncClient, question: str) -> None:
    """Ask for the answer as JSON."""
    response = await client.post("/api/ask", json={"question": question})
    if response.status_code != 200:
        raise BrokenError(f"status {response.status_code}")
    if not response.json()["text"]:
        raise BrokenError("an answer without text")


async def ask_streamed(client: httpx.AsyncClient, question: str) -> float:
    """Ask for events; returns what the first text took beyond the answer's own time."""
    begun, first, text, answer = time.perf_counter(), 0.0, "", None
    asked = {"question": question}
    async with aconnect_sse(client, "POST", "/api/ask", json=asked) as source:
        if source.response.status_code != 200:
            raise BrokenError(f"status {source.response.status_code}")
        async for event in source.aiter_sse():
            if event.event == "text":
                first = first or time.perf_counter()
                text += event.data
            elif event.event == "answer":
                answer = json.loads(event.data)
    if answer is None:
        raise BrokenError("a stream that broke off")
    if not text or text != answer["text"]:
        raise BrokenError("pieces that are not the answer")
    return 1000 * (first - begun) - float(answer["timing_ms"]["total"])


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, int]]:
    """Run the chat's server; yields its address and its process once it can answer."""
    log = folder / "server.log"
    with (
        log.open("w") as stderr,
        subprocess.Popen(
            [sys.executable, str(APP), "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            cwd=folder,
            env=environment(folder),
        ) as process,
    ):
        try:
            address = process.stdout.readline().strip() if process.stdout else ""
            assert address.startswith("http://127.0.0.1:"), log.read_text()
            while httpx.get(f"{address}/healthz", trust_env=False).status_code != 200:
                assert process.poll() is None, log.read_text()
                time.sleep(0.1)
            yield address, process.pid
        finally:
            process.terminate()
            process.wait(30)


def memory_mb(pid: int) -> tuple[float, float]:
    """Return what a process has in memory: all of it, and what is not a mapped file."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    known = dict(line.split(":", 1) for line in lines)
    resident, anonymous = (int(known[name].split()[0]) / 1024 for name in ("VmRSS", "RssAnon"))
    return resident, anonymous


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process so far."""
    # The name in brackets may hold spaces; user and system time are the 12th and 13th behind it.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def load(
    address: str, pid: int, askers: Sequence[Asker], questions: Sequence[str], seconds: float
) -> tuple[dict[str, tuple[float, float]], float, float]:
    """Let all ask; returns the server's memory by moment, the seconds and its CPU seconds."""
    limits = httpx.Limits(max_connections=1, keepalive_expiry=None)
    clients = [
        httpx.AsyncClient(base_url=address, limits=limits, timeout=WAIT, trust_env=False)
        for _ in askers
    ]
    for question in questions:
        await ask_whole(clients[0], question)
        await ask_streamed(clients[0], question)

    memory = {"start": memory_mb(pid)}
    begun, spent = time.perf_counter(), cpu_seconds(pid)

    async def watch() -> None:
        for quarter in range(1, 5):
            await asyncio.sleep(begun + quarter * seconds / 4 - time.perf_counter())
            memory[f"{quarter}/4"] = memory_mb(pid)

    watching = asyncio.create_task(watch())
    await asyncio.gather(
        *(
            # Each begins with another question.
            asker.ask(
                client,
                itertools.islice(itertools.cycle(questions), asker.number % len(questions), None),
                begun + seconds,
            )
            for asker, client in zip(askers, clients, strict=True)
        )
    )
    taken, spent = time.perf_counter() - begun, cpu_seconds(pid) - spent
    await watching
    for client in clients:
        await client.aclose()
    await asyncio.sleep(1)
    memory["end"] = memory_mb(pid)
    return memory, taken, spent


def row(name: str, values: Iterable[float | None], form: str = ",.1f") -> None:
    """Print a row; what there is no value for is a dash."""
    cells = ("–" if value is None else format(value, form) for value in values)
    print(f"{name:34}" + "".join(f"{cell:>11}" for cell in cells))


def report(askers: Sequence[Asker], taken: float) -> None:
    """Print what all askers met with, then those of either kind."""
    groups = [
        list(askers),
        [asker for asker in askers if not asker.streamed],
        [asker for asker in askers if asker.streamed],
    ]
    latencies = [[ms for asker in group for ms in asker.latencies] for group in groups]
    errors = [sum(asker.errors.total() for asker in group) for group in groups]
    medians = [[statistics.median(a.latencies) for a in g if a.latencies] for g in groups]
    beyond = [ms for asker in askers for ms in asker.beyond]

    def percentiles(share: int) -> list[float | None]:
        return [float(np.percentile(times, share)) if times else None for times in latencies]

    print(f"{'':34}{'all':>11}{'JSON':>11}{'events':>11}")
    counts = [len(times) + wrong for times, wrong in zip(latencies, errors, strict=True)]
    row("requests", counts, ",.0f")
    row("  errors", errors, ",.0f")
    row("  a second", [count / taken for count in counts])
    for name, share in (("latency, ms, p50", 50), ("  p95", 95), ("  max", 100)):
        row(name, percentiles(share))
    row("median of the fastest asker, ms", [min(own, default=None) for own in medians])
    row("  of the slowest", [max(own, default=None) for own in medians])
    for name, share in (("first text − timing total, ms, p50", 50), ("  p95", 95), ("  max", 100)):
        value = float(np.percentile(beyond, share)) if beyond else None
        row(name, [None, None, value])


def main() -> None:
    """Load a server and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--askers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=120)
    options = parser.parse_args()
    lines = QUESTIONS.read_text("utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines]
    askers = [Asker(number, streamed=number % 2 == 1) for number in range(options.askers)]
    own = time.process_time()
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as (address, pid):
        memory, taken, spent = asyncio.run(load(address, pid, askers, questions, options.seconds))
    own = time.process_time() - own

    print(f"{options.askers} askers for {taken:.0f} s, {os.cpu_count()} CPUs")
    report(askers, taken)
    print(f"\n{'server memory, MB':34}" + "".join(f"{moment:>11}" for moment in memory))
    row("  resident", [resident for resident, _ in memory.values()], ",.0f")
    row("  anonymous", [anonymous for _, anonymous in memory.values()], ",.0f")
    print(f"CPU seconds of the server {spent:.0f}, of the clients {own:.0f}")

    errors = sum((asker.errors for asker in askers), Counter[str]())
    for error, count in errors.most_common(10):
        print(f"{count:,} × {error}")
    if errors:
        sys.exit(1)


if __name__ == "__main__":
    main()
