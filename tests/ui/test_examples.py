"""Example questions come from the documents."""

from pathlib import Path

import pytest

from ragbot.bot import Ragbot
from ragbot.settings import load_settings
from ragbot.text.script import detect_script
from ragbot.ui.examples import Examples
from tests.hashing import without_weights
from tests.writing_peer import writing_peer


def test_every_example_is_answered(bot: Ragbot) -> None:
    """Whoever clicks one gets an answer, in the script of the page."""
    examples = Examples(bot)
    questions = examples.questions("zh-CN")
    assert len(questions) >= 3
    assert len(set(questions)) == len(questions)
    for question in [*questions, *examples.questions("zh-TW")]:
        assert not bot.answer(question).refused, question
    assert [detect_script(question) for question in questions] == ["hans"] * len(questions)
    assert "hant" in [detect_script(question) for question in examples.questions("zh-TW")]


def test_no_writing_model_is_asked_for_examples(data_dir: Path) -> None:
    """Whoever opens the page pays for nothing."""
    with writing_peer() as peer:
        settings = load_settings(data_dir=data_dir, llm_url=peer.url, llm_model="m")
        with Ragbot(settings) as writing:
            assert Examples(writing).questions("zh-CN")
        assert peer.requests == []


def test_other_documents_give_other_examples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are drawn again when the index has changed; prose without headings gives none."""
    without_weights(monkeypatch)
    settings = load_settings(data_dir=tmp_path / "data", refuse_below=0)
    document = tmp_path / "laws.md"
    with Ragbot(settings, lambda _: None) as bot:
        examples = Examples(bot)
        document.write_text(
            "# 仓库管理\n\n仓库每日清点一次。\n\n# 值班\n\n值班表每月公布。\n", "utf-8"
        )
        bot.rebuild([document])
        questions = examples.questions("zh-CN")
        assert "“值班”讲了什么？" in questions
        document.write_text("仓库每日清点一次。值班表每月公布。", "utf-8")
        bot.rebuild([document])
        assert examples.questions("zh-CN") == []
