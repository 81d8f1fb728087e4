"""Search on the sample corpus: filters, many statements, and what is measured."""

import numpy as np
import pytest

from ragbot.bot import Ragbot
from ragbot.retrieval.signals import SIGNALS, measure, weigh

WHEREVER = True  # of an index in Milvus too


def test_a_heading_limits_the_search(bot: Ragbot) -> None:
    """In either script."""
    for heading in ("打造国际知识产权保护高地", "滬"):
        hits = bot.retrieve("知识产权保护中心", heading=heading).hits
        assert hits
        assert all("滬" in (hit.heading or "") for hit in hits)


def test_a_document_limits_the_search(bot: Ragbot) -> None:
    """By name or by id; what is in no document is found nowhere."""
    first = bot.retrieve("知识产权").hits[0].citation
    for wanted in (first.document, first.document_id):
        assert len(bot.retrieve("知识产权", document=wanted).hits) == 5
    assert bot.retrieve("知识产权", document="none.txt").hits == ()


@pytest.mark.parametrize("question", ["哪些地方要建设知识产权保护中心？", "各省市有哪些举措？"])
def test_a_question_about_many_gets_many(bot: Ragbot, question: str) -> None:
    """No statement is there twice before every one has been there once."""
    headings = [hit.heading for hit in bot.retrieve(question, 5).hits]
    assert len(set(headings)) == 5


def test_a_comparison_finds_both_sides(bot: Ragbot) -> None:
    """Each place has its passage among the first two."""
    first = bot.retrieve("比较江苏和浙江的知识产权工作", 2).hits
    assert {(hit.heading or "")[0] for hit in first} == {"蘇", "浙"}


def test_hits_come_with_their_probability_best_first(bot: Ragbot) -> None:
    """The first is the one that most probably answers, or nothing probably does."""
    hits = bot.retrieve("上海计划建设什么中心？", 10).hits
    assert len(hits) == 10
    assert all(0 <= hit.score <= 1 for hit in hits)
    assert hits[0].score > 0.5


def test_signals_are_bounded(bot: Ragbot) -> None:
    """Shares lie between 0 and 1, whatever is asked."""
    with bot._ask(lambda one: one) as (generation, _):
        passages = generation.store.passages(range(generation.manifest.passages))
        cosines = [np.full(p.key.count("\n") + 1, 0.9, np.float32) for p in passages]
        for content in ("知识产权", "。", "区块链", "知识产权 " * 50):
            terms = weigh(content, lambda _: 3, len(passages))
            found = measure(terms, passages, cosines, generation.manifest.mean_key_chars)
            columns = [SIGNALS.index(n) for n in ("bm25", "coverage", "window", "trigrams")]
            shares = found[:, columns]
            assert shares.min() >= 0
            assert shares.max() <= 1 + 1e-9
