"""``ragbot eval`` on a small set of one's own."""

import gzip
import json
from pathlib import Path

import pytest

from ragbot.bot import Ragbot
from ragbot.errors import RagbotError
from ragbot.evaluation.datasets import Dataset, read_questions
from ragbot.evaluation.measures import ranking_measures, refusal_measures
from ragbot.evaluation.run import evaluate, evaluate_questions

CORPUS = [
    {"id": "a", "title": "长江", "text": "长江是中国最长的河流，全长六千三百公里。"},
    {"id": "b", "title": "黄河", "text": "黄河是中国第二长的河流，发源于青海。"},
    {"id": "c/d", "title": "珠江", "text": "珠江流经广东，注入南海。"},
]
QUERIES = [
    {"id": "1", "question": "長江全長多少公里？", "gold_ids": ["a"], "answers": ["六千三百"]},
    {"id": "2", "question": "黄河发源于哪里？", "gold_ids": ["b"], "answers": ["青海"]},
    {"id": "3", "question": "珠江注入哪个海？\u2028", "gold_ids": ["c/d"], "answers": ["南海"]},
]
KEYS = {
    "recall@1", "recall@5", "recall@10", "mrr@10", "ndcg@10",
    "documents", "passages", "questions", "query_ms_p50", "query_ms_p95",
}  # fmt: skip


def _write(path: Path, rows: list[dict[str, object]]) -> Path:
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    data = lines.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def test_a_set_is_indexed_and_measured(bot: Ragbot, tmp_path: Path) -> None:
    """Documents are the rows, whatever their ids; the keys are those of the contract."""
    _write(tmp_path / "rivers.corpus.jsonl.gz", CORPUS)
    _write(tmp_path / "rivers.queries.jsonl", QUERIES)
    none = _write(tmp_path / "none.jsonl", [{"question": "尼罗河有多少条支流？"}])
    found = evaluate(Dataset(tmp_path / "rivers"), bot.settings, unanswerable=read_questions(none))
    assert set(found.measures) == KEYS | {
        "auroc", "refused_at_95_kept", "refused_at_threshold", "kept_at_threshold"
    }  # fmt: skip
    assert found.measures["recall@1"] == found.measures["ndcg@10"] == 1
    assert found.measures["documents"] == found.measures["questions"] == 3
    assert found.measures["auroc"] == 1
    assert found.failures == ()


def test_questions_of_ones_own_are_asked_of_the_index_that_is_there(
    bot: Ragbot, tmp_path: Path
) -> None:
    """By answer or by document; what was not found is listed."""
    document = bot.retrieve("上海").hits[0].citation.document
    rows: list[dict[str, object]] = [
        {"question": "上海计划建设什么中心？", "answers": ["中国(上海)知识产权保护中心"]},
        {"question": "浙江省知识产权局局长是谁？", "gold_ids": [document]},
        {"question": "上海计划建设什么中心？", "answers": ["区块链"]},
    ]
    questions = read_questions(_write(tmp_path / "own.jsonl", rows))
    found = evaluate_questions(questions, bot.settings)
    assert set(found.measures) == KEYS
    assert found.measures["recall@1"] == pytest.approx(2 / 3)
    assert [question.answers for question, _ in found.failures] == [("区块链",)]


@pytest.mark.parametrize("rows", [[], [{"question": "什么？"}], [{"answers": ["x"]}]])
def test_what_cannot_be_measured_is_one_sentence(
    bot: Ragbot, tmp_path: Path, rows: list[dict[str, object]]
) -> None:
    """No question, none that could be right, a row without one."""
    path = _write(tmp_path / "own.jsonl", rows)
    with pytest.raises(RagbotError):
        evaluate_questions(read_questions(path), bot.settings)


def test_measures_are_those_of_the_literature() -> None:
    """Third place: recall@1 is 0, reciprocal rank a third, nDCG one by log2 of four."""
    found = ranking_measures([("q", frozenset("c"), ["a", "b", "c"])])
    assert found["recall@1"] == 0
    assert found["recall@5"] == 1
    assert found["mrr@10"] == pytest.approx(1 / 3)
    assert found["ndcg@10"] == pytest.approx(1 / 2)


def test_refusal_is_measured_at_the_share_kept() -> None:
    """Of a hundred answerable ones five may go."""
    found = refusal_measures([i / 100 for i in range(100)], [0.01, 0.02, 0.6, 0.7], 0.5)
    assert found["refused_at_95_kept"] == 0.5
    assert found["refused_at_threshold"] == 0.5
    assert found["kept_at_threshold"] == 0.5
    assert 0 < found["auroc"] < 1
