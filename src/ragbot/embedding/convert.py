"""Turn the packaged 4-bit weights into an ordinary sentence-transformers directory."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ragbot.embedding.e5file import E5File
from ragbot.embedding.tokenizer import write_tokenizer

__all__ = ["PROMPTS", "write_model"]

PROMPTS = {"query": "query: ", "document": "passage: "}
"""What multilingual-e5 was trained with (https://huggingface.co/intfloat/multilingual-e5-small)."""


def write_model(source: E5File, folder: Path) -> None:
    """Write config, fp16 weights, tokenizer and modules into the empty ``folder``.

    ``SentenceTransformer(folder)`` then opens it as it opens any other model: Transformer, mean
    pooling, normalisation, with the prompts that ``encode_query`` and ``encode_document`` use.
    """
    from safetensors.numpy import save_file

    _write_json(folder / "config.json", _config(source))
    save_file(_weights(source), folder / "model.safetensors", metadata={"format": "pt"})
    write_tokenizer(source, folder)
    _write_json(
        folder / "modules.json",
        [
            {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for i, (path, kind) in enumerate(
                [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
            )
        ],
    )
    _write_json(
        folder / "sentence_bert_config.json",
        {"max_seq_length": source.positions, "do_lower_case": False},
    )
    (folder / "1_Pooling").mkdir()
    _write_json(
        folder / "1_Pooling" / "config.json",
        {"word_embedding_dimension": source.hidden, "pooling_mode_mean_tokens": True},
    )
    _write_json(
        folder / "config_sentence_transformers.json",
        {"prompts": PROMPTS, "default_prompt_name": None, "similarity_fn_name": "cosine"},
    )


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False), encoding="utf-8")


def _config(source: E5File) -> dict[str, object]:
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "vocab_size": source.rows,
        "hidden_size": source.hidden,
        "num_hidden_layers": source.layers,
        "num_attention_heads": source.heads,
        "intermediate_size": source.inner,
        "max_position_embeddings": source.positions,
        "type_vocab_size": source.types,
        "layer_norm_eps": 1e-12,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "pad_token_id": source.pad,
        # The weights lie on disk as fp16 to halve the file; a CPU computes in float32.
        "dtype": "float32",
        "torch_dtype": "float32",
    }


def _weights(source: E5File) -> dict[str, NDArray[np.float16]]:
    """Return the tensors under the names ``transformers.BertModel`` gives them."""
    h, inner = source.hidden, source.inner
    weights = {
        "embeddings.word_embeddings.weight": source.half("emb.word", source.rows, h),
        "embeddings.position_embeddings.weight": source.half("emb.pos", source.positions, h),
        "embeddings.token_type_embeddings.weight": source.half("emb.type", source.types, h),
        "embeddings.LayerNorm.weight": source.half("emb.ln.w", h),
        "embeddings.LayerNorm.bias": source.half("emb.ln.b", h),
        # The file has no pooler and mean pooling needs none; zeros keep the loader from reporting
        # missing weights.
        "pooler.dense.weight": np.zeros((h, h), np.float16),
        "pooler.dense.bias": np.zeros(h, np.float16),
    }
    dense = {
        "q": ("attention.self.query", h, h),
        "k": ("attention.self.key", h, h),
        "v": ("attention.self.value", h, h),
        "ao": ("attention.output.dense", h, h),
        "fi": ("intermediate.dense", inner, h),
        "fo": ("output.dense", h, inner),
    }
    norms = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}
    for i in range(source.layers):
        for short, (name, rows, columns) in dense.items():
            weights[f"encoder.layer.{i}.{name}.weight"] = source.half(
                f"l{i}.{short}.w", rows, columns
            )
            weights[f"encoder.layer.{i}.{name}.bias"] = source.half(f"l{i}.{short}.b", rows)
        for short, name in norms.items():
            weights[f"encoder.layer.{i}.{name}.weight"] = source.half(f"l{i}.{short}.w", h)
            weights[f"encoder.layer.{i}.{name}.bias"] = source.half(f"l{i}.{short}.b", h)
    return weights
