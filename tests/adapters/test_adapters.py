"""The adapters hand over what ragbot finds: texts, order, scores and exact ranges."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from ragbot.bot import Ragbot
from ragbot.documents.sample import sample_corpus
from ragbot.errors import BadQuestionError
from ragbot.results import Hit

QUESTION = "上海计划建设什么中心？"
CITED = ("document", "document_id", "sha256", "start", "end", "raw", "quote", "page", "state")


def _expected(hit: Hit) -> dict[str, Any]:
    cited = {name: getattr(hit.citation, name) for name in CITED}
    return {"score": hit.score, "heading": hit.heading, "byline": hit.byline, **cited}


def _id(hit: Hit) -> str:
    return f"{hit.citation.document_id}:{hit.citation.start}-{hit.citation.end}"


def _assert_the_right_passages(metadata: Sequence[Mapping[str, Any]]) -> None:
    """The best passage holds the answer, and every range is one of the file."""
    assert "知識產權保護中心" in metadata[0]["quote"]
    assert metadata[0]["state"] == "repaired"
    assert metadata[0]["heading"].startswith("滬")
    assert metadata[0]["score"] > 0.5
    for each in metadata:
        file = (sample_corpus() / each["document"]).read_bytes().decode("utf-8")
        assert file[each["start"] : each["end"]] == each["raw"]
    assert json.loads(json.dumps(metadata)) == metadata


def test_langchain_gets_the_hits_as_documents(bot: Ragbot) -> None:
    """Five by default, through the public call, synchronous or not, one or many."""
    pytest.importorskip("langchain_core")
    from ragbot.adapters.langchain import RagbotRetriever

    hits = bot.retrieve(QUESTION, 5).hits
    retriever = RagbotRetriever(bot=bot)
    documents = retriever.invoke(QUESTION)
    assert len(documents) == len(hits) == 5
    assert [each.page_content for each in documents] == [hit.text for hit in hits]
    assert [each.metadata for each in documents] == [_expected(hit) for hit in hits]
    assert [each.id for each in documents] == [_id(hit) for hit in hits]
    _assert_the_right_passages([each.metadata for each in documents])
    assert asyncio.run(retriever.ainvoke(QUESTION)) == documents
    assert retriever.batch([QUESTION, QUESTION]) == [documents, documents]


def test_langchain_gets_as_many_as_k_says(bot: Ragbot) -> None:
    """They are the best ones; a question that cannot be asked raises as it does elsewhere."""
    pytest.importorskip("langchain_core")
    from ragbot.adapters.langchain import RagbotRetriever

    best = RagbotRetriever(bot=bot, k=2).invoke(QUESTION)
    assert best == RagbotRetriever(bot=bot).invoke(QUESTION)[:2]
    assert len(best) == 2
    with pytest.raises(BadQuestionError):
        RagbotRetriever(bot=bot).invoke(" ")


def test_langchain_composes_the_retriever_into_a_chain(bot: Ragbot) -> None:
    """It is a runnable as any other."""
    pytest.importorskip("langchain_core")
    from ragbot.adapters.langchain import RagbotRetriever

    chain = RagbotRetriever(bot=bot, k=1) | (lambda documents: documents[0].metadata["raw"])
    assert chain.invoke(QUESTION) == bot.retrieve(QUESTION, 1).hits[0].citation.raw


def test_llama_index_gets_the_hits_as_nodes(bot: Ragbot) -> None:
    """Five by default, through the public call, synchronous or not."""
    pytest.importorskip("llama_index.core")
    from ragbot.adapters.llama_index import RagbotRetriever

    hits = bot.retrieve(QUESTION, 5).hits
    retriever = RagbotRetriever(bot)
    nodes = retriever.retrieve(QUESTION)
    assert len(nodes) == len(hits) == 5
    assert [each.text for each in nodes] == [hit.text for hit in hits]
    assert [each.score for each in nodes] == [hit.score for hit in hits]
    assert [each.metadata for each in nodes] == [_expected(hit) for hit in hits]
    assert [each.node_id for each in nodes] == [_id(hit) for hit in hits]
    _assert_the_right_passages([each.metadata for each in nodes])
    assert asyncio.run(retriever.aretrieve(QUESTION)) == nodes


def test_llama_index_gets_as_many_as_k_says(bot: Ragbot) -> None:
    """They are the best ones; a question that cannot be asked raises as without LlamaIndex."""
    pytest.importorskip("llama_index.core")
    from ragbot.adapters.llama_index import RagbotRetriever

    best = RagbotRetriever(bot, k=2).retrieve(QUESTION)
    assert best == RagbotRetriever(bot).retrieve(QUESTION)[:2]
    assert len(best) == 2
    with pytest.raises(BadQuestionError):
        RagbotRetriever(bot).retrieve(" ")


def test_llama_index_shows_a_model_the_text_once(bot: Ragbot) -> None:
    """Beside it stands what names the passage, and nothing that is not known."""
    pytest.importorskip("llama_index.core")
    from llama_index.core.schema import MetadataMode

    from ragbot.adapters.llama_index import RagbotRetriever

    (found,) = RagbotRetriever(bot, k=1).retrieve(QUESTION)
    for mode in (MetadataMode.LLM, MetadataMode.EMBED):
        shown = found.node.get_content(mode)
        assert shown.count(found.text) == 1
        assert found.metadata["heading"] in shown
        assert found.metadata["document"] in shown
        assert "sha256" not in shown
        assert "None" not in shown


def test_neither_library_is_imported_before_its_adapter() -> None:
    """Naming the package costs nothing to who has neither."""
    import subprocess
    import sys

    code = (
        "import sys, ragbot.adapters, ragbot.adapters._metadata;"
        "sys.exit(any(name.split('.')[0] in ('langchain_core', 'llama_index')"
        " for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
