"""Word lists: one entry a line, words divided by spaces; a line that begins with # is a comment."""

from functools import cache
from importlib.resources import files

__all__ = ["read_lines"]


@cache
def read_lines(name: str) -> tuple[tuple[str, ...], ...]:
    """Return the words of each line of a list, as ``opposites`` of ``opposites.txt``."""
    text = files(__name__).joinpath(f"{name}.txt").read_text("utf-8")
    lines = (line.split() for line in text.splitlines() if not line.startswith("#"))
    return tuple(tuple(words) for words in lines if words)
