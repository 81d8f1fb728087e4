"""The reader that ships, as it runs."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from transformers import BertModel

from ragbot.embedding import load_embedder
from ragbot.embedding.onnx_engine import open_tokenizer
from ragbot.reader.joining import Joiner
from ragbot.reader.loading import TRAINED, load_reader
from ragbot.reader.packing import trained_weights
from ragbot.reader.reader import GraphReader, Reader, Text
from ragbot.reader.spans import Extract, best_span

PASSAGE = (
    "《战国无双3》是由光荣和ω-force开发的战国无双系列的正统第三续作，"
    "2009年12月3日由任天堂在日本发售。"
)
QUESTIONS = {
    "《战国无双3》是由哪两个公司合作开发的？": "光荣和ω-force",
    "《战国无双3》是什么时候发售的？": "2009年12月3日",
    "《战国无双3》由谁发售？": "任天堂",
}
ASIDE = "知识产权保护中心为企业提供快速审查、快速确权和快速维权服务，受到企业欢迎。"


@pytest.fixture(scope="module")
def reader(models_dir: Path) -> Reader:
    """Return the reader, prepared as on first use."""
    found = load_reader(models_dir)
    assert found
    return found


def words(text: str, found: Extract) -> str:
    """Return what it points at."""
    return text[found.start : found.end]


@pytest.mark.parametrize(("question", "answer"), QUESTIONS.items())
def test_it_points_at_the_words_that_answer(reader: Reader, question: str, answer: str) -> None:
    """And holds them for an answer."""
    ((found, *_),) = reader.read(question, [Text(PASSAGE, "")])
    assert words(PASSAGE, found) == answer
    assert found.score > 0


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_passage_on_something_else_has_no_answer(reader: Reader, question: str) -> None:
    """The score is that of "no answer" against the best words."""
    (answered, *_), (aside, *_) = reader.read(question, [Text(PASSAGE, ""), Text(ASIDE, "")])
    assert aside.score < 0 < answered.score


def test_what_was_read_lately_is_remembered(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the same question and passage under the same headings, and of no other."""
    assert isinstance(reader, GraphReader)
    question = next(iter(QUESTIONS))
    first = reader.read(question, [Text(PASSAGE, "游戏")])
    monkeypatch.setattr(reader, "_session", None)
    assert reader.read(question, [Text(PASSAGE, "游戏")]) == first
    with pytest.raises(AttributeError):
        reader.read(question, [Text(PASSAGE, "电影")])


def test_a_passage_reads_the_same_alone_and_among_others(reader: Reader) -> None:
    """There is no padding that could change it."""
    question = next(iter(QUESTIONS))
    texts = [Text(ASIDE, ""), Text(PASSAGE, "战国无双3"), Text(ASIDE * 6, "上海")]
    together = reader.read(question, texts)
    assert together == [reader.read(question, [text])[0] for text in texts]


def test_both_scripts_read_the_same(reader: Reader) -> None:
    """A question and a passage are folded to Simplified, and no position moves."""
    hant = (
        "《戰國無雙3》是由光榮和ω-force開發的戰國無雙系列的正統第三續作，"
        "2009年12月3日由任天堂在日本發售。"
    )
    assert len(hant) == len(PASSAGE)
    ours = reader.read("《战国无双3》是什么时候发售的？", [Text(PASSAGE, "")])
    theirs = reader.read("《戰國無雙3》是什麼時候發售的？", [Text(hant, "")])
    assert ours == theirs


def test_an_empty_passage_has_an_empty_answer(reader: Reader) -> None:
    """And a question that is too long is cut."""
    ((found, *_),) = reader.read("问" * 2000, [Text("", "")])
    assert (found.start, found.end) == (0, 0)


def test_it_is_prepared_once(reader: Reader, models_dir: Path) -> None:
    """The second time nothing is written, and nothing is said."""
    before = (models_dir / "reader-onnx" / "model.onnx").stat().st_mtime_ns
    said: list[str] = []
    assert load_reader(models_dir, announce=said.append)
    assert (models_dir / "reader-onnx" / "model.onnx").stat().st_mtime_ns == before
    assert said == []


def test_a_damaged_graph_is_made_again(models_dir: Path, tmp_path: Path) -> None:
    """As the embedding model is: what is on disk is verified before it runs."""
    folder = tmp_path / "models"
    folder.mkdir()
    base = models_dir / "multilingual-e5-small"
    (folder / base.name).symlink_to(base.resolve(), target_is_directory=True)
    first = load_reader(folder)
    assert first
    graph = folder / "reader-onnx" / "model.onnx"
    data = bytearray(graph.read_bytes())
    data[len(data) // 2] ^= 0xFF
    graph.write_bytes(data)
    again = load_reader(folder)
    assert again
    question, answer = next(iter(QUESTIONS.items()))
    ((found, *_),) = again.read(question, [Text(PASSAGE, "")])
    assert words(PASSAGE, found) == answer


def test_what_ships_is_small() -> None:
    """It is part of the package: at most 10 MB."""
    assert TRAINED.stat().st_size <= 10_000_000


@pytest.fixture(scope="module")
def in_torch(reader: Reader, models_dir: Path) -> tuple[Joiner, BertModel, torch.Tensor]:
    """The same weights in torch, in float32."""
    folder = models_dir / "multilingual-e5-small"
    load_embedder(None, models_dir)
    model = BertModel.from_pretrained(str(folder), dtype=torch.float32, add_pooling_layer=False)
    with safe_open(folder / "model.safetensors", "numpy") as base:
        weights = trained_weights(TRAINED, base.get_tensor)
        state = {
            name: torch.from_numpy(np.asarray(weights(name), np.float32))
            for name in model.state_dict()
            if name.startswith("encoder.")
        }
        head = torch.from_numpy(np.asarray(weights("head.weight"), np.float32))
        bias = torch.from_numpy(np.asarray(weights("head.bias"), np.float32))
    model.load_state_dict(state, strict=False)
    joiner = Joiner(open_tokenizer(folder / "tokenizer.json", 512))
    return joiner, model.eval(), torch.cat([head, bias[:, None]], dim=1)


def test_int8_reads_what_float32_reads(
    reader: Reader, in_torch: tuple[Joiner, BertModel, torch.Tensor]
) -> None:
    """The words are the same on plain questions, and the scores near."""
    joiner, model, head = in_torch
    for question in QUESTIONS:
        for passage in (PASSAGE, f"{ASIDE}{PASSAGE}{ASIDE}"):
            joined = joiner.join(question, passage)
            with torch.inference_mode():
                hidden = model(input_ids=torch.tensor([joined.ids])).last_hidden_state[0]
            logits = (hidden @ head[:, :-1].T + head[:, -1]).numpy()
            exact = best_span(passage, joined, logits)
            ((fast, *_),) = reader.read(question, [Text(passage, "")])
            assert words(passage, fast) == words(passage, exact)
            assert abs(fast.score - exact.score) < 2.0
