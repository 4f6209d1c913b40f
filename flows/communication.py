"""Communication: every 15 minutes, in every open incident's channel: status, mitigation progress, blockers (C1)."""

from prefect import flow

from steadyhand.domain.record import utc_now
from tasks.announce import announce
from tasks.open_incidents import draft_updates


@flow(name="communication", persist_result=False)
async def update_channels() -> int:
    """Post the status of every open incident in its channel.

    Runs on a schedule of its own, so that the updates go on while the master run waits for a person. Returns how many
    updates were made.
    """
    slot = f"update {utc_now():%Y-%m-%dT%H:%M}"
    updates = await draft_updates()
    for update in updates:
        await announce(update.incident, update.text, once=slot)
    return len(updates)
