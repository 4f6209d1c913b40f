"""Prefect, as the dispatcher needs it: start a master run once, and wake a suspended one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from types import TracebackType
from typing import Self
from uuid import UUID

import httpx
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import State
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.states import AwaitingRetry, Scheduled

from steadyhand.domain.incident import Incident, IncidentRequest
from steadyhand.domain.record import utc_now
from steadyhand.errors import NotFound, PermanentError, TransientError
from steadyhand.profile import Prefect

_REVIVALS = 3
_BEGINS_WITHIN_SECONDS = 120


class Waking(StrEnum):
    """What became of an attempt to wake a run."""

    WOKEN = "woken"
    ON_ITS_WAY = "on its way"
    GONE = "gone"


class Launcher:
    """A connection to the Prefect server."""

    def __init__(self, settings: Prefect) -> None:
        self._settings = settings
        self._client = PrefectClient(settings.api_url)

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    async def start(self, incident: Incident) -> UUID:
        """The incident's master run: made by the first call of its generation, found by every other.

        Raises TransientError while Prefect does not answer, PermanentError when it refuses.
        """
        tags = [f"incident:{incident.short_id}"]
        return await self._create(_parameters(incident), tags, key=f"{incident.id}:{incident.generation}")

    async def start_by_hand(self, request: IncidentRequest) -> UUID:
        """A new master run for what a person asks; it opens its incident itself, or joins the open one (T2)."""
        return await self._create(request.model_dump(mode="json"), ["by hand"], key=None)

    async def _create(self, parameters: dict[str, object], tags: list[str], *, key: str | None) -> UUID:
        with self._translating():
            deployment = await self._client.read_deployment_by_name(self._settings.deployment)
            run = await self._client.create_flow_run_from_deployment(
                deployment.id, parameters=parameters, idempotency_key=key, tags=tags
            )
            return run.id

    async def wake(self, run_id: UUID) -> Waking:
        """A suspended run is scheduled; one that is on its way is left alone; one that ended or is deleted is gone."""
        try:
            with self._translating():
                run = await self._client.read_flow_run(run_id)
                if run.state is None or run.state.is_final():
                    return Waking.GONE
                if not run.state.is_paused():
                    return Waking.ON_ITS_WAY
                await self._client.set_flow_run_state(run_id, Scheduled())
                return Waking.WOKEN
        except NotFound:
            return Waking.GONE

    async def revive(self, run_id: UUID) -> str | None:
        """A crashed run is scheduled again: it replays, and skips what it has been through.

        So is one that a worker took and never began: the worker, or the server that it told, died in between.

        Returns why it was not, when it ended for good: failed, cancelled, deleted, crashed too often. None otherwise.
        """
        try:
            with self._translating():
                run = await self._client.read_flow_run(run_id)
                if run.state is not None and _stuck(run.state, utc_now()):
                    await self._client.set_flow_run_state(run_id, AwaitingRetry(), force=True)
                    return None
                if run.state is None or not run.state.is_final() or run.state.is_completed():
                    return None
                if run.state.is_crashed() and run.run_count <= _REVIVALS:
                    await self._client.set_flow_run_state(run_id, AwaitingRetry())
                    return None
                return f"{run.state.name}: {run.state.message or 'no reason given'}"[:500]
        except NotFound:
            return "it was deleted"

    @contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except ObjectNotFound as error:
            raise NotFound(
                f"Prefect does not know it ({self._settings.deployment!r} is made by `prefect deploy --all`)"
            ) from error
        except PrefectHTTPStatusError as error:
            if error.response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
                raise TransientError(f"Prefect answered {error.response.status_code}") from error
            raise PermanentError(f"Prefect refused: {error}") from error
        except httpx.HTTPError as error:
            raise TransientError(f"Prefect at {self._settings.api_url} does not answer: {error!r}") from error


def _stuck(state: State[object], now: datetime) -> bool:
    return state.is_pending() and (now - state.timestamp).total_seconds() > _BEGINS_WITHIN_SECONDS


def _parameters(incident: Incident) -> dict[str, object]:
    return {
        "environment": incident.environment.value,
        "severity": incident.severity.value,
        "description": incident.description,
        "focus": incident.focus.value,
        "dry_run": incident.dry_run,
        "requested_by": f"alert of team {incident.team}"[:200],
        "service": incident.service,
        "incident_id": str(incident.id),
    }
