"""Compare passages of several lengths, and one vector a passage with vectors of its sentences.

    python -m benchmarks.units [--documents 400] [--set drcd]

Prints recall@1 of the vectors alone and of everything together, and how many texts were embedded.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.data import rows
from benchmarks.questions import ask, measures, rank_of_gold
from benchmarks.sets import index
from ragbot import Ragbot
from ragbot.documents import passages
from ragbot.retrieval.signals import SIGNALS
from ragbot.settings import load_settings

# Nearest length of a passage, longest passage, longest unit; in characters.
SHIPPED = (300, 420, 80)
TRIED = {
    "one vector a passage": (300, 420, 420),
    "units up to 160": (300, 420, 160),
    "units up to 120": (300, 420, 120),
    "units up to 80 (shipped)": SHIPPED,
    "units up to 50": (300, 420, 50),
    "passages of 150": (150, 210, 80),
    "passages of 500": (500, 700, 80),
}


def main() -> None:
    """Index and ask for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=400)
    parser.add_argument("--set", default="drcd")
    options = parser.parse_args()
    corpus = rows(f"{options.set}.corpus")[: options.documents]
    kept = {row["id"] for row in corpus}
    questions = [q for q in rows(f"{options.set}.queries") if set(q["gold_ids"]) & kept][::2]
    print(f"{options.set}: {len(corpus)} documents, {len(questions)} questions")
    models = load_settings().data_dir / "models"
    lines = []
    for name, lengths in TRIED.items():
        passages._TARGET, passages._LONGEST, passages._UNIT = lengths
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "models").symlink_to(models.resolve())
            with Ragbot(load_settings(data_dir=folder)) as bot:
                index(bot, corpus)
                asked = list(ask(bot, questions))
        alone = []
        for a in asked:
            order = np.argsort(-a.signals[:, SIGNALS.index("cosine")], kind="stable")
            alone.append(rank_of_gold([a.documents[i] for i in order], a.right[order]))
        together = [rank_of_gold(a.documents, a.right) for a in asked]
        lines.append(f"{name:28}{measures(alone)[0]:10.4f}{measures(together)[0]:10.4f}")
    print(f"{'recall@1':28}{'vectors':>10}{'together':>10}", *lines, sep="\n")


if __name__ == "__main__":
    main()
