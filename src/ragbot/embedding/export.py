"""Turn a sentence-transformers model into the folder that the fast engine runs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ragbot.embedding.embedder import Card
from ragbot.embedding.graph import Encoder, Weights, write_graph
from ragbot.embedding.onnx_engine import GRAPH, TOKENIZER, OnnxEngine, open_session, write_card

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from ragbot.embedding.torch_engine import TorchEngine

__all__ = ["Disagreement", "encoder_for", "encoder_of", "export_folder", "export_opened"]

_FAMILIES = ("bert", "roberta", "xlm-roberta")

_LEAST_COSINE = 0.99
"""An export further than this from torch on any sample is not used."""

_SAMPLES = (
    "上海市知识产权局发布了新的规划。",
    "什么是向量检索？",
    "The committee met on Tuesday to discuss the budget for next year.",
    "今天下午三点，会议将在二楼的大会议室举行，请各部门负责人准时参加，并带好上季度的工作总结。",
)


def export_folder(model: Path, card: Card, target: Path) -> None:
    """Export a converted model folder (one BERT safetensors file, mean pooling); needs no torch."""
    from safetensors import safe_open

    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    encoder = encoder_for(config, "mean")
    with safe_open(model / "model.safetensors", "numpy") as tensors:
        _write(encoder, tensors.get_tensor, card, target)
    shutil.copyfile(model / TOKENIZER, target / TOKENIZER)


class Disagreement(Exception):
    """An export gives vectors too far from torch."""


def export_opened(torch: TorchEngine, encoder: Encoder, card: Card, target: Path) -> None:
    """Export an opened model for which ``encoder_of`` gave ``encoder``.

    Raises:
        Disagreement: some ordinary sentence's vector is too far from the one torch computes.
    """
    transformer: Any = torch.model[0]
    state = transformer.auto_model.state_dict()

    def weights(name: str) -> NDArray[np.float32]:
        array: NDArray[np.float32] = state[name].detach().cpu().float().numpy()
        return array

    _write(encoder, weights, card, target)
    torch.model.tokenizer.backend_tokenizer.save(str(target / TOKENIZER))
    export = OnnxEngine(target, card)
    cosines = [float(export.encode(t, "passage") @ torch.encode(t, "passage")) for t in _SAMPLES]
    if min(cosines) < _LEAST_COSINE:
        raise Disagreement(f"a cosine of {min(cosines):.3f}")


def _write(encoder: Encoder, weights: Weights, card: Card, target: Path) -> None:
    traced = target / "unoptimised.onnx"
    write_graph(encoder, weights, traced)
    # ONNX Runtime fuses what it can once, instead of at every start.
    open_session(traced, target / GRAPH)
    traced.unlink()
    write_card(card, target)


def encoder_of(model: SentenceTransformer) -> Encoder | None:
    """Return the encoder of a model the graph can express, or None.

    That is: a BERT, RoBERTa or XLM-RoBERTa with exact GELU and learned positions, pooled by mean
    or first token with the prompt included, at most normalised after that, and a tokenizer of the
    ``tokenizers`` library.
    """
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer

    modules: list[Any] = list(model)
    kinds = [type(module) for module in modules]
    if kinds not in ([Transformer, Pooling], [Transformer, Pooling, Normalize]):
        return None
    pooling = modules[1].pooling_mode
    config = modules[0].auto_model.config.to_dict()
    if (
        pooling not in ("mean", "cls")
        or not modules[1].include_prompt
        or config.get("model_type") not in _FAMILIES
        or config.get("hidden_act") != "gelu"
        or config.get("position_embedding_type", "absolute") != "absolute"
        or getattr(model.tokenizer, "backend_tokenizer", None) is None
        or getattr(model.tokenizer, "padding_side", "right") != "right"
        or getattr(modules[0], "do_lower_case", False)
    ):
        return None
    return encoder_for(config, "cls" if pooling == "cls" else "mean")


def encoder_for(config: Mapping[str, object], output: Literal["mean", "cls", "spans"]) -> Encoder:
    """Return the encoder that a ``transformers`` configuration describes."""

    def number(key: str) -> int:
        return int(str(config[key]))

    first = 0 if config["model_type"] == "bert" else number("pad_token_id") + 1
    return Encoder(
        layers=number("num_hidden_layers"),
        heads=number("num_attention_heads"),
        hidden=number("hidden_size"),
        eps=float(str(config["layer_norm_eps"])),
        first_position=first,
        output=output,
    )
