"""Settings come from the environment and from one file, and mistakes are said plainly."""

from pathlib import Path

import pytest

from ragbot.errors import SettingsError
from ragbot.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ragbot.toml is read from the working directory."""
    (tmp_path / "ragbot.toml").write_text('index = "laws"\nrefuse_below = 0.4\n', "utf-8")
    monkeypatch.setenv("RAGBOT_INDEX", "news")
    settings = load_settings()
    assert (settings.index, settings.refuse_below) == ("news", 0.4)


def test_an_unknown_key_is_an_error_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A typing mistake is not ignored, in the file or in the environment."""
    (tmp_path / "ragbot.toml").write_text('indx = "laws"\n', "utf-8")
    with pytest.raises(SettingsError, match="indx"):
        load_settings()
    (tmp_path / "ragbot.toml").unlink()
    monkeypatch.setenv("RAGBOT_INDX", "laws")
    with pytest.raises(SettingsError, match="RAGBOT_INDX"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [("RAGBOT_REFUSE_BELOW", "2"), ("RAGBOT_INDEX", "../x"), ("RAGBOT_MAX_QUESTION_CHARS", "many")],
)
def test_a_value_that_cannot_be_used_is_an_error_of_one_line(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence names the setting."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert name.removeprefix("RAGBOT_").lower() in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_broken_file_is_an_error_of_one_line(tmp_path: Path) -> None:
    """Not a traceback of the TOML parser."""
    (tmp_path / "ragbot.toml").write_text("index = ", "utf-8")
    with pytest.raises(SettingsError, match=r"ragbot\.toml"):
        load_settings()


def test_every_setting_is_described() -> None:
    """The one place where settings are documented leaves none out."""
    assert all(field.description for field in Settings.model_fields.values())
