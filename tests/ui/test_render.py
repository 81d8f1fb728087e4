"""Whatever a document, a heading or a question holds, the page shows it and never obeys it."""

import dataclasses
import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ragbot.results import Answer, Citation, Claim, Hit, Source, Status
from ragbot.ui import render

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "</article></div><form action=//evil>",
    "![x](http://evil/x.png)",
    "[1](javascript:alert(1))",
    "# 标题\n- 表\n```js\n1\n```",
    "$$x$$ **粗** _斜_ `码` https://evil.example",
    "&lt;b&gt; &#60;b&#62;",
    "' onclick='alert(1)",
    '" style="position:fixed',
    "\ud800 \ue0001\ue001 \x00 \r\n\u2028",
)
texts = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=60)) | st.text(
    alphabet="<>&\"'`*_#[](){}!|\\/:;.-=$@~^+1a \n国", max_size=60
)
lines = texts.map(lambda text: text.replace("\n", " ").replace("\r", " "))


class _Page(HTMLParser):
    """What a browser makes of a fragment: the tags, and the text inside each kind of them."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.inside: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag != "br":
            self._open.append(tag)
            self.inside.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        for tag in set(self._open):
            self.inside[tag][-1] += data


def _citation(n: int, text: str) -> Citation:
    return Citation(n, text, "0123456789abcdef", "", 3, 9, text, text, None, text, text, "exact")


def _answer(text: str, citations: tuple[Citation, ...], reason: str | None = None) -> Answer:
    return Answer(
        "", "", text, citations, (), not citations, reason, 0.25, "quote", "g", (), {"total": 1.0}
    )


def _visible(text: str) -> str:
    """What is to be seen of a text: no line ends, no NUL, no half of a pair."""
    text = re.sub("[\ud800-\udfff]", "\ufffd", text)
    return re.sub("[\r\n]", "", text)


@given(texts)
def test_an_escaped_text_is_shown_as_it_is(text: str) -> None:
    """No tag but line breaks comes of it, and every character does."""
    page = _Page(render.escape(text))
    assert set(page.tags) <= {"br"}
    assert page.text == _visible(text)


@given(texts)
def test_an_escaped_text_means_nothing_in_markdown(text: str) -> None:
    """No emphasis, link, picture, heading, list, code or table comes of it."""
    markdown = MarkdownIt("gfm-like", {"linkify": False})
    html = markdown.render(render.question_html(text))
    assert set(_Page(html).tags) <= {"div", "br"}
    inline = markdown.renderInline("甲" + render.escape(text))
    assert set(_Page(inline).tags) <= {"br"}


@given(texts, lines)
def test_only_marks_with_a_citation_become_links(before: str, place: str) -> None:
    """The link leads to the citation's range; a number in brackets without one stays text."""
    html = render.answer_html(_answer("乙[1]丙[7]", (_citation(1, place),)), "zh-CN")
    page = _Page(html)
    assert page.inside["a"] == ["[1]"]
    assert ("href", "#source=0123456789abcdef:3:9") in page.attributes
    assert "乙[1]丙[7]" in page.text
    hostile = _Page(render.answer_html(_answer(before + "[1]", (_citation(1, place),)), "en"))
    assert set(hostile.tags) <= {"div", "a", "ul", "li", "span", "br"}
    assert {name for name, _ in hostile.attributes} <= {"class", "href", "title"}


@given(texts, texts)
def test_a_refusal_has_its_reason_and_confidence_and_no_link(text: str, reason: str) -> None:
    """There is nothing to click where nothing is cited."""
    page = _Page(render.answer_html(_answer(text + "[1]", (), reason), "zh-CN"))
    assert set(page.tags) <= {"div", "br"}
    assert "把握 25%" in page.text
    assert _visible(reason) in page.text


@given(texts)
def test_an_answer_under_way_is_shown_without_half_a_mark(text: str) -> None:
    """A mark that has only begun to come is held back, and none is a link yet."""
    page = _Page(render.streaming_html(text + "甲[12"))
    assert page.text.endswith("甲")
    assert set(page.tags) <= {"div", "span", "br"}


@st.composite
def sources(draw: st.DrawFn) -> Source:
    """A statement of any text with any range quoted."""
    heading, byline = draw(lines), draw(lines)
    body = draw(texts)
    text = "\n".join(part for part in (heading, byline, body, "末尾") if part)
    start = draw(st.integers(0, len(text) - 1))
    end = draw(st.integers(start + 1, len(text)))
    state = draw(st.sampled_from(["exact", "repaired", "uncertain"]))
    return Source(
        draw(lines),
        "id",
        draw(st.none() | st.integers(1, 9)),
        heading.strip() or None,
        byline.strip() or None,
        text,
        start,
        end,
        draw(texts),
        state,
        draw(st.booleans()),
        draw(st.booleans()),
    )


@given(sources())
def test_the_source_marks_exactly_the_quote(source: Source) -> None:
    """What stands in the marks, taken together, is the quoted range; nothing else is obeyed."""
    page = _Page(render.source_html(source, "zh-TW"))
    quoted = source.text[source.start : source.end]
    kept = "".join(part for part in quoted.split("\n") if part.strip())
    marked = "".join(page.inside.get("mark", []))
    assert _bare(marked) == _bare(_visible(kept))
    shown = {"header", "div", "p", "article", "details", "summary", "pre", "mark", "br", "button"}
    assert set(page.tags) <= shown
    known = {"class", "lang", "tabindex", "type", "data-copy", "data-done"}
    assert {name for name, _ in page.attributes} <= known
    assert ("details" in page.tags) == (source.state != "exact")


def _bare(text: str) -> str:
    return "".join(text.split())


def test_a_quoted_byline_is_marked_where_it_stands_above_the_text() -> None:
    """Heading and byline are shown once, in the head, and keep their mark there."""
    text = "沪 打造高地\n上海市知识产权局局长 芮某\n正文。"
    start = text.index("上海市")
    source = Source(
        "f.txt", "id", 2, "上篇 › 沪 打造高地", "上海市知识产权局局长 芮某", text,
        start, text.index("\n正文"), "", "exact", False, False,
    )  # fmt: skip
    html = render.source_html(source, "zh-CN")
    head, body = html.split("</header>")
    assert '<p class="above">上篇</p>' in head
    assert '<p class="heading">沪 打造高地</p>' in head
    assert '<p class="byline"><mark>上海市知识产权局局长 芮某</mark></p>' in head
    assert "第 2 页" in _Page(head).text
    assert _Page(body).text == "正文。"


@given(texts, texts)
def test_the_status_line_obeys_nothing_either(model: str, warning: str) -> None:
    """The model's name is a path that somebody chose, a warning may quote a file name."""
    status = Status("default", "g", "/x", 1234, 3, 5, model, "torch", None, (warning,))
    page = _Page(render.status_html(status, "zh-CN"))
    assert set(page.tags) <= {"div", "span", "p", "br"}
    assert "1,234 篇文档" in page.text
    assert _visible(warning) in page.text


@given(texts, texts)
def test_what_is_nearest_to_a_refused_question_is_offered_apart(text: str, question: str) -> None:
    """With a link to its place; the question as it was understood stands above."""
    hit = Hit(text, 0.3, text, None, _citation(1, text))
    refused = Answer(
        "那吉林呢？", "吉林" + question, "没有。", (), (), True, None, 0.3, "quote", "g", (hit,), {}
    )
    page = _Page(render.answer_html(refused, "zh-CN"))
    assert "理解为：吉林" in page.text
    assert "最接近的原文：" in page.text
    assert page.tags.count("a") == 1
    far = dataclasses.replace(refused, hits=(dataclasses.replace(hit, score=0.01),))
    assert "a" not in _Page(render.answer_html(far, "zh-CN")).tags


def test_what_a_model_told_is_said_to_be_told() -> None:
    """And what it quoted to be quoted."""
    claims = (Claim("甲", "exact", (1,)), Claim("乙", "supported", (2,)))
    answer = dataclasses.replace(
        _answer("甲[1]。乙[2]。", (_citation(1, "甲"), _citation(2, "乙"))),
        claims=claims,
        engine="qwen",
    )
    first, second = re.findall("<li>.*?</li>", render.answer_html(answer, "zh-CN"))
    assert "逐字引用" in first
    assert "转述，已与原文核对" in second
