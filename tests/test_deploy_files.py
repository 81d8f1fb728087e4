"""The files of ``deploy/`` are what the tools they are for take, and open nothing by mistake."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from ragbot.settings import Settings

ROOT = Path(__file__).parents[1]
COMPOSE, VALUES = ROOT / "deploy" / "compose.yaml", ROOT / "deploy" / "milvus-values.yaml"

LINT = "{extends: default, rules: {document-start: disable, line-length: {max: 100}}}"
SECRET = re.compile(r"PASSWORD|TOKEN|SECRET|KEY|_USER$")
PUBLISHED = re.compile(r"127\.0\.0\.1:\d+:\d+")
PINNED = re.compile(r"[\w./-]+:\S*\d[\w.-]*")
FROM_OUTSIDE = re.compile(r"(?:root:)?\$\{\w+:\?[^}]*\}")


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


def _services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = _read(COMPOSE)["services"]
    return found


def _refused(path: Path) -> str:
    """What the schema of compose files says against one; nothing where it is valid."""
    command = ["check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    done = subprocess.run(
        [sys.executable, "-m", *command], capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_the_compose_file_is_one(tmp_path: Path) -> None:
    """By the official schema, which refuses a key that is misspelt."""
    assert not _refused(COMPOSE)
    broken = tmp_path / "compose.yaml"
    broken.write_text(COMPOSE.read_text("utf-8").replace("depends_on:", "depend_on:"), "utf-8")
    assert "depend_on" in _refused(broken)


def test_services_wait_for_services_and_use_volumes_that_are_there() -> None:
    """What compose itself would say only when it is started."""
    compose, services = _read(COMPOSE), _services()
    for name, service in services.items():
        for other, how in service.get("depends_on", {}).items():
            assert other in services, name
            if how["condition"] == "service_healthy":
                assert "test" in services[other]["healthcheck"], other
        assert set(service.get("networks", [])) <= {"default", *compose["networks"]}, name
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in compose["volumes"] or volume.startswith("${"), (name, volume)
    # Addresses that services are given are those of services.
    text = COMPOSE.read_text("utf-8")
    assert set(re.findall(r"(?:http|tcp)://([a-z][\w-]*):\d+", text)) <= {*services, "localhost"}


def test_only_the_chat_is_published_and_only_on_this_machine() -> None:
    """Every port stands behind the loopback address; the scheduler, which runs code, has none."""
    ports = {name: one["ports"] for name, one in _services().items() if "ports" in one}
    assert set(ports) == {"chat-1", "chat-2"}
    assert all(PUBLISHED.fullmatch(port) for found in ports.values() for port in found)
    assert _services()["scheduler"]["networks"] == ["workers"]
    assert _read(COMPOSE)["networks"]["workers"]["internal"] is True


def test_images_are_pinned() -> None:
    """By a version; both files take Milvus of one line."""
    for name, service in _services().items():
        assert PINNED.fullmatch(service["image"]), name
        assert "latest" not in service["image"], name
    image = _read(VALUES)["image"]["all"]
    tag = _services()["milvus"]["image"].removeprefix(f"{image['repository']}:")
    assert re.fullmatch(r"v2\.6\.\d+", tag)
    assert re.fullmatch(r"v2\.6\.\d+", image["tag"])


def test_settings_are_settings_and_extras_are_extras() -> None:
    """A typing mistake in a variable would stop every container at its start."""
    known = {f"RAGBOT_{name.upper()}" for name in Settings.model_fields}
    text = "".join(path.read_text("utf-8") for path in (ROOT / "deploy").iterdir())
    assert set(re.findall(r"RAGBOT_[A-Z_]+", text)) <= known
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = set(project["optional-dependencies"])
    for service in _services().values():
        if "build" in service:
            assert set(service["build"]["args"]["EXTRAS"].split(",")) <= extras
    assert "ARG EXTRAS" in (ROOT / "Dockerfile").read_text("utf-8")


def test_secrets_come_from_outside() -> None:
    """Neither file holds one, and Milvus asks for one."""
    seen = 0
    for name, service in _services().items():
        for variable, value in service.get("environment", {}).items():
            if SECRET.search(variable):
                assert FROM_OUTSIDE.fullmatch(value), (name, variable)
                seen += 1
    assert seen >= 8
    milvus = _services()["milvus"]["environment"]
    assert milvus["COMMON_SECURITY_AUTHORIZATIONENABLED"] == "true"
    assert milvus["COMMON_SECURITY_DEFAULTROOTPASSWORD"]

    values = _read(VALUES)
    config = yaml.safe_load(values["extraConfigFiles"]["user.yaml"])
    assert config["common"]["security"]["authorizationEnabled"] is True
    assert values["minio"]["existingSecret"]
    for node in ("proxy", "mixCoordinator", "queryNode", "dataNode", "streamingNode"):
        given = {one["name"]: one["valueFrom"]["secretKeyRef"] for one in values[node]["extraEnv"]}
        assert {"MINIO_ACCESS_KEY_ID", "MINIO_SECRET_ACCESS_KEY"} <= set(given), node
        assert "value" not in {key for one in values[node]["extraEnv"] for key in one}, node


@pytest.mark.parametrize("path", [COMPOSE, VALUES], ids=lambda path: path.name)
def test_the_files_are_clean(path: Path) -> None:
    """No key twice, no stray indent."""
    done = subprocess.run(
        [sys.executable, "-m", "yamllint", "--strict", "-d", LINT, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_pages_tell_of_them() -> None:
    """Nobody looks into a folder that no page names."""
    page = (ROOT / "docs" / "deploy.md").read_text("utf-8")
    for name in ("deploy/compose.yaml", "deploy/milvus-values.yaml", "scale.md"):
        assert name in page
    for target in re.findall(r"\]\((?!http)([^)#]+)", page):
        assert (ROOT / "docs" / target).exists(), target
