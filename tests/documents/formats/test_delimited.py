import pytest

from ragbot.documents.formats.delimited import load_delimited


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_rows_name_their_columns(delimiter: str, encoding: str) -> None:
    """Rows are read under the first row's names, whatever separates them and in any encoding."""
    rows = [["省份", "说明"], ["江苏", "计划建设知识产权强省"], ["浙江", "推进专利保护"]]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    assert load_delimited(text.encode(encoding)).raw.splitlines()[1:] == [
        "省份：江苏；说明：计划建设知识产权强省",
        "省份：浙江；说明：推进专利保护",
    ]


def test_quoted_cells_may_hold_anything() -> None:
    """Delimiters, quotes and line breaks inside quotes belong to the cell."""
    data = '名称,说明\n甲,"一,二\n""三"""\n'.encode()
    assert load_delimited(data).raw.splitlines()[1] == '名称：甲；说明：一,二"三"'


def test_a_long_cell_is_read() -> None:
    """A cell longer than the csv module's own limit is read whole."""
    assert "字" * 200_000 in load_delimited(f"a,b\n1,{'字' * 200_000}".encode()).raw


def test_an_open_quote_is_no_error() -> None:
    """A quote that never closes takes the rest of the file and loses nothing."""
    raw = load_delimited('a,b\n甲,"乙\n丙,丁\n'.encode()).raw
    assert all(character in raw for character in "甲乙丙丁")
