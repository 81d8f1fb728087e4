"""Damage of any kind is noticed before anything is served, and costs no answer."""

import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ragbot.errors import IndexDamagedError, IndexMissingError
from ragbot.index.folder import IndexFolder
from ragbot.results import RebuildReport

Build = Callable[..., RebuildReport]


def _files(folder: IndexFolder, generation: str) -> list[Path]:
    root = folder.generations / generation
    return sorted(p for p in root.rglob("*") if p.is_file() and p.suffix != ".lock")


def test_an_index_never_built_is_missing(folder: IndexFolder) -> None:
    """The sentence says how to build it."""
    with pytest.raises(IndexMissingError, match="ragbot rebuild"):
        folder.open_newest(trust_unchanged=False)


def test_every_flipped_bit_is_noticed_and_the_generation_before_is_served(
    build: Build, folder: IndexFolder, corpus: Path
) -> None:
    """Flips, truncations and missing files, in every file of a generation."""
    before = build().generation
    (corpus / "0.txt").write_text("北京将建设另一个中心。", "utf-8")
    newest = build().generation
    rng = random.Random(1)
    for path in _files(folder, newest):
        whole = path.read_bytes()
        for kind in ("flip", "cut", "missing"):
            if kind == "flip" and whole:
                at = rng.randrange(len(whole))
                path.write_bytes(
                    whole[:at] + bytes([whole[at] ^ (1 << rng.randrange(8))]) + whole[at + 1 :]
                )
            elif kind == "cut" and whole:
                path.write_bytes(whole[: rng.randrange(len(whole))])
            elif kind == "missing":
                path.unlink()
            else:
                continue
            # A copy of the time stamp must not hide it from a thorough reader.
            generation, warnings = folder.open_newest(trust_unchanged=False)
            with generation:
                assert generation.id == before, f"{kind} of {path.name} was not noticed"
                assert len(warnings) == 1
            path.write_bytes(whole)
    generation, warnings = folder.open_newest(trust_unchanged=False)
    with generation:
        assert generation.id == newest
        assert warnings == []


def test_a_file_that_was_not_touched_is_trusted_by_one_shot_commands(
    build: Build, folder: IndexFolder
) -> None:
    """Size and time tell whether a file is read again; a thorough reader reads it anyway."""
    newest = build().generation
    folder.open_newest(trust_unchanged=True)[0].close()
    path = folder.generations / newest / "texts.sqlite"
    stamp, data = path.stat(), bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(IndexDamagedError):
        folder.open_newest(trust_unchanged=True)
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    folder.open_newest(trust_unchanged=True)[0].close()
    with pytest.raises(IndexDamagedError):
        folder.open_newest(trust_unchanged=False)


def test_a_pointer_to_nothing_falls_back_to_the_newest_whole_generation(
    build: Build, folder: IndexFolder
) -> None:
    """A lost or altered pointer costs a warning."""
    newest = build().generation
    for content in (b"", b"\xff\xfe", b"nonsense\n"):
        (folder.path / "current").write_bytes(content)
        generation, warnings = folder.open_newest(trust_unchanged=False)
        with generation:
            assert generation.id == newest
            assert warnings
    assert build().passages.added == 0


_KILLED = """
import sys, threading, os, signal, time
from pathlib import Path
from ragbot.index.folder import IndexFolder
from ragbot.index.rebuild import rebuild
from tests.hashing import HashingEmbedder
def die(): time.sleep(float(sys.argv[3])); os.kill(os.getpid(), signal.SIGKILL)
folder = IndexFolder(Path(sys.argv[1]))
import tantivy, faiss, opencc, rjieba
threading.Thread(target=die, daemon=True).start()
rebuild(folder, [Path(sys.argv[2])], HashingEmbedder(), keep=2)
"""


def test_a_kill_at_any_moment_leaves_the_old_or_the_new_generation(
    build: Build, folder: IndexFolder, corpus: Path
) -> None:
    """kill -9 in the middle of real rebuilds; the next rebuild completes."""
    build()
    rng = random.Random(2)
    for attempt in range(8):
        (corpus / "0.txt").write_text(f"北京 第{attempt}次\n北京将建设中心。\n", "utf-8")
        before = folder.current_id()
        subprocess.run(
            [sys.executable, "-c", _KILLED, folder.path, corpus, str(rng.uniform(0.0, 0.4))],
            check=False,
            cwd=Path(__file__).parents[2],
        )
        generation, warnings = folder.open_newest(trust_unchanged=False)
        with generation:
            assert warnings == []
            assert generation.id == before or generation.id == folder.current_id()
            assert generation.manifest.documents == 10
    report = build()
    assert report.documents.failed == 0
    assert folder.current_id() == report.generation
    assert [p for p in folder.building.iterdir() if p.is_dir()] == []
