"""What the faces hand out: the same objects in Python, terminal, HTTP and chat."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

__all__ = [
    "Answer",
    "Citation",
    "Cited",
    "Claim",
    "ClaimState",
    "DocumentCounts",
    "Failure",
    "Hit",
    "Listed",
    "PassageCounts",
    "Place",
    "RebuildReport",
    "Retrieval",
    "Source",
    "Status",
    "Turn",
    "as_json",
]

NEAR = 0.1
"""Least probability of a passage that is worth showing beside a refusal."""
State = Literal["exact", "repaired", "uncertain"]
ClaimState = Literal["exact", "supported", "unverified"]
"""A quote; said there in other words, by measured rules; or not verified."""


@dataclass(frozen=True, slots=True)
class Citation:
    """A place in a document: ``raw == raw_text[start:end]``, in code points of the decoded file."""

    n: int
    document: str
    document_id: str
    sha256: str
    start: int
    end: int
    raw: str
    quote: str
    """The reading of exactly that range."""
    page: int | None
    heading: str | None
    byline: str | None
    state: State
    answer: str | None = None
    """The very words of the quote that answer, where the reader points at any."""
    answer_start: int | None = None
    answer_end: int | None = None
    """Their range in the raw text, as ``start`` and ``end`` are the quote's."""


class Cited(Protocol):
    """What it takes to find a citation's place again; every ``Citation`` has it."""

    @property
    def document_id(self) -> str:
        """The document's id in the index."""
        ...

    @property
    def start(self) -> int:
        """Where the place begins in the document's raw text."""
        ...

    @property
    def end(self) -> int:
        """Where it ends."""
        ...

    @property
    def answer_start(self) -> int | None:
        """Where the words in it begin that answer; None where none are pointed at."""
        ...

    @property
    def answer_end(self) -> int | None:
        """Where they end."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """A citation's place, as a link or a program names it again."""

    document_id: str
    start: int
    end: int
    answer_start: int | None = None
    answer_end: int | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """The statement a citation stands in, as people read it: ``text[start:end]`` is the quote."""

    document: str
    document_id: str
    page: int | None
    heading: str | None
    byline: str | None
    text: str
    """The statement's reading; of a long statement the part around the quote."""
    start: int
    end: int
    raw: str
    """The raw text of exactly the quoted range."""
    state: State
    cut_before: bool
    cut_after: bool
    answer: tuple[int, int] | None = None
    """The range in ``text`` of the words that answer."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found. ``score`` is the probability that it answers the question."""

    text: str
    score: float
    heading: str | None
    byline: str | None
    citation: Citation
    signals: Mapping[str, float] = field(default_factory=dict)
    """What was measured of it, by name: why it stands where it does."""


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What ``retrieve`` found, best first."""

    query: str
    reading: str
    """The full question after repair and history."""
    hits: tuple[Hit, ...]
    timing_ms: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier exchange of a conversation."""

    question: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of an answer, or a part of one, without its marks."""

    text: str
    state: ClaimState
    citations: tuple[int, ...]
    """The numbers of the citations it was compared with; none where it is not verified."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer whose every mark ``[n]`` is one of its citations, or a refusal without any."""

    question: str
    reading: str
    text: str
    citations: tuple[Citation, ...]
    claims: tuple[Claim, ...]
    refused: bool
    reason: str | None
    confidence: float
    engine: str
    """``quote``, or the name of the model that wrote it."""
    generation: str
    hits: tuple[Hit, ...]
    timing_ms: Mapping[str, float]

    @property
    def nearest(self) -> Hit | None:
        """What is closest to a question that is refused; None where nothing is near."""
        near = self.refused and self.hits and self.hits[0].score >= NEAR
        return self.hits[0] if near else None


@dataclass(frozen=True, slots=True)
class DocumentCounts:
    """How many documents a rebuild found in each condition."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class PassageCounts:
    """How many passages a rebuild added, kept and dropped."""

    added: int = 0
    unchanged: int = 0
    removed: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """A document that could not be indexed, and why."""

    document: str
    reason: str


@dataclass(frozen=True, slots=True)
class RebuildReport:
    """What a rebuild did. ``embedded`` counts the texts that went through the model.

    ``generation`` is empty where the last document was removed: nothing is served any more.
    """

    documents: DocumentCounts
    passages: PassageCounts
    embedded: int
    failures: tuple[Failure, ...]
    seconds: float
    generation: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A document of an index, or of its library."""

    document: str
    uploaded: bool
    """It lies in the index's library, and may be removed from there."""
    indexed: bool
    removed: bool = False
    """It has been removed from the library; the next rebuild forgets it."""


@dataclass(frozen=True, slots=True)
class Status:
    """What is being served."""

    index: str
    generation: str
    generation_path: str
    documents: int
    statements: int
    passages: int
    model: str
    engine: str
    writer: str | None
    """The model that writes the answers; None where they are quotes."""
    warnings: tuple[str, ...] = field(default=())


def as_json(result: Any) -> Any:
    """Turn a result into plain JSON values: dataclasses to objects, tuples to lists."""
    if dataclasses.is_dataclass(result) and not isinstance(result, type):
        return {f.name: as_json(getattr(result, f.name)) for f in dataclasses.fields(result)}
    if isinstance(result, Mapping):
        return {key: as_json(value) for key, value in result.items()}
    if isinstance(result, (list, tuple)):
        return [as_json(value) for value in result]
    return result
