"""Rebuild the XLM-RoBERTa tokenizer of multilingual-e5-small from its vocabulary and map."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

from ragbot.embedding.e5file import E5File

__all__ = ["write_tokenizer"]

_MASK = "<mask>"


def _character_class(characters: list[str]) -> str:
    """Return a regular expression that matches any one of ``characters``."""
    return "[" + "".join(f"\\x{{{ord(c):x}}}" for c in sorted(characters)) + "]"


def write_tokenizer(source: E5File, folder: Path) -> None:
    """Write ``tokenizer.json`` and ``tokenizer_config.json`` into ``folder``.

    The normaliser is SentencePiece's ``nmt_nfkc``: NFKC, except that control characters vanish,
    odd spaces become plain ones and a few characters that NFKC would change are kept. Those
    exceptions are read from the file's character map. A kept character goes round NFKC as a
    noncharacter, which no valid text holds.
    """
    from tokenizers import AddedToken, Regex, Tokenizer, normalizers, pre_tokenizers, processors
    from tokenizers.models import Unigram

    vanish: list[str] = []
    blank: list[str] = []
    for character, target in source.character_map.items():
        if target == unicodedata.normalize("NFKC", character):
            continue
        (vanish if target == "" else blank).append(character)
    kept = "\uff5e"  # FULLWIDTH TILDE, absent from the map: SentencePiece leaves it alone
    stand_in = "\U0010ffff"

    vocabulary = source.vocabulary
    specials = [vocabulary[i][0] for i in (source.bos, source.pad, source.eos, source.unk)]
    specials.append(_MASK)
    tokenizer = Tokenizer(Unigram(vocabulary, unk_id=source.unk, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(_character_class(vanish)), ""),
            normalizers.Replace(Regex(_character_class(blank)), " "),
            normalizers.Replace(kept, stand_in),
            normalizers.NFKC(),
            normalizers.Replace(stand_in, kept),
            normalizers.Replace(Regex(" {2,}"), " "),
            # The vocabulary holds the special tokens too; SentencePiece never finds them in a text.
            *(normalizers.Replace(name, f"{name[0]} {name[1:]}") for name in specials),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    begin, end = vocabulary[source.bos][0], vocabulary[source.eos][0]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}",
        pair=f"{begin} $A {end} {end} $B {end}",
        special_tokens=[(begin, source.bos), (end, source.eos)],
    )
    tokenizer.add_special_tokens(
        [
            AddedToken(name, normalized=False, special=True, lstrip=name == _MASK)
            for name in specials
        ]
    )
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)

    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": source.positions,
        "bos_token": begin,
        "eos_token": end,
        "cls_token": begin,
        "sep_token": end,
        "pad_token": vocabulary[source.pad][0],
        "unk_token": vocabulary[source.unk][0],
        "mask_token": _MASK,
        "clean_up_tokenization_spaces": False,
        "model_input_names": ["input_ids", "attention_mask"],
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2), encoding="utf-8")
