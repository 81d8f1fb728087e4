"""As many passages as are asked for, where there are as many."""

from collections.abc import Iterator

import pytest

from ragbot.bot import Ragbot
from ragbot.errors import BadQuestionError
from ragbot.index.milvus.layout import search_params
from ragbot.settings import load_settings
from tests.hashing import without_weights

MATCHING, OTHERS = 200, 30
QUESTION = "知识产权保护中心服务哪家企业？"
LIMITS = "at least 1 and at most 1,000"


@pytest.fixture(scope="module", params=["local", "milvus"])
def indexed(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Ragbot]:
    """A file a passage, of several units each: most match the question, the others do not."""
    folder = tmp_path_factory.mktemp("many")
    docs = folder / "docs"
    docs.mkdir()
    for number in range(MATCHING):
        lines = [
            f"第{number}号知识产权保护中心服务第{number}家企业，编号{number * 7 + at}。"
            for at in range(9)
        ]
        (docs / f"a{number:03}.txt").write_text("".join(lines) + "\n", "utf-8")
    for number in range(OTHERS):
        (docs / f"b{number:03}.txt").write_text(f"年休假共{number}天。\n", "utf-8")
    index = "many" if request.param == "local" else f"milvus+file://{folder}/many.db#many"
    with pytest.MonkeyPatch.context() as patch:
        without_weights(patch)
        with Ragbot(load_settings(data_dir=folder, index=index), lambda _: None) as bot:
            bot.rebuild([docs])
            assert bot.status().passages == MATCHING + OTHERS
            yield bot


def _places(bot: Ragbot, k: int, **only: str) -> list[tuple[str, int]]:
    hits = bot.retrieve(QUESTION, k, **only).hits
    return [(hit.citation.document, hit.citation.start) for hit in hits]


@pytest.mark.parametrize("k", [31, 59, 61, 120, 200])
def test_so_many_matching_passages_are_returned(indexed: Ragbot, k: int) -> None:
    """Each once, and none that does not match before all that do."""
    places = _places(indexed, k)
    assert len(places) == len(set(places)) == k
    assert all(document.startswith("a") for document, _ in places[:60])


def test_more_than_there_are_is_everything(indexed: Ragbot) -> None:
    """What matches, and what does not behind it."""
    assert len(set(_places(indexed, 1000))) == MATCHING + OTHERS


def test_the_first_are_the_same_however_many_are_asked_for(indexed: Ragbot) -> None:
    """Nobody gets other passages first for wanting more."""
    few = _places(indexed, 5)
    for k in (30, 60, 120, 1000):
        assert _places(indexed, k)[:5] == few


def test_a_filter_limits_what_is_found_deeper(indexed: Ragbot) -> None:
    """One document has one passage, whatever is asked for."""
    assert _places(indexed, 120, document="a007.txt") == [("a007.txt", 0)]
    assert _places(indexed, 120, document="none.txt") == []


@pytest.mark.parametrize("k", [0, -1, 1001])
def test_a_number_out_of_range_is_said(indexed: Ragbot, k: int) -> None:
    """-1 left one passage out before, and said nothing."""
    with pytest.raises(BadQuestionError, match=LIMITS):
        indexed.retrieve(QUESTION, k)
    with pytest.raises(BadQuestionError, match=LIMITS):
        indexed.retrieve_many([QUESTION], k)


def test_a_server_looks_at_as_many_vectors_as_it_returns() -> None:
    """HNSW refuses a search for more than it looks at."""
    for k in (10, 120, 4000):
        assert search_params("server", k)["params"]["ef"] >= max(k, 512)
    assert "ef" not in search_params("file", 4000)["params"]
