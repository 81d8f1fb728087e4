"""The sample documents that come with the package."""

from pathlib import Path

from ragbot.errors import CorpusError

__all__ = ["sample_corpus"]


def sample_corpus() -> Path:
    """Return the folder of the sample documents.

    Raises:
        CorpusError: this installation was made without them.
    """
    folder = Path(__file__).parent.parent / "sample_corpus" / "documents"
    if not folder.is_dir():
        raise CorpusError(
            "This installation has no sample documents; name your own: 'ragbot rebuild FOLDER'."
        )
    return folder
