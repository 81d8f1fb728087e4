"""Several chat servers before one index in Milvus."""

import subprocess
import sys
import time
from pathlib import Path

import httpx

from tests.remote.conftest import Server
from tests.serving import environment, serving

QUESTION = {"question": "上海将建设什么中心？"}


def test_servers_see_what_a_third_machine_publishes(
    server: Server, docs: Path, tmp_path: Path, models_dir: Path
) -> None:
    """Each with a data folder of its own: within seconds both answer from the new generation."""
    machines = [tmp_path / name for name in ("first", "second", "builder")]
    for machine in machines:
        machine.mkdir()
        (machine / "models").symlink_to(models_dir.resolve(), target_is_directory=True)
    index = {"RAGBOT_INDEX": server.url()}

    def rebuild() -> None:
        command = [sys.executable, "-c", "from ragbot.cli import main; main()", "rebuild", docs]
        built = environment(machines[2], **index)
        subprocess.run(command, env=built, cwd=tmp_path, check=True, capture_output=True)

    rebuild()
    with (
        serving(machines[0], tmp_path / "first.txt", **index) as first,
        serving(machines[1], tmp_path / "second.txt", **index) as second,
    ):
        servers = (first, second)
        before = [_ask(address) for address in servers]
        assert before[0]["text"] == before[1]["text"]
        assert "第0号" in before[0]["text"]
        for path in docs.iterdir():
            path.write_text(path.read_text("utf-8").replace("第0号", "第7号"), "utf-8")
        rebuild()
        asked_until = time.monotonic() + 10
        while any(_ask(address)["generation"] == before[0]["generation"] for address in servers):
            assert time.monotonic() < asked_until
        after = [_ask(address) for address in servers]
        assert after[0]["generation"] == after[1]["generation"]
        assert [("第7号" in said["text"], "第0号" in said["text"]) for said in after] == [
            (True, False)
        ] * 2


def _ask(address: str) -> dict[str, str]:
    reply = httpx.post(f"{address}/api/ask", json=QUESTION, timeout=60)
    assert reply.status_code == 200, reply.text
    found: dict[str, str] = reply.json()
    return found
