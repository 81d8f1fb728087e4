"""The questions the reader learns from, and the passages it reads them in."""

import hashlib
import json
import random
from dataclasses import dataclass
from pathlib import Path

from ragbot.bot import Ragbot
from ragbot.evaluation.datasets import Dataset
from ragbot.settings import Settings
from ragbot.text.sentences import sentences

__all__ = [
    "Cut",
    "Example",
    "Paragraph",
    "Question",
    "examples",
    "load",
    "measuring_questions",
    "mine",
    "training_questions",
]

_SHORTEST = 90
"""Characters of a window cut out of a paragraph, at least if there are as many."""
_WITH_TITLE = 0.6
_UNANSWERED = 0.32
"""Passages without the answer, for every question with one."""
_OCCURRENCES = 8
"""An answer that occurs more often than this in its paragraph points nowhere."""


@dataclass(frozen=True, slots=True)
class Cut:
    """How passages are cut out of paragraphs."""

    longest: int
    """Characters of a window; passages of an index have some 300."""
    whole: float
    """Share of the questions that are read in their whole paragraph."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of a set."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question, its paragraph, and the answers its annotators gave."""

    id: str
    text: str
    paragraph: Paragraph
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """A question with a passage; ``spans`` are the answers in it, none where it has none."""

    question: str
    passage: str
    context: str
    spans: tuple[tuple[int, int], ...]


def training_questions(folder: Path) -> list[Question]:
    """Return what is learnt from: four fifths of CMRC's paragraphs, and DRCD's dev part."""
    cmrc = [one for one in load(folder, "cmrc2018") if not _held_out(one.paragraph.id)]
    return cmrc + [one for one in load(folder, "drcd") if one.paragraph.id.startswith("drcd-dev-")]


def measuring_questions(folder: Path) -> dict[str, list[Question]]:
    """Return what is never learnt from, by set: the other fifth of CMRC, and DRCD's test part."""
    return {
        "cmrc2018": [one for one in load(folder, "cmrc2018") if _held_out(one.paragraph.id)],
        "drcd": [one for one in load(folder, "drcd") if one.paragraph.id.startswith("drcd-test-")],
    }


def _held_out(paragraph: str) -> bool:
    """Tell whether a paragraph, named by its id, is kept from training: one in five."""
    return hashlib.sha256(paragraph.encode()).digest()[0] % 5 == 0


def load(folder: Path, name: str) -> list[Question]:
    """Read all questions of a set in the evaluation folder, with the paragraph of each."""
    dataset = Dataset(folder / name)
    rows = [json.loads(line) for line in dataset.corpus_text().split("\n") if line]
    paragraphs = {row["id"]: Paragraph(row["id"], row["title"], row["text"]) for row in rows}
    made = []
    for asked in dataset.questions():
        (gold,) = asked.gold  # every question of these sets has one
        made.append(Question(asked.id, asked.text, paragraphs[gold], asked.answers))
    return made


def mine(questions: list[Question], folder: Path, data_dir: Path) -> dict[str, list[Example]]:
    """Return, by question, passages that are found for it and do not hold its answer.

    They come from an index of the training paragraphs only. What is found is kept in ``folder``.
    """
    kept = folder / "unanswered.json"
    texts = {question.id: question.text for question in questions}
    loaded = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
    if loaded.keys() != texts.keys():
        corpus = folder / "corpus.jsonl"
        paragraphs = {question.paragraph.id: question.paragraph for question in questions}
        with corpus.open("w", encoding="utf-8") as file:
            for one in paragraphs.values():
                row = {"id": one.id, "title": one.title, "text": one.text}
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        loaded = {}
        # What the user has set for ragbot is not for this.
        settings = Settings(
            data_dir=data_dir,
            index="reader-training",
            reader=False,
            embedding_model=None,
            embedding_url=None,
            workers=None,
        )
        with Ragbot(settings) as bot:
            bot.rebuild([corpus])
            retrieved = bot.retrieve_many([question.text for question in questions], 8)
            for question, retrieval in zip(questions, retrieved, strict=True):
                loaded[question.id] = [
                    (hit.heading or "", hit.text)
                    for hit in retrieval.hits
                    if not any(answer in hit.text for answer in question.answers)
                ]
        aside = kept.with_suffix(".new")  # a kill leaves the whole file or none
        aside.write_text(json.dumps(loaded, ensure_ascii=False), encoding="utf-8")
        aside.replace(kept)
    return {
        id: [Example(texts[id], text, heading, ()) for heading, text in rows]
        for id, rows in loaded.items()
    }


def examples(
    questions: list[Question], unanswered: dict[str, list[Example]], cut: Cut, seed: int
) -> list[Example]:
    """Return what is read in one pass over the questions, in random order.

    Every pass cuts other windows out of the paragraphs and takes other passages without an answer.
    """
    draw = random.Random(seed)  # noqa: S311 - repeatable on purpose
    made: list[Example] = []
    for question in questions:
        spans = _spans(question.paragraph.text, question.answers)
        if not spans:
            continue
        made.append(_answered(question, spans, cut, draw))
        if draw.random() < _UNANSWERED:
            without = _beside(question, spans, cut, draw) if draw.random() < 0.25 else None
            pool = unanswered.get(question.id, [])
            # The best found are the hardest.
            weights = [1 / (place + 1) for place in range(len(pool))]
            if without is None and pool:
                (without,) = draw.choices(pool, weights)
            if without is not None:
                context = without.context if draw.random() < _WITH_TITLE else ""
                made.append(Example(without.question, without.passage, context, ()))
    draw.shuffle(made)
    return made


def _spans(text: str, answers: tuple[str, ...]) -> list[tuple[int, int]]:
    """Return where the answers occur."""
    spans = set()
    for answer in answers:
        found = []
        at = text.find(answer) if answer else -1
        while at >= 0:
            found.append((at, at + len(answer)))
            at = text.find(answer, at + 1)
        if len(found) <= _OCCURRENCES:
            spans.update(found)
    return sorted(spans)


def _answered(
    question: Question, spans: list[tuple[int, int]], cut: Cut, draw: random.Random
) -> Example:
    text = question.paragraph.text
    start, end = draw.choice(spans)
    if draw.random() >= cut.whole:
        start, end = _window(text, start, end, cut.longest, draw)
    else:
        start, end = 0, len(text)
    inside = [(a - start, b - start) for a, b in spans if a >= start and b <= end]
    title = question.paragraph.title if draw.random() < _WITH_TITLE else ""
    return Example(question.text, text[start:end], title, tuple(inside))


def _window(text: str, start: int, end: int, longest: int, draw: random.Random) -> tuple[int, int]:
    """Return a run of whole sentences around a range, of a length drawn."""
    pieces = list(sentences(text))
    first = next(i for i, (_, stop) in enumerate(pieces) if stop > start)
    last = next((i for i, (_, stop) in enumerate(pieces) if stop >= end), len(pieces) - 1)
    length = draw.randint(_SHORTEST, longest)
    while True:
        sides = [i for i in (first - 1, last + 1) if 0 <= i < len(pieces)]
        if not sides:
            break
        side = draw.choice(sides)
        a, b = min(side, first), max(side, last)
        if pieces[b][1] - pieces[a][0] > length:
            break
        first, last = a, b
    return min(pieces[first][0], start), max(pieces[last][1], end)


def _beside(
    question: Question, spans: list[tuple[int, int]], cut: Cut, draw: random.Random
) -> Example | None:
    """Return a part of the question's own paragraph that does not hold the answer, if there is."""
    text = question.paragraph.text
    low, high = min(a for a, _ in spans), max(b for _, b in spans)
    parts = [
        part
        for part in (
            [s for s in sentences(text) if s[1] <= low],
            [s for s in sentences(text) if s[0] >= high],
        )
        if part and part[-1][1] - part[0][0] >= _SHORTEST
    ]
    if not parts:
        return None
    part = draw.choice(parts)
    start, end = _window(text, *draw.choice(part), cut.longest, draw)
    start, end = max(start, part[0][0]), min(end, part[-1][1])
    return Example(question.text, text[start:end], question.paragraph.title, ())
