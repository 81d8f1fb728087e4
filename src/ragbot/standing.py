"""How an index stands: what is in it, and what is served. No model is needed, and no time."""

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from ragbot.index.manifest import Manifest
from ragbot.index.opening import index_of
from ragbot.results import Listed, Status
from ragbot.settings import Settings

if TYPE_CHECKING:
    from ragbot.documents.library import Library

__all__ = ["describe", "listed", "standing"]


def describe(
    name: str,
    settings: Settings,
    manifest: Manifest,
    place: str,
    engine: str,
    warnings: tuple[str, ...],
) -> Status:
    """Return the status of a generation."""
    return Status(
        index=name,
        generation=manifest.generation,
        generation_path=place,
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
    with closing(index_of(settings)) as index:
        manifest, warnings = index.newest_whole(trust_unchanged=True)
        place = index.place_of(manifest.generation)
        return describe(index.name, settings, manifest, place, "not loaded", tuple(warnings))


def listed(indexed: Iterable[tuple[str, str]], library: "Library") -> list[Listed]:
    """Return the documents of an index, given as (name, root), and those of its library."""
    uploaded = dict.fromkeys(library.names(), False)
    folder = str(library.path.resolve())
    found = []
    for name, root in indexed:
        file = name.split("/")[0]
        own = str(Path(root).resolve()) == folder
        kept = own and file in uploaded
        if kept:
            uploaded[file] = True
        found.append(Listed(name, kept, True, own and not kept))
    return found + [Listed(name, True, False) for name, seen in uploaded.items() if not seen]
