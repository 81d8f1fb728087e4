"""Many questions at once get what each gets alone."""

import pytest

import ragbot
from ragbot.bot import Ragbot
from ragbot.errors import BadQuestionError

QUESTIONS = ["上海计划建设什么中心？", "北京的局长是谁？", "吉林聚焦服务哪些重点产业？"] * 4


def test_many_are_found_as_one(
    bot: Ragbot, monkeypatch: pytest.MonkeyPatch, data_dir: object
) -> None:
    """In their order; the function of the package too."""
    found = bot.retrieve_many(QUESTIONS, k=3)
    alone = [bot.retrieve(question, k=3) for question in QUESTIONS]
    assert [(one.query, one.hits) for one in found] == [(one.query, one.hits) for one in alone]
    monkeypatch.setenv("RAGBOT_DATA_DIR", str(data_dir))
    assert ragbot.retrieve_many(QUESTIONS[:2], k=3) == [list(one.hits) for one in alone[:2]]


def test_none_are_no_question(bot: Ragbot) -> None:
    """And one that cannot be asked is said."""
    assert bot.retrieve_many([]) == []
    with pytest.raises(BadQuestionError):
        bot.retrieve_many(["上海", " "])


def test_another_key_is_another_bot(monkeypatch: pytest.MonkeyPatch) -> None:
    """What settings hide when they are printed is told apart all the same."""
    monkeypatch.setenv("RAGBOT_LLM_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("RAGBOT_LLM_MODEL", "m")
    monkeypatch.setenv("RAGBOT_LLM_API_KEY", "one")
    first = ragbot._bot()
    assert ragbot._bot() is first
    monkeypatch.setenv("RAGBOT_LLM_API_KEY", "two")
    assert ragbot._bot() is not first
