"""The manifest of a generation: what it was built with, and the SHA-256 of every file in it."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ragbot.errors import IndexDamagedError
from ragbot.index.syncing import sync_file, sync_folder

__all__ = [
    "SCHEMA_VERSION",
    "Calibration",
    "Manifest",
    "damage",
    "file_sha256",
    "manifest_from",
    "read_manifest",
    "seal",
]

SCHEMA_VERSION = 1
_NAME, _CHECK = "manifest.json", "manifest.sha256"


@dataclass(frozen=True, slots=True)
class Calibration:
    """A linear map from a model's cosines to the scale of the model that ships."""

    scale: float
    shift: float


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation says about itself."""

    schema: int
    generation: str
    model: str
    fingerprint: str
    """Of the embedding model: vectors of two fingerprints are never mixed."""
    dimension: int
    text_version: str
    """Of repair, folding and splitting: other versions give other keys."""
    sources: tuple[str, ...]
    """The paths it was built from."""
    documents: int
    statements: int
    passages: int
    units: int
    mean_key_chars: float
    files: dict[str, str]
    """Relative path to SHA-256."""
    calibration: Calibration | None = None
    """Of the embedding model's cosines; None in what was built before there was one."""


def manifest_from(values: Mapping[str, Any]) -> Manifest:
    """Return the manifest whose fields, as JSON has them, are ``values``.

    Raises:
        TypeError, KeyError: fields are missing or unknown.
    """
    calibration = values.get("calibration")
    return Manifest(
        **{
            **values,
            "sources": tuple(values["sources"]),
            "calibration": Calibration(**calibration) if calibration else None,
        }
    )


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files(directory: Path) -> Iterator[Path]:
    for path in sorted(directory.rglob("*")):
        # Tantivy makes its lock files anew when it opens an index.
        if path.is_file() and path.name not in (_NAME, _CHECK) and path.suffix != ".lock":
            yield path


def seal(directory: Path, manifest: Manifest) -> Manifest:
    """Write the manifest of a complete directory, and bring everything to the disk.

    ``manifest.files`` is filled in here. Afterwards nothing in the directory may change.
    """
    files: dict[str, str] = {}
    for path in _files(directory):
        files[path.relative_to(directory).as_posix()] = file_sha256(path)
        sync_file(path)
    values = asdict(manifest) | {"files": files}
    # In ASCII: the name of a source may be in an encoding that is not the system's.
    text = json.dumps(values, indent=1, sort_keys=True)
    (directory / _NAME).write_text(text, "utf-8")
    (directory / _CHECK).write_text(hashlib.sha256(text.encode()).hexdigest() + "\n", "ascii")
    for path in (directory / _NAME, directory / _CHECK):
        sync_file(path)
    for folder in [directory, *(p for p in directory.rglob("*") if p.is_dir())]:
        sync_folder(folder)
    return manifest_from(values)


def read_manifest(directory: Path) -> Manifest:
    """Read a manifest that is whole.

    Raises:
        IndexDamagedError: it is missing, altered, or of a shape this version does not know.
    """
    try:
        data = (directory / _NAME).read_bytes()
        check = (directory / _CHECK).read_text("ascii", errors="replace").strip()
        if hashlib.sha256(data).hexdigest() != check:
            raise ValueError("its checksum is wrong")
        values = json.loads(data)
        if values["schema"] != SCHEMA_VERSION:
            raise ValueError(f"it has schema {values['schema']}, this ragbot {SCHEMA_VERSION}")
        return manifest_from(values)
    except (OSError, ValueError, TypeError, KeyError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise IndexDamagedError(
            f"The manifest of generation {directory.name} cannot be used: {reason}; run "
            "'ragbot rebuild'."
        ) from None


def damage(
    directory: Path, manifest: Manifest, trusted: dict[str, list[int]] | None = None
) -> list[str]:
    """Compare every file with the manifest, and return what is wrong, a sentence each.

    ``trusted`` maps files to the [size, mtime in ns] they had when they were last read whole; such
    a file is not read again.
    """
    wrong = []
    present = {path.relative_to(directory).as_posix() for path in _files(directory)}
    for name, expected in manifest.files.items():
        if name not in present:
            wrong.append(f"{directory.name}/{name} is missing.")
            continue
        path = directory / name
        if trusted is not None and trusted.get(name) == fingerprint_of(path):
            continue
        try:
            if file_sha256(path) != expected:
                wrong.append(f"{directory.name}/{name} has been altered.")
        except OSError as error:
            wrong.append(f"{directory.name}/{name} cannot be read: {error.strerror}.")
    wrong += [
        f"{directory.name}/{name} does not belong there."
        for name in sorted(present - manifest.files.keys())
    ]
    return wrong


def fingerprint_of(path: Path) -> list[int]:
    """Return [size, mtime in ns] of a file."""
    found = path.stat()
    return [found.st_size, found.st_mtime_ns]
