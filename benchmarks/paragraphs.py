"""Reading the right paragraph: exact match and F1, and the reader in float32 to compare with."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open

from ragbot.embedding.onnx_engine import TOKENIZER, open_tokenizer
from ragbot.embedding.shipped import DEFAULT_MODEL
from ragbot.evaluation.spans import exact_match, shared_f1, span_f1
from ragbot.reader.joining import MAX_TOKENS, Joiner
from ragbot.reader.loading import TRAINED
from ragbot.reader.packing import trained_weights
from ragbot.reader.reader import Reader, Text
from ragbot.reader.spans import Extract, best_spans
from ragbot.text.sentences import sentences
from training.data import Question
from training.loop import Plan
from training.model import SpanModel

WINDOW = 320
"""Characters of a piece that is read: as long as a passage of an index, and as what the reader was
trained on. 620 characters fit in its 512 tokens too, and are read worse.
"""


class Float32Reader:
    """The reader that ships, unquantised but for how its weights are stored."""

    def __init__(self, models: Path) -> None:
        folder = models / DEFAULT_MODEL
        self._model = SpanModel(folder, Plan().trained_layers).eval()
        with safe_open(folder / "model.safetensors", "numpy") as base, torch.no_grad():
            weights = trained_weights(TRAINED, base.get_tensor)
            for name, values in self._model.named_parameters():
                if values.requires_grad:
                    read = weights(name.removeprefix("encoder.")).astype(np.float32)
                    values.copy_(torch.from_numpy(read))
        self._joiner = Joiner(open_tokenizer(folder / TOKENIZER, MAX_TOKENS))

    def read(self, question: str, texts: Sequence[Text]) -> list[tuple[Extract, ...]]:
        """Return the best words of every sentence of each passage, the best first."""
        return [self._one(question, text) for text in texts]

    def _one(self, question: str, text: Text) -> tuple[Extract, ...]:
        joined = self._joiner.join(question, text.passage, text.context)
        ids = torch.tensor([joined.ids])
        with torch.inference_mode():
            logits = self._model(ids, torch.ones_like(ids))[0].numpy()
        return best_spans(text.passage, joined, logits)


def windows(text: str) -> list[tuple[int, int]]:
    """Cut a paragraph into runs of sentences that the reader can take, each half over the next."""
    pieces = sentences(text)
    made: list[tuple[int, int]] = []
    first = 0
    while True:
        start = pieces[first][0]
        fitting = [n for n in range(first, len(pieces)) if pieces[n][1] - start <= WINDOW]
        last = fitting[-1] if fitting else first
        made.append((start, pieces[last][1]))
        if last + 1 == len(pieces):
            return made
        middle = (start + pieces[last][1]) / 2
        first = next(n for n in range(first + 1, last + 2) if pieces[n][0] >= middle or n > last)


def given_paragraphs(reader: Reader, asked: Sequence[Question]) -> list[str]:
    """Return what is read in the right paragraph of every question."""

    def answer(one: Question) -> str:
        text = one.paragraph.text
        parts = [text[a:b] for a, b in windows(text)]
        found = [reader.read(one.text, [Text(part, "")])[0][0] for part in parts]
        part, best = max(zip(parts, found, strict=True), key=lambda pair: pair[1].score)
        return part[best.start : best.end]

    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(answer, asked))


def measured(said: Sequence[tuple[Question, str]]) -> str:
    """Return exact match and both F1 of questions and what was said, in words."""
    measures = {"EM": exact_match, "F1 (CMRC)": span_f1, "F1 (SQuAD, DRCD)": shared_f1}
    return f"{len(said)} questions, " + ", ".join(
        f"{name} {np.mean([measure(words, one.answers) for one, words in said]):.4f}"
        for name, measure in measures.items()
    )
