"""A history costs little, however much of it there is."""

from pathlib import Path
from typing import Any

import pytest

from ragbot.answering.history import last_turns
from ragbot.bot import Ragbot
from ragbot.results import Turn
from ragbot.settings import load_settings
from tests.hashing import without_weights


def _searches(folder: Path, monkeypatch: pytest.MonkeyPatch, history: list[str | Turn]) -> int:
    """Count the searches of a question that points back into a history."""
    without_weights(monkeypatch)
    (folder / "仓库.txt").write_text("仓库主任张明每日清点一次。\n" * 5, "utf-8")
    asked: list[Any] = []
    with Ragbot(load_settings(data_dir=folder / "data"), lambda _: None) as bot:
        bot.rebuild([folder / "仓库.txt"])
        quote = bot._quote
        monkeypatch.setattr(bot, "_quote", lambda *args: (asked.append(args), quote(*args))[1])
        bot.answer("他还说了什么？", history=history)
    return len(asked)


def test_a_history_of_questions_costs_one_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of twenty points back to the answer of the one before it."""
    history: list[str | Turn] = [f"他第{n}天做了什么？" for n in "一二三四五六七八九"] * 2
    assert _searches(tmp_path, monkeypatch, ["仓库多久清点一次？", *history]) <= 2


def test_little_of_a_long_history_is_looked_at() -> None:
    """Neither many turns nor long ones."""
    turns = last_turns([Turn("甲" * 90_000, "乙" * 90_000), "丙" * 90_000] * 1_000, 2_000)
    assert len(turns) == 50
    assert {len(turn.question) for turn in turns} == {2_000}
    assert max(len(turn.answer) for turn in turns) == 8_000
