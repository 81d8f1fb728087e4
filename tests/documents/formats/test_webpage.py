import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragbot.documents.formats.extracted import UnreadableError
from ragbot.documents.formats.webpage import load_webpage


def body(html: str) -> str:
    """Return what is extracted from a page with this body."""
    return load_webpage(f"<!doctype html><html><body>{html}</body></html>".encode()).raw


def test_blocks_are_lines_and_headings_are_known() -> None:
    """Every block is a line; h1 to h6 give the offset of their line and their level."""
    page = "<h1>总<b>标题</b></h1><div>一段<p>二段<br>三段</div><h3>\n 小 标题\n</h3>尾"
    content = load_webpage(page.encode())
    assert content.raw == "总标题\n一段\n二段\n三段\n小 标题\n尾\n"
    assert [(content.raw[at:].split("\n")[0], n) for at, n in content.headings] == [
        ("总标题", 1),
        ("小 标题", 3),
    ]


def test_what_is_not_shown_is_left_out() -> None:
    """Scripts, styles, navigation, comments and hidden parts are no text; what follows them is."""
    assert body(
        "前<script>var a='坏';</script>中<style>坏{}</style><nav>首页<p>坏</nav>后"
        "<!-- 坏 -->。<p hidden>坏<p style='color:red; display: none'>坏</p>完"
        "<div role=navigation>坏</div><noscript>坏</noscript>"
    ).split() == ["前中", "后。", "完"]


@pytest.mark.parametrize(
    "html",
    [
        "<ruby>計<rp>(</rp><rt>jì</rt><rp>)</rp></ruby>劃",
        "<ruby>計<rt>jì</rt></ruby>劃",
        "<ruby>計<rp>(<rt>jì<rp>)</ruby>劃",
        "<ruby><rb>計</rb><rp>（</rp><rt>jì</rt><rp>）</rp></ruby>劃<ruby><rt></rt></ruby>",
    ],
)
def test_ruby_becomes_an_annotation(html: str) -> None:
    """A sound above a character is written behind it in brackets, once, however it is marked."""
    assert body(f"<p>{html}建設</p>") == "計(jì)劃建設\n"


def test_white_space_means_nothing() -> None:
    """Runs of spaces are one; a line break of the source between Chinese characters is none."""
    assert body("<p>  中文\n   断行  Latin\n text　全角&nbsp;</p>") == "中文断行 Latin text　全角\n"


def test_preformatted_lines_stay() -> None:
    """In pre the line ends count."""
    assert body("<pre>一\n二  三</pre>四") == "一\n二  三\n四\n"


def test_tables_are_rows() -> None:
    """A table with marked headers gives rows that say what they hold."""
    rows = "<tr><th>省份<th>专利数<tr><td rowspan=2>江苏<td>352<tr><td>353"
    assert body(f"<table>{rows}</table>完") == (
        "省份 | 专利数\n省份：江苏；专利数：352\n省份：江苏；专利数：353\n完\n"
    )


def test_a_table_within_a_layout_table_stays_a_table() -> None:
    """Old pages lay their text out in tables; the text stays lines and the table inside rows."""
    inner = "<table><tr><td>甲<td>1<tr><td>乙<td>2</table>"
    html = f"<table><tr><td>左栏<td><h2>题</h2><p>一<p>二{inner}三</table>"
    content = load_webpage(html.encode())
    assert content.raw == "左栏\n题\n一\n二\n甲 | 1\n乙 | 2\n三\n"
    assert content.headings == ((3, 2),)


def test_the_title_stands_in_for_a_missing_heading() -> None:
    """The page's title is the first line where it has no h1, and nowhere where it has one."""
    head = "<html><head><title>知识产权公报</title></head>"
    without = load_webpage(f"{head}<p>正文".encode())
    assert (without.raw, without.headings) == ("知识产权公报\n正文\n", ((0, 1),))
    assert load_webpage(f"{head}<h1>题</h1>正文".encode()).raw == "题\n正文\n"


@pytest.mark.parametrize("declared", ["gb2312", "GBK", "utf-8", None])
@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_pages_are_decoded_whatever_they_say(declared: str | None, encoding: str) -> None:
    """The encoding a page declares is used unless the page is in another."""
    meta = f"<meta http-equiv=Content-Type content='text/html; charset={declared}'>"
    sentence = "上海计划建设国际知识产权中心城市，朱镕基。" * 5
    page = f"<html><head>{meta if declared else ''}</head><p>{sentence}</p></html>"
    assert load_webpage(page.encode(encoding)).raw == f"{sentence}\n"


def test_a_wrong_declaration_is_not_believed() -> None:
    """A page that says Big5 and is in GB18030 is read as what it is."""
    sentence = "上海计划建设国际知识产权中心城市，保护发明创造。" * 9
    page = f"<meta charset=big5><p>{sentence}</p>"
    assert load_webpage(page.encode("gb18030")).raw == f"{sentence}\n"


def test_elements_nested_without_end_are_refused() -> None:
    """A page nested deeper than the parser goes is refused: its text would be cut."""
    with pytest.raises(UnreadableError, match="nests"):
        load_webpage(b"<div>" * 100_000 + "深".encode())


def test_declared_big5_keeps_hong_kong_characters() -> None:
    """Big5 pages are read with the characters that Hong Kong added."""
    page = "<meta charset=big5><p>香港嘅知識產權係咁樣保護㗎。</p>"
    assert "嘅" in load_webpage(page.encode("big5hkscs")).raw


@given(st.text("<>/=\"' abp中&;#x0-9!td\n-", max_size=200))
def test_any_soup_can_be_read(soup: str) -> None:
    """No markup, however broken, raises, and headings lie at the beginning of lines."""
    content = load_webpage(f"<p>始{soup}".encode())
    assert content.raw.startswith("始") or content.headings
    for offset, _ in content.headings:
        assert offset == 0 or content.raw[offset - 1] == "\n"
