"""The index that the settings name, wherever it lies."""

from ragbot.index.folder import IndexFolder
from ragbot.index.protocols import Index
from ragbot.settings import Settings

__all__ = ["index_of"]


def index_of(settings: Settings) -> Index:
    """Return the index that is set; nothing is opened or asked yet."""
    return IndexFolder(settings.index_dir)
