"""Cosines of any model are brought to the scale of the model that ships."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragbot.bot import Ragbot
from ragbot.embedding.shipped import SHIPPED_FINGERPRINT
from ragbot.errors import IndexMismatchError
from ragbot.fitting import require_fit
from ragbot.index.calibration import (
    IDENTITY,
    SHIPPED_SPREAD,
    Spread,
    calibrate,
    calibration_of,
    pairs,
    spread_of,
)
from ragbot.index.folder import IndexFolder
from ragbot.index.manifest import Calibration, Manifest, manifest_from
from ragbot.index.rebuild import rebuild
from tests.hashing import HashingEmbedder


def test_the_pairs_are_each_of_a_subject_of_its_own() -> None:
    """Else questions would be near the passages of others."""
    assert len({question for question, _ in pairs()}) == 32
    assert len({passage.split("\n")[0] for _, passage in pairs()}) == 32
    assert all(len(passage.split("\n")) == 2 for _, passage in pairs())


def test_the_shipped_model_is_what_the_scale_is_of(bot: Ragbot) -> None:
    """Measured like any other model it comes out as the identity, nearly."""
    measured = asdict(spread_of(bot.embedder))
    assert measured == pytest.approx(asdict(SHIPPED_SPREAD), abs=0.002)
    found = calibration_of(spread_of(bot.embedder))
    assert found.scale * 0.87 + found.shift == pytest.approx(0.87, abs=0.002)


def test_the_shipped_model_keeps_its_cosines_as_they_are(bot: Ragbot) -> None:
    """Nothing is embedded to find that out."""
    with bot.current.hold() as generation:
        assert generation.manifest.calibration == IDENTITY

    class Silent(HashingEmbedder):
        def embed_queries(self, texts: object) -> np.ndarray:
            raise AssertionError

    assert calibrate(Silent(SHIPPED_FINGERPRINT)) == IDENTITY
    cosines = np.linspace(-1, 1, 1001, dtype=np.float32)
    assert np.array_equal(cosines * IDENTITY.scale + IDENTITY.shift, cosines)


@given(scale=st.floats(0.05, 20), shift=st.floats(-1, 1))
def test_another_linear_scale_is_undone(scale: float, shift: float) -> None:
    """However far the cosines of a model that is as good lie apart."""
    other = Spread(
        SHIPPED_SPREAD.related * scale + shift,
        SHIPPED_SPREAD.unrelated * scale + shift,
        SHIPPED_SPREAD.deviation * scale,
    )
    found = calibration_of(other)
    assert found.scale * other.related + found.shift == pytest.approx(SHIPPED_SPREAD.related)
    assert found.scale * other.unrelated + found.shift == pytest.approx(SHIPPED_SPREAD.unrelated)


@given(
    unrelated=st.floats(-0.5, 0.9),
    distance=st.floats(-0.5, 0.5),
    deviation=st.floats(0, 0.3),
)
def test_no_model_is_trusted_more_than_the_shipped_one(
    unrelated: float, distance: float, deviation: float
) -> None:
    """Related cosines stay within the shipped model's; who tells nothing apart gets slope 0."""
    found = calibration_of(Spread(unrelated + distance, unrelated, deviation))
    assert found.scale >= 0
    if distance <= 0:
        assert found == Calibration(0.0, SHIPPED_SPREAD.middle)
    assert found.scale * distance <= SHIPPED_SPREAD.related - SHIPPED_SPREAD.unrelated + 1e-9
    middle = unrelated + distance / 2
    assert found.scale * middle + found.shift == pytest.approx(SHIPPED_SPREAD.middle)


@given(st.one_of(st.none(), st.builds(Calibration, st.floats(0, 9), st.floats(-9, 9))))
def test_a_manifest_keeps_the_calibration(calibration: Calibration | None) -> None:
    """Through JSON, to the last digit."""
    manifest = _manifest(calibration)
    assert manifest_from(json.loads(json.dumps(asdict(manifest)))) == manifest


def _manifest(calibration: Calibration | None) -> Manifest:
    return Manifest(1, "g", "m", "f", 2, "t", ("docs",), 1, 1, 1, 1, 9.0, {"a": "b"}, calibration)


def test_an_index_of_before_is_to_be_rebuilt_and_costs_no_embedding(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no calibration, so that it would refuse whatever another model is asked."""
    embedder, folder = HashingEmbedder(), IndexFolder(tmp_path / "index")
    with monkeypatch.context() as before:
        before.setattr("ragbot.index.rebuild.calibrate", lambda _: None)
        rebuild(folder, [corpus], embedder, keep=1)
    manifest, _ = folder.newest_whole(trust_unchanged=False)
    assert manifest.calibration is None
    with pytest.raises(IndexMismatchError, match="ragbot rebuild"):
        require_fit("default", manifest, embedder)
    report = rebuild(folder, [corpus], embedder, keep=1)
    assert report.embedded == 0
    manifest, _ = folder.newest_whole(trust_unchanged=False)
    require_fit("default", manifest, embedder)
    require_fit("default", replace(manifest, calibration=IDENTITY), embedder)
