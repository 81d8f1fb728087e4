"""Rebuild two thousand laws, then again after small changes.

    python -m benchmarks.incremental [--laws 2141] [--model]

Without ``--model`` the vectors are hashes: what is timed is everything but the embedding, which for
a full build takes the time that ``benchmarks.embedding`` says and for a changed law nearly none.
With it the model that ships is used, and a full build takes the better part of an hour on two CPUs.
"""

import argparse
import resource
import tempfile
from itertools import chain
from pathlib import Path

from benchmarks.data import laws
from ragbot.embedding import Embedder, load_embedder
from ragbot.index.folder import IndexFolder
from ragbot.index.rebuild import rebuild
from ragbot.settings import load_settings
from tests.hashing import HashingEmbedder


def main() -> None:
    """Build, change, delete, rename; print what each cost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--laws", type=int, default=2141)
    parser.add_argument("--model", action="store_true", help="embed with the model that ships")
    options = parser.parse_args()
    model: Embedder = HashingEmbedder(dimension=384)
    if options.model:
        model = load_embedder(None, load_settings().data_dir / "models")
    with tempfile.TemporaryDirectory() as root:
        corpus, folder = Path(root) / "laws", IndexFolder(Path(root) / "indexes" / "laws")
        files = []
        everything = chain(laws("laws-hans"), laws("laws-hant"))
        for (name, text), _ in zip(everything, range(options.laws), strict=False):
            path = corpus / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            files.append(path)

        def measure(what: str) -> None:
            report = rebuild(folder, [corpus], model, keep=2)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            passages = report.passages
            print(
                f"{what:22}{report.seconds:>8.1f} s{report.embedded:>9} embedded  passages "
                f"+{passages.added} ={passages.unchanged} -{passages.removed}  "
                f"failures {len(report.failures)}  {peak:,.0f} MB",
                flush=True,
            )

        measure("first build")
        measure("nothing changed")
        some = files[len(files) // 2]
        some.write_text(some.read_text("utf-8") + "\n\n第九百条　本法自公布之日起施行。\n", "utf-8")
        measure("one law changed")
        some.rename(some.with_name("renamed.md"))
        measure("that one renamed")
        some.with_name("renamed.md").unlink()
        measure("that one deleted")


if __name__ == "__main__":
    main()
