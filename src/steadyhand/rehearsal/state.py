"""What is wanted on a site, and what is really there."""

import uuid
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

VERSION_PATTERN = r"^\d+\.\d+\.\d+$"
DEFAULT_ENVIRONMENT = {"PLANNING__ENABLED": "true", "SCHEDULING__BACKEND": "asyncio"}


class Record(BaseModel):
    """A frozen document of the site."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Release(Record):
    """`RELEASE.json` of one release; `commit` follows from the content."""

    version: str = Field(pattern=VERSION_PATTERN)
    commit: str
    known_good: bool

    @property
    def order(self) -> tuple[int, ...]:
        """Sorts 2.10.0 after 2.9.0."""
        return tuple(int(part) for part in self.version.split("."))


class Endpoint(Record):
    """`site.json`: where the orchestrator of this site listens, and the token of its tool diagnostics."""

    host: str = "127.0.0.1"
    port: int = Field(ge=1, le=65535)
    service_token: str = Field(min_length=1)

    @property
    def url(self) -> str:
        """Base of every address of the orchestrator."""
        return f"http://{self.host}:{self.port}"


class Desired(Record):
    """`desired.json`: what shall run. A new nonce asks for a restart."""

    release: str
    environment: dict[str, str]
    nonce: str = Field(default_factory=lambda: uuid.uuid4().hex)


class InForce(Record):
    """`faults.json`: the names of the faults in force."""

    faults: tuple[str, ...] = ()


class Actual(Record):
    """`actual.json`, written by the host: what became of the desired state with this nonce.

    `running` means that the port accepts connections; `restarts` counts how often it was started again after a crash.
    """

    nonce: str
    release: str
    environment: dict[str, str]
    pid: int | None
    state: Literal["starting", "running", "exited"]
    exit_code: int | None = None
    restarts: int = 0

    @property
    def deaths(self) -> int:
        """How many processes of this nonce have died by themselves."""
        return self.restarts + (self.state == "exited")
