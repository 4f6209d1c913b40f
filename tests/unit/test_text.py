"""What a stranger says is kept, whatever bytes it is made of (rule 8)."""

from uuid import uuid4

from steadyhand.domain.evidence import Answer, Verdict
from steadyhand.domain.record import utc_now
from steadyhand.domain.timeline import Kind, TimelineEntry
from steadyhand.errors import ChangeRefused
from steadyhand.store.database import Database
from steadyhand.store.timeline import read, write
from tests.unit.made import open_incident

HOSTILE = "a\0b\ud800c"


async def test_an_answer_that_quotes_what_no_database_takes_is_kept(database: Database) -> None:
    """D1: a task's last_error may hold anything; Postgres refuses NUL and lone surrogates."""
    answer = Answer(verdict=Verdict.BAD, summary=HOSTILE, facts={HOSTILE: [HOSTILE, {"deep": HOSTILE}, float("nan")]})
    incident_id = await open_incident(database)
    entry = TimelineEntry(
        incident_id=incident_id,
        at=utc_now(),
        kind=Kind.FINDING,
        actor="recent_tasks",
        summary=answer.summary,
        detail=dict(answer.facts),
        once=str(uuid4()),
    )
    async with database.transaction() as connection:
        assert await write(connection, entry)
        _, kept = (await read(connection, incident_id))[-1]
    assert (kept.summary, kept.detail) == ("a�b?c", {"a�b?c": ["a�b?c", {"deep": "a�b?c"}, None]})


def test_the_last_words_of_a_dying_process_can_be_kept() -> None:
    """M1, M2, M3: a core dump on stderr must not lose the incident's record of it."""
    refused = ChangeRefused(f"it said {HOSTILE}", last_words=HOSTILE)
    assert (str(refused), refused.last_words) == ("it said a�b?c", "a�b?c")
