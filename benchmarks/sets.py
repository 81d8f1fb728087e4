"""Indexes of the evaluation sets, built once and kept in the data folder.

Corpora of one set share an index name: the vectors of texts that are in several are computed once.
"""

import json
import tempfile
from collections.abc import Iterable
from pathlib import Path

from benchmarks.data import Row
from ragbot import Ragbot
from ragbot.settings import load_settings

CORPUS = "corpus.jsonl"


def bot_of(name: str) -> Ragbot:
    """Return a bot on the index that the corpora of a set share."""
    return Ragbot(load_settings(index=f"bench-{name}", keep_generations=1))


def index(bot: Ragbot, corpus: Iterable[Row]) -> None:
    """Make these rows (``id``, ``title``, ``text``) the documents of a bot."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / CORPUS
        with path.open("w", encoding="utf-8") as file:
            for row in corpus:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        _rebuild(bot, path)


def index_files(bot: Ragbot, files: Iterable[tuple[str, str]]) -> None:
    """Make these (name, text) the documents of a bot."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files:
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        _rebuild(bot, Path(folder))


def _rebuild(bot: Ragbot, path: Path) -> None:
    report = bot.rebuild([path])
    kept = report.passages.added + report.passages.unchanged
    print(
        f"[{bot.settings.index}: {kept} passages, {report.embedded} texts embedded, "
        f"{report.seconds:.0f} s]",
        flush=True,
    )


def row_id(document: str) -> str:
    """Return the id of the row a document was made of."""
    return document.removeprefix(f"{CORPUS}/")
