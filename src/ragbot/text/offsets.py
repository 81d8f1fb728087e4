"""The reading of a raw text, and the way back to it.

A reading is its raw text with some stretches, the *groups*, replaced. Between groups the two
texts are the same, so a handful of numbers per group is the whole offset map.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, overload

import numpy as np
import numpy.typing as npt

Certainty = Literal["proved", "chosen", "unrecoverable"]
State = Literal["exact", "repaired", "uncertain"]
Segments = npt.NDArray[np.int32]

REPAIR_VERSION = 2
"""Changes whenever the reading of a text may come out differently."""

CERTAINTIES: tuple[Certainty, ...] = ("proved", "chosen", "unrecoverable")
"""A certainty's place in this tuple is its code in `Reading.segments`."""

_RAW_START, _RAW_END, _TEXT_START, _TEXT_END, _CERTAINTY = range(5)


@dataclass(frozen=True, slots=True)
class Repair:
    """One group of damaged characters and what stands for it.

    `start` and `end` are code points of the raw text; `before` is `raw[start:end]`, `after` what
    the reading holds instead. An unrecoverable group is only marked: its `after` is its `before`.
    """

    start: int
    end: int
    before: str
    after: str
    certainty: Certainty


class _Repairs(Sequence[Repair]):
    """The repairs of a reading, made on demand: a heavily damaged file has millions."""

    __slots__ = ("_reading",)

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def __len__(self) -> int:
        return len(self._reading.segments())

    @overload
    def __getitem__(self, index: int) -> Repair: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Repair, ...]: ...
    def __getitem__(self, index: int | slice) -> Repair | tuple[Repair, ...]:
        if isinstance(index, slice):
            return tuple(self._repair(row) for row in self._reading.segments()[index].tolist())
        return self._repair(self._reading.segments()[index].tolist())

    def __iter__(self) -> Iterator[Repair]:
        segments = self._reading.segments()
        for first in range(0, len(segments), 4096):
            yield from map(self._repair, segments[first : first + 4096].tolist())

    def _repair(self, row: list[int]) -> Repair:
        raw_start, raw_end, text_start, text_end, certainty = row
        return Repair(
            raw_start,
            raw_end,
            self._reading.raw[raw_start:raw_end],
            self._reading.text[text_start:text_end],
            CERTAINTIES[certainty],
        )


class Reading:
    """A raw text with its damage undone and nothing else changed. Immutable.

    All positions are code points. `text` is the reading; `repairs` lists the groups in raw order.
    """

    __slots__ = ("_segments", "raw", "repairs", "text")

    raw: str
    text: str
    repairs: Sequence[Repair]

    def __init__(self, raw: str, text: str, segments: Segments) -> None:
        segments.flags.writeable = False
        self.raw = raw
        self.text = text
        self._segments = segments
        self.repairs = _Repairs(self)

    def __repr__(self) -> str:
        return f"<Reading of {len(self.raw)} characters, {len(self._segments)} repairs>"

    @classmethod
    def from_repairs(cls, raw: str, repairs: Sequence[tuple[int, int, str, Certainty]]) -> Reading:
        """Build the reading of `raw` from (start, end, after, certainty), in raw order, disjoint.

        Raises ValueError where groups overlap, are out of order or are replaced by nothing: a
        group without characters of its own could not be pointed at.
        """
        pieces: list[str] = []
        rows = np.empty((len(repairs), 5), dtype=np.int32)
        done = length = 0
        for row, (start, end, after, certainty) in enumerate(repairs):
            if start < done or end <= start or not after:
                raise ValueError(f"group {row} at {start}:{end} overlaps another or is empty")
            pieces += (raw[done:start], after)
            at = length + start - done
            length = at + len(after)
            rows[row] = (start, end, at, length, CERTAINTIES.index(certainty))
            done = end
        if done > len(raw):
            raise ValueError(f"the last group ends at {done}, behind the end of the text")
        pieces.append(raw[done:])
        return cls(raw, "".join(pieces), rows)

    @classmethod
    def from_parts(cls, raw: str, text: str, segments: npt.NDArray[np.integer]) -> Reading:
        """Rebuild a stored reading from its two texts and its `segments`.

        Raises ValueError where the three do not belong together.
        """
        rows = np.array(segments, dtype=np.int32).reshape(-1, 5)
        expected_raw = expected_text = 0
        if len(rows):
            starts, ends = rows[:, [_RAW_START, _TEXT_START]], rows[:, [_RAW_END, _TEXT_END]]
            gaps = starts[1:] - ends[:-1]
            if (
                (ends <= starts).any()
                or (gaps < 0).any()
                or (gaps[:, 0] != gaps[:, 1]).any()
                or starts[0, 0] != starts[0, 1]
                or starts[0, 0] < 0
                or not np.isin(rows[:, _CERTAINTY], range(len(CERTAINTIES))).all()
            ):
                raise ValueError("the segments of this reading are not in order")
            expected_raw, expected_text = ends[-1].tolist()
        rest = len(raw) - expected_raw
        if (
            rest < 0
            or len(text) - expected_text != rest
            or raw[expected_raw:] != (text[expected_text:])
        ):
            raise ValueError("the segments do not belong to this raw text and this reading")
        return cls(raw, text, rows)

    def part(self, start: int, end: int) -> Reading:
        """Return the reading of a reading range, widened to whole groups, on its own.

        Positions of the part count from its own start, in both texts. Raises ValueError for a
        range that is not in the reading.
        """
        raw_start, raw_end = self.to_raw(start, end)
        start, end = self.widen(start, end)
        rows = self._segments
        first = int(np.searchsorted(rows[:, _RAW_START], raw_start, side="left"))
        stop = int(np.searchsorted(rows[:, _RAW_END], raw_end, side="right"))
        shifted = rows[first:stop] - np.array([raw_start, raw_start, start, start, 0], np.int32)
        return Reading(self.raw[raw_start:raw_end], self.text[start:end], shifted)

    def segments(self) -> Segments:
        """Return the groups, int32 of shape (repairs, 5), read-only.

        Columns: raw start, raw end, reading start, reading end, index into `CERTAINTIES`.
        """
        return self._segments

    def to_raw(self, start: int, end: int) -> tuple[int, int]:
        """Return the raw range of a reading range, widened to whole groups.

        The empty range inside a group is the empty range in front of it. Raises ValueError for a
        range that is not in the reading.
        """
        return self._map(start, end, len(self.text), _TEXT_START, _RAW_START)

    def to_reading(self, start: int, end: int) -> tuple[int, int]:
        """Return the reading range of a raw range, widened to whole groups.

        The empty range inside a group is the empty range in front of it. Raises ValueError for a
        range that is not in the raw text.
        """
        return self._map(start, end, len(self.raw), _RAW_START, _TEXT_START)

    def widen(self, start: int, end: int) -> tuple[int, int]:
        """Return a reading range widened to whole groups: the reading of raw[to_raw(range)]."""
        return self._map(start, end, len(self.text), _TEXT_START, _TEXT_START)

    def state(self, start: int, end: int) -> State:
        """Return how sure the reading of the raw range is.

        `exact` where no group is touched, `repaired` where every group touched is proved,
        `uncertain` otherwise.
        """
        rows = self._segments
        first = int(np.searchsorted(rows[:, _RAW_END], start, side="right"))
        stop = int(np.searchsorted(rows[:, _RAW_START], end, side="left"))
        if stop <= first:
            return "exact"
        return "uncertain" if rows[first:stop, _CERTAINTY].any() else "repaired"

    def _map(self, start: int, end: int, length: int, source: int, target: int) -> tuple[int, int]:
        """Map a range between two columns of starts; each column of ends is its neighbour."""
        if not 0 <= start <= end <= length:
            raise ValueError(f"the range {start}:{end} is not inside 0:{length}")
        left = self._point(start, source, target, after=False)
        if start == end:
            return left, left
        return left, self._point(end, source, target, after=True)

    def _point(self, at: int, source: int, target: int, after: bool) -> int:
        rows = self._segments
        row = int(np.searchsorted(rows[:, source], at, side="left")) - 1
        if row < 0:
            return at
        source_end = int(rows[row, source + 1])
        if at < source_end:
            return int(rows[row, target + 1 if after else target])
        return int(rows[row, target + 1]) + at - source_end
