"""What both adapters say of a hit besides its text."""

from ragbot.results import Hit

__all__ = ["id_of", "metadata_of"]


def id_of(hit: Hit) -> str:
    """Return an id that stays the same as long as the document has this passage in this place."""
    citation = hit.citation
    return f"{citation.document_id}:{citation.start}-{citation.end}"


def metadata_of(hit: Hit) -> dict[str, str | float | None]:
    """Return the score of a hit and the fields of its citation as plain values."""
    citation = hit.citation
    return {
        "score": hit.score,
        "heading": hit.heading,
        "byline": hit.byline,
        "document": citation.document,
        "document_id": citation.document_id,
        "sha256": citation.sha256,
        "start": citation.start,
        "end": citation.end,
        "raw": citation.raw,
        "quote": citation.quote,
        "page": citation.page,
        "state": citation.state,
    }
