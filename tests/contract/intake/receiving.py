"""A receiver on a real database, and what a test may ask of both."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from sqlalchemy import select

from steadyhand.domain.incident import Incident
from steadyhand.profile import Intake, Profile, Receiver, SecretRef
from steadyhand.receiver.app import create_app
from steadyhand.store import alerts, counts, incidents, timeline
from steadyhand.store.alerts import Happening
from steadyhand.store.counts import Counts
from steadyhand.store.database import Database
from steadyhand.store.tables import notifications, quarantine
from tests.contract.intake.bodies import Body, captured

TOKEN = "s3cret-token-of-the-tests"
MAX_BODY = 20_000


@dataclass(frozen=True)
class Intaking:
    """A receiver, and the store behind it."""

    client: httpx.AsyncClient
    database: Database
    profile: Profile

    async def post(self, body: str | bytes | Body, token: str | None = TOKEN) -> httpx.Response:
        """Delivered as Alertmanager does."""
        content = json.dumps(body) if isinstance(body, dict) else body
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        return await self.client.post("/v1/alertmanager", content=content, headers=headers)

    async def meant(self, *bodies: str | Body) -> list[dict[str, int]]:
        """What each of these deliveries meant; every one was acknowledged."""
        answers = [await self.post(body) for body in bodies]
        assert {answer.status_code for answer in answers} == {200}
        return [answer.json()["transitions"] for answer in answers]

    async def replay(self, *names: str) -> None:
        """Every delivery of these captures, each acknowledged."""
        for name in names:
            await self.meant(*captured(name))

    async def incidents(self) -> tuple[Incident, ...]:
        """What is open."""
        async with self.database.transaction() as connection:
            return await incidents.listed(connection, open_only=True)

    async def told(self) -> list[str]:
        """The timeline of the one open incident."""
        (incident,) = await self.incidents()
        async with self.database.transaction() as connection:
            return [line.summary for _, line in await timeline.read(connection, incident.id)]

    async def firing(self) -> list[str]:
        """The names of the one incident's alerts that fire, sorted."""
        (incident,) = await self.incidents()
        async with self.database.transaction() as connection:
            found = await alerts.of_incident(connection, incident.id)
        return sorted(alert.name for alert in found if alert.status == "firing")

    async def history(self) -> tuple[Happening, ...]:
        """What happened to the alerts of the one open incident."""
        (incident,) = await self.incidents()
        async with self.database.transaction() as connection:
            return await alerts.history(connection, incident.id)

    async def happened(self) -> list[str]:
        """The same in words."""
        return [f"{line.name} {line.transition}" for line in await self.history()]

    async def quarantined(self) -> list[str]:
        """The reasons, oldest first."""
        async with self.database.transaction() as connection:
            return list((await connection.execute(select(quarantine.c.reason).order_by(quarantine.c.id))).scalars())

    async def bodies(self) -> list[bytes]:
        """The raw bodies kept, oldest first."""
        kept = select(notifications.c.body).order_by(notifications.c.id)
        async with self.database.transaction() as connection:
            return list((await connection.execute(kept)).scalars())

    async def counts(self) -> Counts:
        """The store in numbers; every accepted alert is accounted for."""
        async with self.database.transaction() as connection:
            numbers = await counts.count(connection)
        assert numbers.unaccounted == 0
        return numbers

    async def metric(self, line: str) -> float:
        """A sample of /metrics; 0 when it is not there yet."""
        text = (await self.client.get("/metrics")).text
        return next((float(x.rsplit(" ", 1)[1]) for x in text.splitlines() if x.startswith(line + " ")), 0.0)


def profile_for(directory: Path, database_url: str, intake: Intake | None = None) -> Profile:
    """A receiver's profile on this database. Without an `intake` of its own it takes small bodies only."""
    (directory / "token").write_text(TOKEN)
    (directory / "database").write_text(database_url)
    return Profile(
        state_dir=directory / "state",
        database_url=SecretRef(file=directory / "database"),
        receiver=Receiver(token=SecretRef(file=directory / "token")),
        intake=intake or Intake(max_body_bytes=MAX_BODY),
    )


@asynccontextmanager
async def serving(profile: Profile) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a receiver with this profile."""
    app = create_app(profile)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://receiver") as client,
    ):
        yield client
