"""Whom to ask, in whose turn, and which alerts are ours (T1)."""

from collections import Counter
from datetime import timedelta

import pytest

from steadyhand.domain.alert import IncidentKey
from steadyhand.domain.incident import Environment
from steadyhand.profile import Alertmanager, EnvironmentProfile, Intake, Profile, Prometheus
from steadyhand.reconciling.levels import turn
from steadyhand.reconciling.ours import ours, understood
from steadyhand.reconciling.sources import cluster, peers, servers

from .made import T0, answer

CONFIG = """
route:
  receiver: somebody
  routes:
    - matchers: ['team="ops"']
      receiver: steadyhand
receivers: [{name: somebody}, {name: steadyhand}]
"""


def profile_with(**staging: object) -> Profile:
    """Staging has these tables of its own."""
    return Profile(
        alertmanager=Alertmanager(url="http://a/", peers=("http://b",)),
        environments={
            Environment.PRODUCTION: EnvironmentProfile(),
            Environment.STAGING: EnvironmentProfile.model_validate(staging),
        },
    )


def test_every_server_is_asked_once() -> None:
    """T1: both environments share one of three, each with a name of its own for us."""
    whole = profile_with(alertmanager=Alertmanager(url="http://b/", peers=("http://c",), receiver="staging"))
    assert [(one.address, one.receivers) for one in peers(whole)] == [
        ("http://b", ("staging", "steadyhand")),
        ("http://c", ("staging",)),
        ("http://a", ("steadyhand",)),
    ]
    assert cluster(whole, Environment.STAGING) == ("http://b", "http://c")
    (server,) = servers(whole)
    assert server.peers == ("http://b", "http://c", "http://a")


def test_each_prometheus_has_the_alertmanagers_of_its_environments() -> None:
    """T1."""
    found = servers(profile_with(prometheus=Prometheus(url="http://p"), alertmanager=Alertmanager(url="http://c")))
    assert {server.settings.url: server.peers for server in found} == {
        "http://p": ("http://c",),
        "http://127.0.0.1:9090": ("http://a", "http://b"),
    }


def test_alertmanagers_routing_decides_which_alerts_are_ours() -> None:
    """T1: one whose configuration cannot be understood decides nothing."""
    routings = understood([answer("a", config="<secret>"), answer("b", config=CONFIG)])
    is_ours = ours(Profile(), routings, ())
    assert is_ours({"team": "ops"})
    assert not is_ours({"team": "else", "environment": "production", "service": "orchestrator"})


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"environment": "production", "service": "orchestrator"}, True),
        ({"environment": "prod", "service": "planner"}, True),
        ({"environment": "production", "service": "unheard of"}, False),
        ({"environment": "moon", "service": "orchestrator"}, False),
        ({"service": "orchestrator"}, False),
        ({"environment": "production"}, False),
        ({}, False),
    ],
)
def test_without_a_routing_an_alert_must_say_itself_where_it_belongs(
    labels: dict[str, str],
    expected: bool,  # noqa: FBT001
) -> None:
    """T1: the default service, and those that had an incident."""
    profile = Profile(intake=Intake(environment_names={"prod": Environment.PRODUCTION}))
    assert ours(profile, (), {"planner"})(labels) is expected


def test_the_levels_of_many_services_are_looked_at_in_turn() -> None:
    """T1: bounded at every look, and nobody waits for ever."""
    keys = [IncidentKey(environment=Environment.PRODUCTION, service=f"s{n:03}") for n in range(50)]
    seen: Counter[str] = Counter()
    for look in range(10):
        now = turn(keys, T0 + timedelta(seconds=60 * look), every_seconds=60)
        assert len(now) == 20
        seen.update(key.service for key in now)
    assert len(seen) == 50
    assert len(turn(keys[:20], T0, every_seconds=60)) == 20
