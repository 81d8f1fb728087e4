"""The key that signs cookies, kept in the data folder, and the hashes of the passwords beside it.

The key is random: a cookie holds nothing that comes from a password. The hashes only tell, at the
next start, whether a password was changed; then a new key ends every login made with the old one.

``hashlib.scrypt`` takes 32 MiB and some 80 ms a guess, as argon2 would, and needs no package more.
"""

import hashlib
import hmac
import json
import os
import secrets
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock
from pydantic import TypeAdapter, ValidationError

from ragbot.errors import RagbotError

__all__ = ["Logins", "end_login", "open_logins", "slow_hash"]

_FILE = "logins.json"
_COST = {"n": 1 << 15, "r": 8, "p": 1, "maxmem": 64 << 20, "dklen": 32}


@dataclass(frozen=True, slots=True)
class Logins:
    """What the file holds; bytes are written in hexadecimal."""

    key: str
    """Signs the cookies."""
    salt: str
    hashes: tuple[str, ...]
    """Of the passwords, in their order."""
    ended: dict[str, float]
    """The logins that were ended before their time, and when they would have ended."""


_ADAPTER = TypeAdapter(Logins)


def slow_hash(password: str, salt: str) -> str:
    """Return the hash of a password, in hexadecimal. It takes some 80 ms and leaves the GIL."""
    salted = bytes.fromhex(salt)
    return hashlib.scrypt(password.encode(errors="replace"), salt=salted, **_COST).hex()


def open_logins(folder: Path, passwords: Sequence[str]) -> Logins:
    """Return the key of a data folder, a new one where the passwords are not those it was made for.

    Processes that start at once get the same.

    Raises:
        RagbotError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _lock(folder):
            known = _read(folder)
            if known and _are_those(known, passwords):
                return known
            salt = secrets.token_hex(16)
            made = Logins(secrets.token_hex(32), salt, _hashes(passwords, salt), {})
            _write(folder, made)
            return made
    except OSError as error:
        raise RagbotError(
            f"The key of the logins cannot be kept in {folder} ({error.strerror}); make room there "
            "or permit writing."
        ) from error


def end_login(folder: Path, key: str, login: str, until: float) -> None:
    """Remember that a login ended; ``until`` is when it would have, in seconds since 1970.

    Raises:
        OSError: the folder cannot be written.
    """
    with _lock(folder):
        known = _read(folder)
        if known and known.key == key:
            now = time.time()
            ended = {name: end for name, end in known.ended.items() if end > now}
            _write(folder, replace(known, ended=ended | {login: until}))


def _lock(folder: Path) -> FileLock:
    return FileLock(folder / f".{_FILE}.lock")


def _hashes(passwords: Sequence[str], salt: str) -> tuple[str, ...]:
    """Return a hash of each password; that of none is empty, and no password has it."""
    return tuple(slow_hash(password, salt) if password else "" for password in passwords)


def _are_those(known: Logins, passwords: Sequence[str]) -> bool:
    hashes = _hashes(passwords, known.salt)
    return hmac.compare_digest(" ".join(hashes).encode(), " ".join(known.hashes).encode())


def _read(folder: Path) -> Logins | None:
    """Return what the file holds; None where there is none or it is damaged."""
    try:
        found = _ADAPTER.validate_json((folder / _FILE).read_bytes())
        return found if bytes.fromhex(found.key) and bytes.fromhex(found.salt) else None
    except (FileNotFoundError, ValidationError, ValueError):
        return None


def _write(folder: Path, logins: Logins) -> None:
    text = json.dumps(_ADAPTER.dump_python(logins, mode="json"))
    temporary = folder / f".{_FILE}.{uuid.uuid4().hex}"
    try:
        # Readable by nobody else from its first byte on.
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(folder / _FILE)
    finally:
        temporary.unlink(missing_ok=True)
