"""One stage for all end-to-end tests: Steadyhand, the reference orchestrator, Prometheus, Alertmanager, all real."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

import httpx
import psutil
import pytest
from prefect.client.orchestration import PrefectClient
from prefect.states import Cancelled
from sqlalchemy import select

from steadyhand.clients.alertmanager import active_alerts
from steadyhand.clients.deployers import deployer_of
from steadyhand.domain.approval import Approval, ApprovalStatus, Decision, Gate
from steadyhand.domain.deployment import Deployment
from steadyhand.domain.evidence import Verdict
from steadyhand.domain.incident import Environment, Incident, IncidentStatus
from steadyhand.domain.record import utc_now
from steadyhand.domain.timeline import TimelineEntry
from steadyhand.probes import REGISTRY
from steadyhand.probes.calm import calm
from steadyhand.probes.probe import ask
from steadyhand.rehearsal import faults
from steadyhand.rehearsal.state import DEFAULT_ENVIRONMENT
from steadyhand.stack.stage import Stage
from steadyhand.store import approvals, incidents, ledger, timeline
from steadyhand.store.database import Database
from steadyhand.store.ledger import LedgerRow
from steadyhand.store.tables import used_codes

T = TypeVar("T")
_POLL_SECONDS = 0.3


async def until(what: str, seconds: float, look: Callable[[], Awaitable[T | None]]) -> T:
    """What `look` gives as soon as it gives something; the test fails when that takes longer."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = await look()
        if found:
            return found
        await asyncio.sleep(_POLL_SECONDS)
    pytest.fail(f"not within {seconds:.0f} s: {what}")


@dataclass(frozen=True)
class World:
    """The stage as a test looks at it, and what a person can do there."""

    stage: Stage
    database: Database

    def inject(self, *names: str) -> None:
        for name in names:
            faults.inject(self.stage.site, name)

    async def deployment(self) -> Deployment:
        return await deployer_of(self.stage.profile, Environment.PRODUCTION).state()

    async def incident(self) -> Incident:
        """The incident that the alert, or a person, opens."""

        async def look() -> Incident | None:
            async with self.database.transaction() as connection:
                found = await incidents.listed(connection, open_only=True)
            return found[0] if found else None

        return await until("an incident is open", 60, look)

    async def status(self, incident: Incident, *wanted: IncidentStatus, seconds: float = 90) -> Incident:
        async def look() -> Incident | None:
            async with self.database.transaction() as connection:
                found = await incidents.get(connection, incident.id)
            return found if found.status in wanted else None

        return await until(f"the incident is {' or '.join(wanted)}", seconds, look)

    async def question(self, incident: Incident, gate: Gate, seconds: float = 120) -> Approval:
        """The open question at this gate, with its run suspended."""

        async def look() -> Approval | None:
            async with self.database.transaction() as connection:
                pending = await approvals.pending(connection, incident.id)
            asked = next((a for a in pending if a.gate is gate), None)
            return asked if asked and await self.run_state(incident) == "Suspended" else None

        return await until(f"the run waits at the {gate} gate", seconds, look)

    async def answered(self, question: Approval, seconds: float = 60) -> Approval:
        async def look() -> Approval | None:
            async with self.database.transaction() as connection:
                found = await approvals.get(connection, question.id)
            return found if found.status is not ApprovalStatus.PENDING else None

        return await until("the question is answered", seconds, look)

    async def run_id(self, incident: Incident) -> UUID:
        async with self.database.transaction() as connection:
            run_id = (await incidents.get(connection, incident.id)).flow_run_id
        assert run_id is not None
        return run_id

    async def run_state(self, incident: Incident) -> str | None:
        async with self.prefect() as client, self.database.transaction() as connection:
            run_id = (await incidents.get(connection, incident.id)).flow_run_id
            run = await client.read_flow_run(run_id) if run_id else None
        return run.state.name if run and run.state else None

    @asynccontextmanager
    async def prefect(self) -> AsyncIterator[PrefectClient]:
        async with PrefectClient(self.stage.profile.prefect.api_url) as client:
            yield client

    async def decide(self, question: Approval, decision: Decision) -> None:
        await self.stage.decide(self.database, question, decision)

    async def close(self, incident: Incident) -> Incident:
        """The weekly sync says yes."""
        await self.decide(await self.question(incident, Gate.CLOSURE), Decision.APPROVE)
        return await self.status(incident, IncidentStatus.CLOSED)

    async def timeline(self, incident: Incident) -> list[TimelineEntry]:
        async with self.database.transaction() as connection:
            return [entry for _, entry in await timeline.read(connection, incident.id)]

    async def told(self, incident: Incident) -> str:
        return "\n".join(entry.summary for entry in await self.timeline(incident))

    async def changes(self, incident: Incident) -> tuple[LedgerRow, ...]:
        async with self.database.transaction() as connection:
            return await ledger.of_incident(connection, incident.id)

    async def approvals(self, incident: Incident) -> tuple[Approval, ...]:
        """The open questions."""
        async with self.database.transaction() as connection:
            return await approvals.pending(connection, incident.id)

    async def status_now(self, incident: Incident) -> IncidentStatus:
        """How far the response has come."""
        async with self.database.transaction() as connection:
            return (await incidents.get(connection, incident.id)).status

    def engines(self) -> list[psutil.Process]:
        """Flow runs' processes under the worker."""
        worker = psutil.Process(self.stage.pids()["prefect-worker"])
        return [p for p in worker.children(recursive=True) if _runs_a_flow(p)]

    @contextmanager
    def paused(self, part: str) -> Iterator[None]:
        """The part does nothing for as long as the block lasts."""
        process = psutil.Process(self.stage.pids()[part])
        process.suspend()
        try:
            yield
        finally:
            process.resume()

    @contextmanager
    def profile_with(self, extra: str) -> Iterator[None]:
        """The stage's profile with more in it, for as long as the block lasts."""
        path = self.stage.profile_path
        before = path.read_text()
        path.write_text(f"{before}\n{extra}")
        try:
            yield
        finally:
            path.write_text(before)

    async def recovered(self) -> None:
        """The orchestrator is healthy, and no alert is active."""
        await until("the orchestrator is healthy", 60, self._healthy)
        await until("no alert is active", 60, self._no_alert)

    async def levels_are_back(self) -> bool:
        """E3, as the exit criteria will see it."""
        case = calm(self.stage.profile, Environment.PRODUCTION, "orchestrator")
        looks = [await ask(REGISTRY[probe], case, last_try=True) for probe in ("task_completion", "tool_latency")]
        return all(finding.verdict is Verdict.OK for finding in looks)

    async def calm_down(self) -> None:
        """No fault, no alert, no open incident, the default deployment: the next test starts from here."""
        for pid in self.stage.pids().values():
            with suppress(psutil.NoSuchProcess):  # it is being started again
                psutil.Process(pid).resume()  # a test that failed may have left it stopped
        faults.clear(self.stage.site)
        self.stage.site.deploy(self.stage.site.known_good()[0].version, DEFAULT_ENVIRONMENT)
        async with self.database.transaction() as connection:
            leftover = await incidents.listed(connection, open_only=True)
        async with self.prefect() as client:
            for incident in leftover:
                if incident.flow_run_id is not None:
                    await client.set_flow_run_state(incident.flow_run_id, Cancelled(), force=True)
        await self.recovered()
        async with self.database.transaction() as connection:
            for incident in await incidents.listed(connection, open_only=True):
                await incidents.close(connection, incident.id, utc_now())

    async def _healthy(self) -> bool:
        async with httpx.AsyncClient(timeout=2) as http:
            try:
                answer = await http.get(f"{self.stage.site.url}/api/v1/health")
            except httpx.HTTPError:
                return False
        return answer.status_code == 200 and answer.json()["status"] == "ok"

    async def _no_alert(self) -> bool:
        return not await active_alerts(self.stage.profile.alertmanager, {"environment": "production"})


async def fresh_code(world: World) -> str:
    """A code that no earlier decision used: the next step's, if need be of the one after."""
    async with world.database.transaction() as connection:
        used = set((await connection.execute(select(used_codes.c.step))).scalars())

    async def look() -> str | None:
        step = int(time.time()) // 30
        free = next((s for s in (step, step + 1) if s not in used), None)
        return world.stage.totp.generate_otp(free) if free is not None else None

    return await until("there is a fresh code", 40, look)


def _runs_a_flow(process: psutil.Process) -> bool:
    try:
        return "flows.engine" in process.cmdline()
    except psutil.NoSuchProcess:  # it ended since it was listed; a zombie counts as ended
        return False
