"""What the reader learns from."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.data import (
    Cut,
    Example,
    Paragraph,
    Question,
    examples,
    measuring_questions,
    training_questions,
)

TEXT = "".join(
    f"第{n}句说的是第{n}件事，它发生在{1900 + n}年，有{n * 7}人参加。" for n in range(1, 31)
)

CUT = Cut(longest=280, whole=0.12)


def question(number: int) -> Question:
    """Return a question whose answer stands in one sentence."""
    paragraph = Paragraph("p", "大事记", TEXT)
    return Question(
        f"q{number}", f"第{number}件事发生在哪一年？", paragraph, (f"{1900 + number}年",)
    )


def without(one: Question) -> dict[str, list[Example]]:
    """Return a passage without the answer."""
    return {one.id: [Example(one.text, "这里没有答案。", "旁的", ())]}


@given(number=st.integers(1, 30), seed=st.integers(0, 500))
def test_spans_are_answers_and_windows_hold_them(number: int, seed: int) -> None:
    """Whatever is cut out of the paragraph; where there is no span there is no answer."""
    asked = question(number)
    made = examples([asked], without(asked), CUT, seed)
    assert sum(bool(one.spans) for one in made) == 1
    for one in made:
        found = {one.passage[start:end] for start, end in one.spans}
        assert found == (set(asked.answers) if one.spans else set())
        assert one.spans or asked.answers[0] not in one.passage
        assert one.passage in TEXT or one.passage == "这里没有答案。"
        assert one.context in ("", "大事记", "旁的")


def test_the_same_seed_makes_the_same_examples() -> None:
    """A run that goes on from a checkpoint sees what it would have seen."""
    asked = [question(number) for number in range(1, 20)]
    pool = {id: rows for one in asked for id, rows in without(one).items()}
    assert examples(asked, pool, CUT, 3) == examples(asked, pool, CUT, 3)
    assert examples(asked, pool, CUT, 3) != examples(asked, pool, CUT, 4)


def test_an_answer_that_is_everywhere_points_nowhere() -> None:
    """Thirty times 参加 is no place to learn from."""
    one = question(1)
    everywhere = Question(one.id, one.text, one.paragraph, ("参加",))
    assert examples([everywhere], {}, CUT, 1) == []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of sets, as small as they come."""
    for name, parts in (("cmrc2018", ("dev",)), ("drcd", ("dev", "test"))):
        ids = [f"{name}-{part}-{n}" for part in parts for n in range(40)]
        for kind, rows in (
            ("corpus", [{"id": id, "title": "题", "text": TEXT} for id in ids]),
            (
                "queries",
                [
                    {"id": f"q-{i}", "question": "问？", "gold_ids": [i], "answers": ["答"]}
                    for i in ids
                ],
            ),
        ):
            with gzip.open(tmp_path / f"{name}.{kind}.jsonl.gz", "wt", encoding="utf-8") as file:
                file.writelines(json.dumps(row) + "\n" for row in rows)
    return tmp_path


def test_what_measures_is_never_learnt_from(folder: Path) -> None:
    """A fifth of CMRC's paragraphs, and DRCD's test part."""
    learnt = {one.paragraph.id for one in training_questions(folder)}
    measured = {one.paragraph.id for asked in measuring_questions(folder).values() for one in asked}
    assert not learnt & measured
    assert len(learnt | measured) == 120
    assert 2 <= sum(id.startswith("cmrc") for id in measured) <= 16
    assert sum(id.startswith("drcd") for id in measured) == 40
