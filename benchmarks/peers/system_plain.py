"""Plain sentence-transformers on torch: the model alone, no splitting, no index."""

from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer


class System:
    """What the model itself costs, and finds."""

    def __init__(self, models: Path) -> None:
        self.model = SentenceTransformer(str(models), device="cpu")

    def build(self, rows: list[dict[str, str]], folder: Path) -> None:
        texts = [row["text"] for row in rows]
        self.ids = [row["id"] for row in rows]
        self.rows = self.model.encode_document(texts, batch_size=32, normalize_embeddings=True)
        np.save(folder / "rows.npy", self.rows)
        (folder / "ids.txt").write_text("\n".join(self.ids), "utf-8")

    def open(self, folder: Path) -> None:
        self.rows = np.load(folder / "rows.npy")
        self.ids = (folder / "ids.txt").read_text("utf-8").split("\n")

    def ask(self, question: str, k: int) -> list[str]:
        row = self.model.encode_query(question, normalize_embeddings=True)
        return [self.ids[i] for i in np.argsort(-(self.rows @ row), kind="stable")[:k]]
