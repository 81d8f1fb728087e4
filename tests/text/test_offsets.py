"""The offset map leads from the reading to the raw text and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragbot.text.offsets import Reading
from ragbot.text.reading import read

# Characters that tables hold, that straddle others, and what damage is made of.
_PIECES = [
    "計(jì)",
    "劃",
    "設(shè)",
    "營",
    "展?fàn)I造",
    "們?cè)谛碌臍v史",
    "持?jǐn)?shù)字化",
    "作用?!毒V要》",
    "?fàn)",
    "產(chǎn)權(quán)",
    "業(ye)(ye)",
    "(WIPO)",
    "(2021—2035年)",
    "荨(qián)麻",
    "<ruby>計<rp>(</rp><rt>jì</rt></ruby>",
    "。",
    ",",
    "?",
    "中国",
    "abc",
    "𠀀",
    "会(huì )",
    "關(guan) 於(yu) ",
    "\n",
    "\ud800",
    "\0",
]


def damaged_texts() -> st.SearchStrategy[str]:
    """Texts in which damage and everything like it stand side by side."""
    return st.lists(st.one_of(st.sampled_from(_PIECES), st.text(max_size=4)), max_size=40).map(
        "".join
    )


def check_both_ways(raw: str) -> None:
    """Check every property of the map, for every range with an end at a group and many others."""
    reading = read(raw)
    text = reading.text
    # Outside the groups the two texts are the same, and the groups are what `repairs` says.
    done_raw = done_text = 0
    for repair in reading.repairs:
        start, end = reading.to_reading(repair.start, repair.end)
        assert raw[done_raw : repair.start] == text[done_text:start]
        assert raw[repair.start : repair.end] == repair.before
        assert text[start:end] == repair.after
        done_raw, done_text = repair.end, end
        # A range inside the group is widened to the group, from either side.
        for at in range(start, end):
            assert reading.to_raw(at, at + 1) == (repair.start, repair.end)
        for at in range(repair.start, repair.end):
            assert reading.to_reading(at, at + 1) == (start, end)
    assert raw[done_raw:] == text[done_text:]
    # A raw range comes from the reading of its own: cutting it out changes nothing.
    step = max(1, len(text) // 8)
    for start in range(0, len(text), step):
        for end in range(start, len(text) + 1, step):
            first, last = reading.to_raw(start, end)
            wide = reading.widen(start, end)
            assert reading.to_reading(first, last) == wide or start == end
            assert wide[0] <= start <= end <= wide[1] or start == end
            part = reading.part(start, end)
            assert (part.raw, part.text) == (raw[first:last], text[slice(*wide)])
            state = reading.state(first, last)
            assert state != "exact" or raw[first:last] == text[slice(*wide)]
    again = Reading.from_parts(raw, text, reading.segments())
    assert list(again.repairs) == list(reading.repairs)


@given(damaged_texts())
def test_the_map_leads_both_ways(raw: str) -> None:
    """For any text and any range."""
    check_both_ways(raw)


@pytest.mark.parametrize(("start", "end"), [(-1, 0), (2, 1), (0, 4)])
def test_a_range_outside_the_text_is_an_error(start: int, end: int) -> None:
    """Never a silent wrong answer."""
    reading = Reading.from_repairs("計(jì)劃", [(0, 5, "計", "proved")])
    with pytest.raises(ValueError, match="range"):
        reading.to_raw(start, end)


@pytest.mark.parametrize(
    "groups",
    [
        [(0, 5, "計", "proved"), (4, 6, "劃", "proved")],
        [(0, 0, "計", "proved")],
        [(0, 5, "", "proved")],
        [(0, 9, "計", "proved")],
    ],
)
def test_groups_that_cannot_be_are_an_error(groups: list[tuple[int, int, str, str]]) -> None:
    """Overlapping, empty, without text, behind the end."""
    with pytest.raises(ValueError, match="group"):
        Reading.from_repairs("計(jì)劃", groups)  # type: ignore[arg-type]
