"""A decision is accepted or refused in one place, on a real database (P2, rule 1)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pyotp
import pytest

from steadyhand.approving import ask, decide, expire, lifetime, people_for
from steadyhand.domain.approval import Approval, ApprovalStatus, Decision, Gate, Vote
from steadyhand.domain.incident import Environment
from steadyhand.domain.timeline import Kind
from steadyhand.errors import ApprovalRefused, ConfigurationError, NotFound
from steadyhand.profile import Approvals, Person, Profile, SecretRef
from steadyhand.store import approvals, timeline
from steadyhand.store.database import Database

from .made import NOW, open_incident

ADA, BOB = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU"
LATER = timedelta(minutes=5)


def question(
    incident_id: UUID, environment: Environment = Environment.PRODUCTION, *, digest: str = "a" * 64
) -> Approval:
    """A pending question, good for an hour."""
    return Approval(
        id=uuid4(),
        incident_id=incident_id,
        generation=1,
        gate=Gate.MITIGATION,
        environment=environment,
        digest=digest,
        question="?",
        status=ApprovalStatus.PENDING,
        requested_at=NOW,
        expires_at=NOW + timedelta(hours=1),
    )


@dataclass(frozen=True)
class Gatehouse:
    """One open question about production, and who answers."""

    database: Database
    profile: Profile
    asked: Approval

    async def decide(
        self, vote: Vote, *, at: datetime = NOW + LATER, once: str = "1", approval_id: UUID | None = None
    ) -> Approval:
        """The vote is put."""
        asked = approval_id or self.asked.id
        return await decide(self.database, self.profile, asked, vote, via="cli", now=at, once=once)

    async def now(self) -> Approval:
        """The question as it stands."""
        async with self.database.transaction() as connection:
            return await approvals.get(connection, self.asked.id)

    async def told(self) -> list[str]:
        """The approval lines of the timeline."""
        async with self.database.transaction() as connection:
            lines = await timeline.read(connection, self.asked.incident_id)
        return [line.summary for _, line in lines if line.kind is Kind.APPROVAL]


@pytest.fixture
async def gatehouse(database: Database, tmp_path: Path) -> Gatehouse:
    (tmp_path / "ada").write_text(ADA)
    (tmp_path / "bob").write_text(BOB)
    people = {
        "ada": Person(totp=SecretRef(file=tmp_path / "ada")),
        "bob": Person(totp=SecretRef(file=tmp_path / "bob"), environments=(Environment.STAGING,)),
    }
    profile = Profile(state_dir=tmp_path / "state", approvals=Approvals(people=people))
    asked = await ask(database, question(await open_incident(database)), policy=False)
    return Gatehouse(database, profile, asked)


def code(secret: str = ADA, at: datetime = NOW + LATER) -> str:
    """The one-time code of this instant."""
    return pyotp.TOTP(secret).at(at)


def yes(given: str, who: str = "ada") -> Vote:
    """A yes."""
    return Vote(decision=Decision.APPROVE, approver=who, code=given, comment="go")


async def test_the_right_person_with_the_right_code_approves(gatehouse: Gatehouse) -> None:
    answer = await gatehouse.decide(yes(code()))
    assert answer == await gatehouse.now()
    assert answer.granted
    assert (answer.decided_by, answer.via, answer.comment, answer.decided_at) == ("ada", "cli", "go", NOW + LATER)
    assert (await gatehouse.told())[-1] == "mitigation approved by ada via cli: go"


async def test_a_person_rejects(gatehouse: Gatehouse) -> None:
    answer = await gatehouse.decide(Vote(decision=Decision.REJECT, approver="ada", code=code()))
    assert answer.status is ApprovalStatus.REJECTED
    assert not answer.granted


async def test_a_code_with_a_space_and_of_the_step_before_is_accepted(gatehouse: Gatehouse) -> None:
    before = code(at=NOW + LATER - timedelta(seconds=30))
    assert (await gatehouse.decide(yes(f"{before[:3]} {before[3:]}"))).granted


async def refused(gatehouse: Gatehouse, vote: Vote, because: str, *, at: datetime = NOW + LATER) -> None:
    """The vote is refused, the refusal is on the timeline, and the gate is as it was."""
    before = await gatehouse.now()
    with pytest.raises(ApprovalRefused, match=because):
        await gatehouse.decide(vote, at=at)
    assert await gatehouse.now() == before
    last = (await gatehouse.told())[-1]
    assert "refused" in last
    assert vote.code not in last


async def test_a_wrong_code_is_refused(gatehouse: Gatehouse) -> None:
    wrong = f"{(int(code()) + 1) % 1_000_000:06}"
    await refused(gatehouse, yes(wrong), "wrong or too old")


async def test_a_code_of_a_minute_ago_is_refused(gatehouse: Gatehouse) -> None:
    await refused(gatehouse, yes(code(at=NOW + LATER - timedelta(seconds=90))), "wrong or too old")


async def test_another_persons_code_is_refused(gatehouse: Gatehouse) -> None:
    await refused(gatehouse, yes(code(BOB)), "wrong or too old")


async def test_a_code_is_good_for_one_decision_only(gatehouse: Gatehouse) -> None:
    other = question(await open_incident(gatehouse.database, "memory"), digest="b" * 64)
    await ask(gatehouse.database, other, policy=False)
    await gatehouse.decide(yes(code()))
    with pytest.raises(ApprovalRefused, match="used before"):
        await gatehouse.decide(yes(code()), once="2", approval_id=other.id)
    async with gatehouse.database.transaction() as connection:
        assert (await approvals.get(connection, other.id)).status is ApprovalStatus.PENDING


async def test_an_unknown_person_is_refused(gatehouse: Gatehouse) -> None:
    await refused(gatehouse, yes(code(), "mallory"), "'mallory' is not among the people")


async def test_a_person_without_the_right_in_the_environment_is_refused(gatehouse: Gatehouse) -> None:
    await refused(gatehouse, yes(code(BOB), "bob"), "'bob' may not decide for production")


async def test_an_expired_question_is_not_answered_although_nobody_has_marked_it_yet(gatehouse: Gatehouse) -> None:
    late = gatehouse.asked.expires_at
    await refused(gatehouse, yes(code(at=late)), "it expired at", at=late)


async def test_a_decided_question_is_not_decided_again(gatehouse: Gatehouse) -> None:
    await gatehouse.decide(Vote(decision=Decision.REJECT, approver="ada", code=code()))
    later = NOW + 2 * LATER
    await refused(gatehouse, yes(code(at=later)), "already rejected, by ada via cli", at=later)


async def test_a_refused_person_can_still_answer_rightly(gatehouse: Gatehouse) -> None:
    with pytest.raises(ApprovalRefused):
        await gatehouse.decide(yes("000 00"), once="1")
    assert (await gatehouse.decide(yes(code()), once="2")).granted


async def test_the_same_refused_answer_is_not_judged_again(gatehouse: Gatehouse) -> None:
    """A replayed form must not turn into a yes because the clock moved on."""
    early = yes(code(at=NOW + 2 * LATER))
    with pytest.raises(ApprovalRefused, match="wrong or too old"):
        await gatehouse.decide(early, once="form-1")
    told = await gatehouse.told()
    with pytest.raises(ApprovalRefused, match="refused before"):
        await gatehouse.decide(early, at=NOW + 2 * LATER, once="form-1")
    assert await gatehouse.told() == told
    assert (await gatehouse.now()).status is ApprovalStatus.PENDING


async def test_an_approval_that_does_not_exist_is_not_found(gatehouse: Gatehouse) -> None:
    with pytest.raises(NotFound):
        await gatehouse.decide(yes(code()), approval_id=uuid4())


async def test_silence_expires_and_is_no_rejection(gatehouse: Gatehouse) -> None:
    """Rule 1: silence is a no, and says that it was silence."""
    assert await expire(gatehouse.database, gatehouse.asked.expires_at - timedelta(seconds=1)) == 0
    assert await expire(gatehouse.database, gatehouse.asked.expires_at) == 1
    answer = await gatehouse.now()
    assert answer.status is ApprovalStatus.EXPIRED
    assert (answer.granted, answer.decided_by, answer.via) == (False, "nobody", "expiry")
    assert await expire(gatehouse.database, gatehouse.asked.expires_at) == 0


async def test_what_was_answered_does_not_expire(gatehouse: Gatehouse) -> None:
    await gatehouse.decide(yes(code()))
    assert await expire(gatehouse.database, gatehouse.asked.expires_at) == 0
    assert (await gatehouse.now()).granted


async def test_asking_again_returns_the_first_question_and_tells_it_once(gatehouse: Gatehouse) -> None:
    """Rule 3: a replay asks nobody twice."""
    again = question(gatehouse.asked.incident_id)
    assert await ask(gatehouse.database, again, policy=False) == gatehouse.asked
    assert len(await gatehouse.told()) == 1


async def test_staging_by_policy_is_recorded_as_policy(gatehouse: Gatehouse) -> None:
    """Rule 1: staging's policy is a recorded answer, not a missing one."""
    incident_id = await open_incident(gatehouse.database, environment=Environment.STAGING)
    asked = await ask(gatehouse.database, question(incident_id, Environment.STAGING), policy=True)
    assert asked.granted
    assert (asked.decided_by, asked.via) == ("policy of staging", "policy")
    async with gatehouse.database.transaction() as connection:
        lines = [line.summary for _, line in await timeline.read(connection, incident_id)]
    assert "mitigation approved by policy of staging via policy" in lines


def test_who_may_decide_follows_from_the_environment(gatehouse: Gatehouse) -> None:
    assert people_for(gatehouse.profile, Environment.PRODUCTION) == ("ada",)
    assert people_for(gatehouse.profile, Environment.STAGING) == ("ada", "bob")


def test_a_closure_is_asked_for_longer_than_a_mitigation(profile: Profile) -> None:
    assert lifetime(profile, Gate.CLOSURE) > lifetime(profile, Gate.MITIGATION)


async def test_a_nul_in_the_comment_is_no_crash(gatehouse: Gatehouse) -> None:
    vote = Vote(decision=Decision.APPROVE, approver="ada", code=code(), comment="a\0b")
    assert (await gatehouse.decide(vote)).granted


async def test_a_nul_in_the_approver_is_refused(gatehouse: Gatehouse) -> None:
    with pytest.raises(ApprovalRefused):
        await gatehouse.decide(yes(code(), "a\0b"))


async def test_a_bad_secret_is_a_configuration_error(gatehouse: Gatehouse, tmp_path: Path) -> None:
    (tmp_path / "ada").write_text("JBSWY3DPEHPK3PXP")
    with pytest.raises(ConfigurationError):
        await gatehouse.decide(yes("123456"))
