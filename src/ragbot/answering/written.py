"""The answer that a model writes, verified; or the quoting reader's, where it wrote none."""

import logging
import time
from collections.abc import Iterator
from dataclasses import replace

from ragbot.answering import phrases
from ragbot.answering.composing import Composition
from ragbot.answering.writing import Writer, WriterError
from ragbot.results import Answer, Hit
from ragbot.retrieval.query import Query

__all__ = ["write"]

_log = logging.getLogger(__name__)


def write(
    writer: Writer, query: Query, quoted: Answer, made: Composition
) -> Iterator[str | Answer]:
    """Yield what the model writes as far as it is verified, then the answer.

    ``quoted`` is the quoting reader's answer, which is given where the model fails or says nothing
    that the passages bear out; the answer says so.
    """
    started = time.perf_counter()
    script = query.script
    texts = [_with_heading(hit) for hit in quoted.hits]
    failed = False
    try:
        yield from made.compose(writer.write(query.reading, texts, script))
    except WriterError as error:
        _log.warning("The model %s gave no whole answer: %s", writer.model, error)
        failed = True
    timing = dict(quoted.timing_ms)
    if made.verified:
        if failed:
            yield made.say(phrases.BROKE_OFF[script])
        elif made.left_out:
            yield made.say(phrases.LEFT_OUT[script].format(n=made.left_out))
        text, claims, citations = made.text, tuple(made.claims), tuple(made.citations)
        result = replace(quoted, text=text, claims=claims, citations=citations, engine=writer.model)
    else:
        notice = (phrases.NO_MODEL if failed else phrases.NO_SUPPORT)[script]
        yield made.say(f"{notice}{quoted.text}")
        result = replace(quoted, text=made.text, claims=(*made.claims, *quoted.claims))
    timing["write"] = round((time.perf_counter() - started) * 1000, 3)
    timing["total"] = round(timing["total"] + timing["write"], 3)
    yield replace(result, timing_ms=timing)


def _with_heading(hit: Hit) -> str:
    """Return a passage as the model reads it: who speaks and where is said above it."""
    above = [part for part in (hit.heading, hit.byline) if part and part not in hit.text]
    return "\n".join((*above, hit.text))
