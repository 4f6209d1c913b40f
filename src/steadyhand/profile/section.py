"""The base of the profile's tables, and references to secrets."""

import os
from pathlib import Path
from typing import Annotated, Self

import httpx
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SecretStr, model_validator

from steadyhand.errors import ConfigurationError

Seconds = Annotated[float, Field(gt=0)]
PREFECT_VARIABLE = "PREFECT_API_URL"
PREFECT_DEFAULT = "http://127.0.0.1:4200/api"
_BLOCK_SECONDS = 5.0


class Section(BaseModel):
    """A table of the profile: frozen, and misspelt keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class SecretRef(Section):
    """Where a secret is kept: `{ env = "NAME" }`, `{ file = "/path" }` or `{ block = "name" }`.

    `block` is a Secret block of the Prefect server that the profile names.
    """

    env: str | None = None
    """An environment variable."""
    file: Path | None = None
    """A file, best readable by its owner only."""
    block: str | None = Field(default=None, pattern="^[a-z0-9][a-z0-9-]*$")
    """A Secret block of the Prefect server."""
    _api_url: str = PrivateAttr(default_factory=lambda: os.environ.get(PREFECT_VARIABLE, PREFECT_DEFAULT))

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if sum(where is not None for where in (self.env, self.file, self.block)) != 1:
            raise ValueError(
                'name a secret by exactly one of { env = "NAME" }, { file = "/path" } and { block = "name" }'
            )
        return self

    def asked_at(self, api_url: str) -> None:
        """Secret blocks are read from this Prefect server; the profile says so once it is whole."""
        self._api_url = api_url

    def resolve(self) -> SecretStr:
        """The secret, surrounding white space removed. Raises ConfigurationError when it is absent or empty."""
        if self.env is not None:
            value, where = os.environ.get(self.env, ""), f"the environment variable {self.env}"
        elif self.block is not None:
            value, where = self._read_block(), f"Prefect's Secret block {self.block}"
        else:
            where = f"the file {self.file}"
            try:
                value = Path(str(self.file)).read_text()
            except (OSError, UnicodeError) as error:
                reason = error.strerror if isinstance(error, OSError) else "it is no text"
                raise ConfigurationError(f"cannot read the secret in {where}: {reason}") from error
        if not value.strip():
            raise ConfigurationError(f"the secret in {where} is empty or not set")
        return SecretStr(value.strip())

    def _read_block(self) -> str:
        url = f"{self._api_url}/block_types/slug/secret/block_documents/name/{self.block}"
        try:
            answer = httpx.get(url, params={"include_secrets": "true"}, timeout=_BLOCK_SECONDS, auth=_prefect_login())
            if answer.status_code == httpx.codes.NOT_FOUND:
                raise ConfigurationError(f"{self._api_url} has no Secret block {self.block!r}; make it in Prefect's UI")
            value = answer.raise_for_status().json()["data"]["value"]
        except (httpx.HTTPError, httpx.InvalidURL, KeyError, TypeError, ValueError) as error:
            raise ConfigurationError(
                f"cannot read the Secret block {self.block!r} from {self._api_url}: {type(error).__name__}"
            ) from error
        return str(value)


def _prefect_login() -> httpx.BasicAuth | None:
    """The server's own password, where one guards it."""
    user, _, password = os.environ.get("PREFECT_API_AUTH_STRING", "").partition(":")
    return httpx.BasicAuth(user, password) if user else None
