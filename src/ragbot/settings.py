"""Every setting, in one place: from ``RAGBOT_*`` environment variables and ``ragbot.toml``."""

import logging
import os
import re
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from ragbot.errors import SettingsError
from ragbot.index.address import Address

__all__ = ["Settings", "Unverified", "load_settings"]

Unverified = Literal["drop", "mark"]

_log = logging.getLogger(__name__)

_PREFIX = "RAGBOT_"
# Kubernetes gives every container the addresses of the Services of its namespace. Of one named
# ragbot, or ragbot-something, these look like settings: RAGBOT_SERVICE_HOST, RAGBOT_PORT_7860_TCP.
_OF_KUBERNETES = re.compile(
    rf"{_PREFIX}(?:\w+_)?(?:SERVICE_(?:HOST|PORT(?:_\w+)?)"
    r"|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)"
)
_ADDRESS_OF_KUBERNETES = re.compile(rf"{_PREFIX}(?:\w+_)?PORT=(?:tcp|udp|sctp)://.*")


def _default_data_dir() -> Path:
    """``embeddings/`` of the checkout this package runs from, else the user's data folder."""
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "pyproject.toml").is_file() and (checkout / "app.py").is_file():
        return checkout / "embeddings"
    from platformdirs import user_data_path

    return user_data_path("ragbot")


class Settings(BaseSettings):
    """Where things are and how ragbot behaves.

    Environment variables win over ``ragbot.toml`` in the working directory. An unknown key in the
    file is an error, an unknown variable a warning: others choose the variables of a machine too.
    """

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, toml_file="ragbot.toml", extra="forbid", frozen=True
    )

    data_dir: Path = Field(
        default_factory=_default_data_dir,
        description="Folder of the models and indexes; embeddings/ in a checkout, otherwise the "
        "user's data folder.",
    )
    index: str = Field(
        default="default",
        description="Name of the index to use, or its address in Milvus: "
        "milvus+http://host:19530/name, milvus+https://host/name or milvus+file:///folder/file.db"
        "#name.",
    )
    index_token: SecretStr | None = Field(
        default=None, description="The token Milvus asks for, such as user:password."
    )
    embedding_model: str | None = Field(
        default=None,
        description="Any sentence-transformers model, by hub name or path; unset: the model that "
        "ships with ragbot.",
    )
    embedding_url: str | None = Field(
        default=None,
        description="Base address of an OpenAI-compatible server that computes the vectors of "
        "embedding_model; unset: they are computed here.",
    )
    embedding_api_key: SecretStr | None = Field(
        default=None, description="Its key, where it asks for one."
    )
    workers: str | None = Field(
        default=None,
        description="Address of a Dask scheduler, such as tcp://10.0.0.5:8786, whose workers "
        "compute the vectors of a rebuild; unset: they are computed here.",
    )
    reader: bool = Field(
        default=True,
        description="Let the reading model that ships with ragbot judge the best passages and "
        "point at the words that answer; false: the sentences that hold most of the question are "
        "quoted.",
    )
    refuse_below: float = Field(
        default=0.3,
        ge=0,
        le=1,
        description="Refuse to answer when the probability that the answer is right is below "
        "this. Below a half an answer says that it is not sure.",
    )
    max_question_chars: int = Field(
        default=2000, ge=1, description="Longest question accepted, in characters."
    )
    keep_generations: int = Field(
        default=2, ge=1, description="How many whole generations of an index are kept on disk."
    )
    llm_url: str | None = Field(
        default=None,
        description="Base address of an OpenAI-compatible server that writes the answers, such as "
        "http://127.0.0.1:11434/v1; unset: answers are quotes, and nothing leaves the machine.",
    )
    llm_model: str | None = Field(
        default=None, min_length=1, description="Name of the model on that server."
    )
    llm_api_key: SecretStr | None = Field(
        default=None, description="Its key, where it asks for one."
    )
    llm_seconds: float = Field(
        default=120,
        gt=0,
        description="How long the model may take for an answer, retries and all; a third of it "
        "may pass in silence.",
    )
    llm_unverified: Unverified = Field(
        default="drop",
        description="What becomes of a sentence of the model that the documents do not bear out: "
        "drop, or mark it as not verified.",
    )

    password: SecretStr | None = Field(
        default=None,
        min_length=8,
        description="Whoever has it may ask. A server that others can reach must have one.",
    )
    editor_password: SecretStr | None = Field(
        default=None,
        min_length=8,
        description="Whoever has it may also upload, remove and rebuild; unset: whoever may ask.",
    )
    hosts: str = Field(
        default="",
        description="Names by which the server is reached, with commas between; names of this "
        "machine and IP addresses need no entry.",
    )
    rate: str | None = Field(
        default=None,
        description="Questions that one client may ask, such as 60/minute; unset: as many as it "
        "likes.",
    )
    max_upload_mb: int = Field(default=100, ge=1, description="Largest file that may be uploaded.")

    @field_validator("index")
    @classmethod
    def _is_index(cls, index: str) -> str:
        if "://" in index:
            Address.parse(index)
        elif not re.fullmatch(r"\w[\w.-]{0,63}", index):
            raise ValueError(
                "a name has letters, digits, '.', '_' and '-', 64 at most; an address begins with "
                "milvus+http://, milvus+https:// or milvus+file://"
            )
        return index

    @field_validator("rate")
    @classmethod
    def _is_rate(cls, rate: str | None) -> str | None:
        if rate is not None:
            from limits import parse

            try:
                parse(rate)
            except ValueError:
                raise ValueError("write a number and a span, such as 60/minute") from None
        return rate

    @field_validator("llm_url", "embedding_url")
    @classmethod
    def _is_address(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("it must begin with http:// or https:// and name a host")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("a key is a setting of its own, not a part of the address")
        return url

    @field_validator("workers")
    @classmethod
    def _is_scheduler(cls, address: str | None) -> str | None:
        parts = urlsplit(address or "tcp://unset:1")
        if parts.scheme not in ("tcp", "tls") or not parts.hostname or not parts.port:
            raise ValueError("write tcp:// or tls://, a host and a port, as tcp://10.0.0.5:8786")
        return address

    @model_validator(mode="after")
    def _names_a_model(self) -> Self:
        if bool(self.llm_url) != bool(self.llm_model):
            raise ValueError("llm_url and llm_model belong together, set both or neither")
        if self.embedding_url and not self.embedding_model:
            raise ValueError("embedding_url needs embedding_model, the model's name on the server")
        return self

    @property
    def index_dir(self) -> Path:
        """Where the index lies; of one in Milvus, where this machine prepares its rebuilds."""
        if "://" in self.index:
            return self.data_dir / "remote" / Address.parse(self.index).folder
        return self.data_dir / "indexes" / self.index

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over the environment, the environment over the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(**overrides: Any) -> Settings:
    """Read the settings as they are now, and warn once of each variable that is none of them.

    Raises:
        SettingsError: a key is unknown or a value cannot be used; the message names it.
    """
    known = {_PREFIX + name.upper() for name in Settings.model_fields}
    for name, value in os.environ.items():
        upper = name.upper()
        if upper.startswith(_PREFIX) and upper not in known and not _is_kubernetes(upper, value):
            _warn(name, ", ".join(sorted(known)))
    try:
        return Settings(**overrides)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "ragbot.toml"
        raise SettingsError(
            f"The setting {key} cannot be used: {first['msg']}; correct it in ragbot.toml or in "
            f"{_PREFIX}{key.upper()}."
        ) from None
    except (OSError, ValueError) as error:
        raise SettingsError(f"ragbot.toml cannot be read: {error}; correct or remove it.") from None


def _is_kubernetes(name: str, value: str) -> bool:
    """Tell whether a variable is one that Kubernetes sets for a Service."""
    return bool(
        _OF_KUBERNETES.fullmatch(name) or _ADDRESS_OF_KUBERNETES.fullmatch(f"{name}={value}")
    )


@cache
def _warn(name: str, known: str) -> None:
    """Say once in this process that a variable is ignored."""
    _log.warning(
        "The environment variable %s is not a setting of ragbot and is ignored; unset it, or use "
        "one of %s.",
        name,
        known,
    )
