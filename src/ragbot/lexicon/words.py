"""Read the word lists of this folder.

A list is a text file: one group of words a line, the words apart by spaces; ``#`` begins a comment.
"""

from functools import cache
from importlib.resources import files

__all__ = ["word_groups"]


@cache
def word_groups(name: str) -> tuple[tuple[str, ...], ...]:
    """Return the groups of words of the list ``name``, in the order of the file.

    Raises:
        FileNotFoundError: there is no such list.
    """
    text = files(__package__).joinpath(f"{name}.txt").read_text("utf-8")
    lines = (line.partition("#")[0].split() for line in text.splitlines())
    return tuple(tuple(words) for words in lines if words)
