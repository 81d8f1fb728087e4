"""ragbot as a retriever of LlamaIndex; needs ``pip install ragbot[llama-index]``."""

import asyncio

from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from ragbot.adapters._metadata import id_of, metadata_of
from ragbot.bot import Ragbot
from ragbot.results import Hit

__all__ = ["RagbotRetriever"]

_READABLE = {"document", "heading", "byline", "page"}
"""What LlamaIndex may put before the text it shows to a model; the rest would repeat the text."""


class RagbotRetriever(BaseRetriever):
    """Finds the k passages that answer best, best first, each with its citation as metadata.

    What ``Ragbot.retrieve`` raises passes through unchanged.
    """

    def __init__(self, bot: Ragbot, k: int = 5) -> None:
        super().__init__()
        self.bot = bot
        self.k = k

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return [_node_of(hit) for hit in self.bot.retrieve(query_bundle.query_str, self.k).hits]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        # The inherited method would search on the event loop and hold up everything else on it.
        return await asyncio.to_thread(self._retrieve, query_bundle)


def _node_of(hit: Hit) -> NodeWithScore:
    metadata = metadata_of(hit)
    hidden = [key for key, value in metadata.items() if value is None or key not in _READABLE]
    node = TextNode(
        id_=id_of(hit),
        text=hit.text,
        metadata=metadata,
        excluded_llm_metadata_keys=hidden,
        excluded_embed_metadata_keys=hidden,
    )
    return NodeWithScore(node=node, score=hit.score)
