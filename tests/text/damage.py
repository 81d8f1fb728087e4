"""The damage, forward: what a careless converter does to a traditional text held as GBK bytes.

It replaces table characters by `character(pinyin)` and full-width punctuation by half-width, byte
by byte, entry after entry, without regard to where characters begin; then decodes what is left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Illegal = Literal["vanishes", "byte", "pair"]
"""What a decoder makes of two bytes that GBK does not have: nothing; `?` for the first byte, going
on with the second; or `?` for both."""

PUNCTUATION: dict[str, str] = {
    "，": ",",
    "！": "!",
    "（": "(",
    "）": ")",
    "：": ":",
    "；": ";",
    "？": "?",
}


@dataclass(frozen=True, slots=True)
class Damaged:
    """A damaged text, and what the damage did to it."""

    text: str
    vanished: int
    """Bytes of pairs that GBK does not have, of which nothing is left or a `?` for both."""
    eaten: int
    """ASCII characters swallowed together with an orphaned byte."""


def table(text: str, size: int, order: Sequence[int] | None = None) -> dict[str, str]:
    """Return the `size` most frequent traditional characters of a text with their pinyin."""
    from opencc import OpenCC
    from pypinyin import Style, pinyin

    simplify = OpenCC("t2s")
    counts = Counter(c for c in text if "\u4e00" <= c <= "\u9fff")
    traditional = [c for c, _ in counts.most_common() if simplify.convert(c) != c and fits(c)]
    entries = [(c, pinyin(c, style=Style.TONE)[0][0]) for c in traditional[:size]]
    if order is not None:
        entries = [entries[i % len(entries)] for i in order]
    return dict(entries)


def fits(text: str) -> bool:
    """Tell whether the text can be held as GBK at all."""
    try:
        text.encode("gbk")
    except UnicodeEncodeError:
        return False
    return True


def damage(
    text: str,
    table: Mapping[str, str],
    punctuation: Mapping[str, str] | None = None,
    *,
    keeps: Iterable[str] = "!",
    illegal: Illegal = "vanishes",
) -> Damaged:
    """Damage a text that fits GBK.

    An orphaned byte and the ASCII character below `@` behind it become `?` together; of the
    characters in `keeps` the decoder swallows only the byte: 作用?!毒V要》 for 作用。《綱要》.
    """
    data = text.encode("gbk")
    for character, reading in table.items():
        pair = character.encode("gbk")
        data = data.replace(pair, pair + b"(" + reading.encode("gb18030") + b")")
    for wide, narrow in (punctuation or {}).items():
        data = data.replace(wide.encode("gbk"), narrow.encode("ascii"))
    return decode(data, frozenset(ord(c) for c in keeps), illegal)


def decode(
    data: bytes, keeps: frozenset[int] = frozenset(), illegal: Illegal = "vanishes"
) -> Damaged:
    """Decode GBK the way the converter does."""
    out: list[str] = []
    vanished = eaten = at = 0
    while at < len(data):
        first, second = data[at], data[at + 1] if at + 1 < len(data) else 0
        if first < 0x80:
            out.append(chr(first))
            at += 1
            continue
        if second < 0x40:
            out.append("?")
            if second in keeps or at + 1 == len(data):
                at += 1
                continue
            eaten += second != 0x28
        else:
            try:
                out.append(data[at : at + 2].decode("gbk"))
            except UnicodeDecodeError:
                if illegal == "byte":
                    out.append("?")
                    at += 1
                    continue
                vanished += 1
                out.append("?" if illegal == "pair" else "")
        at += 2
    return Damaged("".join(out), vanished, eaten)
