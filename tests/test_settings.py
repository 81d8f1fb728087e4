"""Settings come from the environment and from one file, and mistakes are said plainly."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ragbot.errors import SettingsError
from ragbot.settings import Settings, _warn, load_settings


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


def test_an_unknown_key_of_the_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    """The file is ours alone, so a key that is no setting is a typing mistake."""
    (tmp_path / "ragbot.toml").write_text('indx = "laws"\n', "utf-8")
    with pytest.raises(SettingsError, match="indx"):
        load_settings()


def test_an_unknown_variable_is_one_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Other programs set variables too; a typing mistake must still be seen, once."""
    monkeypatch.setenv("RAGBOT_INDX", "laws")
    monkeypatch.setenv("RAGBOT_PORT", "7860")
    monkeypatch.setenv("RAGBOT_INDEX", "news")
    _warn.cache_clear()
    assert [load_settings().index for _ in range(3)] == ["news"] * 3
    named = [record.args[0] for record in caplog.records if record.args]
    assert sorted(map(str, named)) == ["RAGBOT_INDX", "RAGBOT_PORT"]
    assert "RAGBOT_EMBEDDING_MODEL" in caplog.text


def test_the_warning_goes_to_stderr() -> None:
    """On stdout there is the answer of a command and nothing else."""
    code = "from ragbot.settings import load_settings as load; load(); print(load().index)"
    environ = os.environ | {"RAGBOT_INDX": "laws", "RAGBOT_SERVICE_HOST": "10.0.0.7"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    assert done.stdout == "default\n"
    (line,) = done.stderr.splitlines()
    assert line.startswith("The environment variable RAGBOT_INDX is not a setting")


# From the documentation of Kubernetes, "Connecting Applications with Services".
KUBERNETES = {
    "SERVICE_HOST": "10.0.162.149",
    "SERVICE_PORT": "80",
    "SERVICE_PORT_HTTP": "80",
    "PORT": "tcp://10.0.162.149:7860",
    "PORT_7860_TCP": "tcp://10.0.162.149:7860",
    "PORT_7860_TCP_PROTO": "tcp",
    "PORT_7860_TCP_PORT": "7860",
    "PORT_7860_TCP_ADDR": "10.0.162.149",
    "PORT_53_UDP": "udp://10.0.162.149:53",
}


@pytest.mark.parametrize("service", ["RAGBOT_", "RAGBOT_CHAT_", "RAGBOT_INDEX_"])
def test_a_service_named_ragbot_changes_and_says_nothing(
    service: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Kubernetes puts the addresses of all Services into the environment of every container."""
    before = load_settings()
    for name, value in KUBERNETES.items():
        monkeypatch.setenv(service + name, value)
    _warn.cache_clear()
    assert load_settings() == before
    assert not caplog.records


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
