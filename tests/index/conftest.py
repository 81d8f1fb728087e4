"""Small corpora and indexes of them."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ragbot.index.folder import IndexFolder
from ragbot.index.opening import index_of
from ragbot.index.protocols import Index
from ragbot.index.rebuild import rebuild
from ragbot.results import RebuildReport
from ragbot.settings import load_settings
from tests.hashing import HashingEmbedder

PLACES = ("北京", "天津", "河北", "山西", "辽宁", "吉林", "上海", "江苏", "浙江", "安徽")


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Ten files, each about a place of its own."""
    folder = tmp_path / "docs"
    folder.mkdir()
    for number, place in enumerate(PLACES):
        name = "一二三四五六七八九十"[number]
        text = f"{place} 推进知识产权工作\n{place}市知识产权局局长 张{name}\n"
        text += f"{place}将建设第{number}号知识产权保护中心，服务当地企业。\n" * 12
        (folder / f"{number}.txt").write_text(text, "utf-8")
    return folder


@pytest.fixture
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Index]:
    """An index that has not been built yet: a local one, unless a test asks for Milvus too."""
    if getattr(request, "param", "local") == "local":
        yield IndexFolder(tmp_path / "indexes" / "test")
        return
    url = f"milvus+file://{tmp_path}/test.db#test"
    with closing(index_of(load_settings(data_dir=tmp_path, index=url))) as index:
        yield index


@pytest.fixture
def embedder() -> HashingEmbedder:
    """A model that counts what it embeds."""
    return HashingEmbedder()


@pytest.fixture
def build(corpus: Path, folder: Index, embedder: HashingEmbedder) -> Callable[..., RebuildReport]:
    """Rebuild the index of the corpus."""

    def run(*paths: Path, keep: int = 2) -> RebuildReport:
        return rebuild(folder, paths or (corpus,), embedder, keep=keep)

    return run
