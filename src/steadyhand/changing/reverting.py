"""From to be undone to undone, or to a person."""

from steadyhand.changing.recording import move
from steadyhand.clients.deployers import deployer_of
from steadyhand.domain.outcome import LedgerState
from steadyhand.errors import ChangeRefused, PermanentError, TransientError
from steadyhand.mitigations.converge import put_back
from steadyhand.profile import Profile
from steadyhand.store.database import Database
from steadyhand.store.ledger import LedgerRow


async def revert_step(database: Database, profile: Profile, row: LedgerRow) -> LedgerRow:
    """The former state is back (`reverted`, or `refused` if the target never took the change), or a person is asked."""
    if row.state is not LedgerState.REVERTING:
        return row
    try:
        await put_back(deployer_of(profile, row.environment), before=row.step.before, after=row.step.after)
    except (TransientError, PermanentError) as error:
        words = error.last_words if isinstance(error, ChangeRefused) else ""
        summary = f"{row.summary}; putting the former state back failed: {error}"
        return await move(database, row, LedgerState.UNKNOWN, summary, last_words=words)
    state = LedgerState.REFUSED if row.applied_at is None else LedgerState.REVERTED
    return await move(database, row, state, f"{row.summary}; the former state is back and serving")
