"""Where the large evaluation sets lie, and how to read them."""

import gzip
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
EVAL = ROOT.parent / "shared" / "eval"

Row = dict[str, Any]


def rows(name: str) -> list[Row]:
    """Read a set's gzipped JSON lines, as ``drcd.corpus``."""
    with gzip.open(EVAL / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def laws(name: str) -> Iterator[tuple[str, str]]:
    """Yield (file name, text) of a corpus of laws, ``laws-hans`` or ``laws-hant``."""
    with tarfile.open(EVAL / f"{name}.tar.xz") as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file and member.name.endswith(".md"):
                yield member.name, file.read().decode("utf-8")
