"""Steps, and going on after a kill."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from ragbot.embedding import load_embedder
from ragbot.embedding.onnx_engine import open_tokenizer
from ragbot.errors import RagbotError
from ragbot.reader.joining import Joiner
from training import loop
from training.data import Cut, Example
from training.loop import Item, Plan, Stage, batches, check, learn, tokenised, train
from training.model import SpanModel, span_loss
from training.together import together

PLAN = Plan(trained_layers=1, batch_tokens=60)
STAGE = Stage("once", 1, 1, Cut(longest=280, whole=0.1), rate=1e-3, head_rate=1e-3, warm_up=1)
STAGES = (STAGE, replace(STAGE, dropout=0.1, averaged=True))

FORGOTTEN = {
    "encoder.layer.11.attention.self.key.bias",
    "encoder.layer.11.output.LayerNorm.bias",
    "head.bias",
}
"""What a softmax takes out again: their gradients are rounding."""


@pytest.fixture(scope="module")
def model_folder(models_dir: Path) -> Path:
    """The folder of the model that ships."""
    load_embedder(None, models_dir)
    return models_dir / "multilingual-e5-small"


@pytest.fixture(scope="module")
def items(model_folder: Path) -> list[Item]:
    """Three questions with an answer, one without."""
    joiner = Joiner(open_tokenizer(model_folder / "tokenizer.json", 512))
    made = [
        Example("谁开发的？", "由光荣开发。", "", ((1, 3),)),
        Example("何时？", "2009年发售，在日本。", "战国无双", ((0, 5),)),
        Example("在哪？", "2009年发售，在日本。", "", ((8, 10),)),
        Example("谁？", "2009年发售，在日本。", "", ()),
    ]
    return tokenised(joiner, made * 3)


def test_batches_hold_everything_once_and_no_more_than_fits(items: list[Item]) -> None:
    """Padding counts."""
    made = batches(items, 120, 1)
    assert sorted(len(i.joined.ids) for b in made for i in b) == sorted(
        len(i.joined.ids) for i in items
    )
    assert all(max(len(i.joined.ids) for i in b) * len(b) <= 120 for b in made)


def test_the_loss_is_that_of_any_right_span() -> None:
    """Two right spans are together as likely as the sum; none means token 0."""
    logits = torch.zeros(1, 4, 2)
    passage = torch.tensor([[True, False, True, True]])
    one = span_loss(logits, passage, [[(2, 2)]]).item()
    two = span_loss(logits, passage, [[(2, 2), (2, 3)]]).item()
    none = span_loss(logits, passage, [[]]).item()
    third = torch.tensor(1 / 3).log().item()
    assert one == pytest.approx(-2 * third)
    assert two == pytest.approx(-2 * third - torch.tensor(2.0).log().item())
    assert none == pytest.approx(one)


def weights(model: SpanModel) -> torch.Tensor:
    """Return everything that was trained, in one row."""
    return torch.cat([torch.from_numpy(v).flatten() for v in model.trained().values()])


@pytest.mark.parametrize("stage", STAGES, ids=["falling", "averaged"])
def test_it_learns_and_a_killed_run_ends_as_an_undisturbed_one(
    model_folder: Path,
    items: list[Item],
    stage: Stage,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The checkpoint holds weights, moments, averages and the place in schedule and chance."""
    monkeypatch.setattr(loop, "_EVERY", 2)
    made = batches(items, PLAN.batch_tokens, 1)
    assert len(made) >= 3

    def fresh() -> SpanModel:
        torch.manual_seed(1)
        return SpanModel(model_folder, PLAN.trained_layers)

    whole, killed = tmp_path / "whole", tmp_path / "killed"
    whole.mkdir()
    killed.mkdir()
    undisturbed = fresh()
    before = weights(undisturbed).clone()
    train(undisturbed, PLAN, stage, made, whole)
    assert not torch.equal(weights(undisturbed), before)

    class Kill(BaseException):
        pass

    calls = 0

    def loss(*arguments: object) -> torch.Tensor:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise Kill
        return span_loss(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(loop, "span_loss", loss)
    with pytest.raises(Kill):
        train(fresh(), PLAN, stage, made, killed)
    resumed = fresh()
    train(resumed, PLAN, stage, made, killed)
    assert torch.allclose(weights(resumed), weights(undisturbed), atol=1e-6)


def test_two_processes_learn_what_one_learns(
    model_folder: Path, items: list[Item], tmp_path: Path
) -> None:
    """Each has a share of every batch, one of them of a batch of one nothing."""
    steps = {STAGE: [*batches(items[:7], PLAN.batch_tokens, 1), items[7:8]]}
    learnt = []
    for processes in (1, 2):
        folder = tmp_path / str(processes)
        folder.mkdir()
        together(processes, learn, PLAN, steps, model_folder, folder, folder / "trained")
        learnt.append(load_file(folder / "trained"))
    torch.manual_seed(PLAN.stages[0].seed)
    fresh = SpanModel(model_folder, PLAN.trained_layers).trained()
    assert learnt[0].keys() == learnt[1].keys() == fresh.keys()
    for name in learnt[0].keys() - FORGOTTEN:
        moved = np.abs(learnt[0][name] - fresh[name]).mean()
        assert np.abs(learnt[1][name] - learnt[0][name]).mean() <= 1e-3 * moved, name


def test_a_checkpoint_of_another_plan_is_not_gone_on_from(
    model_folder: Path, items: list[Item], tmp_path: Path
) -> None:
    """Nor one from other data; the same are."""
    made = batches(items, PLAN.batch_tokens, 1)
    train(SpanModel(model_folder, PLAN.trained_layers), PLAN, STAGE, made, tmp_path)
    check(PLAN, {STAGE: made}, tmp_path)
    for plan, stage, steps in (
        (replace(PLAN, processes=1), STAGE, made),
        (PLAN, replace(STAGE, rate=1e-4), made),
        (PLAN, STAGE, made[1:]),
    ):
        with pytest.raises(RagbotError, match="another plan or from other data"):
            check(plan, {stage: steps}, tmp_path)


def test_an_averaged_stage_ends_with_the_average(
    model_folder: Path, items: list[Item], tmp_path: Path
) -> None:
    """With the rate still high, the last step alone is elsewhere; the checkpoint has both."""
    torch.manual_seed(1)
    model = SpanModel(model_folder, PLAN.trained_layers)
    train(model, PLAN, STAGES[1], batches(items, PLAN.batch_tokens, 1), tmp_path)
    saved = torch.load(tmp_path / "once.pt", weights_only=True)
    ended = model.learnt.state_dict()
    for name, last in saved["model"].items():
        assert torch.equal(ended[name], saved["average"][f"module.{name}"])
        assert not torch.equal(ended[name], last)


def test_dropout_is_for_the_layers_that_learn(model_folder: Path) -> None:
    """The others hand on what they always do, and none drops anything when it is 0."""
    model = SpanModel(model_folder, 1).train()
    ids = torch.tensor([[0, 5, 6, 7, 2]])
    mask = torch.ones_like(ids)

    def hidden(layer: int) -> torch.Tensor:
        states = model.encoder(input_ids=ids, attention_mask=mask, output_hidden_states=True)
        return states.hidden_states[layer]

    assert torch.equal(hidden(-1), hidden(-1))
    model.set_dropout(0.5)
    assert torch.equal(hidden(-2), hidden(-2))
    assert not torch.equal(hidden(-1), hidden(-1))
