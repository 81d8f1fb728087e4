"""LangChain: FAISS and BM25 over jieba's words, joined by the EnsembleRetriever."""

import pickle
from pathlib import Path

import jieba
from langchain_classic.retrievers import EnsembleRetriever
from langchain_community.retrievers import BM25Retriever
from langchain_community.vectorstores import FAISS
from langchain_core.documents import Document
from langchain_huggingface import HuggingFaceEmbeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter

# What its documentation advises for writing without spaces between words.
SEPARATORS = ["\n\n", "\n", "。", "！", "？", "；", "，", " ", ""]


class System:
    """The recipe of its documentation, with Chinese separators and words."""

    def __init__(self, models: Path) -> None:
        self.embeddings = HuggingFaceEmbeddings(
            model_name=str(models),
            encode_kwargs={"normalize_embeddings": True, "prompt": "passage: ", "batch_size": 32},
            query_encode_kwargs={"normalize_embeddings": True, "prompt": "query: "},
        )
        jieba.initialize()

    def build(self, rows: list[dict[str, str]], folder: Path) -> None:
        splitter = RecursiveCharacterTextSplitter(
            separators=SEPARATORS, chunk_size=1000, chunk_overlap=200, keep_separator="end"
        )
        documents = splitter.split_documents(
            [Document(row["text"], metadata={"id": row["id"]}) for row in rows]
        )
        self.store = FAISS.from_documents(documents, self.embeddings)
        self.store.save_local(str(folder))
        self._join(documents)
        # Its BM25 has no file format of its own: it is made again from the documents.
        (folder / "documents.pickle").write_bytes(pickle.dumps(documents))

    def open(self, folder: Path) -> None:
        self.store = FAISS.load_local(
            str(folder), self.embeddings, allow_dangerous_deserialization=True
        )
        self._join(pickle.loads((folder / "documents.pickle").read_bytes()))

    def _join(self, documents: list[Document]) -> None:
        lexical = BM25Retriever.from_documents(documents, preprocess_func=jieba.lcut, k=10)
        dense = self.store.as_retriever(search_kwargs={"k": 10})
        self.retriever = EnsembleRetriever(retrievers=[lexical, dense], weights=[0.5, 0.5])

    def ask(self, question: str, k: int) -> list[str]:
        found = self.retriever.invoke(question)
        return list(dict.fromkeys(one.metadata["id"] for one in found))[:k]
