"""The index that the settings name, wherever it lies."""

from typing import TYPE_CHECKING

from ragbot.index.address import Address
from ragbot.index.folder import IndexFolder
from ragbot.settings import Settings

if TYPE_CHECKING:
    # It needs numpy, for which who only asks how things stand does not wait.
    from ragbot.index.protocols import Index

__all__ = ["index_of"]


def index_of(settings: Settings) -> "Index":
    """Return the index that is set; nothing is opened or asked yet."""
    folder = IndexFolder(settings.index_dir)
    if "://" not in settings.index:
        return folder
    # Imported where it is used: the local index never waits for the engine's client.
    from ragbot.index.milvus.index import MilvusIndex

    return MilvusIndex(Address.parse(settings.index), settings.index_token, folder)
