"""The base of the profile's tables, and references to secrets."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self, TypeGuard

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SecretStr, model_validator

from steadyhand.errors import ConfigurationError
from steadyhand.profile.secret_block import read_block
from steadyhand.profile.values import wrong

Seconds = Annotated[float, Field(gt=0)]
_REFERENCES = '{ env = "NAME" }, { file = "/path" } and { block = "name" }'
PREFECT_VARIABLE = "PREFECT_API_URL"
PREFECT_DEFAULT = "http://127.0.0.1:4200/api"


class Section(BaseModel):
    """A table of the profile: frozen, and misspelt keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _kept(cls, given: Any) -> Any:
        """A table below this one that is given in part keeps the rest of its default."""
        if isinstance(given, Section):
            return given
        if not isinstance(given, Mapping):
            raise wrong("must be a table")
        whole = {name: field.default for name, field in cls.model_fields.items() if isinstance(field.default, Section)}
        kept = {name: {**dict(table), **own} for name, table in whole.items() if _is_table(own := given.get(name))}
        return {**given, **kept}


def _is_table(given: object) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(given, Mapping)


class SecretRef(Section):
    """Where a secret is kept: `{ env = "NAME" }`, `{ file = "/path" }` or `{ block = "name" }`.

    `block` is a Secret block of the Prefect server that the profile names.
    """

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    env: str | None = Field(default=None, min_length=1)
    """An environment variable."""
    file: Path | None = None
    """A file, best readable by its owner only."""
    block: str | None = Field(default=None, pattern="^[a-z0-9][a-z0-9-]*$")
    """A Secret block of the Prefect server."""
    _api_url: str = PrivateAttr(default_factory=lambda: os.environ.get(PREFECT_VARIABLE, PREFECT_DEFAULT))

    @model_validator(mode="before")
    @classmethod
    def _is_no_secret(cls, given: Any) -> Any:
        if isinstance(given, str):
            raise wrong(f"must be a reference and never the secret itself: {_REFERENCES}")
        return given

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if sum(where is not None for where in (self.env, self.file, self.block)) != 1:
            raise wrong(f"name a secret by exactly one of {_REFERENCES}")
        return self

    def asked_at(self, api_url: str) -> None:
        """Secret blocks are read from this Prefect server; the profile says so once it is whole."""
        self._api_url = api_url

    def resolve(self) -> SecretStr:
        """The secret, surrounding white space removed. Raises ConfigurationError when it is absent or empty."""
        if self.env is not None:
            value, where = os.environ.get(self.env, ""), f"the environment variable {self.env}"
        elif self.block is not None:
            value, where = read_block(self._api_url, self.block), f"Prefect's Secret block {self.block}"
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
