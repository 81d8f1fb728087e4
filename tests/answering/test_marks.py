"""Marks as models write them, however the stream cuts them."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from ragbot.answering.marks import Part, SentenceReader

TEXT = (
    "上海[1]，吉林【2】。北京有[1][3]。天津[1, 2]、河北[2-4]！\n"
    "浙江［5］。\n没有出处。数组a[0]x[7†源]"
)


def _read(pieces: list[str]) -> list[list[Part]]:
    reader = SentenceReader()
    found = [parts for piece in pieces for parts in reader.feed(piece)]
    return [*found, *reader.close()]


def test_marks_of_every_form_are_read() -> None:
    """The marks belong to the words before them."""
    marks = [[part.marks for part in parts] for parts in _read([TEXT])]
    assert marks == [
        [(1,), (2,), ()],
        [(1, 3), ()],
        [(1, 2), (2, 3, 4), ()],
        [(5,), ()],
        [()],
        [(0,), (7,)],
    ]


@given(st.lists(st.integers(0, len(TEXT))))
def test_a_stream_may_be_cut_anywhere(cuts: list[int]) -> None:
    """In the middle of a mark too."""
    edges = [0, *sorted(cuts), len(TEXT)]
    pieces = [TEXT[a:b] for a, b in itertools.pairwise(edges)]
    read = _read(pieces)
    assert [p.marks for s in read for p in s if p.marks] == [
        p.marks for s in _read([TEXT]) for p in s if p.marks
    ]
    whole = "".join(part.text for parts in read for part in parts)
    assert "".join(whole.split()) == "上海，吉林。北京有。天津、河北！浙江。没有出处。数组ax"


@given(st.text(alphabet="上海。[]【】1,2\n<think>/ ", max_size=60))
def test_nothing_but_marks_and_thoughts_is_lost(text: str) -> None:
    """Whatever a model writes, reading it ends."""
    read = _read(list(text))
    assert all(part.text or part.marks for parts in read for part in parts)


def test_thoughts_are_no_part_of_the_answer() -> None:
    """Some models write them before it."""
    read = _read(["<th", "ink>是上海吗[1]？对。</thi", "nk>\n上海[1]。"])
    assert [part.marks for parts in read for part in parts] == [(1,), ()]


def test_marks_behind_the_full_stop_belong_to_the_sentence_before() -> None:
    """Not to the one behind them."""
    assert [p.marks for s in _read(["上海。[", "1]吉林。", "[2]"]) for p in s] == [(1,), (2,)]
