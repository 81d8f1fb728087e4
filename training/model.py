"""The encoder that ships with ragbot, with a head that points at an answer."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import BertModel

__all__ = ["SpanModel", "span_loss"]

_NOWHERE = -1e4


class SpanModel(nn.Module):
    """multilingual-e5-small and two numbers a token: an answer begins here, it ends here."""

    def __init__(self, folder: Path, trained_layers: int) -> None:
        """Load the encoder; only its upper layers and the head are trained."""
        super().__init__()
        self.encoder: BertModel = BertModel.from_pretrained(
            str(folder), dtype=torch.float32, add_pooling_layer=False
        )
        self.head = nn.Linear(self.encoder.config.hidden_size, 2)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)
        self.encoder.requires_grad_(False)
        self._upper = self.encoder.encoder.layer[-trained_layers:]
        self._upper.requires_grad_(True)
        self.learnt = nn.ParameterList(p for p in self.parameters() if p.requires_grad)
        """All that is trained, in a fixed order."""
        self.set_dropout(0.0)

    def set_dropout(self, share: float) -> None:
        """Drop this share of what the trained layers hand on; the layers below are as they are."""
        for module in self.encoder.modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.0
        for module in self._upper.modules():
            if isinstance(module, nn.Dropout):
                module.p = share

    def trained(self) -> dict[str, NDArray[np.float32]]:
        """Return what was trained, under the names a ``BertModel`` gives its weights."""
        return {
            name.removeprefix("encoder."): value.detach().float().numpy()
            for name, value in self.named_parameters()
            if value.requires_grad
        }

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return logits, shape (texts, tokens, 2)."""
        hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        logits: Tensor = self.head(hidden)
        return logits


def span_loss(logits: Tensor, passage: Tensor, spans: list[list[tuple[int, int]]]) -> Tensor:
    """Return the mean of -log p(any of the spans); no span means token 0.

    ``passage``, bool (texts, tokens), is True where an answer may be and at token 0. Begin and
    end are drawn on their own, p(span) = p(begin) p(end).
    """
    scores = logits.masked_fill(~passage[..., None], _NOWHERE).log_softmax(dim=1)
    losses = [
        -torch.stack(
            [scores[row, a, 0] + scores[row, b, 1] for a, b in wanted or [(0, 0)]]
        ).logsumexp(0)
        for row, wanted in enumerate(spans)
    ]
    return torch.stack(losses).mean()
