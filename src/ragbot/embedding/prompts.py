"""What models were trained to see before a text, where only their name tells."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

__all__ = ["prompts_by_name"]


def prompts_by_name(name: str) -> dict[Literal["query", "passage"], str]:
    """Return the prompts of a question and of a passage.

    The E5 family was trained with prompts that its hub entries do not record.
    """
    if "e5" in Path(name).name.lower().split("-"):
        return {"query": "query: ", "passage": "passage: "}
    return {"query": "", "passage": ""}
