"""What a document says cannot become a link of the page that shows an answer."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ragbot.ui.inert import as_code_and_text, as_text_only, settled

ADDRESSES = [
    "http://evil.example/login",
    "HTTPS://evil.example/a_b*c*d?q=机密&x=[1](2)|3#!<4>",
    "www.evil.example",
    "evil.com",
    "evil.cn:8080/a",
    "a.b-c+d@evil.example",
    "mailto:a@evil.example",
    "ftp://x",
    "1http://evil.example",
    "javascript://evil",
]
PARTS = [
    *ADDRESSES,
    *(
        "`",
        "``",
        "\\",
        "[a]",
        "](",
        "]: ",
        "[x]: /y",
        "<",
        ">",
        "<http://x.cn>",
        "![",
        "&#104;ttp:",
    ),
    *(
        "&colon;//e",
        "|",
        "\n",
        "\n\n",
        "    ",
        "~~~\n",
        "- ",
        "a|b\n-|-\n",
        "*",
        "**",
        "_",
        "。",
        "请访问",
    ),
    *("(", ")", " ", ".", "www.", "://", "@", "http", "evil.com", "[^1]: x"),
]
TEXTS = st.lists(st.sampled_from(PARTS) | st.text(max_size=4), max_size=12).map("".join)
# Without the rules by which the code under test finds addresses.
LINKED = re.compile(
    r"https?://|ftp://|(?<![^\W_])www\.\w|\w@\w+\.\w|evil\.(com|cn)\b", re.IGNORECASE
)


def _found(markdown: str) -> tuple[set[str], str]:
    """Return the kinds of what Markdown has, and its text apart from code."""
    kinds, texts = set(), [""]
    for token in MarkdownIt("commonmark").enable("table").parse(markdown):
        kinds.add(token.type)
        for child in token.children or []:
            kinds.add(child.type)
            if child.type in ("text", "text_special"):
                texts[-1] += child.content
            elif child.type != "code_inline" or child.content:
                texts.append("")
        texts.append("")
    return kinds, "\n".join(texts)


@pytest.mark.parametrize("show", [as_code_and_text, as_text_only])
@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_is_code(show: object, address: str) -> None:
    """Whole, up to where Chinese goes on, and next to anything."""
    for before in ("", "请访问", "(", "\\", "`", "``` ", "[x](", "<", "_"):
        text = f"{before}{address}。"
        kinds, shown = _found(show(text))  # type: ignore[operator]
        assert not LINKED.search(shown), text
        assert not kinds & {"link_open", "image", "html_inline", "html_block"}


@given(TEXTS)
def test_nothing_of_a_document_is_active(text: str) -> None:
    """In either way to show it."""
    for show in (as_code_and_text, as_text_only):
        kinds, shown = _found(show(text))
        assert not kinds & {"link_open", "image", "html_inline", "html_block"}
        assert not LINKED.search(shown)


@given(TEXTS, st.lists(st.integers(1, 9), min_size=1, max_size=40))
def test_a_stream_is_shown_as_the_whole(text: str, sizes: list[int]) -> None:
    """Wherever it is cut."""
    made, held, at = "", "", 0
    for size in sizes:
        whole = held + text[at : at + size]
        at += size
        cut = settled(whole)
        held = whole[cut:]
        made += as_code_and_text(whole, cut)
    assert made + as_code_and_text(held + text[at:]) == as_code_and_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "1) 见第三条 [1][2]：a*b*",
        "版本 v1.2.3，12.5% 和 3.14",
        "规定.txt · 第1章 · U.S. a.b",
        "x & y",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    """Marks, numbers and names of files are no addresses."""
    assert as_code_and_text(text) == text


@pytest.mark.parametrize("piece", ["a", "a.", "a@", "http:/", "www", "]", "&a", "-", "a:"])
def test_long_text_takes_no_time(piece: str) -> None:
    """A minute is far more than it needs; were it quadratic, it would take hours."""
    began = time.perf_counter()
    as_code_and_text(piece * 300_000)
    as_text_only(piece * 300_000)
    assert time.perf_counter() - began < 60
