"""Stamped folders: whole, or rebuilt."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ragbot.embedding import stamp
from ragbot.errors import ModelError


def write_two(folder: Path) -> None:
    """Write a small model: a file and one in a folder below."""
    (folder / "weights").write_bytes(b"0123456789")
    (folder / "below").mkdir()
    (folder / "below" / "config").write_text("{}")


def test_built_folder_is_whole_for_its_recipe_only(tmp_path: Path) -> None:
    """A folder is whole under the recipe it was built by and under no other."""
    folder = tmp_path / "model"
    stamp.build(folder, "one", write_two)
    assert stamp.is_whole(folder, "one")
    assert stamp.is_listed(folder, "one")
    assert not stamp.is_whole(folder, "two")
    assert not stamp.is_listed(folder, "two")


@pytest.mark.parametrize("name", ["weights", "below/config"])
def test_changed_byte_is_noticed_and_repaired(tmp_path: Path, name: str) -> None:
    """A file whose content changed at equal size makes the folder not whole until it is built."""
    folder = tmp_path / "model"
    stamp.build(folder, "one", write_two)
    original = (folder / name).read_bytes()
    (folder / name).write_bytes(b"x" * len(original))
    assert not stamp.is_whole(folder, "one")
    stamp.build(folder, "one", write_two)
    assert stamp.is_whole(folder, "one")
    assert (folder / name).read_bytes() == original


def test_missing_or_cut_file_is_noticed_without_reading_contents(tmp_path: Path) -> None:
    """A file that is cut short or gone is noticed by the cheap check too."""
    folder = tmp_path / "model"
    stamp.build(folder, "one", write_two)
    (folder / "weights").write_bytes(b"0123")
    assert not stamp.is_listed(folder, "one")
    (folder / "weights").unlink()
    assert not stamp.is_listed(folder, "one")
    assert not stamp.is_whole(folder, "one")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"recipe": "one", "files": {}}', "null"])
def test_broken_stamp_is_never_whole(tmp_path: Path, content: str) -> None:
    """A stamp that is empty, torn or of another shape makes the folder not whole."""
    folder = tmp_path / "model"
    stamp.build(folder, "one", write_two)
    (folder / stamp.STAMP).write_text(content)
    assert not stamp.is_listed(folder, "one")
    assert not stamp.is_whole(folder, "one")


def test_failed_build_leaves_the_old_folder_and_nothing_else(tmp_path: Path) -> None:
    """When writing fails the folder that was there stays, and no partial one remains beside it."""

    def fail(folder: Path) -> None:
        write_two(folder)
        raise RuntimeError("power cut")

    folder = tmp_path / "model"
    stamp.build(folder, "one", write_two)
    with pytest.raises(RuntimeError):
        stamp.build(folder, "two", fail)
    assert stamp.is_whole(folder, "one")
    assert [p.name for p in tmp_path.iterdir() if p.is_dir()] == ["model"]


def test_leftover_of_a_killed_build_is_removed(tmp_path: Path) -> None:
    """A temporary folder that a killed build left behind is gone after the next build."""
    leftover = tmp_path / ".model.part-killed"
    leftover.mkdir()
    (leftover / "weights").write_bytes(b"01")
    stamp.build(tmp_path / "model", "one", write_two)
    assert not leftover.exists()


def test_folder_without_a_stamp_is_replaced(tmp_path: Path) -> None:
    """A folder under the final name that nobody stamped is not used but built anew."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "stray").write_text("half a model")
    stamp.build(folder, "one", write_two)
    assert stamp.is_whole(folder, "one")
    assert not (folder / "stray").exists()


def test_whole_folder_is_not_built_again(tmp_path: Path) -> None:
    """Building a whole folder does not call the writer."""
    stamp.build(tmp_path / "model", "one", write_two)

    def never(_: Path) -> None:
        pytest.fail("the writer was called")

    stamp.build(tmp_path / "model", "one", never)


def test_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    """Where the models folder cannot be made the error names it and what to set."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ModelError, match="RAGBOT_DATA_DIR"):
        stamp.build(tmp_path / "file" / "model", "one", write_two)


def test_processes_that_build_at_once_write_once(tmp_path: Path) -> None:
    """Of several processes that build the same folder one writes it and all find it whole."""
    program = """
import sys, time
from pathlib import Path
from ragbot.embedding import stamp

def write(folder):
    with (Path(sys.argv[1]) / "calls").open("a") as calls:
        calls.write("x")
    time.sleep(0.3)
    (folder / "weights").write_bytes(b"01")

stamp.build(Path(sys.argv[1]) / "model", "one", write)
assert stamp.is_whole(Path(sys.argv[1]) / "model", "one")
"""
    processes = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path)]) for _ in range(3)]
    assert [process.wait(timeout=120) for process in processes] == [0, 0, 0]
    assert (tmp_path / "calls").read_text() == "x"
