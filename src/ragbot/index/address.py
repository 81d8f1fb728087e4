"""The address of a remote index, such as ``milvus+http://host:19530/laws``."""

import hashlib
import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import unquote, urlsplit

__all__ = ["Address"]

_DEFAULT = "ragbot"
_NAME = re.compile(r"[A-Za-z_]\w{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a remote index lies: the engine's own address, and the name of the index in it."""

    url: str
    """As people write it."""
    uri: str
    """As the engine's client is given it: an http address, or the path of a file."""
    name: str

    @property
    def is_file(self) -> bool:
        """Whether it is a file, which only one process may open."""
        return not self.uri.startswith("http")

    @property
    def folder(self) -> str:
        """The name of the folder in which this machine prepares its rebuilds."""
        digest = hashlib.sha256(f"{self.uri}\0{self.name}".encode()).hexdigest()[:12]
        return f"{self.name}-{digest}"

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read an address.

        Raises:
            ValueError: it is not one; the message says what one looks like.
        """
        parts = urlsplit(url)
        if parts.username or parts.password or parts.query:
            raise ValueError("a token is a setting of its own, index_token, not a part of the URL")
        if parts.scheme == "milvus+file":
            uri, name = unquote(parts.path), parts.fragment
            known = not parts.netloc and uri.startswith("/") and uri.endswith(".db")
        else:
            scheme = parts.scheme.removeprefix("milvus+")
            uri, name = f"{scheme}://{parts.netloc}", parts.path.strip("/")
            known = parts.scheme in ("milvus+http", "milvus+https") and bool(parts.hostname)
            known = known and not parts.fragment
        if not known:
            raise ValueError(
                "write milvus+http://host:19530/name, milvus+https://host/name or "
                "milvus+file:///folder/file.db#name"
            )
        if name and not _NAME.fullmatch(name):
            raise ValueError("an index in Milvus is named with letters, digits and '_', 64 at most")
        return cls(url, uri, name or _DEFAULT)
