"""Prefect, as the dispatcher needs it: start a master run once, and wake a suspended one."""

from enum import StrEnum
from types import TracebackType
from typing import Self
from uuid import UUID

import httpx
from prefect.client.orchestration import PrefectClient
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.states import Scheduled

from steadyhand.domain.incident import Incident
from steadyhand.errors import PermanentError, TransientError
from steadyhand.profile import Prefect


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
        """The incident's master run: made by the first call of its generation, found by every other (idempotency key).

        Raises TransientError while Prefect does not answer, PermanentError when it refuses.
        """
        try:
            deployment = await self._client.read_deployment_by_name(self._settings.deployment)
            run = await self._client.create_flow_run_from_deployment(
                deployment.id,
                parameters=_parameters(incident),
                idempotency_key=f"{incident.id}:{incident.generation}",
                tags=["steadyhand", f"incident:{incident.short_id}"],
            )
        except ObjectNotFound as error:
            raise TransientError(
                f"Prefect has no deployment {self._settings.deployment!r} yet; `prefect deploy --all` makes it"
            ) from error
        except PrefectHTTPStatusError as error:
            raise _translated(error) from error
        except httpx.HTTPError as error:
            raise TransientError(f"Prefect at {self._settings.api_url} does not answer: {error!r}") from error
        return run.id

    async def wake(self, run_id: UUID) -> Waking:
        """A suspended run is scheduled; one that is on its way is left alone; one that ended or is deleted is gone."""
        try:
            run = await self._client.read_flow_run(run_id)
            if run.state is None or run.state.is_final():
                return Waking.GONE
            if not run.state.is_paused():
                return Waking.ON_ITS_WAY
            await self._client.set_flow_run_state(run_id, Scheduled())
        except ObjectNotFound:
            return Waking.GONE
        except PrefectHTTPStatusError as error:
            raise _translated(error) from error
        except httpx.HTTPError as error:
            raise TransientError(f"Prefect at {self._settings.api_url} does not answer: {error!r}") from error
        return Waking.WOKEN


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


def _translated(error: PrefectHTTPStatusError) -> TransientError | PermanentError:
    if error.response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        return TransientError(f"Prefect answered {error.response.status_code}")
    return PermanentError(f"Prefect refused: {error}")
