"""Trained weights in four bits, and back."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.numpy import save_file

from ragbot.reader.packing import pack, trained_weights

NAME = "encoder.layer.4.output.dense.weight"


def random(seed: int, *shape: int) -> NDArray[np.float32]:
    """Return numbers that are the same every time."""
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@given(seed=st.integers(0, 1000), scale=st.floats(1e-4, 10))
def test_a_difference_is_off_by_less_than_a_fourteenth_of_its_groups_largest(
    tmp_path_factory: pytest.TempPathFactory, seed: int, scale: float
) -> None:
    """Seven steps either way, and half a step is what rounding loses."""
    base, delta = random(seed, 8, 128), random(seed + 1, 8, 128) * np.float32(scale)
    path = tmp_path_factory.mktemp("packed") / "reader.safetensors"
    save_file(pack({NAME: base + delta}, lambda _: base), path)
    error = np.abs(trained_weights(path, lambda _: base)(NAME) - (base + delta))
    largest = np.abs(delta).reshape(8, 2, 64).max(axis=2).repeat(64, axis=1)
    # Half a step, and what float16 scales and float32 sums round off.
    assert (error <= largest / 14 * 1.02 + 1e-5).all()


def test_vectors_and_the_head_are_stored_and_the_rest_is_the_base(tmp_path: Path) -> None:
    """What was not trained is not shipped twice."""
    path = tmp_path / "reader.safetensors"
    base = {"encoder.layer.0.output.dense.weight": random(3, 4, 64)}
    bias, head = random(1, 64), random(2, 2, 64)
    save_file(pack({"encoder.layer.4.bias": bias, "head.weight": head}, base.__getitem__), path)
    weights = trained_weights(path, base.__getitem__)
    assert np.allclose(weights("encoder.layer.4.bias"), bias, atol=2e-3)
    assert (weights("head.weight") == head).all()
    (name, untouched), *_ = base.items()
    assert weights(name) is untouched
    with pytest.raises(KeyError):
        weights("no.such.weight")


def test_a_matrix_that_did_not_change_comes_back_as_it_was(tmp_path: Path) -> None:
    """A group of zeros has no scale to divide by."""
    base = random(5, 4, 64)
    save_file(pack({NAME: base.copy()}, lambda _: base), tmp_path / "reader.safetensors")
    assert (trained_weights(tmp_path / "reader.safetensors", lambda _: base)(NAME) == base).all()
