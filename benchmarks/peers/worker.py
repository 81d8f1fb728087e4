"""One system in a process of its own: reads commands as JSON lines, answers each with one.

Started with the name of the system and the folder of the model's weights; with a file besides, the
vectors of sentence-transformers are remembered there, so that systems with the same weights do not
compute them again where only what is found counts. Everything that is timed is timed here, so that
the pipe costs nothing.
"""

import gc
import importlib
import json
import os
import resource
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any, Protocol

# What a busy machine does to threads that spin while they wait would be measured otherwise.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")


class System(Protocol):
    """What every system under test can do."""

    def build(self, rows: list[dict[str, str]], folder: Path) -> None:
        """Index these rows (``id``, ``title``, ``text``) and keep the index in a folder."""
        ...

    def open(self, folder: Path) -> None:
        """Open what was kept, in a process that has not built it."""
        ...

    def ask(self, question: str, k: int) -> list[str]:
        """Return the ids of the documents of the best passages, best first."""
        ...


def read(path: Path) -> list[dict[str, str]]:
    """Read JSON lines."""
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def peak_mb() -> float:
    """Return the most that this process has had in memory."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def now_mb() -> float:
    """Return what this process has in memory now, mapped files included."""
    gc.collect()
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


def act(system: System, command: dict[str, Any]) -> dict[str, Any]:
    """Carry out one command."""
    begun = time.perf_counter()
    match command["do"]:
        case "build":
            rows = read(Path(command["rows"]))
            system.build(rows, Path(command["folder"]))
            return {"seconds": time.perf_counter() - begun, "peak": peak_mb()}
        case "open":
            system.open(Path(command["folder"]))
            return {"seconds": time.perf_counter() - begun}
        case "ask":
            found, laps = [], []
            for question in command["questions"]:
                begun = time.perf_counter()
                found.append(system.ask(question, command["k"]))
                laps.append(1000 * (time.perf_counter() - begun))
            return {"found": found, "ms": laps, "now": now_mb(), "peak": peak_mb()}
    raise ValueError(command)


def remember(path: str) -> None:
    """Let sentence-transformers take from a file the vectors it has computed before."""
    import numpy as np
    from sentence_transformers import SentenceTransformer

    known = sqlite3.connect(path)
    known.execute("CREATE TABLE IF NOT EXISTS vectors (text TEXT PRIMARY KEY, vector BLOB)")
    compute = SentenceTransformer.encode

    def encode(
        self: Any, inputs: Any, prompt_name: Any = None, prompt: Any = None, **options: Any
    ) -> Any:
        alone = isinstance(inputs, str)
        before = prompt if prompt is not None else self.prompts.get(prompt_name or "", "")
        texts = [before + text for text in ([inputs] if alone else inputs)]
        found = {}
        for text in texts:
            row = known.execute("SELECT vector FROM vectors WHERE text = ?", (text,)).fetchone()
            if row:
                found[text] = np.frombuffer(row[0], np.float32)
        if missing := [text for text in dict.fromkeys(texts) if text not in found]:
            rows = compute(self, missing, prompt="", batch_size=32, normalize_embeddings=True)
            found |= dict(zip(missing, rows, strict=True))
            with known:
                known.executemany(
                    "INSERT OR IGNORE INTO vectors VALUES (?, ?)",
                    ((text, np.float32(found[text]).tobytes()) for text in missing),
                )
        made = np.stack([found[text] for text in texts])
        return made[0] if alone else made

    SentenceTransformer.encode = encode  # type: ignore[method-assign]


def main() -> None:
    """Serve until the other end hangs up."""
    name, models, *file = sys.argv[1:]
    # Libraries print what they like; the answers go out where they went before.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.path.insert(0, str(Path(__file__).parent))
    if file:
        remember(file[0])
    system: System = importlib.import_module(f"system_{name}").System(Path(models))
    for line in sys.stdin:
        print(json.dumps(act(system, json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()
