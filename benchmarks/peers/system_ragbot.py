"""ragbot, as a program calls it."""

import json
from pathlib import Path

from ragbot import Ragbot
from ragbot.settings import load_settings


class System:
    """Rebuild and retrieve, nothing configured but where things lie."""

    def __init__(self, models: Path) -> None:
        self.models = models.parent
        self.bot: Ragbot | None = None

    def open(self, folder: Path) -> None:
        if not (folder / "models").exists():
            (folder / "models").symlink_to(self.models)
        self.bot = Ragbot(load_settings(data_dir=folder))

    def build(self, rows: list[dict[str, str]], folder: Path) -> None:
        source = folder / "corpus.jsonl"
        with source.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        if self.bot is None:
            self.open(folder)
        assert self.bot
        self.bot.rebuild([source])

    def ask(self, question: str, k: int) -> list[str]:
        assert self.bot
        hits = self.bot.retrieve(question, k * 2).hits
        return list(dict.fromkeys(hit.citation.document.split("/")[-1] for hit in hits))[:k]
