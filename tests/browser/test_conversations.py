"""Conversations that come back, are exported, opened again and asked anew, in a real browser."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.serving import serving
from tests.writing_peer import writing_peer

Open = Callable[..., Visit]
QUESTION = "上海计划建设什么中心？"
OTHER = "上海市知识产权局局长是谁？"


def _kept(chat: Visit, exchanges: int) -> None:
    """Wait until the browser keeps so many answers of the newest conversation."""
    chat.page.wait_for_function(
        "n => JSON.parse(localStorage['ragbot.conversations'] ?? '[]')[0]?.answers.length === n",
        arg=exchanges,
    )


def _reload(chat: Visit) -> None:
    before = len(chat.errors)
    chat.page.reload()
    # A page that goes away breaks off what it was asking, and says so.
    del chat.errors[before:]


def _history(chat: Visit) -> list[str]:
    chat.page.click("#past")
    expect(chat.page.locator("#history")).to_be_visible()
    return chat.page.locator("#history .open span").all_inner_texts()


def test_a_conversation_survives_a_reload_and_is_exported(served: str, visit: Open) -> None:
    """With its citations, which still lead to their source."""
    chat = visit(served)
    chat.ask(QUESTION)
    _kept(chat, 1)
    _reload(chat)
    chat.page.locator("#chat .places").wait_for()
    chat.page.locator("#chat a.cite").first.click()
    chat.page.locator("#source mark").first.wait_for()
    chat.ask("那吉林呢？")
    assert "理解为：吉林" in chat.page.locator("#chat .understood").inner_text()
    expect(chat.page.locator("#export .export")).to_be_visible()
    with chat.page.expect_download() as download:
        chat.page.click("#export [data-export=md]")
    text = Path(download.value.path()).read_text("utf-8")
    assert QUESTION in text
    assert "吉林" in text
    with chat.page.expect_download() as download:
        chat.page.click("#export [data-export=docx]")
    assert Path(download.value.path()).read_bytes()[:2] == b"PK"


def test_a_new_conversation_loses_none(served: str, visit: Open) -> None:
    """Earlier ones are listed, opened again with their citations, gone on with, and removed."""
    chat = visit(served)
    chat.ask(QUESTION)
    _kept(chat, 1)
    chat.page.click("#fresh")
    expect(chat.page.locator("#chat .places")).to_have_count(0)
    chat.ask(OTHER)
    _kept(chat, 1)
    assert _history(chat) == [OTHER, QUESTION]
    chat.shoot("history")
    chat.page.click("#history .open >> nth=1")
    expect(chat.page.locator("#chat .asked")).to_have_text([QUESTION])
    chat.ask("那吉林呢？")
    assert "理解为：吉林" in chat.page.locator("#chat .understood").inner_text()
    _kept(chat, 2)
    _reload(chat)
    expect(chat.page.locator("#chat .asked")).to_have_text([QUESTION, "那吉林呢？"])
    chat.page.locator("#chat a.cite").first.click()
    chat.page.locator("#source mark").first.wait_for()
    assert _history(chat) == [QUESTION, OTHER]
    chat.page.click("#history [data-do=remove] >> nth=0")
    expect(chat.page.locator("#history .open")).to_have_count(1)
    _reload(chat)
    chat.page.locator("#chat .example").first.wait_for()
    assert chat.page.locator("#chat .places").count() == 0
    assert _history(chat) == [OTHER]


def test_a_browser_that_keeps_nonsense_begins_anew(served: str, visit: Open) -> None:
    """What it holds cannot break the page, and a full store costs the oldest."""
    chat = visit(served)
    for nonsense in ("{", "[3]", '[{"id": "a", "when": "", "answers": [{"question": "<b>"}]}]'):
        chat.page.evaluate(
            "kept => { localStorage['ragbot.conversations'] = kept;"
            " sessionStorage['ragbot.conversation'] = 'a'; }",
            nonsense,
        )
        _reload(chat)
        chat.page.locator("#chat .example").first.wait_for()
    chat.page.evaluate(
        """() => { const text = '字'.repeat(1000000);
            const one = id => ({ id, when: '2026-01-01', answers: [{ question: id, text }] });
            localStorage['ragbot.conversations'] = JSON.stringify([one('old'), one('older')]);
            for (let room = 2 ** 22, filled = 0; room >= 1; room /= 2) {
                try {
                    localStorage['filling'] = 'x'.repeat(filled + room);
                    filled += room;
                } catch {}
            } }"""
    )
    chat.ask(QUESTION)
    _kept(chat, 1)
    assert _history(chat) == [QUESTION, "old"]


def test_a_question_is_changed_and_asked_again(served: str, visit: Open) -> None:
    """It is put where one writes."""
    chat = visit(served)
    chat.ask("上海市知识产权局局长是谁？")
    chat.ask(QUESTION)
    chat.page.click("#chat a.tool[href='#again=0']")
    box = chat.page.locator("#question textarea")
    expect(box).to_have_value("上海市知识产权局局长是谁？")
    expect(box).to_be_focused()
    box.press("Enter")
    expect(chat.page.locator("#chat .answer:has(.places)")).to_have_count(3)


def test_an_answer_of_a_model_is_asked_for_again(
    data_dir: Path, tmp_path: Path, visit: Open
) -> None:
    """It takes the place of the first one; where the model fails the second time, so it says."""
    told = iter(
        [
            "上海加快籌建中國(上海)知識產權保護中心【1】。",
            "支持發揮世界知識產權組織(WIPO)仲裁與調解上海中心功能【1】。",
        ]
    )

    def says(_: dict[str, Any]) -> str:
        return next(told, "")

    with writing_peer(says) as peer:
        settings = {"RAGBOT_LLM_URL": peer.url, "RAGBOT_LLM_MODEL": "m"}
        with serving(data_dir, tmp_path / "stderr.txt", **settings) as address:
            chat = visit(address)
            chat.ask(QUESTION)
            first = chat.page.locator("#chat .answer").inner_text()
            assert "筹建" in first
            _kept(chat, 1)
            chat.page.click("#chat a.retry")
            expect(chat.page.locator("#chat .answer:has(.places)")).not_to_contain_text("筹建")
            expect(chat.page.locator("#chat .asked")).to_have_count(1)
            assert len(peer.requests) == 2
