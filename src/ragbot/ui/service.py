"""What the faces of one server share."""

from dataclasses import dataclass

from ragbot.ui.collections import Collections
from ragbot.ui.limiting import Limiting
from ragbot.ui.preparing import Preparation
from ragbot.ui.rebuilding import Rebuilding

__all__ = ["Service"]


@dataclass(frozen=True, slots=True)
class Service:
    """The indexes, whether they are ready, their rebuilds, and who may ask how much."""

    collections: Collections
    preparation: Preparation
    rebuilding: Rebuilding
    limiting: Limiting
