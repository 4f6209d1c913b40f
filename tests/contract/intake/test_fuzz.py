"""Whatever is sent, the receiver neither falls over nor is fooled (T1; rules 2 and 8; contract 2)."""

from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from steadyhand.store.tables import notifications
from tests.contract.intake.bodies import notice, told
from tests.contract.intake.hostile import RAW_BODIES, spoilt
from tests.contract.intake.receiving import Intaking

ANSWERS = {200, 400, 413}


async def stands(intake: Intaking, body: bytes) -> None:
    """The body is answered, kept to the byte if it is acknowledged, and harms nobody who comes after it."""
    answers = [await intake.post(body) for _ in range(2)]
    first, second = [answer.status_code for answer in answers]
    assert first in ANSWERS
    assert first == second
    for answer in answers:
        if answer.status_code == 200:
            await is_kept(intake, answer.json()["notification_id"], body)
    await intake.counts()
    (meant,) = await intake.meant(notice(told(uuid4().hex)))
    assert meant == {"fires": 1}


async def is_kept(intake: Intaking, number: int, body: bytes) -> None:
    async with intake.database.transaction() as connection:
        statement = select(notifications.c.body).where(notifications.c.id == number)
        assert (await connection.execute(statement)).scalar_one() == body


@settings(
    max_examples=150,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(spoilt())
async def test_a_spoilt_notification_is_taken_or_refused_and_never_a_500(roomy: Intaking, body: bytes) -> None:
    await stands(roomy, body)


@settings(max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
@example(b"{}")
async def test_noise_is_refused_and_never_a_500(roomy: Intaking, body: bytes) -> None:
    await stands(roomy, body)


@pytest.mark.parametrize("name", RAW_BODIES)
async def test_a_raw_body_is_taken_or_refused_and_never_a_500(roomy: Intaking, name: str) -> None:
    await stands(roomy, RAW_BODIES[name])
