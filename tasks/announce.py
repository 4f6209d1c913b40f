"""Saying something in the incident's channel (F1, C1)."""

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from steadyhand.clients.chat import ChatClient
from steadyhand.domain.incident import Incident
from steadyhand.domain.record import utc_now
from steadyhand.domain.timeline import Kind, TimelineEntry
from steadyhand.errors import SteadyhandError
from steadyhand.store.timeline import write, written
from tasks.opened import is_last_try, opened


@task(name="announce", task_run_name="announce {once}", retries=2, retry_delay_seconds=1, cache_policy=NO_CACHE)
async def announce(incident: Incident, text: str, *, once: str) -> None:
    """The channel has the message, once; or the timeline says why not. A dead chat never blocks the hands (rule 7)."""
    step = f"{incident.generation}:message:{once}"
    async with opened() as (profile, database):
        async with database.transaction() as connection:
            if await written(connection, incident.id, step):
                return
        kind, summary = Kind.MESSAGE, f"{incident.channel}: {text}"
        get_run_logger().info("%s: %s", incident.channel, text)
        try:
            await ChatClient(profile.chat, profile.state_dir).say(incident.channel, text, utc_now())
        except SteadyhandError as error:
            if not is_last_try():
                raise
            kind, summary = Kind.TROUBLE, f"could not say it in {incident.channel}: {error}"
        entry = TimelineEntry(
            incident_id=incident.id, at=utc_now(), kind=kind, actor="steadyhand", summary=summary, once=step
        )
        async with database.transaction() as connection:
            await write(connection, entry)
