"""A sentence of long clauses, without a reader that points into it."""

from pathlib import Path

import pytest

from ragbot.bot import Ragbot
from ragbot.settings import load_settings
from tests.hashing import without_weights


def test_one_long_clause_is_quoted_and_not_all_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is longer than a short quote; the one that answers is enough."""
    without_weights(monkeypatch)
    clauses = [
        f"{name}仓库负责保管{'各类器材及其配件' * 16}并每日清点" for name in ("甲号", "乙号")
    ]
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "仓库.txt").write_text(f"{'，'.join(clauses)}。\n", "utf-8")
    with Ragbot(load_settings(data_dir=tmp_path / "data", refuse_below=0.0)) as bot:
        bot.rebuild([tmp_path / "docs"])
        (cited,) = bot.answer("乙号仓库保管什么？").citations
    assert cited.quote.rstrip("。") == clauses[1]
