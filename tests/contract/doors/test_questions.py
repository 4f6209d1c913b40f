"""The open questions over HTTP (P2)."""

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from steadyhand.domain.approval import Approval, ApprovalStatus, Gate
from steadyhand.domain.incident import Environment
from steadyhand.domain.record import utc_now
from steadyhand.store import approvals
from steadyhand.store.database import Database
from steadyhand.store.incidents import listed

from .house import APPROVALS, house


async def test_the_open_questions_are_told_and_the_answered_ones_are_not(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    async with house(tmp_path, database_url) as found:
        assert (await found.ask("GET", "/v1/approvals", APPROVALS)).json() == []
        assert await found.notify() == 200
        async with database.transaction() as connection:
            (incident,) = await listed(connection, open_only=True)
            asked = [_question(incident.id, digit) for digit in "ab"]
            for one in asked:
                await approvals.request(connection, one)
            await approvals.settle(
                connection, asked[0].id, ApprovalStatus.REJECTED, by="ada", via="cli", at=utc_now(), comment="no"
            )
        answer = await found.ask("GET", "/v1/approvals", APPROVALS)
        assert answer.status_code == 200
        open_one = asked[1]
        assert answer.json() == [
            {
                "id": str(open_one.id),
                "incident_id": str(incident.id),
                "gate": "mitigation",
                "environment": "staging",
                "digest": "b" * 64,
                "requested_at": open_one.model_dump(mode="json")["requested_at"],
                "expires_at": open_one.model_dump(mode="json")["expires_at"],
            }
        ]


def _question(incident_id: object, digit: str) -> Approval:
    now = utc_now()
    return Approval.model_validate(
        {
            "id": uuid4(),
            "incident_id": incident_id,
            "generation": 0,
            "gate": Gate.MITIGATION,
            "environment": Environment.STAGING,
            "digest": digit * 64,
            "question": "Apply it?",
            "status": ApprovalStatus.PENDING,
            "requested_at": now,
            "expires_at": now + timedelta(hours=1),
        }
    )
