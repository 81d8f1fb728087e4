"""An index in Milvus finds, cites and refuses what the local one does."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ragbot.bot import Ragbot
from ragbot.results import Answer, Retrieval
from ragbot.settings import load_settings
from ragbot.text.tokens import bigrams, words
from tests.remote.conftest import PLACES, Server, write
from tests.test_statements import QUESTIONS

Open = Callable[..., Ragbot]


def _bare(answer: Answer) -> Answer:
    """An answer without what is the index's own: the generation and the time."""
    return replace(answer, generation="", timing_ms={}, hits=tuple(map(_rounded, answer.hits)))


def _rounded(hit):  # type: ignore[no-untyped-def]
    return replace(hit, signals={name: round(value, 3) for name, value in hit.signals.items()})


def _cited(found: Retrieval) -> list[object]:
    return [hit.citation for hit in found.hits]


def test_the_sample_is_answered_as_it_is_locally(
    bot: Ragbot, data_dir: Path, milvus_url: str
) -> None:
    """With the model that ships: hits, citations, refusals and sources."""
    settings = load_settings(data_dir=data_dir, index=milvus_url)
    with Ragbot(settings, models=bot.models) as remote:
        assert remote.status().documents == bot.status().documents
        assert remote.index.check() == []
        for question in (str(row["question"]) for row in QUESTIONS):
            here, there = bot.answer(question), remote.answer(question)
            assert _bare(there) == _bare(here)
            for citation in here.citations[:1]:
                assert remote.source(citation) == bot.source(citation)
        assert remote.documents() == bot.documents()
        assert remote.status().passages == bot.status().passages


def test_filters_limit_both_alike(open_bot: Open, docs: Path, tmp_path: Path) -> None:
    """By document, by heading and by both."""
    local, remote = open_bot("laws"), open_bot(f"milvus+file://{tmp_path}/f.db")
    for bot in (local, remote):
        bot.rebuild([docs])
    asked = "知识产权保护中心"
    for document in (None, "0.txt", "4.txt", "none.txt"):
        for heading in (None, "上海", "天津"):
            here = local.retrieve(asked, document=document, heading=heading)
            there = remote.retrieve(asked, document=document, heading=heading)
            assert _cited(here) == _cited(there)
            if document is None or heading is None:
                assert bool(here.hits) == (document != "none.txt")


def test_terms_are_weighed_as_they_are_locally(open_bot: Open, docs: Path, tmp_path: Path) -> None:
    """The scores of both lexical legs are the same numbers."""
    # Texts of many lengths: the local index rounds them, and ours must round alike.
    for number in range(60):
        (docs / f"long-{number}.txt").write_text(f"上海第{number}号中心。" * (number + 1), "utf-8")
    local, remote = open_bot("laws"), open_bot(f"milvus+file://{tmp_path}/f.db")
    for bot in (local, remote):
        bot.rebuild([docs])
    for text in ("上海第十二号中心", "知识产权局局长", "中心", "从未写过"):
        terms = [("words", t) for t in words(text)] + [("bigrams", t) for t in bigrams(text)]
        scores = []
        for bot in (local, remote):
            with bot.current.hold() as generation:
                rows, found = generation.lexical.search(terms, 200)
                scores.append(dict(zip(rows.tolist(), found.tolist(), strict=True)))
        assert scores[0].keys() == scores[1].keys()
        assert scores[0] == pytest.approx(scores[1], abs=1e-4)


def test_long_texts_come_back_whole(open_bot: Open, tmp_path: Path) -> None:
    """A string in Milvus holds 65,535 bytes; a document may hold more."""
    docs = tmp_path / "docs"
    docs.mkdir()
    text = "\n".join(f"第{number}条 上海建设第{number}号中心𠀀。" for number in range(4000))
    (docs / "long.txt").write_text(text, "utf-8")
    bot = open_bot(f"milvus+file://{tmp_path}/f.db")
    bot.rebuild([docs])
    with bot.current.hold() as generation:
        reading = generation.store.text(0)
        assert reading.raw == text
        count = generation.manifest.passages
        passages = generation.store.passages(range(count))
        assert [p.row for p in passages] == list(range(count))
        assert all(text[p.start :].startswith(p.raw) for p in passages)
        vectors = generation.dense.vectors(np.arange(generation.manifest.units))
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_server_is_read_by_many(server: Server, open_bot: Open, docs: Path) -> None:
    """What one machine publishes, another answers from, without a rebuild of its own."""
    writer, reader = open_bot(server.url(), "one"), open_bot(server.url(), "two")
    writer.rebuild([docs])
    for place in PLACES:
        assert f"{place}将建设" in reader.retrieve(f"{place}将建设第几号中心").hits[0].text
    write(docs, 4, 7)
    generation = writer.rebuild().generation
    while reader.answer("上海将建设第几号中心").generation != generation:
        pass
    assert "第7号" in reader.retrieve("上海将建设第几号中心").hits[0].text
