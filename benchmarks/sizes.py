"""Tell what a passage weighs: its characters, its units, and its bytes in every part of an index.

    python -m benchmarks.sizes [--laws 40]

Indexes of the paragraphs of CMRC and DRCD and of laws are built as ``ragbot rebuild`` does, but
with hashed bigrams in 384 dimensions instead of the model, for the sizes do not depend on what the
numbers say. Prints a column a corpus, and one of all three together; documents and passages are
counted, everything below them is for one passage. ``texts`` is the SQLite file, ``raw vectors`` are
what the units' float32 alone need; a sparse vector holds the different terms, words and bigrams.
The last lines are the seconds of a rebuild without a model, and the CPU seconds, which a busy
machine distorts less.
"""

import argparse
import itertools
import json
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from benchmarks.data import laws, rows
from ragbot.index.folder import IndexFolder
from ragbot.index.generation import STORE
from ragbot.index.rebuild import rebuild
from ragbot.text.tokens import bigrams, words
from tests.hashing import HashingEmbedder

DIMENSION = 384

Corpus = list[tuple[str, str]]
"""Names and texts of documents."""


def corpora(most_laws: int) -> dict[str, Corpus]:
    """Return the three corpora."""
    found = {
        name: [(f"{row['id']}", row["text"]) for row in rows(f"{file}.corpus")]
        for name, file in (("CMRC", "cmrc2018"), ("DRCD", "drcd"))
    }
    return found | {"laws": list(itertools.islice(laws("laws-hans"), most_laws))}


def measure(documents: Iterable[tuple[str, str]]) -> dict[str, float]:
    """Build an index of these documents; returns what it weighs."""
    with tempfile.TemporaryDirectory() as root:
        source, folder = Path(root) / "corpus.jsonl", IndexFolder(Path(root) / "indexes" / "sizes")
        with source.open("w", encoding="utf-8") as file:
            for name, text in documents:
                row = {"id": name, "text": text}
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        begun, before = time.perf_counter(), time.process_time()
        rebuild(folder, [source], HashingEmbedder(dimension=DIMENSION), keep=1)
        seconds, spent = time.perf_counter() - begun, time.process_time() - before
        generation, _ = folder.open_newest(trust_unchanged=True)
        with generation:
            manifest = generation.manifest
            numbers = range(manifest.passages)
            raw = key = terms = 0
            for start in numbers[::1000]:
                part = generation.store.passages(list(numbers[start : start + 1000]))
                raw += sum(len(passage.raw) for passage in part)
                key += sum(len(passage.key) for passage in part)
                terms += sum(len({*words(p.key)}) + len({*bigrams(p.key)}) for p in part)
            sizes = {
                file.relative_to(generation.path): file.stat().st_size
                for file in generation.path.rglob("*")
                if file.is_file()
            }
        texts = sizes.pop(Path(STORE))
        lexical = sum(size for path, size in sizes.items() if path.parts[0] == "lexical")
        dense = sum(size for path, size in sizes.items() if path.parts[0] != "lexical")
        return {
            "documents": manifest.documents,
            "passages": manifest.passages,
            "units": manifest.units,
            "characters, raw": raw,
            "characters, key": key,
            "different terms": terms,
            "bytes of texts": texts,
            "bytes of the lexical index": lexical,
            "bytes of the dense index": dense,
            "bytes together": texts + lexical + dense,
            "bytes of raw vectors": manifest.units * DIMENSION * 4,
            "seconds without a model": seconds,
            "CPU seconds": spent,
        }


def main() -> None:
    """Measure each corpus, then all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--laws", type=int, default=40, help="how many laws")
    options = parser.parse_args()
    known = corpora(options.laws)
    everything = [document for corpus in known.values() for document in corpus]
    found = {name: measure(corpus) for name, corpus in (known | {"all": everything}).items()}
    print(f"{'':32}" + "".join(f"{name:>12}" for name in found))
    for name in ("documents", "passages"):
        print(f"{name:32}" + "".join(f"{one[name]:12,.0f}" for one in found.values()))
    print("a passage has")
    for name in list(found["all"])[2:-2]:
        cells = [one[name] / one["passages"] for one in found.values()]
        form = ".2f" if name == "units" else ",.0f"
        print(f"  {name:30}" + "".join(f"{cell:12{form}}" for cell in cells))
    for name in ("seconds without a model", "CPU seconds"):
        print(f"{name:32}" + "".join(f"{one[name]:12,.1f}" for one in found.values()))
        rates = (one["passages"] / one[name] for one in found.values())
        print(f"{'  passages a second':32}" + "".join(f"{rate:12,.0f}" for rate in rates))


if __name__ == "__main__":
    main()
