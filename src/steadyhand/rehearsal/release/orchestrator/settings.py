"""The environment, read once at boot. Changing it later changes nothing until the next start."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from .errors import SettingsError

RELEASE_FILE = Path(__file__).parent.parent / "RELEASE.json"
HIGHEST_PORT = 65535

Backend = Literal["asyncio", "sequential"]


class Build(BaseModel):
    """Which build this is: `RELEASE.json` beside the package."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: str = "unreleased"
    commit: str = "unknown"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What this process was booted with."""

    host: str
    port: int
    faults_file: Path | None
    log_file: Path | None
    service_token: SecretStr | None
    planning_enabled: bool
    scheduling_backend: Backend
    build: Build

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Read everything; raises `SettingsError` naming each variable that is not acceptable."""
        problems: list[str] = []
        planning = _choice(environ, "PLANNING__ENABLED", ("true", "false"), problems)
        backend = _choice(environ, "SCHEDULING__BACKEND", ("asyncio", "sequential"), problems)
        port = _port(environ.get("ORCHESTRATOR__PORT", "8000"), problems)
        if problems:
            raise SettingsError("; ".join(problems))
        token = environ.get("ORCHESTRATOR__SERVICE_TOKEN")
        return cls(
            host=environ.get("ORCHESTRATOR__HOST", "127.0.0.1"),
            port=port,
            faults_file=_path(environ, "ORCHESTRATOR__FAULTS_FILE"),
            log_file=_path(environ, "ORCHESTRATOR__LOG_FILE"),
            service_token=SecretStr(token) if token else None,
            planning_enabled=planning == "true",
            scheduling_backend=cast("Backend", backend),
            build=_build(),
        )

    @property
    def changeable(self) -> dict[str, str]:
        """The two switches an operator may turn, as they stand in the environment."""
        return {
            "PLANNING__ENABLED": "true" if self.planning_enabled else "false",
            "SCHEDULING__BACKEND": self.scheduling_backend,
        }


def _choice(environ: Mapping[str, str], name: str, allowed: tuple[str, ...], problems: list[str]) -> str:
    """The value, or the first allowed one where the variable is not set."""
    value = environ.get(name, allowed[0])
    if value not in allowed:
        problems.append(f"{name} must be {' or '.join(allowed)}, not {value!r}")
    return value


def _port(value: str, problems: list[str]) -> int:
    if value.isascii() and value.isdigit() and int(value) <= HIGHEST_PORT:
        return int(value)
    problems.append(f"ORCHESTRATOR__PORT must be a number from 0 to {HIGHEST_PORT}, not {value!r}")
    return 0


def _path(environ: Mapping[str, str], name: str) -> Path | None:
    value = environ.get(name)
    return Path(value) if value else None


def _build() -> Build:
    try:
        return Build.model_validate_json(RELEASE_FILE.read_bytes())
    except FileNotFoundError:
        return Build()
    except ValidationError as error:
        raise SettingsError(f"{RELEASE_FILE.name} is not a build record: {error.error_count()} errors") from error
