import io
import stat
import zipfile

import pytest

from ragbot.documents.formats import archive
from ragbot.documents.formats.archive import read_members
from ragbot.documents.formats.extracted import UnreadableError


def zipped(**members: bytes) -> bytes:
    """Return a zip with these members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return file.getvalue()


def test_members_come_in_order_with_their_bytes() -> None:
    """Files of an archive are given by name; folders are not files."""
    data = zipped(**{"b/": b"", "./b/乙.txt": b"2", "a.txt": b"1"})
    assert [(m.name, m.content) for m in read_members(data)] == [
        ("b/乙.txt", b"2"),
        ("a.txt", b"1"),
    ]


def test_names_packed_by_chinese_windows_are_read() -> None:
    """GBK names without the mark for UTF-8 are names, not garbage."""
    name = "知识产权/公报.txt"
    placeholder = "x" * len(name.encode("gbk"))
    data = zipped(**{placeholder: b"1"}).replace(placeholder.encode(), name.encode("gbk"))
    assert [m.name for m in read_members(data)] == [name]


@pytest.mark.parametrize(
    "name", ["../a.txt", "a/../../b.txt", "/etc/a.txt", "C:/a.txt", "..\\a.txt"]
)
def test_paths_that_lead_outside_are_refused(name: str) -> None:
    """A member whose path leads out of the archive is reported; the others are read."""
    bad, good = read_members(zipped(**{name: b"1", "good.txt": b"2"}))
    assert isinstance(bad.content, UnreadableError)
    assert "outside" in str(bad.content)
    assert good.content == b"2"


def test_a_bomb_is_not_unpacked() -> None:
    """A member that would unpack to far more than its size is reported; the others are read."""
    bad, good = read_members(zipped(**{"bomb.txt": bytes(40 << 20), "good.txt": b"2"}))
    assert "bomb" in str(bad.content)
    assert good.content == b"2"


def test_the_members_together_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the members have unpacked to the limit, the rest is reported."""
    monkeypatch.setattr(archive, "ARCHIVE_BYTES", 1000)
    first, second = read_members(zipped(a=b"x" * 800, b=b"y" * 300))
    assert first.content == b"x" * 800
    assert "unpack it" in str(second.content)


def test_links_are_not_documents() -> None:
    """A symbolic link in an archive is reported, not read as a text with a path in it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        info = zipfile.ZipInfo("link.txt")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(info, "/etc/passwd")
    (member,) = read_members(file.getvalue())
    assert "link" in str(member.content)


def test_a_damaged_member_costs_only_itself() -> None:
    """A member whose bytes are damaged is reported; the others are read."""
    data = bytearray(zipped(**{"a.txt": b"0123456789" * 50, "b.txt": b"2"}))
    data[40] ^= 0xFF
    bad, good = read_members(bytes(data))
    assert isinstance(bad.content, UnreadableError)
    assert good.content == b"2"


def test_an_encrypted_member_is_refused() -> None:
    """A member with a password is reported as such."""
    data = bytearray(zipped(**{"a.txt": b"0123456789"}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    (member,) = read_members(bytes(data))
    assert "password" in str(member.content)


def test_a_cut_archive_is_refused() -> None:
    """An archive without its directory is refused with a sentence."""
    with pytest.raises(UnreadableError, match="damaged"):
        list(read_members(zipped(a=b"1")[:-10]))
