"""What readers think of answers, kept on this machine only."""

import json
import threading
from datetime import UTC, datetime
from pathlib import Path

from ragbot.results import Answer

__all__ = ["Feedback"]

_MOST_BYTES = 64 << 20
"""Of the file: nobody fills a disk with opinions."""


class Feedback:
    """Appends to a file of JSON lines."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()

    def add(self, answer: Answer, verdict: str) -> None:
        """Keep a verdict on an answer; an empty one takes an earlier one back."""
        line = {
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "question": answer.question,
            "reading": answer.reading,
            "text": answer.text,
            "refused": answer.refused,
            "engine": answer.engine,
            "generation": answer.generation,
            "citations": [[c.document, c.start, c.end] for c in answer.citations],
            "verdict": verdict,
        }
        with self._lock:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self.path.exists() and self.path.stat().st_size > _MOST_BYTES:
                return
            with self.path.open("a", encoding="utf-8", errors="replace") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def read(self) -> str:
        """Return all of it, as JSON lines."""
        try:
            return self.path.read_text("utf-8")
        except OSError:
            return ""
