"""Whether a generation and the embedding model that is set belong together."""

from ragbot.embedding import Embedder
from ragbot.errors import IndexMismatchError
from ragbot.index.manifest import Manifest
from ragbot.index.writing import TEXT_VERSION

__all__ = ["require_fit"]


def require_fit(index: str, manifest: Manifest, embedder: Embedder) -> None:
    """Make sure that questions are read and embedded as the passages of an index were.

    Raises:
        IndexMismatchError: another model or other rules of text made it.
    """
    if manifest.fingerprint != embedder.fingerprint:
        raise IndexMismatchError(
            f"Index {index} was built with the model {manifest.model}, and {embedder.name} is set; "
            "run 'ragbot rebuild', or set the model back."
        )
    if manifest.text_version != TEXT_VERSION or manifest.calibration is None:
        raise IndexMismatchError(
            f"Index {index} was built by another version of ragbot; run 'ragbot rebuild'."
        )
