"""Documents, votes and sources, in a real browser."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Visit
from tests.documents.bad_files import pdf
from tests.serving import serving

Open = Callable[..., Visit]
QUESTION = "上海计划建设什么中心？"
FERRY = {"name": "渡口.txt", "mimeType": "text/plain", "buffer": "渡口每天早晨六点开船。".encode()}
ASKED = "渡口每天几点开船？"


@pytest.fixture
def own(tmp_path: Path, models_dir: Path) -> Iterator[tuple[str, Path]]:
    """A server with a data folder of its own, which a test may change."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "models").symlink_to(models_dir.resolve(), target_is_directory=True)
    with serving(data, tmp_path / "stderr.txt") as address:
        yield address, data


def _open_documents(page: Page) -> None:
    page.click("#library")
    page.locator("#documents .listing").wait_for()


def _rebuild(page: Page) -> None:
    page.click("#documents [data-do=rebuild]")
    expect(page.locator("#documents .said")).to_contain_text("完成", timeout=60_000)


def test_a_document_is_uploaded_asked_about_and_removed(own: tuple[str, Path], visit: Open) -> None:
    """After it is removed its question is refused; the others are answered throughout."""
    address, _ = own
    chat, other = visit(address), visit(address)
    chat.ask(ASKED)
    expect(chat.page.locator("#chat .refused")).to_have_count(1)
    _open_documents(chat.page)
    chat.page.set_input_files("#upload", files=[FERRY])
    expect(chat.page.locator("#documents li").first).to_contain_text("待索引")
    _rebuild(chat.page)
    chat.shoot("documents")
    chat.page.click("#documents [data-do=close]")
    chat.ask(ASKED)
    assert "六点" in chat.page.locator("#chat .answer").last.inner_text()
    other.ask(QUESTION)
    assert other.page.locator("#chat a.cite").count() >= 1
    _open_documents(chat.page)
    chat.page.click("#documents [data-do=remove]")
    expect(chat.page.locator("#documents li").first).to_contain_text("重建后移除")
    _rebuild(chat.page)
    expect(chat.page.locator("#documents li")).to_have_count(1)
    chat.page.click("#documents [data-do=close]")
    chat.ask(ASKED)
    expect(chat.page.locator("#chat .refused")).to_have_count(2)
    other.ask("那浙江呢？")
    assert other.page.locator("#chat .answer").count() == 2


def test_who_clicks_at_once_gets_the_dialog(served: str, visit: Open) -> None:
    """Also before the page has been told its words, which bring the dialogs with them."""
    chat = visit(served)
    for name, button in (("documents", "library"), ("history", "past")):
        chat.page.locator(f"#{name}").wait_for(state="attached")
        chat.page.evaluate(
            """([name, button]) => {
                const dialog = document.getElementById(name);
                const room = dialog.parentElement;
                dialog.remove();
                document.getElementById(button).click();
                setTimeout(() => room.append(dialog), 400); }""",
            [name, button],
        )
        expect(chat.page.locator(f"#{name}")).to_be_visible()
        chat.page.click(f"#{name} [data-do=close]")


def test_a_file_that_cannot_be_read_is_explained(own: tuple[str, Path], visit: Open) -> None:
    """By its type at once, by its content after the rebuild; the name is only text."""
    address, _ = own
    page = visit(address, locale="zh-CN").page
    _open_documents(page)
    bad = {"name": "坏<b>.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 x"}
    page.set_input_files("#upload", files=[{**bad, "name": "坏.pdf"}])
    expect(page.locator("#documents li").first).to_contain_text("坏.pdf")
    _rebuild(page)
    expect(page.locator("#documents .said")).to_contain_text("坏.pdf")
    assert page.request.put(f"{address}/api/documents/a.exe", data=b"MZ").status == 400


def test_the_page_of_a_pdf_is_shown(own: tuple[str, Path], visit: Open) -> None:
    """As a picture, in the panel of the source; not of a file that has changed."""
    address, data = own
    chat = visit(address)
    body = pdf("The ferry leaves at six in the morning from the northern pier.")
    chat.page.request.put(f"{address}/api/documents/ferry.pdf", data=body)
    assert chat.page.request.post(f"{address}/api/rebuild", data={}).ok
    found = chat.page.request.post(
        f"{address}/api/retrieve", data={"query": "ferry northern pier", "k": 1}
    ).json()
    cited = found["hits"][0]["citation"]
    assert cited["page"] == 1
    place = f"document_id={cited['document_id']}&page="
    drawn = chat.page.request.get(f"{address}/page/picture?{place}1")
    assert drawn.body()[:8] == b"\x89PNG\r\n\x1a\n"
    assert chat.page.request.get(f"{address}/page/picture?{place}2").status == 404
    where = f"{place[:-6]}&start={cited['start']}&end={cited['end']}"
    panel = chat.page.request.get(f"{address}/page/source?{where}").text()
    assert 'class="picture"' in panel
    (data / "indexes" / "default" / "library" / "ferry.pdf").write_bytes(pdf("Another."))
    assert chat.page.request.get(f"{address}/page/picture?{place}1").status == 404


def test_a_vote_is_kept_on_this_machine(own: tuple[str, Path], visit: Open) -> None:
    """With the question and the citations it is about."""
    address, data = own
    chat = visit(address)
    chat.ask(QUESTION)
    chat.page.click("#chat a.tool[href='#vote=bad_quote:0']")
    expect(chat.page.locator("#chat .tools")).to_contain_text("谢谢")
    (line,) = (data / "feedback.jsonl").read_text("utf-8").splitlines()
    kept = json.loads(line)
    assert kept["question"] == QUESTION
    assert kept["verdict"] == "bad_quote"
    assert kept["citations"]
    assert line in chat.page.request.get(f"{address}/page/feedback").text()


def test_the_passages_behind_an_answer_are_drawn(served: str, visit: Open) -> None:
    """Their map is fetched when it is looked at."""
    chat = visit(served)
    chat.ask(QUESTION)
    picture = chat.page.locator("#chat .inside img")
    expect(picture).not_to_have_attribute("src", re.compile("."))
    chat.page.click("#chat .inside summary")
    expect(picture).to_have_js_property("naturalWidth", 260)
    chat.shoot("inside")
    token = chat.page.locator("#token [data-token]").get_attribute("data-token")
    for gone in (f"{token}/1", f"{token}/-1", "0/0"):
        assert chat.page.request.get(f"{served}/page/map/{gone}").status == 404


def test_a_restored_text_is_compared_with_the_file(served: str, visit: Open) -> None:
    """What the file has and what was made of it, beside each other."""
    chat = visit(served)
    chat.ask(QUESTION)
    chat.page.locator("#source mark").first.wait_for()
    chat.page.click("#source details:has(.sides) summary")
    raw, restored = chat.page.locator("#source .sides pre").all()
    assert "產(chǎn)權" in raw.inner_text()
    assert "知識產權保護中心" in restored.inner_text()
    left, right = raw.bounding_box(), restored.bounding_box()
    assert left
    assert right
    assert left["x"] + left["width"] <= right["x"]
    chat.shoot("compared")


def test_a_quote_is_copied_with_its_reference(served: str, visit: Open) -> None:
    """For a text of one's own."""
    chat = visit(served, permissions=["clipboard-read", "clipboard-write"])
    chat.ask(QUESTION)
    chat.page.locator("#source mark").first.wait_for()
    chat.page.click("#source button.copy")
    expect(chat.page.locator("#source button.copy")).to_have_text("已复制")
    copied = chat.page.evaluate("navigator.clipboard.readText()")
    assert "知識產權保護中心" in copied
    assert "芮文彪" in copied


def test_people_log_in(data_dir: Path, tmp_path: Path, visit: Open) -> None:
    """On a page in their language; readers see the documents and cannot change them."""
    secrets = {"RAGBOT_PASSWORD": "read-me-please", "RAGBOT_EDITOR_PASSWORD": "change-me-please"}
    with serving(data_dir, tmp_path / "stderr.txt", **secrets) as address:
        chat = visit(address, login="read-me-please")
        chat.ask(QUESTION)
        assert chat.page.locator("#chat a.cite").count() >= 1
        _open_documents(chat.page)
        assert chat.page.locator("#documents [data-do=rebuild]").count() == 0
        assert "read-me-please" not in (tmp_path / "stderr.txt").read_text("utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_fault_of_accessibility(served: str, visit: Open, scheme: str) -> None:
    """As axe sees it: the welcome, an answer with its source, the documents, on desk and phone."""
    for size in ((1280, 800), PHONE):
        chat = visit(served, color_scheme=scheme, size=size)
        chat.page.locator("#chat .example").first.wait_for()
        _no_fault(chat.page)
        chat.ask(QUESTION)
        chat.page.locator("#chat a.cite").first.click()
        chat.page.locator("#source mark").first.wait_for()
        chat.page.wait_for_timeout(500)
        _no_fault(chat.page)
        _open_documents(chat.page)
        _no_fault(chat.page)
        chat.page.click("#documents [data-do=close]")
        chat.page.click("#past")
        chat.page.locator("#history .open").wait_for()
        _no_fault(chat.page)
        chat.shoot(f"history-{scheme}-{size[0]}")


def _no_fault(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    serious = {
        f"{one['id']}: {node['html'][:120]} ({node.get('failureSummary', '')[:200]})"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    }
    assert not serious, "\n".join(sorted(serious))
