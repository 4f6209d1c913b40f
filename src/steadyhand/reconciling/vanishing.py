"""What vanished: over where the levels are back, and still firing where they are not, or nobody knows (E3, rule 4)."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from steadyhand.domain.alert import IncidentKey
from steadyhand.domain.evidence import Verdict
from steadyhand.domain.timeline import Kind, TimelineEntry
from steadyhand.reconciling.bodies import resolved
from steadyhand.reconciling.delivering import Delivering
from steadyhand.reconciling.levels import Levels, levels, turn
from steadyhand.store.alerts import KnownAlert
from steadyhand.store.timeline import write

_NAMES_SHOWN = 5
_OVER = "absent from every Alertmanager, and the levels are back to baseline"


async def settle(delivering: Delivering, vanished: Sequence[KnownAlert]) -> int:
    """Each of them is resolved, or goes on firing and its incident says why, once. Returns how many go on."""
    every = delivering.profile.alertmanager.reconcile_seconds
    keys = turn({one.alert.key for one in vanished}, delivering.now, every_seconds=every)
    found = await levels(delivering.profile, keys)
    back = {key for key, there in found.items() if there.verdict is Verdict.OK}
    over = [one for one in vanished if one.alert.key in back]
    # By the database's clock, and later than any end that is known of them.
    wires = (resolved(one.alert, delivering.seen_at) for one in over)
    await delivering.deliver(wires, address="the levels", why=_OVER)
    await _tell(delivering, [one for one in vanished if one.alert.key in found and one.alert.key not in back], found)
    return len(vanished) - len(over)


async def _tell(delivering: Delivering, staying: Sequence[KnownAlert], found: Mapping[IncidentKey, Levels]) -> None:
    of_incident: dict[UUID, list[KnownAlert]] = defaultdict(list)
    for one in staying:
        if one.incident_id is not None:
            of_incident[one.incident_id].append(one)
    async with delivering.database.transaction() as connection:
        for incident_id, alerts in of_incident.items():
            there = found[alerts[0].alert.key]
            entry = TimelineEntry(
                incident_id=incident_id,
                at=delivering.now,
                kind=Kind.ALERT,
                actor="reconcile",
                summary=f"{_names(alerts)}: no Alertmanager has it any more, and no end of it was told. "
                f"It counts as firing until the levels are back: {there.summary}",
                detail={"verdict": there.verdict.value},
                once=f"vanished:{_digest(alerts)}:{there.verdict}",
            )
            await write(connection, entry)


def _names(alerts: Sequence[KnownAlert]) -> str:
    names = sorted({one.alert.name for one in alerts})
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {len(names) - _NAMES_SHOWN} more" if names[_NAMES_SHOWN:] else "")


def _digest(alerts: Sequence[KnownAlert]) -> str:
    """The same for the same alerts since the same starts."""
    told = sorted(f"{one.alert.fingerprint} {one.alert.starts_at.isoformat()}" for one in alerts)
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]
