"""Read evaluation sets: a corpus and questions, as JSON lines, gzipped or not."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ragbot.errors import RagbotError

__all__ = ["Dataset", "Question", "read_questions"]


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the documents that answer it; none where it should be refused."""

    id: str
    text: str
    gold: frozenset[str]
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dataset:
    """``X.corpus.jsonl`` and ``X.queries.jsonl``; either may be gzipped."""

    stem: Path

    @property
    def corpus(self) -> Path:
        """The corpus file."""
        return _existing(self.stem, "corpus")

    def questions(self) -> list[Question]:
        """Read the questions."""
        return read_questions(_existing(self.stem, "queries"))

    def corpus_text(self) -> str:
        """Return the corpus as plain JSON lines."""
        return _text(self.corpus)


def read_questions(path: Path) -> list[Question]:
    """Read a file of questions: rows with ``id``, ``question``, ``gold_ids`` and ``answers``.

    Raises:
        RagbotError: the file is missing or a row has no question.
    """
    questions = []
    for number, row in _rows(path):
        text = row.get("question")
        if not isinstance(text, str) or not text.strip():
            raise RagbotError(f"{path.name}, line {number}, has no question; add one.")
        gold, answers = row.get("gold_ids") or (), row.get("answers") or ()
        questions.append(
            Question(
                str(row.get("id", number)),
                text,
                frozenset(map(str, gold)),
                tuple(map(str, answers)),
            )
        )
    return questions


def _existing(stem: Path, kind: str) -> Path:
    for suffix in (".jsonl", ".jsonl.gz"):
        path = stem.with_name(f"{stem.name}.{kind}{suffix}")
        if path.is_file():
            return path
    raise RagbotError(f"There is no {stem}.{kind}.jsonl or .jsonl.gz; check the name of the set.")


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
        return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise RagbotError(f"{path} cannot be read ({error}); check the file.") from None


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(_text(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            raise RagbotError(f"{path.name}, line {number}, is not a JSON object; correct it.")
        yield number, row
