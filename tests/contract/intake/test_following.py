"""An alert followed through its life (T1; contract 4; rule 6)."""

import pytest

from tests.contract.intake.bodies import MULTI, NO_END, PARTIAL, RESOLVED, SINGLE, captured, notice, single, told
from tests.contract.intake.receiving import Intaking


async def test_an_incident_is_followed_through_its_whole_life_as_one(intake: Intaking) -> None:
    """Rule 6: what joins, resolves and repeats stays one incident per environment and service."""
    await intake.replay(SINGLE)
    assert await intake.firing() == ["PlannerContractFailureSpike"]
    await intake.replay(MULTI)
    assert len(await intake.firing()) == 4
    await intake.replay(PARTIAL)
    assert await intake.firing() == ["ToolLatencyHigh"]
    await intake.replay(RESOLVED)
    assert await intake.firing() == []
    assert len(await intake.incidents()) == 1


@pytest.mark.parametrize("name", [SINGLE, MULTI, PARTIAL])
async def test_a_repeat_is_kept_and_adds_no_line_to_the_timeline(intake: Intaking, name: str) -> None:
    await intake.replay(name)
    told = await intake.told()
    history = await intake.history()
    last = captured(name)[-1]
    answer = (await intake.post(last)).json()
    assert set(answer["transitions"]) == {"repeat"}
    assert await intake.told() == told
    assert await intake.history() == history
    assert (await intake.bodies())[-1] == last.encode()


async def test_what_alertmanager_sends_again_after_its_interval_is_a_repeat(intake: Intaking) -> None:
    """With it come the alerts that are resolved: Prometheus posts those for 15 minutes."""
    await intake.replay(SINGLE, MULTI, PARTIAL)
    history = await intake.history()
    assert await intake.meant(*captured("04_repeat_am033")) == [{"repeat": 4}, {"repeat": 4}]
    assert await intake.history() == history


async def test_a_partial_resolve_leaves_the_siblings_firing(intake: Intaking) -> None:
    await intake.replay(MULTI)
    first, second = await intake.meant(*captured(PARTIAL))
    assert first == {"repeat": 3, "resolved": 1}
    assert second == {"repeat": 2, "resolved": 2}
    assert await intake.firing() == ["ToolLatencyHigh"]


async def test_resolves_alone_open_nothing(intake: Intaking) -> None:
    answer = (await intake.post(captured(RESOLVED)[0])).json()
    assert answer["transitions"] == {"resolved, never seen firing": 4}
    assert await intake.incidents() == ()
    assert (await intake.counts()).processed_alerts == 4


async def test_a_resolve_never_seen_firing_is_noted_in_the_open_incident(intake: Intaking) -> None:
    await intake.replay("23_resolved_never_seen_firing")
    assert (await intake.told())[1:] == ["K fires", "Z resolved, never seen firing"]
    assert await intake.firing() == ["K"]
    assert await intake.happened() == ["K fires", "Z resolved, never seen firing"]


async def test_duplicates_of_a_second_alertmanager_are_repeats(intake: Intaking) -> None:
    first, copy, resolved, copy_of_resolved = captured("17_ha_duplicate_split_brain_am033")
    await intake.post(first)
    told = await intake.told()
    await intake.post(copy)
    assert await intake.told() == told
    await intake.post(resolved)
    told = await intake.told()
    assert told[-1] == "HA resolved"
    await intake.post(copy_of_resolved)
    assert await intake.told() == told
    assert await intake.happened() == ["HA fires", "HA resolved"]


async def test_another_group_key_is_the_same_alert(intake: Intaking) -> None:
    """The group's key changes when the route tree is edited."""
    await intake.meant(captured(SINGLE)[0])
    edited = single() | {"groupKey": '{}/{severity="critical"}:{}', "receiver": "another"}
    assert await intake.meant(edited) == [{"repeat": 1}]
    assert len(await intake.incidents()) == 1


async def test_a_resolve_that_names_no_end_ends_the_alert(intake: Intaking) -> None:
    """Year 1 is Alertmanager's word for none; the alert then ended when it began."""
    await intake.meant(notice(told()))
    ended = notice(told(end=NO_END))
    assert await intake.meant(ended, ended) == [{"resolved": 1}, {"repeat": 1}]
    assert await intake.firing() == []
    (_, resolved) = await intake.history()
    assert resolved.ends_at == resolved.starts_at


async def test_the_history_says_what_happened_when_and_who_told_of_it(intake: Intaking) -> None:
    await intake.meant(notice(told("A"), told("B", start=5)), notice(told("A", end=30)))
    assert await intake.happened() == ["A fires", "B fires", "A resolved"]
    opened, _, resolved = await intake.history()
    assert (opened.starts_at.second, opened.ends_at, opened.notification_id) == (0, None, 1)
    assert (resolved.starts_at.second, resolved.ends_at and resolved.ends_at.second) == (0, 30)
    assert resolved.notification_id == 2
    assert "python-httpx" in resolved.sender
    assert resolved.at >= opened.at
