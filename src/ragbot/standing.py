"""What can be said of an index without opening it: no model, no FAISS, no time."""

from pathlib import Path

from ragbot.index.folder import IndexFolder
from ragbot.index.manifest import Manifest
from ragbot.results import Status
from ragbot.settings import Settings

__all__ = ["describe", "standing"]


def describe(
    settings: Settings, manifest: Manifest, path: Path, engine: str, warnings: tuple[str, ...]
) -> Status:
    """Return the status of a generation."""
    return Status(
        index=settings.index,
        generation=manifest.generation,
        generation_path=str(path),
        documents=manifest.documents,
        statements=manifest.statements,
        passages=manifest.passages,
        model=manifest.model,
        engine=engine,
        writer=settings.llm_model,
        warnings=warnings,
    )


def standing(settings: Settings) -> Status:
    """Return the status of what would be served, in a process that serves nothing.

    Raises:
        IndexMissingError, IndexDamagedError: there is nothing to serve.
    """
    folder = IndexFolder(settings.index_dir)
    manifest, warnings = folder.newest_whole(trust_unchanged=True)
    path = folder.generations / manifest.generation
    return describe(settings, manifest, path, "not loaded", tuple(warnings))
