"""Models that people name: small random ones, built here."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ragbot.embedding import load_embedder, loading
from ragbot.embedding.torch_engine import prompts_of
from ragbot.errors import ModelError

TEXTS = ["上海的中心", "中心在上海", "知识", "上海知识中心" * 20, ""]
SPECIAL = {f"{name}_token": f"[{name.upper()}]" for name in ("cls", "pad", "sep", "unk")}
CHARACTERS = "上海的中心在知识产权问答：，。"


def write_model(
    folder: Path,
    family: str = "bert",
    pooling: str = "mean",
    prompts: dict[str, str] | None = None,
    **changes: object,
) -> Path:
    """Write a two-layer sentence-transformers model with random weights."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import (
        BertConfig,
        BertModel,
        PreTrainedTokenizerFast,
        XLMRobertaConfig,
        XLMRobertaModel,
    )

    torch.manual_seed(7)
    pieces = [*SPECIAL.values(), *CHARACTERS]
    tokenizer = Tokenizer(
        models.WordLevel(
            {piece: n for n, piece in enumerate(pieces)}, unk_token=SPECIAL["unk_token"]
        )
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 0), ("[SEP]", 2)]
    )
    settings: dict[str, Any] = {
        "vocab_size": len(pieces),
        "hidden_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 128,
        "max_position_embeddings": 66,
        "pad_token_id": 1,
        "initializer_range": 0.2,
        **changes,
    }
    bert = (
        BertModel(BertConfig(**settings))
        if family == "bert"
        else XLMRobertaModel(XLMRobertaConfig(**settings))
    )
    bare = folder / "bare"
    bert.save_pretrained(bare)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        **SPECIAL,
        model_max_length=64,
    ).save_pretrained(bare)
    transformer = Transformer(str(bare), max_seq_length=64)
    target = folder / "model"
    SentenceTransformer(
        modules=[transformer, Pooling(64, pooling_mode=pooling), Normalize()], prompts=prompts
    ).save(str(target))
    return target


def torch_vectors(folder: Path, texts: list[str], prompt: str = "") -> np.ndarray:
    """Return what sentence-transformers itself computes."""
    from sentence_transformers import SentenceTransformer

    vectors: np.ndarray = SentenceTransformer(str(folder), device="cpu").encode(
        texts, prompt=prompt, normalize_embeddings=True
    )
    return vectors


@pytest.mark.parametrize("family", ["bert", "xlm-roberta"])
@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_bert_like_model_is_exported_and_agrees_with_torch(
    tmp_path: Path, family: str, pooling: str
) -> None:
    """A BERT-like model runs in ONNX Runtime with nearly the vectors torch gives."""
    folder = write_model(tmp_path, family, pooling)
    embedder = load_embedder(str(folder), tmp_path / "models")
    assert embedder.engine == "onnxruntime-int8"
    assert embedder.name == str(folder)
    assert (embedder.dimension, embedder.max_tokens) == (64, 64)
    cosines = (embedder.embed_passages(TEXTS) * torch_vectors(folder, TEXTS)).sum(axis=1)
    assert cosines.min() > 0.99


def test_export_is_reused_until_the_model_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second load opens the export without torch; a changed model gets another fingerprint."""
    folder = write_model(tmp_path / "one")
    first = load_embedder(str(folder), tmp_path / "models")
    said: list[str] = []
    assert load_embedder(str(folder), tmp_path / "models", announce=said.append).fingerprint == (
        first.fingerprint
    )
    assert said == []

    other = write_model(tmp_path / "two", pooling="cls")
    for path in (p for p in other.rglob("*") if p.is_file()):
        (folder / path.relative_to(other)).write_bytes(path.read_bytes())
    changed = load_embedder(str(folder), tmp_path / "models")
    assert changed.fingerprint != first.fingerprint
    cosines = (changed.embed_passages(TEXTS) * torch_vectors(folder, TEXTS)).sum(axis=1)
    assert cosines.min() > 0.99


def test_fingerprint_is_that_of_the_content(tmp_path: Path) -> None:
    """The same files in another place have the same fingerprint."""
    folder = write_model(tmp_path)
    moved = tmp_path / "moved"
    first = load_embedder(str(folder), tmp_path / "models")
    folder.rename(moved)
    assert load_embedder(str(moved), tmp_path / "models").fingerprint == first.fingerprint


def test_model_the_graph_cannot_express_stays_with_torch(tmp_path: Path) -> None:
    """A model with another activation is computed by torch, as sentence-transformers does."""
    folder = write_model(tmp_path, hidden_act="relu")
    embedder = load_embedder(str(folder), tmp_path / "models")
    assert embedder.engine == "torch"
    ours = embedder.embed_passages(TEXTS)
    np.testing.assert_allclose(ours, torch_vectors(folder, TEXTS), atol=1e-4)
    np.testing.assert_allclose(embedder.embed_queries(TEXTS), ours, atol=1e-4)


def test_export_that_loses_too_much_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When int8 strays too far from torch the model stays with torch and says so."""
    monkeypatch.setattr("ragbot.embedding.export._LEAST_COSINE", 1.1)
    said: list[str] = []
    embedder = load_embedder(str(write_model(tmp_path)), tmp_path / "models", announce=said.append)
    assert embedder.engine == "torch"
    assert "stays with torch" in said[-1]
    assert [p for p in (tmp_path / "models").iterdir() if p.is_dir()] == []


@pytest.mark.parametrize("engine", ["onnxruntime-int8", "torch"])
@pytest.mark.parametrize("key", ["document", "passage"])
def test_prompts_of_the_model_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str, key: str
) -> None:
    """Questions and passages are embedded behind the prompts the model defines."""
    monkeypatch.setattr(loading, "have_onnxruntime", lambda: engine != "torch")
    folder = write_model(tmp_path, prompts={"query": "问：", key: "答："})
    embedder = load_embedder(str(folder), tmp_path / "models")
    assert embedder.engine == engine
    for ours, prompt in (
        (embedder.embed_queries(TEXTS), "问："),
        (embedder.embed_passages(TEXTS), "答："),
    ):
        assert (ours * torch_vectors(folder, TEXTS, prompt)).sum(axis=1).min() > 0.99


@pytest.mark.parametrize(
    ("name", "prompts", "expected"),
    [
        ("intfloat/multilingual-e5-base", {"query": "", "document": ""}, ("query: ", "passage: ")),
        ("models/e5-small", {}, ("query: ", "passage: ")),
        ("BAAI/bge-small-zh-v1.5", {}, ("", "")),
        ("some/model-e55", {}, ("", "")),
        ("intfloat/e5-own", {"query": "q ", "document": "", "passage": "p "}, ("q ", "p ")),
    ],
)
def test_e5_models_get_the_prompts_they_were_trained_with(
    name: str, prompts: dict[str, str], expected: tuple[str, str]
) -> None:
    """Models of the E5 family that define no prompts get the family's; others get none."""
    found = prompts_of(SimpleNamespace(prompts=prompts), name)  # type: ignore[arg-type]
    assert (found["query"], found["passage"]) == expected


def test_special_tokens_in_a_text_are_only_text(tmp_path: Path) -> None:
    """A special token of that model, written in a text, is not read as one."""
    embedder = load_embedder(str(write_model(tmp_path)), tmp_path / "models")
    written, apart = embedder.embed_passages(["上海[SEP]中心", "上海[ SEP]中心"])
    assert (written == apart).all()


def test_unknown_name_is_one_sentence(tmp_path: Path) -> None:
    """A name that is no folder and that no hub answers for names the setting to check."""
    with pytest.raises(ModelError, match="RAGBOT_EMBEDDING_MODEL"):
        load_embedder("no-such/model", tmp_path)


def test_folder_that_holds_no_model_is_one_sentence(tmp_path: Path) -> None:
    """A folder without a model is named in one line."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="empty") as caught:
        load_embedder(str(tmp_path / "empty"), tmp_path / "models")
    assert "\n" not in str(caught.value)
