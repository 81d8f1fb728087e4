"""The terminal: objects as in the contract, one line for what people can mend."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ragbot.results import Answer, Citation, Hit, RebuildReport, Retrieval, Status


@pytest.fixture
def run(data_dir: Path, tmp_path: Path):  # type: ignore[no-untyped-def]
    """Run the command line in a folder of its own on the index of the sample corpus."""

    def call(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        environ = {k: v for k, v in os.environ.items() if not k.startswith("RAGBOT_")}
        return subprocess.run(
            [sys.executable, "-c", "from ragbot.cli import main; main()", *arguments],
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            cwd=tmp_path,
            env=environ | {"RAGBOT_DATA_DIR": str(data_dir)} | environment,
        )

    return call


def _keys(kind: type) -> set[str]:
    return set(kind.__dataclass_fields__)  # type: ignore[attr-defined]


def test_ask_prints_one_object_in_readable_chinese(run) -> None:  # type: ignore[no-untyped-def]
    """stdout holds the answer and nothing else."""
    done = run("ask", "上海計(jì)劃建設(shè)什么中心?", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert set(answer) == _keys(Answer)
    assert set(answer["citations"][0]) == _keys(Citation)
    assert set(answer["hits"][0]) == _keys(Hit)
    assert "中國(上海)知識產權保護中心" in done.stdout


def test_ask_understands_a_follow_up(run) -> None:  # type: ignore[no-untyped-def]
    """--history may be repeated."""
    done = run("ask", "那吉林呢？", "--history", "上海要打造什么高地？", "--json")
    assert json.loads(done.stdout)["reading"] == "吉林要打造什么高地？"


def test_retrieve_and_status_print_the_objects_of_the_contract(run) -> None:  # type: ignore[no-untyped-def]
    """-k says how many hits."""
    found = json.loads(run("retrieve", "上海计划建设什么中心？", "-k", "3", "--json").stdout)
    assert set(found) == _keys(Retrieval)
    assert len(found["hits"]) == 3
    status = json.loads(run("status", "--json").stdout)
    assert set(status) == _keys(Status)
    assert Path(status["generation_path"]).is_dir()


def test_a_refusal_is_done(run) -> None:  # type: ignore[no-untyped-def]
    """Exit 0, and a sentence for people."""
    done = run("ask", "湖南打算怎么保护知识产权？")
    assert done.returncode == 0
    assert "没有找到" in done.stdout


def test_rebuild_reports_and_check_passes(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """In an index of its own."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "好.txt").write_text("长江是中国最长的河流，全长六千三百公里。", "utf-8")
    (tmp_path / "docs" / "空.txt").write_text("", "utf-8")
    done = run("rebuild", "docs", "--json", RAGBOT_INDEX="rivers")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert set(report) == _keys(RebuildReport)
    assert report["documents"]["added"] == 1
    assert [f["document"] for f in report["failures"]] == ["空.txt"]
    assert run("check", RAGBOT_INDEX="rivers").returncode == 0
    answer = json.loads(run("ask", "长江全长多少公里？", "--json", RAGBOT_INDEX="rivers").stdout)
    assert "六千三百公里" in answer["text"]


def test_check_finds_one_flipped_bit(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Exit 1 and one line."""
    (tmp_path / "x.txt").write_text("黄河是中国第二长的河流。", "utf-8")
    assert run("rebuild", "x.txt", RAGBOT_INDEX="flipped").returncode == 0
    path = json.loads(run("status", "--json", RAGBOT_INDEX="flipped").stdout)["generation_path"]
    target = Path(path) / "dense.faiss"
    data = bytearray(target.read_bytes())
    data[-1] ^= 4
    target.write_bytes(data)
    done = run("check", RAGBOT_INDEX="flipped")
    assert done.returncode == 1
    assert "dense.faiss" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("ask", ""),
        ("ask", "？！。，"),
        ("ask", "a" * 100_000),
        ("retrieve", "   "),
        ("rebuild", "no-such-folder"),
        ("rebuild", "empty"),
        ("rebuild", "blank"),
        ("rebuild", "binary.txt"),
        ("repair", "no-such-file"),
    ],
    ids=[
        "empty",
        "punctuation",
        "too long",
        "blank",
        "missing",
        "empty folder",
        "no text",
        "binary",
        "repair",
    ],
)
def test_what_people_can_mend_is_one_line_and_exit_1(  # type: ignore[no-untyped-def]
    run, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    """Never a traceback, and nothing on stdout."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "blank").mkdir()
    (tmp_path / "blank" / "x.txt").write_text(" \n", "utf-8")
    (tmp_path / "binary.txt").write_bytes(bytes(range(256)) * 50)
    done = run(*arguments, RAGBOT_INDEX="broken" if arguments[0] == "rebuild" else "default")
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "arguments", [("nonsense",), ("ask",), ("retrieve", "x", "-k", "0"), ("ask", "x", "--no")]
)
def test_wrong_usage_is_exit_2(run, arguments: tuple[str, ...]) -> None:  # type: ignore[no-untyped-def]
    """Click says what is wrong."""
    done = run(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "needless"),
    [
        (["--help"], {"torch", "gradio", "onnxruntime", "numpy", "pydantic"}),
        (["status"], {"torch", "gradio", "onnxruntime", "numpy", "faiss", "rjieba"}),
        (["check"], {"torch", "gradio", "onnxruntime", "rjieba", "openai"}),
        (["repair", __file__], {"torch", "gradio", "onnxruntime", "faiss", "pydantic"}),
        (["retrieve", "上海计划建设什么中心？"], {"torch", "gradio", "pypinyin", "openai"}),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_command_imports_nothing_it_does_not_need(
    arguments: list[str], needless: set[str], data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Imports are most of the time that a short command takes."""
    monkeypatch.setenv("RAGBOT_DATA_DIR", str(data_dir))
    code = (
        "import os, sys; from ragbot.cli import cli\n"
        "def say(*_): print(sorted(m for m in sys.modules), file=sys.stderr); sys.stderr.flush()\n"
        "os._exit = say\n"
        "try: cli(sys.argv[1:], standalone_mode=False)\n"
        "finally: say()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )
    loaded = set(ast.literal_eval(done.stderr.strip().splitlines()[-1]))
    assert "ragbot.cli" in loaded
    assert not needless & loaded


def test_repair_prints_the_reading_and_lists_the_repairs(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """The text on stdout, or one JSON object a repair."""
    damaged = "上海計(jì)劃建設(shè)知識(shí)產(chǎn)權(quán)保護(hù)中心。" * 5
    (tmp_path / "d.txt").write_text(damaged, "utf-8")
    assert run("repair", "d.txt").stdout == "上海計劃建設知識產權保護中心。" * 5
    first = json.loads(run("repair", "d.txt", "--report").stdout.splitlines()[0])
    assert first == {"start": 2, "end": 7, "before": "計(jì)", "after": "計", "certainty": "proved"}
