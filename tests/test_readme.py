"""What the README shows works as it stands there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from reportlab.pdfgen.canvas import Canvas

from ragbot.documents.sample import sample_corpus
from tests.serving import environment

README = Path(__file__).parents[1] / "README.md"
TEXT = README.read_text("utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def _commands() -> list[str]:
    """The commands that are ours, without their remarks; servers and installs are run elsewhere."""
    lines = [line.split(" #")[0].strip() for block in _blocks("sh") for line in block.split("\n")]
    ours = [line for line in lines if re.match(r"(?:[A-Z_]+=\S+ )*ragbot ", line)]
    elsewhere = ("serve", "/models/", "milvus+http")
    return [line for line in ours if not any(word in line for word in elsewhere)]


@pytest.fixture
def place(tmp_path: Path, data_dir: Path) -> Path:
    """A folder with the documents that the README speaks of, and a data folder of its own."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "models").symlink_to((data_dir / "models").resolve(), target_is_directory=True)
    shutil.copytree(sample_corpus(), tmp_path / "docs")
    shutil.copytree(sample_corpus(), tmp_path / "laws")
    sample = next(path for path in sample_corpus().rglob("*.txt"))
    shutil.copy(sample, tmp_path / "damaged.txt")
    canvas = Canvas(str(tmp_path / "report.pdf"))
    canvas.drawString(72, 720, "A report of one line.")
    canvas.save()
    row = '{"question": "上海计划建设什么中心？", "answers": ["知識產權保護中心"]}\n'
    (tmp_path / "questions.jsonl").write_text(row, "utf-8")
    return tmp_path


def _environment(place: Path) -> dict[str, str]:
    found = environment(place / "data")
    return found | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def test_the_commands_run(place: Path) -> None:
    """Each in the order of the page, in a folder that has the files."""
    commands = _commands()
    assert len(commands) >= 8
    for command in commands:
        done = subprocess.run(
            ["bash", "-c", command],
            capture_output=True,
            text=True,
            check=False,
            cwd=place,
            env=_environment(place),
        )
        assert done.returncode == 0, (command, done.stderr)
        assert "Traceback" not in done.stderr


def test_the_python_runs(place: Path) -> None:
    """And prints passages and an answer."""
    said = ""
    for block in _blocks("python"):
        done = subprocess.run(
            [sys.executable, "-c", block],
            capture_output=True,
            text=True,
            check=False,
            cwd=place,
            env=_environment(place),
        )
        assert done.returncode == 0, done.stderr
        said += done.stdout
    assert "吉林" in said
    assert "知識產權保護中心" in said


def test_the_request_is_answered(served: str, tmp_path: Path) -> None:
    """The one of curl."""
    (line,) = [line for block in _blocks("sh") for line in block.split("\n") if "curl" in line]
    body = re.search(r"-d '(.*)'", line)
    assert body
    headers = {"Content-Type": "application/json"}
    answer = httpx.post(f"{served}/api/ask", content=body[1].encode(), headers=headers).json()
    assert answer["citations"]


def test_every_setting_is_told() -> None:
    """By its variable, and no other."""
    from ragbot.settings import Settings

    told = set(re.findall(r"`(RAGBOT_[A-Z_]+)`", TEXT))
    assert told == {f"RAGBOT_{name.upper()}" for name in Settings.model_fields}


def test_every_picture_and_page_is_there() -> None:
    """A link of the README leads somewhere."""
    for target in re.findall(r"\]\((docs/[^)]+)\)|src=\"(docs/[^\"]+)\"", TEXT):
        assert (README.parent / "".join(target)).exists(), target
