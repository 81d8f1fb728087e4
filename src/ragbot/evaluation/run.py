"""Index a set's corpus, ask all its questions, and measure."""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ragbot.bot import Ragbot
from ragbot.evaluation.datasets import Dataset, Question
from ragbot.evaluation.measures import ranking_measures, refusal_measures
from ragbot.index.rebuild import Progress
from ragbot.settings import Settings

__all__ = ["Evaluation", "evaluate"]

_FOUND = 20
"""Passages asked for, so that ten different documents are among them nearly always."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The measures by name, and the questions whose first document was wrong."""

    measures: dict[str, float]
    failures: tuple[tuple[Question, tuple[str, ...]], ...]


def evaluate(
    dataset: Dataset,
    settings: Settings,
    *,
    unanswerable: Sequence[Question] = (),
    progress: Progress = lambda *_: None,
    announce: Callable[[str], None] = lambda _: None,
) -> Evaluation:
    """Measure retrieval on a set, in an index of its own; refusal too, where questions are given.

    Raises:
        RagbotError: the set cannot be read or indexed.
    """
    questions = dataset.questions()
    name = "eval-" + "".join(c if c.isalnum() or c in "-_" else "-" for c in dataset.stem.name)
    bot = Ragbot(settings.model_copy(update={"index": name[:64]}), announce)
    with bot, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "corpus.jsonl"
        path.write_text(dataset.corpus_text(), "utf-8")
        report = bot.rebuild([path], progress=progress)
        prefix = len(path.name) + 1
        rankings, confidences, milliseconds, failures = [], [], [], []
        for number, question in enumerate(questions):
            progress("asking", number, len(questions) + len(unanswerable))
            started = time.perf_counter()
            hits = bot.retrieve(question.text, _FOUND).hits
            milliseconds.append((time.perf_counter() - started) * 1000)
            found = list(dict.fromkeys(hit.citation.document[prefix:] for hit in hits))[:10]
            rankings.append((question.id, question.gold, found))
            confidences.append(hits[0].score if hits else 0.0)
            if not question.gold & set(found[:1]):
                failures.append((question, tuple(found[:3])))
        without = []
        for number, question in enumerate(unanswerable, len(questions)):
            progress("asking", number, len(questions) + len(unanswerable))
            hits = bot.retrieve(question.text, 1).hits
            without.append(hits[0].score if hits else 0.0)
    documents = report.documents
    measures = ranking_measures(rankings) | {
        "documents": documents.added + documents.changed + documents.unchanged,
        "passages": report.passages.added + report.passages.unchanged,
        "questions": len(questions),
        "query_ms_p50": float(np.percentile(milliseconds, 50)),
        "query_ms_p95": float(np.percentile(milliseconds, 95)),
    }
    if without:
        measures |= refusal_measures(confidences, without, settings.refuse_below)
    return Evaluation(measures, tuple(failures))
