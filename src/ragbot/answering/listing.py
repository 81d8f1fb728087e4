"""The items of an answer, which a follow-up may count (第二个呢)."""

import re

__all__ = ["items_of", "ordinal_of"]

_MARK = re.compile(r"\[\d+\]")
_NUMBERED = re.compile(r"[一二三四五六七八九十]{1,3}是|[（(]?[一二三四五六七八九十]{1,2}[)）、]")
_DIGITS = {char: number for number, char in enumerate("一二三四五六七八九十", 1)}
_LONGEST = 40


def items_of(text: str) -> list[str]:
    """Return the items of an answer: its lines, or what its one line lists."""
    lines = [line for line in _MARK.sub("", text).split("\n") if line.strip()]
    if len(lines) != 1:
        return [_short(line) for line in lines]
    (line,) = lines
    if len(parts := _NUMBERED.split(line)) > 2:
        return [_short(part) for part in parts[1:]]
    if len(parts := re.split("[；;]", line)) > 1:
        return [_short(part) for part in parts if part.strip()]
    # The words that join the last two items are also parts of words: only the last one counts.
    last = max(line.rfind(mark) for mark in "、和与及")
    joined = re.split("[、和与及以]", line[max(last, 0) :])
    listed = joined if last < 0 else [*line[:last].split("、"), *joined[1:]]
    return [_short(part) for part in listed if part.strip()]


def ordinal_of(rank: str, count: int) -> int | None:
    """Return the place, from 0, that 第二个 or 最后一个 means among so many; None where none is."""
    if rank.startswith("最后"):
        return count - 1 if count else None
    digits = re.sub(r"[^一二三四五六七八九十\d]", "", rank)
    if digits.isascii():
        number = int(digits or 0)
    else:
        tens, _, ones = digits.rpartition("十")
        number = (10 * _DIGITS.get(tens, 1) if "十" in digits else 0) + _DIGITS.get(ones, 0)
    return number - 1 if 0 < number <= count else None


def _short(item: str) -> str:
    """Return an item without its end, and no more of it than names it."""
    item = item.strip().rstrip("。；;，,、 ")
    for stop in re.finditer("[，,。；;]", item):
        if stop.start() >= 4:
            return item[: stop.start()][:_LONGEST]
    return item[:_LONGEST]
