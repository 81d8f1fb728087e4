"""What goes wrong with an engine costs a sentence, and never a wrong answer."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ragbot.bot import Ragbot
from ragbot.errors import EngineError, IndexMissingError, RebuildRunningError, SettingsError
from ragbot.index.milvus import engine as engines
from ragbot.index.milvus import index as indexes
from ragbot.index.protocols import Index
from ragbot.index.rebuild import rebuild
from ragbot.settings import load_settings
from tests.hashing import HashingEmbedder
from tests.remote.conftest import PLACES, Server, delayed, write

Open = Callable[..., Ragbot]

ASKED = "上海建设第几号知识产权保护中心"

_KILLED = """
import os, signal, sys
from pathlib import Path
from ragbot.index.milvus import engine
from ragbot.index.opening import index_of
from ragbot.index.rebuild import rebuild
from ragbot.settings import load_settings
from tests.hashing import HashingEmbedder

url, data, docs, left = sys.argv[1:]
call, left = engine.Engine.call, int(left)
WRITES = ("create_collection", "insert", "flush", "create_alias", "alter_alias", "drop_alias")

def counted(self, budget, method, *args, **options):
    global left
    if method in WRITES:
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
    return call(self, budget, method, *args, **options)

engine.Engine.call = counted
index = index_of(load_settings(data_dir=Path(data), index=url))
rebuild(index, [Path(docs)], HashingEmbedder(), keep=2)
index.close()
"""


def _killed(url: str, data: Path, docs: Path, left: int) -> bool:
    """Rebuild in a process that is killed before its next write; returns whether it was."""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, url, str(data), str(docs), str(left)],
        env=os.environ | {"PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode != 0


def _whole(bot: Ragbot, edition: int) -> None:
    """Everything is there once, of one edition, and nothing else lies in the engine."""
    assert bot.index.check() == []
    assert len(bot.documents()) == len(PLACES)
    for place in PLACES:
        hits = bot.retrieve(f"{place}建设第几号中心").hits
        assert f"{place}将建设第{edition}号" in hits[0].text


@pytest.mark.parametrize("kind", ["file", "server"])
def test_a_rebuild_killed_anywhere_leaves_the_old_generation(
    kind: str, request: pytest.FixtureRequest, open_bot: Open, docs: Path, tmp_path: Path
) -> None:
    """Killed with kill -9; the next rebuild completes, and nothing is lost or doubled."""
    server = request.getfixturevalue("server") if kind == "server" else None
    url = server.url() if server else f"milvus+file://{tmp_path}/f.db#laws"
    data = tmp_path / "here"
    assert not _killed(url, data, docs, 1000)
    # Among its first rows; holding the alias, before the switch and behind it.
    for edition, left in enumerate((4, 12, 13) if server else (4, 12), 1):
        for number in range(len(PLACES)):
            write(docs, number, edition)
        assert _killed(url, data, docs, left)
        with open_bot(url) as bot:
            _whole(bot, edition if left == 13 else edition - 1)
        with open_bot(url) as bot:
            bot.rebuild([docs])
            _whole(bot, edition)
            left_over = bot.index._generations()  # type: ignore[attr-defined]
            assert len(left_over) == 2


def test_an_engine_that_is_killed_and_comes_back(
    server: Server, open_bot: Open, docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence while it is away; afterwards the answers are those of before."""
    monkeypatch.setattr(engines, "LOOK_UP", 1.0)
    monkeypatch.setattr(indexes, "LOOK_UP", 1.0)
    bot = open_bot(server.url())
    bot.rebuild([docs])
    before = bot.retrieve(ASKED)
    server.kill()
    time.sleep(1.1)  # until then the generation is not looked up
    with pytest.raises(EngineError, match="cannot be asked") as caught:
        bot.retrieve(ASKED)
    assert "\n" not in str(caught.value)
    with pytest.raises(EngineError):
        bot.rebuild([docs])
    with pytest.raises(EngineError):
        open_bot(server.url(), "fresh").retrieve(ASKED)
    server.start()
    assert bot.retrieve(ASKED).hits == before.hits
    _whole(bot, 0)


def test_a_silent_engine_makes_no_queue(
    server: Server, open_bot: Open, docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped with questions under way: all end with the sentence, together, and it recovers."""
    monkeypatch.setattr(engines, "LOOK_UP", 2.0)
    monkeypatch.setattr(indexes, "LOOK_UP", 2.0)
    monkeypatch.setattr("ragbot.index.milvus.generation.QUESTION", 2.0)
    bot, fresh = open_bot(server.url()), open_bot(server.url(), "fresh")
    bot.rebuild([docs])
    bot.retrieve(ASKED)
    failed: list[Exception] = []
    going = threading.Event()

    def ask(asked: Ragbot) -> None:
        going.wait()
        try:
            while True:
                asked.retrieve(ASKED)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=ask, args=(bot,)) for _ in range(12)]
    threads += [threading.Thread(target=ask, args=(fresh,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    going.set()
    time.sleep(0.5)
    server.signal(signal.SIGSTOP)
    try:
        for thread in threads:
            # One after the other they would need sixteen times as long.
            thread.join(16)
        assert not any(thread.is_alive() for thread in threads)
    finally:
        server.signal(signal.SIGCONT)
    assert len(failed) == len(threads)
    assert all(isinstance(error, EngineError) for error in failed), failed
    assert bot.retrieve(ASKED).hits
    assert fresh.retrieve(ASKED).hits


def test_a_slow_engine_has_one_deadline_for_a_question(
    server: Server, open_bot: Open, docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each call alone would be quick enough; together they are not."""
    open_bot(server.url(), "writer").rebuild([docs])
    with delayed(server.port, 0.2) as port:
        bot = open_bot(server.url().replace(str(server.port), str(port)), "reader")
        assert bot.retrieve(ASKED).hits
        monkeypatch.setattr("ragbot.index.milvus.generation.QUESTION", 1.0)
        with pytest.raises(EngineError, match="cannot be asked"):
            bot.retrieve(f"{ASKED}，天津呢？")


def test_an_answer_is_of_one_generation(server: Server, open_bot: Open, docs: Path) -> None:
    """Sixteen readers while another machine publishes again and again, keeping no old one."""
    writer = open_bot(server.url(), "writer")
    writer.rebuild([docs])
    reader = open_bot(server.url(), "reader")
    done, failed = threading.Event(), []
    seen: set[str] = set()

    def read() -> None:
        while not done.is_set():
            try:
                answer = reader.answer(ASKED)
                editions = {hit.text.split("建设第")[1][0] for hit in answer.hits}
                editions |= {c.raw.split("建设第")[1][0] for c in answer.citations if "第" in c.raw}
                assert len(editions) == 1, answer
                seen.add(answer.generation)
            except Exception as error:
                failed.append(error)
                return

    threads = [threading.Thread(target=read) for _ in range(16)]
    for thread in threads:
        thread.start()
    published = set()
    for edition in (1, 2, 3, 4):
        for number in range(len(PLACES)):
            write(docs, number, edition)
        published.add(rebuild(writer.index, [docs], HashingEmbedder(), keep=1).generation)
    done.set()
    for thread in threads:
        thread.join()
    assert not failed, failed
    assert len(seen & published) >= 2


def test_who_publishes_second_says_so(
    server: Server, open_bot: Open, docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another machine has published since this rebuild began: what it published stays."""
    slow, quick = open_bot(server.url(), "slow"), open_bot(server.url(), "quick")
    slow.rebuild([docs])
    upload = indexes.upload
    published = []

    def overtaken(*arguments: object) -> None:
        upload(*arguments)  # type: ignore[arg-type]
        monkeypatch.setattr(indexes, "upload", upload)
        write(docs, 4, 9)
        published.append(quick.rebuild([docs]).generation)

    write(docs, 4, 8)
    monkeypatch.setattr(indexes, "upload", overtaken)
    with pytest.raises(RebuildRunningError, match="meanwhile"):
        slow.rebuild([docs])
    assert slow.index.current_id() == published[0]
    assert "第9号" in quick.retrieve(ASKED).hits[0].text
    assert slow.index.check() == []
    slow.rebuild([docs])


def test_a_publisher_that_slept_does_not_undo_its_successor(
    server: Server, open_bot: Open, docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stood still while it held the alias; another one took over and published."""
    monkeypatch.setattr(indexes, "_PATIENCE", 0.5)
    sleeper, other = open_bot(server.url(), "sleeper"), open_bot(server.url(), "other")
    sleeper.rebuild([docs])
    call, published = engines.Engine.call, []

    def sleeps(self, budget, method, *args, **options):  # type: ignore[no-untyped-def]
        if method == "alter_alias":
            monkeypatch.setattr(engines.Engine, "call", call)
            write(docs, 4, 9)
            published.append(other.rebuild([docs]).generation)
        return call(self, budget, method, *args, **options)

    write(docs, 4, 8)
    monkeypatch.setattr(engines.Engine, "call", sleeps)
    with pytest.raises(RebuildRunningError, match="stood still"):
        sleeper.rebuild([docs])
    assert other.index.current_id() == published[0]
    assert "第9号" in other.retrieve(ASKED).hits[0].text
    assert other.index.check() == []


def test_what_another_machine_is_building_stays(
    server: Server, open_bot: Open, docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its collections are younger than a day; after that they are leftovers."""
    killed = open_bot(server.url(), "one").settings.data_dir
    assert _killed(server.url(), killed, docs, 4)
    other = open_bot(server.url(), "two")
    other.rebuild([docs])
    assert len(other.index._generations()) == 2  # type: ignore[attr-defined]
    monkeypatch.setattr(indexes, "_ABANDONED", indexes.timedelta(0))
    other.rebuild([docs])
    assert len(other.index._generations()) == 1  # type: ignore[attr-defined]


def test_nothing_is_embedded_twice(index: Index, docs: Path, tmp_path: Path) -> None:
    """By a machine that has no copy of the index: it fetches what Milvus has."""
    rebuild(index, [docs], HashingEmbedder(), keep=2)
    (tmp_path / "here").rename(tmp_path / "lost")
    write(docs, 2, 5)
    embedder = HashingEmbedder()
    report = rebuild(index, [docs], embedder, keep=2)
    assert (report.documents.changed, report.documents.unchanged) == (1, 4)
    assert embedder.embedded
    assert all(PLACES[2] in text for text in embedder.embedded)
    assert index.check() == []


@pytest.mark.parametrize("part", ["units", "passages", "texts"])
def test_what_was_altered_is_found_and_never_taken_over(
    part: str, index: Index, docs: Path, tmp_path: Path
) -> None:
    """By ``check``; and a rebuild without a copy of its own begins anew rather than seal it."""
    first = rebuild(index, [docs], HashingEmbedder(), keep=2)
    _alter(index, part)
    assert index.check()
    (tmp_path / "here").rename(tmp_path / "lost")
    write(docs, 2, 5)
    rebuilt = rebuild(index, [docs], embedder := HashingEmbedder(), keep=2)
    assert rebuilt.generation != first.generation
    assert index.check() == []
    if part == "units":
        assert len(embedder.embedded) > len(PLACES)


def _alter(index: Index, part: str) -> None:
    collection = f"ragbot_{index.current_id()}_{part}".replace("-", "_")
    client = index._engine._connected(5)  # type: ignore[attr-defined]
    key = "s0" if part == "texts" else 0
    name = "key" if part == "texts" else "row"
    (row,) = client.query(collection, filter=f"{name} == {key!r}", output_fields=["*"])
    if part == "units":
        row["vector"] = [-value for value in row["vector"]]
    elif part == "passages":
        row["terms"] = {5: 1.0}
    else:
        row["value"] += " "
    client.upsert(collection, [row])


def test_an_empty_index_says_what_to_do(open_bot: Open, tmp_path: Path) -> None:
    """Nothing was built there."""
    with pytest.raises(IndexMissingError, match="ragbot rebuild"):
        open_bot(f"milvus+file://{tmp_path}/none.db").retrieve(ASKED)


@pytest.mark.parametrize(
    "url",
    [
        "milvus+http://user:secret@host:19530/laws",
        "milvus+http://host:19530/laws?token=secret",
        "milvus+http:///laws",
        "milvus+http://host/la-ws",
        "milvus+file://relative.db",
        "milvus+file:///srv/no-ending",
        "qdrant+http://host/laws",
    ],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    """With a sentence that shows no secret."""
    with pytest.raises(SettingsError) as caught:
        load_settings(index=url)
    assert "secret" not in str(caught.value)


def test_the_token_is_never_shown(tmp_path: Path) -> None:
    """Neither by the settings nor by an error."""
    settings = load_settings(
        data_dir=tmp_path,
        index="milvus+http://127.0.0.1:9/laws",
        index_token="root:geheim",  # noqa: S106 - of nobody
    )
    assert "geheim" not in repr(settings)
    with Ragbot(settings) as bot, pytest.raises(EngineError) as caught:
        bot.index.current_id()
    assert "geheim" not in str(caught.value)


def test_a_file_of_the_client_sets_nothing(docs: Path, tmp_path: Path) -> None:
    """The client reads a .env of the working directory; ragbot's settings do not lie there."""
    (tmp_path / ".env").write_text("RAGBOT_REFUSE_BELOW=0.9\nOTHER=1\n", "utf-8")
    code = "import os; from ragbot.index.milvus.engine import _client_class; _client_class(); "
    code += "assert 'RAGBOT_REFUSE_BELOW' not in os.environ and 'OTHER' not in os.environ"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)


def test_the_local_index_never_imports_the_client() -> None:
    """Nor needs it to be installed."""
    code = "import sys, ragbot.bot, ragbot.cli; assert 'pymilvus' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
