"""What a person does in the browser, in a real one."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from ragbot.bot import Ragbot
from ragbot.settings import load_settings
from ragbot.text.script import to_simplified
from tests.browser.conftest import PHONE, Visit
from tests.serving import serving

DAMAGED = "上海計(jì)劃建設(shè)什么中心?"
WANTED = "中国(上海)知识产权保护中心"
ABSENT = "湖南打算怎么保护知识产权？"

Open = Callable[..., Visit]


def _citation(address: str, question: str) -> dict[str, str]:
    answer = httpx.post(f"{address}/api/ask", json={"question": question}, timeout=60).json()
    citation: dict[str, str] = answer["citations"][0]
    return citation


def _marked(visit: Visit) -> str:
    marks = visit.page.locator("#source mark")
    marks.first.wait_for()
    return "".join(marks.all_inner_texts())


def test_a_damaged_question_is_answered_and_its_citation_shown(served: str, visit: Open) -> None:
    """The answer grows before the reader's eyes; the chip shows exactly the citation's quote."""
    chat = visit(served)
    chat.page.evaluate(
        """() => { window.grown = []; new MutationObserver(() => {
            const answer = document.querySelector('#chat .answer');
            if (answer) window.grown.push(answer.textContent.length);
        }).observe(document.getElementById('chat'),
                   {childList: true, subtree: true, characterData: true}); }"""
    )
    chat.ask(DAMAGED)
    assert WANTED in to_simplified(chat.page.inner_text("#chat .answer"))
    assert len(set(chat.page.evaluate("window.grown"))) > 2
    chip = chat.page.locator("#chat a.cite")
    assert set(chip.all_inner_texts()) == {"[1]"}
    chip.first.click()
    citation = _citation(served, DAMAGED)
    assert _marked(chat) == citation["quote"]
    assert chat.page.inner_text("#source .heading") == citation["heading"]
    assert chat.page.inner_text("#source .byline") == citation["byline"]
    assert citation["document"] in chat.page.inner_text("#source .where")
    expect(chat.page.locator("#source mark").first).to_be_in_viewport()
    chat.page.click("#source summary")
    assert chat.page.inner_text("#source pre") == citation["raw"]
    chat.shoot("answer")


def test_the_first_source_opens_by_itself(served: str, visit: Open) -> None:
    """Where there is room beside the chat, and without taking the cursor from the question."""
    chat = visit(served)
    chat.ask(DAMAGED)
    assert _marked(chat) == _citation(served, DAMAGED)["quote"]
    expect(chat.page.locator("#question textarea")).to_be_focused()


def test_a_citation_opens_from_the_keyboard(served: str, visit: Open) -> None:
    """Enter on the chip leads to the source, Escape leads back."""
    chat = visit(served)
    chat.ask(DAMAGED)
    chip = chat.page.locator("#chat a.cite").first
    chip.focus()
    chat.page.keyboard.press("Enter")
    expect(chat.page.locator("#source")).to_be_focused()
    chat.page.keyboard.press("Escape")
    expect(chip).to_be_focused()


def test_a_follow_up_goes_on_from_the_conversation(served: str, visit: Open) -> None:
    """Each answer keeps its own citations; a new conversation forgets them all."""
    chat = visit(served)
    chat.ask("上海市知识产权局局长是谁？")
    chat.ask("那浙江呢？")
    last = chat.page.locator("#chat .answer").last
    assert "浙" in last.inner_text()
    chat.page.locator("#chat a.cite").first.click()
    expect(chat.page.locator("#source .heading")).to_contain_text("滬")
    chat.page.locator("#chat a.cite").last.click()
    expect(chat.page.locator("#source .heading")).to_contain_text("浙")
    chat.ask("上海计划建设什么中心？")
    chat.page.click("#fresh")
    expect(chat.page.locator("#chat .answer")).to_have_count(0)
    expect(chat.page.locator("#source mark")).to_have_count(0)
    chat.ask("那天津呢？")
    assert "中心" not in chat.page.locator("#chat .answer").last.inner_text()


def test_a_refusal_says_why_and_cites_nothing(served: str, visit: Open) -> None:
    """There is no chip, but a reason and how sure the refusal is."""
    chat = visit(served)
    chat.ask(ABSENT)
    assert chat.page.locator("#chat .refused").count() == 1
    assert chat.page.locator("#chat .refused .cite").count() == 0
    assert "湖南" in chat.page.inner_text("#chat .reason")
    assert "%" in chat.page.inner_text("#chat .reason")
    chat.shoot("refusal")


@pytest.mark.parametrize("question", ["？！", "问" * 3000], ids=["no word", "too long"])
def test_a_bad_question_is_explained(served: str, visit: Open, question: str) -> None:
    """The conversation goes on after it."""
    chat = visit(served)
    chat.ask(question)
    assert chat.page.locator("#chat .failure").count() == 1
    chat.ask(DAMAGED)
    assert chat.page.locator("#chat a.cite").count() >= 1


def test_a_question_during_an_answer_is_asked_after_it(served: str, visit: Open) -> None:
    """Nothing typed is lost, and the first answer stays whole."""
    chat = visit(served)
    chat.page.fill("#question textarea", DAMAGED)
    chat.page.press("#question textarea", "Enter")
    expect(chat.page.locator("#question textarea")).to_have_value("")
    chat.ask("那浙江呢？")
    done = chat.page.locator("#chat .answer:has(.places), #chat .refused")
    expect(done).to_have_count(2)
    assert WANTED in to_simplified(done.first.inner_text())


def test_a_new_conversation_stays_empty(served: str, visit: Open) -> None:
    """An answer that was on its way does not arrive in it."""
    chat = visit(served)
    chat.page.fill("#question textarea", DAMAGED)
    chat.page.press("#question textarea", "Enter")
    expect(chat.page.locator("#chat .answer")).to_have_count(1)
    chat.page.click("#fresh")
    expect(chat.page.locator("#chat .answer")).to_have_count(0)
    chat.page.wait_for_timeout(1000)
    assert chat.page.locator("#chat .answer").count() == 0


def test_an_example_is_one_click_from_its_answer(served: str, visit: Open) -> None:
    """The examples come from the documents, so each has an answer with a citation."""
    chat = visit(served)
    example = chat.page.locator("#chat .example").first
    question = example.inner_text()
    chat.shoot("welcome")
    example.click()
    chat.page.locator("#chat .places").wait_for()
    assert chat.page.inner_text("#chat .asked") == question
    assert chat.page.locator("#chat a.cite").count() >= 1


def test_the_status_line_says_what_answers(served: str, visit: Open) -> None:
    """Documents, passages, model, engine and generation."""
    status = httpx.get(f"{served}/api/status").json()
    line = visit(served).page.locator("#status .status")
    for name in ("documents", "passages", "model", "engine", "generation"):
        expect(line).to_contain_text(str(status[name]))


@pytest.mark.parametrize(
    ("locale", "title", "hint"),
    [
        ("zh-CN", "文档问答", "点击"),
        ("zh-TW", "文檔問答", "點擊"),
        ("zh-HK", "文檔問答", "點擊"),
        ("en-GB", "Ask your documents", "Click"),
    ],
)
def test_the_page_speaks_the_browsers_language(
    served: str, visit: Open, locale: str, title: str, hint: str
) -> None:
    """Its own words, the source panel's included; an answer stays in the asker's script."""
    chat = visit(served, locale=locale)
    expect(chat.page.locator("#title")).to_have_text(title)
    expect(chat.page.locator("#source-hint")).to_contain_text(hint)
    chat.ask("上海计划建设什么中心？")
    assert WANTED in chat.page.inner_text("#chat .answer")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_the_source_is_below_the_chat(served: str, visit: Open, scheme: str) -> None:
    """Nothing is wider than the screen, and the chip brings the quote into view."""
    chat = visit(served, size=PHONE, color_scheme=scheme, has_touch=True)
    chat.page.locator("#chat .example").first.wait_for()
    chat.shoot(f"phone-welcome-{scheme}")
    chat.ask(DAMAGED)
    chat.shoot(f"phone-answer-{scheme}")
    chat.page.locator("#chat a.cite").first.tap()
    assert _marked(chat) == _citation(served, DAMAGED)["quote"]
    expect(chat.page.locator("#source mark").first).to_be_in_viewport()
    chat.page.wait_for_timeout(800)  # it scrolls smoothly
    talk, aside = (chat.page.locator(room).bounding_box() for room in ("#talk", "#aside"))
    assert talk is not None
    assert aside is not None
    assert aside["y"] >= talk["y"] + talk["height"]
    text = chat.page.locator("#source article").bounding_box()
    assert text is not None
    assert aside["y"] <= text["y"]
    assert text["y"] + text["height"] <= aside["y"] + aside["height"]
    assert chat.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    chat.shoot(f"phone-source-{scheme}")


def test_dark_mode_follows_the_browser(served: str, visit: Open) -> None:
    """The paper is dark and the ink is light."""
    chat = visit(served, color_scheme="dark", locale="zh-TW")
    chat.ask("上海計劃建設什麼中心？")
    _marked(chat)
    ink, paper = chat.page.evaluate(
        """() => { const style = getComputedStyle(document.querySelector('#chat .answer'));
           const body = getComputedStyle(document.body);
           return [style.color, body.backgroundColor].map(
             c => c.match(/[0-9]+/g).slice(0, 3).reduce((a, b) => a + Number(b), 0)); }"""
    )
    assert ink > 600 > 150 > paper
    chat.shoot("dark")


HARM = "<img src=x onerror=window.harm++>"
HOSTILE = (
    f"{HARM}<script>window.harm++</script>"
    "**粗**[链](javascript:window.harm++)![图](//evil/x.png)$$x$$"
)


def test_a_hostile_question_is_only_text(served: str, visit: Open) -> None:
    """It is shown letter for letter, and nothing in it runs, loads or is formatted."""
    chat = visit(served)
    chat.ask(HOSTILE + "上海计划建设什么中心？")
    assert chat.page.inner_text("#chat .asked") == HOSTILE + "上海计划建设什么中心？"
    assert chat.page.locator("#chat .asked *").count() == 0
    assert chat.page.evaluate("window.harm") == 0


def test_a_hostile_document_is_only_text(data_dir: Path, tmp_path: Path, visit: Open) -> None:
    """File name, heading, byline and text of a document are shown and never obeyed."""
    docs = tmp_path / "docs"
    docs.mkdir()
    name = f"{HARM}.txt"
    heading = f"沪 {HARM}保护高地"
    body = f"上海加快建设仓库清点中心。{HOSTILE.replace('/', '／')}\n</article></div><h1>外</h1>"
    (docs / name).write_text(f"{heading}\n上海市仓库局局长 芮文彪\n{body}\n", "utf-8")
    with Ragbot(load_settings(data_dir=data_dir, index="hostile")) as bot:
        bot.rebuild([docs])
    log = tmp_path / "stderr.txt"
    settings = {"RAGBOT_INDEX": "hostile", "RAGBOT_REFUSE_BELOW": "0"}
    with serving(data_dir, log, **settings) as address:
        chat = visit(address)
        chat.page.locator("#status .status").wait_for()
        chat.ask("上海建设什么清点中心？")
        chat.page.locator("#chat a.cite").first.click()
        assert "清点中心" in _marked(chat)
        assert chat.page.inner_text("#source .heading") == heading
        assert name in chat.page.inner_text("#source .where")
        assert "</article></div><h1>外</h1>" in chat.page.inner_text("#source article")
        strange = "#chat .answer img, #chat script, #source img, #source script, #source h1, .katex"
        assert chat.page.locator(strange).count() == 0
        assert chat.page.evaluate("window.harm") == 0


def test_two_readers_have_conversations_of_their_own(served: str, visit: Open) -> None:
    """What one asks is not part of the other's conversation."""
    one, two = visit(served), visit(served)
    one.ask("上海市知识产权局局长是谁？")
    two.ask(ABSENT)
    one.ask("那浙江呢？")
    assert one.page.locator("#chat .asked").count() == 2
    assert two.page.locator("#chat .asked").count() == 1
    assert "浙" in one.page.locator("#chat .answer").last.inner_text()
