"""LlamaIndex: FAISS and BM25 over pairs of characters, joined by the QueryFusionRetriever."""

from pathlib import Path

import faiss
from llama_index.core import Settings, StorageContext, VectorStoreIndex, load_index_from_storage
from llama_index.core.llms import MockLLM
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.schema import Document
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.retrievers.bm25 import BM25Retriever
from llama_index.vector_stores.faiss import FaissVectorStore

# Its BM25 cuts by a regular expression: every pair of neighbouring characters, and other words.
PAIRS = r"(?=([\u4e00-\u9fff]{2}|\b[a-zA-Z0-9]+\b))"


class System:
    """The recipe of its documentation, with a pattern that finds Chinese."""

    def __init__(self, models: Path) -> None:
        Settings.llm = MockLLM()
        Settings.embed_model = HuggingFaceEmbedding(
            model_name=str(models),
            query_instruction="query: ",
            text_instruction="passage: ",
            embed_batch_size=32,
        )

    def build(self, rows: list[dict[str, str]], folder: Path) -> None:
        documents = [
            Document(
                text=row["text"],
                metadata={"id": row["id"]},
                excluded_embed_metadata_keys=["id"],
                excluded_llm_metadata_keys=["id"],
            )
            for row in rows
        ]
        nodes = SentenceSplitter(chunk_size=1024, chunk_overlap=200).get_nodes_from_documents(
            documents
        )
        store = FaissVectorStore(faiss_index=faiss.IndexFlatIP(384))
        context = StorageContext.from_defaults(vector_store=store)
        index = VectorStoreIndex(nodes, storage_context=context)
        index.storage_context.persist(str(folder))
        lexical = BM25Retriever.from_defaults(
            nodes=nodes, similarity_top_k=10, token_pattern=PAIRS, skip_stemming=True, language=None
        )
        lexical.persist(str(folder / "bm25"))
        self._join(index, lexical)

    def open(self, folder: Path) -> None:
        store = FaissVectorStore.from_persist_dir(str(folder))
        context = StorageContext.from_defaults(vector_store=store, persist_dir=str(folder))
        self._join(
            load_index_from_storage(context),
            BM25Retriever.from_persist_dir(str(folder / "bm25")),
        )

    def _join(self, index: VectorStoreIndex, lexical: BM25Retriever) -> None:
        # It forgets how it cuts words when it is opened again.
        lexical.token_pattern, lexical.skip_stemming = PAIRS, True
        self.retriever = QueryFusionRetriever(
            [index.as_retriever(similarity_top_k=10), lexical],
            similarity_top_k=10,
            num_queries=1,
            mode="relative_score",
            use_async=False,
        )

    def ask(self, question: str, k: int) -> list[str]:
        found = self.retriever.retrieve(question)
        return list(dict.fromkeys(one.node.metadata["id"] for one in found))[:k]
