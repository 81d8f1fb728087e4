"""Index a set's corpus, ask all its questions, and measure."""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ragbot.bot import Ragbot
from ragbot.errors import RagbotError
from ragbot.evaluation.datasets import Dataset, Question
from ragbot.evaluation.measures import ranking_measures, refusal_measures
from ragbot.index.protocols import Progress
from ragbot.results import Hit
from ragbot.settings import Settings
from ragbot.text.fold import fold

__all__ = ["Evaluation", "evaluate", "evaluate_questions"]

_ANSWER = "a passage with an answer"
_ANSWERS = 0.5
"""Score from which a passage counts as one that answers."""
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
) -> Evaluation:
    """Measure retrieval on a set, in an index of its own; refusal too, where questions are given.

    Raises:
        RagbotError: the set cannot be read or indexed.
    """
    questions = dataset.questions()
    name = "eval-" + "".join(c if c.isalnum() or c in "-_" else "-" for c in dataset.stem.name)
    bot = Ragbot(settings.model_copy(update={"index": name[:64]}))
    with bot, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "corpus.jsonl"
        path.write_text(dataset.corpus_text(), "utf-8")
        bot.rebuild([path], progress=progress)
        return _ask(bot, questions, unanswerable, f"{path.name}/", progress)


def evaluate_questions(
    questions: Sequence[Question],
    settings: Settings,
    *,
    unanswerable: Sequence[Question] = (),
    progress: Progress = lambda *_: None,
) -> Evaluation:
    """Measure retrieval in the index that is there, on questions of one's own.

    Raises:
        RagbotError: there is no index, or a question does not say what answers it.
    """
    for question in questions:
        if not question.gold and not question.answers:
            raise RagbotError(
                f"Question {question.id} has neither gold_ids nor answers, so nothing found for it "
                "is right or wrong; add one of them, or give it with --unanswerable."
            )
    with Ragbot(settings) as bot:
        return _ask(bot, questions, unanswerable, "", progress)


def _ask(
    bot: Ragbot,
    questions: Sequence[Question],
    unanswerable: Sequence[Question],
    prefix: str,
    progress: Progress,
) -> Evaluation:
    rankings, confidences, milliseconds, failures = [], [], [], []
    for number, question in enumerate(questions):
        progress("asking", number, len(questions) + len(unanswerable))
        started = time.perf_counter()
        hits = bot.retrieve(question.text, _FOUND).hits
        milliseconds.append((time.perf_counter() - started) * 1000)
        found = list(dict.fromkeys(_name(hit, question, prefix) for hit in hits))[:10]
        gold = question.gold or frozenset([_ANSWER])
        rankings.append((question.id, gold, found))
        confidences.append(hits[0].score if hits else 0.0)
        if not gold & set(found[:1]):
            failures.append((question, tuple(found[:3])))
    without = []
    for number, question in enumerate(unanswerable, len(questions)):
        progress("asking", number, len(questions) + len(unanswerable))
        hits = bot.retrieve(question.text, 1).hits
        without.append(hits[0].score if hits else 0.0)
    status = bot.status()
    measures = ranking_measures(rankings) | {
        "documents": status.documents,
        "passages": status.passages,
        "questions": len(questions),
        "query_ms_p50": float(np.percentile(milliseconds, 50)),
        "query_ms_p95": float(np.percentile(milliseconds, 95)),
    }
    if without:
        measures |= refusal_measures(confidences, without, _ANSWERS)
    return Evaluation(measures, tuple(failures))


def _name(hit: Hit, question: Question, prefix: str) -> str:
    """Return what a hit counts as: its document, or the answer where only that is known."""
    if question.gold:
        return hit.citation.document.removeprefix(prefix)
    key = "".join(fold(hit.text).split())
    if any("".join(fold(answer).split()) in key for answer in question.answers):
        return _ANSWER
    return f"{hit.citation.document}:{hit.citation.start}"
