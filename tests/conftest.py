"""The sample corpus, indexed once with the model that ships, and a server on it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from ragbot.bot import Ragbot
from ragbot.documents.sample import sample_corpus
from ragbot.settings import load_settings
from tests.serving import serving

# The first text pays for tables that are made once; no test asserts a time.
settings.register_profile("ragbot", deadline=None)
settings.load_profile("ragbot")


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """Where the converted model lies, so that it is converted once and not by every run."""
    named = os.environ.get("MODELS_FOR_TESTS")
    folder = Path(named) if named else Path(__file__).parents[1] / "embeddings" / "models"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Path:
    """A data folder whose index ``default`` holds the sample corpus; other indexes may be added."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "models").symlink_to(models_dir.resolve(), target_is_directory=True)
    with Ragbot(load_settings(data_dir=folder)) as bot:
        bot.rebuild([sample_corpus()])
    return folder


@pytest.fixture(scope="session")
def milvus_url(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a file of Milvus that holds the sample corpus too."""
    url = f"milvus+file://{tmp_path_factory.mktemp('milvus')}/sample.db#sample"
    with Ragbot(load_settings(data_dir=data_dir, index=url)) as bot:
        bot.rebuild([sample_corpus()])
    return url


@pytest.fixture(scope="session")
def bot(data_dir: Path, request: pytest.FixtureRequest) -> Iterator[Ragbot]:
    """The index of the sample corpus, opened: the local one, unless Milvus is asked for."""
    index = "default"
    if getattr(request, "param", "local") == "milvus":
        index = request.getfixturevalue("milvus_url")
    with Ragbot(load_settings(data_dir=data_dir, index=index)) as opened:
        yield opened


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what a module says holds wherever the index lies on both."""
    if "bot" in metafunc.fixturenames and getattr(metafunc.module, "WHEREVER", False):
        metafunc.parametrize("bot", ["local", "milvus"], indirect=True, scope="session")


@pytest.fixture(scope="session")
def served(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server on the index of the sample corpus, ready to answer."""
    with serving(data_dir, tmp_path_factory.mktemp("server") / "stderr.txt") as address:
        yield address
