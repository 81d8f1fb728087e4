import hashlib
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ragbot.bot import Ragbot
from ragbot.documents import discovery, loading
from ragbot.documents.loading import Failure, SourceFile, discover, load
from ragbot.documents.model import Document
from ragbot.errors import CorpusError
from ragbot.settings import load_settings
from tests.documents.bad_files import BAD_FILES, BadFile, pdf, zipped
from tests.hashing import without_weights

TEXT = "上海计划建设国际知识产权中心城市。\r\n第二行\n"


def write(root: Path, *names: str) -> None:
    """Write text files of these names under a folder."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(TEXT.encode())


def found(*paths: Path) -> list[str]:
    """Return the names of the files found under the paths, none of which fail."""
    sources, failures = discover(paths)
    assert failures == []
    return [source.name for source in sources]


def load_one(path: Path) -> list[Document | Failure]:
    """Return what one file gives."""
    return list(load(SourceFile(path, path.name, path)))


def test_folders_are_searched_in_order(tmp_path: Path) -> None:
    """Files of all formats are found at any depth, named from the folder, sorted by name."""
    names = ["a.txt", "a/b.docx", "a/c.txt", "b.MD", "x.jsonl", "z.zip", "中文/一.pdf"]
    write(tmp_path, *reversed(names))
    assert found(tmp_path) == names


def test_what_is_no_document_is_passed_over(tmp_path: Path) -> None:
    """Hidden files, lock files, tools' folders and unsupported types are not even failures."""
    write(tmp_path, "a.txt", ".hidden.txt", ".git/a.txt", "node_modules/a.md", "__pycache__/a.txt")
    write(tmp_path, "~$a.docx", "a.png", "a.py", "noname", "sub/.x/a.txt")
    assert found(tmp_path) == ["a.txt"]


def test_a_named_file_is_read_by_its_own_name(tmp_path: Path) -> None:
    """A path that is a file gives that file, hidden or without a type, too."""
    write(tmp_path, "sub/a.txt", ".note.txt", "README")
    assert found(tmp_path / "sub/a.txt", tmp_path / ".note.txt", tmp_path / "README") == [
        "a.txt",
        ".note.txt",
        "README",
    ]


def test_a_named_file_of_another_type_is_a_failure(tmp_path: Path) -> None:
    """A file that a person names and that cannot be read is reported."""
    write(tmp_path, "film.mp4")
    sources, failures = discover([tmp_path / "film.mp4"])
    assert sources == []
    assert [f.document for f in failures] == ["film.mp4"]
    assert ".mp4" in failures[0].reason


def test_a_file_is_found_once(tmp_path: Path) -> None:
    """Paths that overlap do not make two documents of one file."""
    write(tmp_path, "a/x.txt", "b.txt")
    assert found(tmp_path / "a", tmp_path) == ["x.txt", "b.txt"]


@pytest.mark.parametrize("name", ["missing", "empty", "pictures"])
def test_a_path_without_documents_is_an_error(tmp_path: Path, name: str) -> None:
    """A path that does not exist or holds nothing to read stops everything, with its name."""
    (tmp_path / "empty").mkdir()
    write(tmp_path, "pictures/a.png", "good/a.txt")
    with pytest.raises(CorpusError, match=name):
        discover([tmp_path / "good", tmp_path / name])
    with pytest.raises(CorpusError):
        discover([])


def test_links_never_lead_out(tmp_path: Path) -> None:
    """Links inside the folder are followed once, links out of it, to nothing and in circles not."""
    root = tmp_path / "root"
    write(tmp_path, "outside/secret.txt", "root/real/a.txt", "root/.store/b.txt")
    (root / "out.txt").symlink_to(tmp_path / "outside/secret.txt")
    (root / "outdir").symlink_to(tmp_path / "outside")
    (root / "same.txt").symlink_to(root / "real/a.txt")
    (root / "stored.txt").symlink_to(root / ".store/b.txt")
    (root / "circle").symlink_to(root)
    (root / "self.txt").symlink_to(root / "self.txt")
    (root / "nothing.txt").symlink_to(root / "gone")
    assert found(root) == ["real/a.txt", "stored.txt"]
    (tmp_path / "link").symlink_to(root)
    assert found(tmp_path / "link") == ["real/a.txt", "stored.txt"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_pipes_are_not_waited_for(tmp_path: Path) -> None:
    """A named pipe is no document, and is not opened, which would wait for ever."""
    os.mkfifo(tmp_path / "pipe.txt")
    write(tmp_path, "a.txt")
    assert found(tmp_path) == ["a.txt"]
    assert [f.document for f in discover([tmp_path / "pipe.txt"])[1]] == ["pipe.txt"]


def test_a_closed_folder_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that may not be opened is reported; the others are searched."""
    write(tmp_path, "closed/a.txt", "open/b.txt")
    listed = Path.iterdir

    def iterdir(self: Path) -> object:
        if self.name == "closed":  # permissions do not stop an administrator, who may run this
            raise PermissionError(13, "Permission denied")
        return listed(self)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    sources, failures = discover([tmp_path])
    assert [s.name for s in sources] == ["open/b.txt"]
    assert [f.document for f in failures] == ["closed"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems forbid such names")
def test_any_name_is_a_name(tmp_path: Path) -> None:
    """Names with line breaks, emoji and bytes of no encoding are found, and can be written."""
    write(tmp_path, "a\nb.txt", "😀.txt")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.txt")).write_bytes(TEXT.encode())
    sources, _ = discover([tmp_path])
    assert sorted(source.name for source in sources) == ["a\nb.txt", "\ufffd.txt", "😀.txt"]
    for source in sources:
        (document,) = load(source)
        assert isinstance(document, Document)
        assert document.raw == TEXT
        source.name.encode()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems forbid such names")
def test_any_name_is_that_of_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One named in GBK is indexed, and indexed again without naming it."""
    without_weights(monkeypatch)
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xd6\xd0\xce\xc4"))
    write(folder, "a.txt")
    with Ragbot(load_settings(data_dir=tmp_path / "data"), lambda _: None) as bot:
        assert bot.rebuild([folder]).documents.added == 1
        write(folder, "b.txt")
        report = bot.rebuild()
        assert (report.documents.added, report.documents.unchanged) == (1, 1)
        for listed in bot.documents():
            listed.document.encode()


def test_a_document_is_its_file(tmp_path: Path) -> None:
    """A text's name, hash and raw text are those of the file, line ends included."""
    write(tmp_path, "a/b.txt")
    (source,), _ = discover([tmp_path])
    digest = hashlib.sha256(TEXT.encode()).hexdigest()
    assert list(load(source)) == [Document("a/b.txt", digest, TEXT)]


@pytest.mark.parametrize("bad", BAD_FILES, ids=lambda bad: bad.name)
def test_a_bad_file_is_one_failure(
    bad: BadFile, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A bad file gives one sentence that names the trouble, and not a word on the terminal."""
    (tmp_path / bad.name).write_bytes(bad.data)
    (failure,) = load_one(tmp_path / bad.name)
    assert isinstance(failure, Failure)
    assert failure.document == bad.name
    assert bad.word in failure.reason
    assert failure.reason.endswith(".")
    assert "\n" not in failure.reason
    assert capfd.readouterr() == ("", "")


def test_an_archive_gives_its_members(tmp_path: Path) -> None:
    """Members are named after the archive; bad ones and outward paths fail, others are read."""
    members = [
        ("内/甲.txt", TEXT.encode()),
        ("乙.pdf", pdf("second")),
        ("../out.txt", b"x"),
        ("empty.md", b""),
        ("rows.jsonl", b'{"id": "r1", "text": "row"}'),
        ("inner.zip", zipped(("a.txt", b"x"))),
        ("__MACOSX/._a.txt", b"x"),
        ("photo.jpg", b"x"),
    ]
    (tmp_path / "a.zip").write_bytes(zipped(*members))
    results = load_one(tmp_path / "a.zip")
    documents = {r.name: r for r in results if isinstance(r, Document)}
    failures = {r.document for r in results if isinstance(r, Failure)}
    assert list(documents) == ["a.zip/内/甲.txt", "a.zip/乙.pdf", "a.zip/rows.jsonl/r1"]
    assert failures == {"a.zip/../out.txt", "a.zip/empty.md", "a.zip/inner.zip"}
    assert documents["a.zip/乙.pdf"].sha256 == hashlib.sha256(members[1][1]).hexdigest()
    assert documents["a.zip/rows.jsonl/r1"].sha256 == hashlib.sha256(b"row").hexdigest()
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a.zip"]


def test_a_wrong_extension_does_not_matter(tmp_path: Path) -> None:
    """A PDF named txt is read as PDF, a text named pdf as text."""
    (tmp_path / "a.txt").write_bytes(pdf("hello"))
    (tmp_path / "b.pdf").write_bytes(TEXT.encode())
    (first,), (second,) = load_one(tmp_path / "a.txt"), load_one(tmp_path / "b.pdf")
    assert isinstance(first, Document)
    assert isinstance(second, Document)
    assert (first.raw, first.pages, second.raw) == ("hello\n", (0,), TEXT)


def test_a_line_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line longer than any paragraph is refused; the same text in lines is read."""
    monkeypatch.setattr(loading, "LINE_CHARACTERS", 1000)
    (tmp_path / "a.txt").write_text("字" * 1001 + "\n")
    (tmp_path / "b.txt").write_text(("字" * 1000 + "\n") * 3)
    (failure,) = load_one(tmp_path / "a.txt")
    assert isinstance(failure, Failure)
    assert "1,000 characters" in failure.reason
    assert isinstance(load_one(tmp_path / "b.txt")[0], Document)


def test_a_large_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file over the limit is refused with the limit, and not read further than that."""
    monkeypatch.setattr(loading, "FILE_BYTES", 1 << 20)
    with (tmp_path / "a.txt").open("wb") as file:
        file.truncate(1 << 40)
    (failure,) = load_one(tmp_path / "a.txt")
    assert isinstance(failure, Failure)
    assert "1 MiB" in failure.reason


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (FileNotFoundError(2, "No such file"), "deleted"),
        (PermissionError(13, "Permission denied"), "permission"),
        (OSError(5, "Input/output error"), "disk"),
    ],
)
def test_a_file_that_cannot_be_opened_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, word: str
) -> None:
    """A file that is gone, closed or on a bad disk is reported as such."""

    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(Path, "open", refuse)
    (failure,) = load_one(tmp_path / "a.txt")
    assert isinstance(failure, Failure)
    assert word in failure.reason


def test_a_growing_file_is_read_once(tmp_path: Path) -> None:
    """What is read of a file that grows meanwhile is one state of it, and its hash fits."""
    path = tmp_path / "log.txt"
    path.write_bytes(TEXT.encode())
    done = threading.Event()

    def grow() -> None:
        while not done.is_set():
            with path.open("ab") as file:
                file.write(TEXT.encode())

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        for _ in range(20):
            (document,) = load_one(path)
            assert isinstance(document, Document)
            assert hashlib.sha256(document.raw.encode()).hexdigest() == document.sha256
    finally:
        done.set()
        writer.join()


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([bad for bad in BAD_FILES if bad.data[:4] != b"%PDF"]), st.data())
def test_no_damage_raises(bad: BadFile, data: st.DataObject) -> None:
    """However a file's bytes are damaged, reading it gives documents or failures."""
    content = bytearray(bad.data)
    for _ in range(data.draw(st.integers(0, 5))):
        if content:
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    for result in loading.load_bytes(bad.name, bytes(content)):
        assert isinstance(result, (Document, Failure))


def test_importing_pulls_in_no_library() -> None:
    """The libraries for the formats are imported when the first file of a format is read."""
    heavy = ("lxml", "docx", "pptx", "openpyxl", "pypdfium2", "charset_normalizer", "zipfile")
    code = f"import sys, ragbot.documents.loading; print([m for m in {heavy} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
    assert discovery.__name__ == "ragbot.documents.discovery"
