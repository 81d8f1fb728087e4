"""What trainings begin with."""

from pathlib import Path

import pytest

from ragbot.embedding import load_embedder


@pytest.fixture(scope="module")
def model_folder(models_dir: Path) -> Path:
    """The folder of the model that ships."""
    load_embedder(None, models_dir)
    return models_dir / "multilingual-e5-small"
