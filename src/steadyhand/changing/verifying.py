"""From applied to kept, or to be undone."""

from steadyhand.changing.measuring import cases
from steadyhand.changing.recording import move
from steadyhand.domain.evidence import Verdict
from steadyhand.domain.outcome import LedgerState
from steadyhand.mitigations import REGISTRY
from steadyhand.mitigations.verify import verify
from steadyhand.profile import Profile
from steadyhand.store.database import Database
from steadyhand.store.ledger import LedgerRow


async def verify_step(database: Database, profile: Profile, row: LedgerRow) -> LedgerRow:
    """The effect is proven (`kept`), or the step is to be undone (`reverting`). Other rows come back as they are."""
    if row.state is not LedgerState.VERIFYING or row.applied_at is None:
        return row
    measured = await verify(
        REGISTRY[row.step.mitigation],
        await cases(database, profile, row.incident_id),
        applied_at=row.applied_at,
        window_seconds=row.step.verify_window_seconds,
        others_follow=row.step.others_follow,
    )
    if measured.verdict is Verdict.OK:
        return await move(database, row, LedgerState.KEPT, f"proven: {measured.summary}", facts=measured.facts)
    summary = f"not proven within {row.step.verify_window_seconds:.0f} s ({measured.verdict}): {measured.summary}"
    return await move(database, row, LedgerState.REVERTING, summary, facts=measured.facts)
