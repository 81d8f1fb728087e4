import pytest

from ragbot.documents.formats import packages
from ragbot.documents.formats.extracted import UnreadableError
from ragbot.documents.formats.packages import open_package, open_zip
from tests.documents.bad_files import zipped


def test_a_document_of_bombs_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """An office document whose parts together unpack to too much is not opened."""
    monkeypatch.setattr(packages, "ARCHIVE_BYTES", 1000)
    open_package(zipped(("a", bytes(500)), ("b", bytes(500))))
    with pytest.raises(UnreadableError, match="bomb"):
        open_package(zipped(("a", bytes(500)), ("b", bytes(501))))


def test_markup_has_a_limit_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that would become a tree is limited more than a picture is."""
    monkeypatch.setattr(packages, "XML_BYTES", 1000)
    open_package(zipped(("picture.png", bytes(1001))))
    with pytest.raises(UnreadableError, match="XML"):
        open_package(zipped(("document.xml", bytes(1001))))


def test_members_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """An archive of more members than the limit is not opened."""
    monkeypatch.setattr(packages, "MEMBERS", 2)
    open_zip(zipped(("a", b""), ("b", b"")))
    with pytest.raises(UnreadableError, match="more than 2 members"):
        open_zip(zipped(("a", b""), ("b", b""), ("c", b"")))
