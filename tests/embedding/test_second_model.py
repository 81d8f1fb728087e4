"""A second model, whose cosines are spread differently, answers and refuses as the shipped one.

It is the shipped model behind a server that takes their common part out of its vectors: cosines of
unrelated texts lie near 0 instead of .82, and what the texts mean stays.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ragbot.bot import Ragbot
from ragbot.documents.sample import sample_corpus
from ragbot.index.calibration import pairs
from ragbot.settings import load_settings
from tests.embedding.test_served import _data, _serving
from tests.test_statements import QUESTIONS

MODEL = "e5-centred"
ASKED = [str(question["question"]) for question in QUESTIONS]


@pytest.fixture(scope="module", params=["local", "milvus"])
def second(
    data_dir: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Ragbot]:
    """The sample corpus, indexed with the second model."""
    folder = tmp_path_factory.mktemp("second")
    (folder / "models").symlink_to((data_dir / "models").resolve(), target_is_directory=True)
    index = "default" if request.param == "local" else f"milvus+file://{folder}/second.db#second"
    shipped = Ragbot(load_settings(data_dir=data_dir)).embedder
    common = shipped.embed_passages([passage for _, passage in pairs()]).mean(axis=0)

    def answer(texts: list[str]) -> dict[str, Any]:
        kind, _, _ = texts[0].partition(": ")
        bare = [text.removeprefix(f"{kind}: ") for text in texts]
        embed: Any = shipped.embed_queries if kind == "query" else shipped.embed_passages
        return _data(embed(bare) - common)

    with _serving(answer) as server:
        settings = load_settings(
            data_dir=folder, index=index, embedding_url=server.url, embedding_model=MODEL
        )
        with Ragbot(settings, lambda _: None) as bot:
            bot.rebuild([sample_corpus()])
            yield bot


def test_its_cosines_are_of_another_scale(second: Ragbot) -> None:
    """Or this module would test nothing."""
    questions, passages = zip(*pairs(), strict=True)
    cosines = second.embedder.embed_queries(questions) @ second.embedder.embed_passages(passages).T
    assert abs(float(np.median(cosines))) < 0.1
    with second.current.hold() as generation:
        calibration = generation.manifest.calibration
    assert calibration is not None
    assert 0.1 < calibration.scale < 0.4


def test_questions_are_answered_and_refused_alike(second: Ragbot, bot: Ragbot) -> None:
    """Of 67 questions two at most: those near one half may fall on the other side."""
    other = [
        question
        for question in ASKED
        if second.answer(question).refused != bot.answer(question).refused
    ]
    assert len(other) <= 2, other


def test_what_is_answered_is_answered_alike(second: Ragbot, bot: Ragbot) -> None:
    """The first citation is the same, and the confidence nearly."""
    both = [(second.answer(question), bot.answer(question)) for question in ASKED]
    answered = [(ours, theirs) for ours, theirs in both if ours.citations and theirs.citations]
    assert len(answered) > 20
    same = [ours.citations[0] == theirs.citations[0] for ours, theirs in answered]
    assert np.mean(same) > 0.9
    apart = [abs(ours.confidence - theirs.confidence) for ours, theirs in answered]
    assert np.mean(apart) < 0.1


def test_the_next_rebuild_does_not_measure_the_model_again(
    second: Ragbot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The same model has the same cosines."""

    def fails(_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("ragbot.index.rebuild.calibrate", fails)
    (tmp_path / "new.txt").write_text("年休假可以分三次休完，每次不少于一天。\n", "utf-8")
    with second.current.hold() as generation:
        before = generation.manifest
    report = second.rebuild([sample_corpus(), tmp_path])
    assert report.documents.added == 1
    with second.current.hold() as generation:
        assert generation.manifest.calibration == before.calibration
    assert not second.answer("年休假可以分几次休？").refused


LEASE = "房屋租赁合同\n" + "".join(
    f"第{n}条 承租人应当在每月{n}日前支付租金{n}00元，逾期每日加收百分之{n}的违约金。\n"
    for n in range(1, 15)
)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("员工的年休假可以一次休完，也可以分三次休完，每次不少于一天。\n", "年休假可以分几次休？"),
        (LEASE, "第7条规定逾期每日加收多少违约金？"),
    ],
    ids=["one passage", "one subject"],
)
def test_a_small_corpus_is_answered_from(
    second: Ragbot, tmp_path: Path, text: str, asked: str
) -> None:
    """Random pairs of its passages do not exist, or are all of one subject."""
    (tmp_path / "only.txt").write_text(text, "utf-8")
    second.rebuild([tmp_path])
    assert not second.answer(asked).refused
    for other in ("长江有多长？", "谁发明了电话？"):
        assert second.answer(other).refused
