"""Invented documents of many genres, each with a question that was answered wrongly or refused.

Nothing may be said of another year, item or attribute than the one asked about; what is not in the
document is refused; what is in it is said although the question words it otherwise.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ragbot.bot import Ragbot
from ragbot.settings import Settings

ROWS = json.loads((Path(__file__).parents[1] / "data" / "faults.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def opened(data_dir: Path) -> Iterator[Ragbot]:
    """A bot on an index of its own."""
    with Ragbot(Settings(data_dir=data_dir, index="faults")) as bot:
        yield bot


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["question"])
def test_the_right_thing_is_said_or_nothing(
    opened: Ragbot, tmp_path: Path, row: dict[str, Any]
) -> None:
    """Alone in its index, so that nothing else can answer."""
    document = tmp_path / "文档.txt"
    document.write_text(row["text"], "utf-8")
    opened.rebuild([document])
    answer = opened.answer(row["question"])
    assert answer.refused == (not row["says"]), answer.text
    assert all(words in answer.text for words in row["says"]), answer.text
    assert not any(words in answer.text for words in row.get("never", ())), answer.text
