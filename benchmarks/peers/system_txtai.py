"""txtai: its hybrid index, with BM25 over pairs of characters."""

from pathlib import Path

from txtai import Embeddings


class System:
    """The recipe of its documentation, with a tokenizer that finds Chinese."""

    def __init__(self, models: Path) -> None:
        self.models = models

    def build(self, rows: list[dict[str, str]], folder: Path) -> None:
        self.index = Embeddings(
            path=str(self.models),
            method="sentence-transformers",
            instructions={"query": "query: ", "data": "passage: "},
            encodebatch=32,
            scoring={
                "method": "bm25",
                "terms": True,
                "normalize": True,
                "tokenizer": {"ngrams": 2},
            },
        )
        self.index.index((row["id"], row["text"]) for row in rows)
        self.index.save(str(folder))

    def open(self, folder: Path) -> None:
        self.index = Embeddings()
        self.index.load(str(folder))

    def ask(self, question: str, k: int) -> list[str]:
        return [name for name, _ in self.index.search(question, k)]
