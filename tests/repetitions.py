"""Texts that a regular expression may take too long for, made from the expression itself.

A backtracking engine is slow where a part can match the same characters in several ways, or where
every character of a long run begins an attempt that reads the rest of the run. Both show on
repetitions of what the parts of an expression match, followed by something that they do not match.
"""

import itertools
import re
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

__all__ = ["grows_too_fast", "repetitions"]

_FEW = 4
_MOST = 400
"""Repetitions tried of one pattern."""
_ANYWHERE = (" ", "\n", "\n ", "\u3000", "字", "a", "7", "。", ",", "[", "-")
_TAILS = ("\x01", "字")
_CATEGORIES = {
    op.CATEGORY_DIGIT: "7",
    op.CATEGORY_SPACE: " \n",
    op.CATEGORY_WORD: "字a",
    op.CATEGORY_NOT_DIGIT: "字",
    op.CATEGORY_NOT_SPACE: "字,",
    op.CATEGORY_NOT_WORD: ", ",
}
_REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)


def repetitions(pattern: re.Pattern[Any]) -> list[tuple[str, str, str]]:
    """Return (what stands before, what is repeated, what stands behind), at most some hundred."""
    tree = parser.parse(pattern.pattern, pattern.flags)
    anywhere = itertools.product(("", "字"), _ANYWHERE)
    units = dict.fromkeys([*anywhere, *_units(list(tree), [""])])
    found = [(before, unit, tail) for before, unit in units if unit for tail in _TAILS]
    step = -(-len(found) // _MOST) | 1  # odd, so that no tail is left out
    return found[::step]


def _units(nodes: list[Any], before: list[str]) -> Iterator[tuple[str, str]]:
    """Yield every part with what may stand before it."""
    for at, node in enumerate(nodes):
        for sample in _samples(node):
            yield from ((start, sample) for start in before[:2])
        for stop in range(at + 2, min(len(nodes), at + 4) + 1):
            yield from (("", sample) for sample in _in_a_row(nodes[at:stop])[:2])
        yield from ((before[0], sample) for sample in _in_a_row(nodes[at:])[:2])
        for part in _parts(node):
            yield from _units(part, before)
        before = _few(a + b for a, b in itertools.product(before, _samples(node)))


def _parts(node: Any) -> list[list[Any]]:
    kind, value = node
    if kind is op.BRANCH:  # of words, only the whole ones are repeated
        branches = [list(branch) for branch in value[1]]
        return [b for b in branches if any(part[0] is not op.LITERAL for part in b)]
    if kind in (op.SUBPATTERN, *_REPEATS):
        return [list(value[-1])]
    if kind is op.ATOMIC_GROUP:
        return [list(value)]
    if kind in (op.ASSERT, op.ASSERT_NOT):
        return [list(value[1])]
    return []


def _few(samples: Iterable[str]) -> list[str]:
    found = list(dict.fromkeys(samples))
    return found[:: max(1, len(found) // _FEW)]


def _in_a_row(nodes: Iterable[Any]) -> list[str]:
    """Return some texts that a row of parts matches."""
    found = [""]
    for node in nodes:
        found = _few(a + b for a, b in itertools.product(found, _samples(node)))
    return found


def _samples(node: Any) -> list[str]:
    """Return some texts that one part matches."""
    kind, value = node
    if kind is op.LITERAL:
        return [chr(value)]
    if kind is op.NOT_LITERAL:
        return ["a" if value == ord("字") else "字"]
    if kind is op.ANY:
        return ["字"]
    if kind is op.IN:
        return _members(value)
    if kind in _REPEATS:
        least, most, _ = value
        once = _in_a_row(value[2])
        more = [sample * (least + 1) for sample in once[:1]] if most > least else []
        return [*(sample * max(least, 1) for sample in once), *more, *([""] if not least else [])]
    if kind in (op.ASSERT, op.ASSERT_NOT):
        return [""]
    if kind is op.BRANCH:
        return [s for branch in value[1][:8] for s in _in_a_row(branch)[:2]]
    return [s for part in _parts(node) for s in _in_a_row(part)] or [""]


def _members(items: list[Any]) -> list[str]:
    found: list[str] = []
    for kind, value in items:
        if kind is op.LITERAL:
            found.append(chr(value))
        elif kind is op.RANGE:
            found += [chr(value[0]), chr(sum(value) // 2)]
        elif kind is op.CATEGORY:
            found += _CATEGORIES[value]
    if items[0][0] is op.NEGATE:
        return [c for c in "字a 7,(\n" if c not in found][:3]
    return _few(found) or [""]


def grows_too_fast(run: Callable[[str], object], before: str, unit: str, tail: str) -> bool:
    """Tell whether four times the length takes much more than four times the processor's time."""

    def seconds(characters: int) -> float:
        text = before + unit * max(1, characters // len(unit)) + tail
        began = time.process_time()
        run(text)
        return time.process_time() - began

    # An exponential pattern would never come back from thousands of characters.
    for short in (20, 200, 4_000):
        for _ in range(3):
            once = seconds(short)
            if once < 0.002:  # what is quadratic takes longer for 4,000
                break
            if (four := seconds(4 * short)) < 9 * once or four < 0.03:
                break
        else:
            return True
    return False


def drive(pattern: re.Pattern[Any], method: str) -> Callable[[str], object]:
    """Return what runs a pattern on a whole text in one of its ways."""
    run = partial(_drain, pattern) if method == "search" else getattr(pattern, method)
    if isinstance(pattern.pattern, bytes):
        return lambda text: run(text.encode())
    return run  # type: ignore[no-any-return]


def _drain(pattern: re.Pattern[Any], text: Any) -> None:
    for _ in pattern.finditer(text):
        pass
