"""What flows from a file to the index. All ranges are half-open, in code points."""

from dataclasses import dataclass

__all__ = ["Byline", "Document", "Passage", "Span", "Statement"]

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Document:
    """A file's text as it was read.

    ``raw`` is the decoded text, damage and all. ``pages`` holds the offset in ``raw`` at which
    each page begins, for formats that have pages. ``headings`` holds (offset in ``raw`` of the
    line, level from 1) where the format itself marks headings.
    """

    name: str
    sha256: str
    raw: str
    pages: tuple[int, ...] = ()
    headings: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Byline:
    """Who speaks: the line's range in the reading, the office held and the person's name."""

    span: Span
    office: str
    name: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A part of a document under one heading: ranges of the reading, from ``start`` to ``end``."""

    start: int
    end: int
    heading: Span | None
    path: tuple[Span, ...]
    """Headings above this one, outermost first."""
    byline: Byline | None
    place: str | None
    """The province the statement is about, by its full name in Simplified."""
    body: tuple[Span, ...]
    """The paragraphs."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of one statement, short enough to be embedded: a range of the reading."""

    start: int
    end: int
    statement: int
    """Position of the statement in its document, from 0."""
