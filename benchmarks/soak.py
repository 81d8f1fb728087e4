"""Ask, call and upload hostile files for a while, and watch whether the server stays responsive.

    python -m benchmarks.soak [--seconds 60]

The chat's server on the sample corpus, the clients, and the poll of ``/healthz`` are three
processes that share the CPUs. Clients ask (JSON, events, the OpenAI protocol, each with a history
of twenty questions), call the tools of MCP, upload
files made to do harm into an index of their own, and rebuild it. Prints requests by
kind and status (``error`` where there was no response), and how long ``/healthz`` took, polled
every 100 ms: a poll that is late counts from when it was due. Exits 1 where p99 is 100 ms or more,
or where ``/healthz`` was anything but 200.
"""

import argparse
import asyncio
import itertools
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from typing import Any

import httpx
import numpy as np

from benchmarks.load import QUESTIONS, serving
from tests.documents.bad_files import BAD_FILES, zipped

HOSTILE = QUESTIONS.with_name("hostile_documents.jsonl")
EVERY = 0.1
BAR = 100.0
"""Milliseconds."""
PATIENCE = 30.0
Seen = Counter[tuple[str, str]]


def hostile_files() -> list[tuple[str, bytes]]:
    """Return files by name: such as cannot be read, bombs, and text that is slow to look at."""
    files = [(bad.name, bad.data) for bad in BAD_FILES]
    for number, line in enumerate(HOSTILE.read_text("utf-8").splitlines()):
        files.append((f"hostile-{number}.txt", json.loads(line)["text"].encode()))
    noise = Random(25)
    nested = zipped(("inner.zip", zipped(("a.txt", bytes(8 << 20)))))
    files += [
        ("comments.html", b"<!---->" * 40 + b"x"),
        ("bomb.zip", zipped(("bomb.txt", bytes(64 << 20)), ("good.txt", "仓库。\n".encode() * 9))),
        ("bomb.docx", zipped(("[Content_Types].xml", b"<a>" * (4 << 20)))),
        ("nested.zip", nested),
        ("members.zip", zipped(*((f"{n}.txt", b"a") for n in range(5_000)))),
        ("tags.html", b"<html>" + b"<div>" * 200_000),
        ("marks.md", ("# " * 200_000).encode()),
        ("line.txt", ("甲" * 3_000_000).encode()),
        ("noise.txt", noise.randbytes(2 << 20)),
        ("rows.csv", b"a,b\n" + b'"' * 1_000_000),
        ("rows.json", json.dumps([{"text": "仓库每日清点一次。"}] * 100_000).encode()),
    ]
    return files


async def keep(
    seen: Seen, kind: str, until: float, request: Callable[[], Awaitable[httpx.Response]]
) -> None:
    """Send one request after the other until the time has come."""
    while time.time() < until:
        try:
            status = str((await request()).status_code)
        except httpx.HTTPError as error:
            status = f"error {type(error).__name__}"
            await asyncio.sleep(0.1)
        seen[kind, status] += 1


async def ask_all(address: str, until: float) -> Seen:
    """Be all the clients."""
    seen: Seen = Counter()
    lines = QUESTIONS.read_text("utf-8").splitlines()
    questions = itertools.cycle(json.loads(line)["question"] for line in lines)
    hostile = itertools.cycle(hostile_files())
    accept = {"Accept": "application/json, text/event-stream"}
    async with httpx.AsyncClient(base_url=address, timeout=PATIENCE, trust_env=False) as client:
        seen[
            "create", str((await client.post("/api/indexes", json={"name": "soak"})).status_code)
        ] += 1

        def history() -> list[str]:
            return [*itertools.islice(questions, 10), *["他第一天做了什么？", "第二个呢？"] * 5]

        def ask() -> Awaitable[httpx.Response]:
            asked = {"question": next(questions), "history": history()}
            return client.post("/api/ask", json=asked)

        def stream() -> Awaitable[httpx.Response]:
            events = {"Accept": "text/event-stream"}
            return client.post("/api/ask", json={"question": next(questions)}, headers=events)

        def chat() -> Awaitable[httpx.Response]:
            messages = [{"role": "user", "content": next(questions)}]
            return client.post("/v1/chat/completions", json={"messages": messages})

        def retrieve() -> Awaitable[httpx.Response]:
            return client.post("/api/retrieve", json={"query": next(questions), "k": 20})

        def call() -> Awaitable[httpx.Response]:
            arguments = {"question": next(questions), "history": history()}
            params = {"name": "ask", "arguments": arguments}
            body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
            return client.post("/mcp", json=body, headers=accept)

        def upload() -> Awaitable[httpx.Response]:
            name, data = next(hostile)
            return client.put(f"/api/documents/{name}?index=soak", content=data)

        async def rebuild() -> httpx.Response:
            await asyncio.sleep(1)
            return await client.post("/api/rebuild", json={"index": "soak"})

        kinds: dict[str, tuple[int, Callable[[], Awaitable[httpx.Response]]]] = {
            "ask, JSON": (3, ask),
            "ask, events": (3, stream),
            "OpenAI chat": (2, chat),
            "retrieve": (2, retrieve),
            "MCP ask": (3, call),
            "upload": (2, upload),
            "rebuild": (1, rebuild),
        }
        await asyncio.gather(
            *(keep(seen, kind, until, send) for kind, (n, send) in kinds.items() for _ in range(n))
        )
    return seen


def clients(address: str, until: float, results: Any) -> None:
    """Run in a process of its own."""
    results.put(asyncio.run(ask_all(address, until)))


def poll(address: str, until: float) -> tuple[list[float], Counter[str]]:
    """Return the milliseconds of each health check, and the statuses."""
    taken, statuses = [], Counter[str]()
    with httpx.Client(base_url=address, timeout=PATIENCE, trust_env=False) as client:
        due = time.time()
        while due < until:
            time.sleep(max(0.0, due - time.time()))
            try:
                status = str(client.get("/healthz").status_code)
            except httpx.HTTPError as error:
                status = f"error {type(error).__name__}"
            statuses[status] += 1
            taken.append(1000 * (time.time() - due))
            due += EVERY
    return taken, statuses


def main() -> None:
    """Soak a server and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as (address, _):
        until = time.time() + options.seconds
        results = spawn.Queue()
        asking = spawn.Process(target=clients, args=(address, until, results))
        asking.start()
        taken, statuses = poll(address, until)
        seen: Seen = results.get(timeout=4 * PATIENCE)
        asking.join()

    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"{options.seconds:.0f} s, {os.cpu_count()} CPUs, load average {load}")
    print(f"{'requests':24}{'status':>20}{'count':>10}")
    for (kind, status), count in sorted(seen.items()):
        print(f"{kind:24}{status:>20}{count:>10,}")
    for status, count in sorted(statuses.items()):
        print(f"{'healthz':24}{status:>20}{count:>10,}")
    p50, p99, most = np.percentile(taken, [50, 99, 100])
    print(f"healthz, ms: p50 {p50:.1f}, p99 {p99:.1f}, max {most:.1f}")
    if p99 >= BAR or set(statuses) != {"200"}:
        sys.exit(1)


if __name__ == "__main__":
    main()
