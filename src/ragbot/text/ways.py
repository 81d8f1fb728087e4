"""The explanations of out-of-step text that a walk along it holds side by side."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["IN_STEP", "KEPT", "Group", "Way"]

IN_STEP = -1
"""Pending: no byte, the text is in step."""
KEPT = -2
"""Pending: the half-width character that comes next, left of torn punctuation."""


class Group(NamedTuple):
    """A raw range and what its bytes say when put right."""

    start: int
    end: int
    text: str


class Way(NamedTuple):
    """One explanation of the bytes so far."""

    score: float
    pending: int
    """First byte of a character whose second is still to come, or IN_STEP or KEPT."""
    last: int
    """The byte before this place in the undamaged text."""
    previous: str
    """The character before this place in the undamaged text."""
    groups: tuple[Group, ...] = ()
    marked: bool = False
    """A mark stands directly before this place."""
    fresh: bool = False
    """`previous` is the last character of the last group."""
    lost: int = 0
    """How many characters no byte vouches for."""
    hopeless: bool = False
    """Something is lost that cannot even be chosen."""
    earlier: Way | None = None
    """This way before `previous` was made of its pending byte and `byte`; bytes may have vanished
    there instead."""
    byte: int = 0
