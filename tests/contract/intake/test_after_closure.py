"""What comes for alerts whose incident is closed (T1; rule 6)."""

from steadyhand.domain.incident import Incident
from steadyhand.domain.record import utc_now
from steadyhand.store import alerts, incidents
from tests.contract.intake.bodies import notice, told
from tests.contract.intake.receiving import Intaking


async def closed(intake: Intaking) -> Incident:
    """The one open incident, closed."""
    (incident,) = await intake.incidents()
    async with intake.database.transaction() as connection:
        await incidents.close(connection, incident.id, utc_now())
    return incident


async def test_what_fires_again_after_closure_opens_a_new_incident(intake: Intaking) -> None:
    await intake.meant(notice(told()), notice(told(end=30)))
    old = await closed(intake)
    assert await intake.meant(notice(told())) == [{"fires again": 1}]
    (new,) = await intake.incidents()
    assert new.id != old.id
    assert await intake.firing() == ["A"]
    assert await intake.happened() == ["A fires again"]


async def test_a_resolve_after_closure_opens_nothing_and_stays_with_its_incident(intake: Intaking) -> None:
    """The alert and its history belong to the incident it fired in."""
    await intake.meant(notice(told()))
    old = await closed(intake)
    assert await intake.meant(notice(told(end=30))) == [{"resolved": 1}]
    assert await intake.incidents() == ()
    async with intake.database.transaction() as connection:
        (alert,) = await alerts.of_incident(connection, old.id)
        history = await alerts.history(connection, old.id)
    assert alert.status == "resolved"
    assert [line.transition for line in history] == ["fires", "resolved"]
