"""ragbot as a retriever of LangChain; needs ``pip install ragbot[langchain]``."""

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from ragbot.adapters._metadata import id_of, metadata_of
from ragbot.bot import Ragbot

__all__ = ["RagbotRetriever"]


class RagbotRetriever(BaseRetriever):
    """Finds the k passages that answer best, best first, each with its citation as metadata.

    What ``Ragbot.retrieve`` raises passes through unchanged.
    """

    bot: Ragbot
    k: int = 5

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        return [
            Document(id=id_of(hit), page_content=hit.text, metadata=metadata_of(hit))
            for hit in self.bot.retrieve(query, self.k).hits
        ]
