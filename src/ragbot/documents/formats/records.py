"""JSON and JSON lines: rows with a text are documents, other data is one readable document."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ragbot.documents.formats.extracted import (
    Extracted,
    LineWriter,
    UnreadableError,
    without_surrogates,
)
from ragbot.documents.formats.limits import JSON_BYTES, mebibytes
from ragbot.documents.formats.plain import decode_text

__all__ = ["Record", "read_json", "read_json_lines"]

_TEXT_KEYS = ("text", "content", "body", "正文", "内容", "內容")
_TITLE_KEYS = ("title", "标题", "標題")
_ID_KEYS = ("id", "_id")
# A file that is no JSON lines at all fails on every line; people need to see only the first ones.
_MOST_REPORTED = 20
_LINE_END = re.compile(r"\r?\n|\r")


@dataclass(frozen=True, slots=True)
class Record:
    """One document of a file: ``key`` is its name in the file, None when it is all of the file."""

    key: str | None
    content: Extracted | UnreadableError


def _parse(text: str) -> Any:
    # Numbers stay as they are written: 1.10 is not 1.1, and a quote must be what the file says.
    return json.loads(text, parse_float=str, parse_int=str, parse_constant=str)


def _first_text(row: Any, keys: tuple[str, ...]) -> str | None:
    if not isinstance(row, dict):
        return None
    return next((row[k] for k in keys if isinstance(row.get(k), str) and row[k].strip()), None)


def _with_title(row: Any) -> Extracted | None:
    """Return a row's text, its title as first line where the text does not begin with it."""
    text = _first_text(row, _TEXT_KEYS)
    if text is None:
        return None
    text = without_surrogates(text)
    title = " ".join(without_surrogates(_first_text(row, _TITLE_KEYS) or "").split())
    if not title or text.lstrip().startswith(title):
        return Extracted(text)
    return Extracted(f"{title}\n{text}", headings=((0, 1),))


def _write(value: Any, writer: LineWriter, name: str = "") -> None:
    """Write a value as ``key: value`` lines; keys of what is inside another are joined by dots."""
    if isinstance(value, dict):
        for key, inner in value.items():
            _write(inner, writer, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list):
        if all(isinstance(inner, str) for inner in value):
            _write(
                "、".join(value) if max(map(len, value), default=0) < 20 else "\n".join(value),
                writer,
                name,
            )
        else:
            for inner in value:
                _write(inner, writer, name)
    elif value is not None and value != "":
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        writer.write(f"{name}: {shown}" if name else shown)


def _readable(value: Any) -> Extracted:
    writer = LineWriter()
    _write(value, writer)
    return writer.extracted()


def _key(row: Any, number: int, used: set[str]) -> str:
    key = next((str(row[k]) for k in _ID_KEYS if isinstance(row, dict) and row.get(k)), "")
    key = without_surrogates(key)
    if not key or key in used or len(key) > 200:
        key = str(number) if str(number) not in used else f"{number}#"
    used.add(key)
    return key


def read_json(data: bytes) -> Iterator[Record]:
    """Read one JSON value: a list of rows with texts gives a record each, else it is one record."""
    if len(data) > JSON_BYTES:
        raise UnreadableError(
            f"A JSON file of more than {mebibytes(JSON_BYTES)} cannot be read in one go; "
            "save it as JSON lines (.jsonl)."
        )
    text = decode_text(data)
    try:
        value = _parse(text)
    except RecursionError:
        raise UnreadableError("The JSON is nested too deeply; save its text instead.") from None
    except ValueError as error:
        if text.lstrip()[:1] not in ("{", "["):
            yield Record(None, Extracted(text))  # a text file with the wrong name
            return
        rows = text.strip().splitlines()
        if len(rows) > 1 and rows[0].rstrip()[-1:] == "}":
            yield from read_json_lines(data)
            return
        raise UnreadableError(f"It is not valid JSON ({error}); export it again.") from None
    if isinstance(value, list) and any(_first_text(row, _TEXT_KEYS) for row in value):
        used: set[str] = set()
        for number, row in enumerate(value, 1):
            yield Record(_key(row, number, used), _with_title(row) or _readable(row))
    else:
        yield Record(None, _with_title(value) or _readable(value))


def read_json_lines(data: bytes) -> Iterator[Record]:
    """Read a JSON value a line; rows without any text among them are together one record."""
    text = decode_text(data)
    rows: list[tuple[int, Any]] = []
    failed = 0
    used: set[str] = set()
    has_texts = False
    start, number = 0, 0
    while start < len(text):
        end = _LINE_END.search(text, start)
        line, number = text[start : end.start() if end else len(text)], number + 1
        start = end.end() if end else len(text)
        if not line.strip():
            continue
        try:
            row = _parse(line)
        except (ValueError, RecursionError) as error:
            failed += 1
            if failed <= _MOST_REPORTED:
                reason = f"Line {number} is not valid JSON ({error}); correct or remove it."
                yield Record(str(number), UnreadableError(reason))
            continue
        if (content := _with_title(row)) is not None:
            has_texts = True
            yield Record(_key(row, number, used), content)
        else:
            rows.append((number, row))
    if failed > _MOST_REPORTED:
        more = failed - _MOST_REPORTED
        reason = f"{more:,} more lines are not valid JSON; correct or remove them."
        yield Record(None, UnreadableError(reason))
    if not (has_texts or rows or failed):
        yield Record(None, UnreadableError("It holds no text; remove it, or add rows with text."))
    if has_texts:
        for number, row in rows:
            yield Record(_key(row, number, used), _readable(row))
    elif rows:
        yield Record(None, _readable([row for _, row in rows]))
