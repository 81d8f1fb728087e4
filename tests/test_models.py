"""The models of a process, where the one that ships does not come from its wheel."""

import threading
from pathlib import Path

import pytest

from ragbot.embedding import shipped
from ragbot.embedding.shipped import DEFAULT_MODEL
from ragbot.models import Models
from ragbot.reader.loading import load_reader
from ragbot.settings import load_settings
from tests.hashing import HashingEmbedder


class _Arriving:
    """A model that comes with the embedder, and a reader that is made of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.here = False
        self.looked = threading.Event()
        self.reader = object()
        self.looks = 0
        monkeypatch.setattr("ragbot.models.load_embedder", self._load_embedder)
        monkeypatch.setattr("ragbot.models.load_reader", self._load_reader)

    def _load_embedder(self, *_: object, **__: object) -> HashingEmbedder:
        self.looked.wait(10)
        self.here = True
        return HashingEmbedder()

    def _load_reader(self, *_: object, **__: object) -> object | None:
        self.looks += 1
        found = self.reader if self.here else None
        self.looked.set()
        return found


def _models(folder: Path, *, reader: bool = True) -> Models:
    return Models(load_settings(data_dir=folder, reader=reader), lambda _: None)


def test_the_reader_is_made_of_a_model_that_comes_with_the_embedder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are loaded at the same time, and the reader looks for its model too early."""
    arriving, models = _Arriving(monkeypatch), _models(tmp_path)
    models.load()
    assert models.reader is arriving.reader
    assert arriving.looks == 2
    assert models.reader is arriving.reader
    assert arriving.looks == 2


def test_a_model_that_another_process_brings_later_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That there was no reader once does not turn it off for good."""
    arriving, models = _Arriving(monkeypatch), _models(tmp_path)
    assert models.reader is None
    arriving.here = True
    assert models.reader is arriving.reader


def test_a_reader_that_is_turned_off_is_not_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The setting is enough."""
    arriving, models = _Arriving(monkeypatch), _models(tmp_path, reader=False)
    arriving.looked.set()
    models.load()
    assert models.reader is None
    assert arriving.looks == 0


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors", "tokenizer.json", None])
def test_a_model_that_is_being_downloaded_is_not_there_yet(
    models_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str | None
) -> None:
    """The hub's client makes the folder of a model before its files."""
    whole = models_dir / DEFAULT_MODEL
    if not whole.is_dir():
        pytest.skip("the model that ships is not prepared here")
    monkeypatch.setattr(shipped, "find_source", lambda: None)
    monkeypatch.setenv("SENTENCE_TRANSFORMERS_HOME", str(tmp_path / "hub"))
    revision = "0" * 40
    model = tmp_path / "hub" / f"models--intfloat--{DEFAULT_MODEL}"
    snapshot = model / "snapshots" / revision
    snapshot.mkdir(parents=True)
    (model / "refs").mkdir()
    (model / "refs" / "main").write_text(revision, "ascii")
    for path in whole.iterdir():
        if path.is_file() and path.name != missing:
            (snapshot / path.name).symlink_to(path.resolve())
    found = load_reader(tmp_path / "models")
    assert (found is None) == (missing is not None)
