"""Text of documents for pages of others that read Markdown: nothing in it becomes active there.

Many pages also make links of bare addresses. A backslash does not keep all of them from it, so an
address is shown as inline code: it is read and copied as it is, and is no link anywhere.
"""

import re

__all__ = ["as_code_and_text", "as_text_only", "settled"]

_WORD = r"[A-Za-z0-9._%+-]"
_REST = r"[!-_a-{}~]"  # of ASCII all but spaces, the backtick, and the bar that parts table cells
# Two letters are a country's. Of the others those that pages look for, or that are often met.
_TOP = (
    r"(?:[A-Za-z]{2}|aero|app|asia|biz|cloud|club|com|coop|dev|edu|fun|gov|icu|info|int|link|live|"
    r"mil|mobi|museum|name|net|online|org|pro|ren|shop|site|store|tech|top|vip|wang|web|work|xxx|"
    r"xyz|zip)"
)
# Each begins where a word does: a long word is looked at once, not from each of its characters.
_ADDRESS = (
    rf"(?<!{_WORD})(?:{_WORD}*://{_REST}*|{_WORD}+@{_WORD}+|{_WORD}*(?<![A-Za-z0-9])www\.{_REST}*|"
    rf"{_WORD}+\.{_TOP}(?![A-Za-z0-9_-])(?:[:/?#]{_REST}*)?|(?:mailto|xmpp|tel):{_REST}+)"
)
_ALL = re.compile(rf"(?P<address>{_ADDRESS})|[\\`*_{{}}\[\]<>#|!~&]", re.IGNORECASE)
# An image, a link, a definition of one, a tag, a character by its number, and what would keep the
# marks that are put here from meaning what they mean.
_ACTIVE = re.compile(
    rf"(?P<address>{_ADDRESS})|!(?=\[)|\](?=\s*[(:])|<(?=[a-z/!?])|&(?=#?\w+;)|[\\`]",
    re.IGNORECASE,
)
_PRINTABLE = "".join(map(chr, range(33, 127)))


def as_text_only(text: str) -> str:
    """Return Markdown that shows a text as it is, addresses as code, and has no other structure."""
    return _ALL.sub(_shown, text)


def as_code_and_text(text: str, end: int | None = None) -> str:
    """Return Markdown in which a text has no image, no link and no tag, up to ``end``.

    Lists, emphasis and the like stay. What stands behind ``end`` is only looked at.
    """
    made, done = [], 0
    end = len(text) if end is None else end
    for match in _ACTIVE.finditer(text):
        if match.start() >= end:
            break
        made += [text[done : match.start()], _shown(match)]
        done = match.end()
    return "".join(made) + text[done:end]


def settled(text: str) -> int:
    """Return how much of a text is shown alike whatever follows it: all but its last word."""
    return len(text.rstrip().rstrip(_PRINTABLE))


def _shown(match: re.Match[str]) -> str:
    return f"`{match[0]}`" if match["address"] else f"\\{match[0]}"
