"""Write documents into a store: read, repair, split, fold. What is unchanged is copied."""

import hashlib
import sqlite3
from bisect import bisect_right

import numpy as np

from ragbot.documents.headings import looks_like_title
from ragbot.documents.model import Document
from ragbot.documents.passages import (
    SPLIT_VERSION,
    context_key,
    heading_text,
    split_passages,
    split_units,
)
from ragbot.documents.structure import split_statements
from ragbot.index.store import pack
from ragbot.text.fold import FOLD_VERSION, fold
from ragbot.text.offsets import REPAIR_VERSION
from ragbot.text.reading import read
from ragbot.text.script import detect_script

__all__ = ["TEXT_VERSION", "StoreWriter"]

TEXT_VERSION = f"repair {REPAIR_VERSION}, split {SPLIT_VERSION}, fold {FOLD_VERSION}"
"""Passages made by the same version from the same text have the same keys."""

_PATH_SEPARATOR = " › "


class StoreWriter:
    """Fills an empty store, document by document, in rows numbered from 0 without gaps."""

    def __init__(self, connection: sqlite3.Connection, fingerprint: str) -> None:
        self._db = connection
        self._fingerprint = fingerprint.encode()
        self.documents = self.statements = self.passages = self.units = self.key_chars = 0

    def _identify(self, name: str, sha256: str) -> str:
        base = hashlib.sha256(f"{name}\0{sha256}".encode(errors="replace")).hexdigest()[:16]
        unique, number = base, 1
        while self._db.execute("SELECT 1 FROM main.documents WHERE id = ?", (unique,)).fetchone():
            number += 1
            unique = f"{base}-{number}"
        return unique

    def add(self, document: Document, root: str, source: str) -> int:
        """Write a document; returns how many passages it has."""
        reading = read(document.raw)
        text = reading.text
        marked = {reading.to_reading(start, start)[0]: level for start, level in document.headings}
        statements = split_statements(text, marked)
        title = _title(text, statements[0].start) if statements else None
        raw, stored, segments = pack(reading)
        script = detect_script(text)
        self._db.execute(
            "INSERT INTO documents VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                self.documents,
                self._identify(document.name, document.sha256),
                document.name,
                root,
                document.sha256,
                source,
                title,
                script,
                raw,
                stored,
                segments,
                np.array(document.pages, "<i8").tobytes() or None,
            ),
        )
        first = [-1] * len(statements)
        contexts = [context_key(text, s, None if s.byline else title) for s in statements]
        count = 0
        for passage in split_passages(text, statements):
            start, end = reading.widen(passage.start, passage.end)
            part = reading.part(start, end)
            raw_start, _ = reading.to_raw(start, end)
            context = contexts[passage.statement]
            units, key = self._units(part.text, context)
            if not key:
                continue
            self._db.executemany("INSERT INTO units VALUES (?,?,?,?,?)", units)
            if first[passage.statement] < 0:
                first[passage.statement] = self.passages
            page = bisect_right(document.pages, raw_start) or None
            self._db.execute(
                "INSERT INTO passages VALUES (?,?,?,?,?,?,?,?,?,?,?)",
                (
                    self.passages,
                    self.documents,
                    self.statements + passage.statement,
                    raw_start,
                    *pack(part),
                    context,
                    key,
                    self._hash(context, key),
                    page,
                ),
            )
            self.passages += 1
            self.units += len(units)
            self.key_chars += len(key)
            count += 1
        for number, statement in enumerate(statements):
            headings = [*statement.path, *([statement.heading] if statement.heading else [])]
            byline = statement.byline
            self._db.execute(
                "INSERT INTO statements VALUES (?,?,?,?,?,?,?,?)",
                (
                    self.statements + number,
                    self.documents,
                    _PATH_SEPARATOR.join(heading_text(text, span) for span in headings) or None,
                    statement.place,
                    text[slice(*byline.span)].strip() if byline else None,
                    byline.office if byline else None,
                    byline.name if byline else None,
                    first[number],
                ),
            )
        self.statements += len(statements)
        self.documents += 1
        return count

    def _units(self, text: str, context: str) -> tuple[list[tuple[object, ...]], str]:
        """Return the rows of a passage's units, and its key: the keys of the units, a line each."""
        rows: list[tuple[object, ...]] = []
        keys = []
        for start, end in split_units(text):
            key = fold(text[start:end]).replace("\n", " ")
            if key:
                digest = self._hash(context, key)
                rows.append((self.units + len(rows), self.passages, start, end, digest))
                keys.append(key)
        return rows, "\n".join(keys)

    def _hash(self, context: str, key: str) -> bytes:
        digest = hashlib.sha256(self._fingerprint)
        digest.update(f"\0{context}\0{key}".encode(errors="replace"))
        return digest.digest()[:20]

    def copy(self, row: int, sha256: str, name: str, root: str) -> None:
        """Copy an unchanged document from the attached store ``previous``, under a name."""
        old = {"old": row}
        first_passage, passages, chars = self._db.execute(
            "SELECT min(row), count(*), total(length(key)) FROM previous.passages "
            "WHERE document = :old",
            old,
        ).fetchone()
        first_statement, statements = self._db.execute(
            "SELECT min(row), count(*) FROM previous.statements WHERE document = :old", old
        ).fetchone()
        values = old | {
            "new": self.documents,
            "id": self._identify(name, sha256),
            "name": name,
            "root": root,
            "p": self.passages - (first_passage or 0),
            "s": self.statements - (first_statement or 0),
        }
        first_unit, units = self._db.execute(
            "SELECT min(row), count(*) FROM previous.units WHERE passage IN "
            "(SELECT row FROM previous.passages WHERE document = :old)",
            old,
        ).fetchone()
        values["u"] = self.units - (first_unit or 0)
        self._db.execute(
            "INSERT INTO documents SELECT :new, :id, :name, :root, sha256, source, title, script, "
            "raw, reading, map, pages FROM previous.documents WHERE row = :old",
            values,
        )
        self._db.execute(
            "INSERT INTO statements SELECT row + :s, :new, heading, place, byline, office, name, "
            "CASE WHEN first_passage < 0 THEN -1 ELSE first_passage + :p END "
            "FROM previous.statements WHERE document = :old",
            values,
        )
        self._db.execute(
            "INSERT INTO passages SELECT row + :p, :new, statement + :s, start, raw, reading, map, "
            "context, key, hash, page FROM previous.passages WHERE document = :old",
            values,
        )
        self._db.execute(
            "INSERT INTO units SELECT row + :u, passage + :p, start, end, hash FROM previous.units "
            "WHERE passage IN (SELECT row FROM previous.passages WHERE document = :old)",
            values,
        )
        self.documents += 1
        self.statements += statements
        self.passages += passages
        self.units += units
        self.key_chars += int(chars)


def _title(text: str, start: int) -> str | None:
    line = text[start:].split("\n", 1)[0]
    return heading_text(line, (0, len(line))) if looks_like_title(line) else None
