"""An incident with its alerts, its approved plan, and the Alertmanager that may be silenced for it."""

from dataclasses import dataclass, replace
from typing import Any, Self
from uuid import UUID, uuid4

import httpx

from steadyhand.approving import ask
from steadyhand.clients import silences
from steadyhand.clients.silences import Silence
from steadyhand.domain.alert import Alert, WireAlert
from steadyhand.domain.approval import Approval, ApprovalStatus, Gate
from steadyhand.domain.incident import Environment, Incident
from steadyhand.domain.plan import Plan
from steadyhand.domain.record import utc_now
from steadyhand.domain.timeline import TimelineEntry
from steadyhand.intake.placing import place
from steadyhand.profile import Alertmanager, Profile
from steadyhand.silencing import remove_silence, silence_alerts
from steadyhand.store import approvals, incidents, timeline
from steadyhand.store.database import Database
from steadyhand.store.inbox import Delivery, deliver
from steadyhand.store.joining import House
from tests.unit.made import NOW, open_incident, planner_off


@dataclass(frozen=True)
class World:
    """What a run has when its plan was approved, and what can be seen from outside."""

    database: Database
    profile: Profile
    incident: Incident
    plan: Plan
    approval: Approval

    @classmethod
    async def begun(cls, database: Database, profile: Profile, service: str) -> Self:
        """The incident is open and ada has said yes."""
        incident_id = await open_incident(database, service)
        plan = planner_off(profile, incident_id)
        async with database.transaction() as connection:
            incident = await incidents.get(connection, incident_id)
        return cls(database, profile, incident, plan, await approved(database, plan))

    @property
    def settings(self) -> Alertmanager:
        return self.profile.within(self.incident.environment).alertmanager

    def with_alertmanager(self, **changes: object) -> Self:
        """The same, with another Alertmanager in the profile."""
        settings = Alertmanager.model_validate({**self.profile.alertmanager.model_dump(), **changes})
        return replace(self, profile=self.profile.model_copy(update={"alertmanager": settings}))

    def labels(self, name: str, **others: str) -> dict[str, str]:
        """An alert's of this incident, but for the others; `which` is what a test calls it."""
        own = {"alertname": name, "environment": "production", "service": self.incident.service}
        return {"which": name, **own, **others, "case": self.incident.service}

    async def has(self, *names: str, **others: str) -> None:
        """These alerts fire, and belong to the incident."""
        alerts = [self.labels(name, **others) for name in names]
        await self.fire(*alerts)
        await self.keep(*alerts)

    async def fire(self, *alerts: dict[str, str]) -> None:
        """They are active in Alertmanager."""
        async with httpx.AsyncClient() as http:
            body = [{"labels": labels} for labels in alerts]
            (await http.post(f"{self.settings.url}/api/v2/alerts", json=body)).raise_for_status()

    async def keep(self, *alerts: dict[str, str]) -> None:
        """They were delivered, and joined the incident."""
        placed = tuple(self.placed(labels) for labels in alerts)
        house = House(channel=lambda _: "#ops-memory", commander="ada")
        async with self.database.transaction() as connection:
            await deliver(connection, [Delivery(body=b"{}", sender="test", at=utc_now(), placed=placed)], house)

    def placed(self, labels: dict[str, str]) -> Alert:
        """As the intake takes it."""
        wire: dict[str, Any] = {
            "status": "firing",
            "labels": labels,
            "startsAt": NOW,
            "endsAt": "0001-01-01T00:00:00Z",
            "fingerprint": uuid4().hex[:16],
        }
        alert = place(WireAlert.model_validate(wire), self.profile.intake, self.profile.prometheus)
        assert isinstance(alert, Alert)
        return alert

    async def silence(self, *, last_try: bool = True) -> None:
        await silence_alerts(*self._asked(), last_try=last_try)

    async def remove(self, *, last_try: bool = True) -> None:
        await remove_silence(*self._asked(), last_try=last_try)

    def _asked(self) -> tuple[Database, Profile, Incident, Plan, UUID]:
        return self.database, self.profile, self.incident, self.plan, self.approval.id

    async def silent(self) -> set[str]:
        """Which of this test's alerts are suppressed, as Alertmanager tells it."""
        return await self._in_state("suppressed")

    async def heard(self) -> set[str]:
        """Which of them are not."""
        return await self._in_state("active")

    async def _in_state(self, state: str) -> set[str]:
        async with httpx.AsyncClient() as http:
            query = {"filter": f'case="{self.incident.service}"'}
            alerts = (await http.get(f"{self.settings.url}/api/v2/alerts", params=query)).json()
        return {a["labels"]["which"] for a in alerts if a["status"]["state"] == state}

    async def standing(self) -> tuple[Silence, ...]:
        """The incident's silences."""
        mark = f"steadyhand incident {self.incident.id}:"
        return await silences.standing(self.settings, created_by="steadyhand", mark=mark)

    async def lines(self) -> list[TimelineEntry]:
        """What the timeline says of silence."""
        async with self.database.transaction() as connection:
            entries = await timeline.read(connection, self.incident.id)
        return [entry for _, entry in entries if entry.once.startswith("silence:")]


async def approved(database: Database, plan: Plan) -> Approval:
    """A yes to exactly this plan, by ada."""
    question = Approval(
        id=uuid4(),
        incident_id=plan.incident_id,
        generation=plan.generation,
        gate=Gate.MITIGATION,
        environment=Environment.PRODUCTION,
        digest=plan.digest,
        question="?",
        status=ApprovalStatus.PENDING,
        requested_at=NOW,
        expires_at=NOW.replace(year=2030),
    )
    asked = await ask(database, question, policy=False)
    async with database.transaction() as connection:
        return await approvals.settle(connection, asked.id, ApprovalStatus.APPROVED, by="ada", via="test", at=NOW)
