"""What can go wrong, in sentences for people.

Every message says what happened and what to do. The terminal prints it on one line, HTTP sends it
as ``{"error": …}``, Python raises it.
"""

__all__ = [
    "BadQuestionError",
    "CorpusError",
    "EngineError",
    "GenerationGoneError",
    "IndexDamagedError",
    "IndexMismatchError",
    "IndexMissingError",
    "LibraryError",
    "ModelError",
    "RagbotError",
    "RebuildCancelledError",
    "RebuildRunningError",
    "SettingsError",
]


class RagbotError(Exception):
    """The base of everything ragbot raises on purpose."""


class SettingsError(RagbotError):
    """A setting is unknown or has a value that cannot be used."""


class BadQuestionError(RagbotError):
    """The question is empty, too long, holds nothing to search for, or wants too many passages."""


class CorpusError(RagbotError):
    """The documents named cannot be used at all, so nothing was published."""


class ModelError(RagbotError):
    """The embedding model cannot be prepared or loaded."""


class IndexMissingError(RagbotError):
    """There is no index of that name yet."""


class IndexDamagedError(RagbotError):
    """An index exists, but no whole generation of it can be opened."""


class IndexMismatchError(RagbotError):
    """The index was built with another model or another version of the text rules."""


class EngineError(RagbotError):
    """Where a remote index lies cannot be reached, is too slow, or refuses."""


class GenerationGoneError(EngineError):
    """A generation was removed by others while it was read."""


class LibraryError(RagbotError):
    """A document cannot be put into an index's library, or is not in it."""


class RebuildRunningError(RagbotError):
    """Another rebuild of the index is running."""


class RebuildCancelledError(RagbotError):
    """Somebody stopped the rebuild; the index stays as it was."""
