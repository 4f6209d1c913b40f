"""Alert rules, Alertmanager's routes and its webhooks."""

from pathlib import Path

import pytest
import yaml

from steadyhand.clients.alertmanager_routing import configuration
from steadyhand.doctor.checkup import CheckState, Seen
from steadyhand.doctor.monitoring import Rule
from steadyhand.doctor.rules import carries, judged_key, judged_team
from steadyhand.doctor.webhook import judged
from steadyhand.errors import UnexpectedAnswer
from steadyhand.profile import Alertmanager, Receiver

from .profiles import here, with_line

SHIPPED = Path(__file__).parents[3] / "deployments"
RULES = [
    Rule(name=rule["alert"], query=rule["expr"], labels=rule["labels"])
    for group in yaml.safe_load((SHIPPED / "prometheus/orchestrator.rules.yml").read_text())["groups"]
    for rule in group["rules"]
]
CRITICAL = {"team": "ops-memory", "environment": "production", "service": "orchestrator", "severity": "critical"}
OURS = "http://127.0.0.1:8420/v1/alertmanager"


def team(rules: list[Rule]) -> Seen:
    ground = here()
    return judged_team(rules, Alertmanager(), lambda key, value: ground.line("alertmanager", key, value))


def rule(query: str, **labels: str) -> Rule:
    return Rule(name="R", query=query, labels=labels)


def test_the_shipped_rules_carry_team_environment_and_service() -> None:
    assert team(RULES).state is CheckState.OK
    assert judged_key(RULES, ("environment", "service")).state is CheckState.OK


def test_another_team_or_another_label_for_it_is_named_with_the_line_that_holds() -> None:
    found = team([rule("up", team="ops_memories")])
    assert with_line(found.remedy).alertmanager.tools_team == "ops_memories"
    found = team([rule("up", squad="ops-memory", team="z")])
    assert (found.state, found.nearest) == (CheckState.DRIFT, "squad")
    assert with_line(found.remedy).alertmanager.team_label == "squad"
    found = team([rule("up", teams="x")])
    assert (found.nearest, "none carries team" in found.reason) == ("teams", True)
    assert (team([]).state, team([]).nearest) == (CheckState.DRIFT, None)


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("up == 0", True),
        ("sum by (environment, job) (up)", True),
        ("sum(up) by (environment)", True),
        ("sum by (job) (up)", False),
        ("sum(up)", False),
        ("max by (environment) (up) / sum(rate(a[5m]))", False),
        ("sum without (instance) (up)", True),
        ("sum without (environment) (up)", False),
        ("max_over_time(up[5m]) and on (job) sum_count > 0", True),
        ("absent(up)", False),
        ('absent(up{environment="production"})', True),
    ],
)
def test_whether_an_alert_keeps_a_label_follows_from_its_aggregations(query: str, kept: bool) -> None:  # noqa: FBT001
    assert carries(rule(query), "environment") is kept
    assert carries(rule(query, environment="x"), "environment") is True


def test_rules_that_lose_the_incidents_key_are_named() -> None:
    """Such an alert would be taken for production's."""
    found = judged_key([rule("sum(up)"), *RULES], ("environment", "service"))
    assert found.state is CheckState.DRIFT
    assert "R loses environment, service" in found.reason
    assert judged_key([], ("environment",)).state is CheckState.DRIFT


def hooked(text: str, receiver: Receiver | None = None) -> Seen:
    return judged(configuration(text), receiver or Receiver(), CRITICAL)


def test_the_shipped_configuration_leads_to_us() -> None:
    assert hooked((SHIPPED / "alertmanager/alertmanager.yml").read_text()).state is CheckState.OK


TREE = """
route:
  receiver: default
  routes:
    - {{match: {{team: other}}, receiver: other}}
    - {matcher}
receivers:
  - name: default
  - name: other
    webhook_configs: [{{url: "http://other.test/hook"}}]
  - name: us
    webhook_configs: [{{url: "{url}", {settings}}}]
"""


def tree(matcher: str = '{matchers: [team="ops-memory"], receiver: us}', url: str = OURS, settings: str = "") -> str:
    return TREE.format(matcher=matcher, url=url, settings=settings or "send_resolved: true")


@pytest.mark.parametrize(
    ("matcher", "state"),
    [
        ('{matchers: [team="ops-memory"], receiver: us}', CheckState.OK),
        ("{matchers: ['team=~\"ops-.*\"', severity != info], receiver: us}", CheckState.OK),
        ('{matchers: \'team=~"ops-.*",environment="production"\', receiver: us}', CheckState.OK),
        ("{match: {team: ops-memory}, match_re: {severity: 'crit.*'}, receiver: us}", CheckState.OK),
        ("{receiver: other, continue: true, routes: [{match: {team: ops-memory}, receiver: us}]}", CheckState.OK),
        ("{match: {team: elsewhere}, receiver: us}", CheckState.DRIFT),
        ("{matchers: ['team!~\"ops.*\"'], receiver: us}", CheckState.DRIFT),
        ("{matchers: ['absent!=\"\"'], receiver: us}", CheckState.DRIFT),
        ("{receiver: other, routes: [{match: {team: elsewhere}, receiver: us}]}", CheckState.DRIFT),
    ],
)
def test_the_way_of_an_alert_through_the_routes_decides(matcher: str, state: CheckState) -> None:
    assert hooked(tree(matcher)).state is state


def test_the_first_route_that_takes_an_alert_ends_its_way_unless_it_says_continue() -> None:
    two = "{match: {team: ops-memory}, receiver: other%s}\n    - {match: {team: ops-memory}, receiver: us}"
    assert hooked(tree(two % "")).state is CheckState.DRIFT
    assert hooked(tree(two % ", continue: true")).state is CheckState.OK


def test_settings_that_lose_alerts_are_drift() -> None:
    assert "send_resolved: false" in hooked(tree(settings="send_resolved: false")).reason
    assert "max_alerts: 5" in hooked(tree(settings="max_alerts: 5")).reason


@pytest.mark.parametrize(
    ("url", "state"),
    [
        ("http://localhost:8420/v1/alertmanager", CheckState.OK),
        ("http://127.0.0.1:9/v1/alertmanager", CheckState.UNKNOWN),
        ("https://proxy.test/v1/alertmanager", CheckState.UNKNOWN),
        ("<secret>", CheckState.UNKNOWN),
        ("http://127.0.0.1:8420/other", CheckState.DRIFT),
        ("http://127.0.0.1:x/v1", CheckState.DRIFT),
        ("http://[", CheckState.DRIFT),
    ],
)
def test_whether_the_webhook_is_ours_follows_from_its_address(url: str, state: CheckState) -> None:
    """Rule 4: newer versions hide addresses, and a proxy has another."""
    assert hooked(tree(url=url)).state is state


@pytest.mark.parametrize(
    ("url", "told", "near"),
    [
        ("https://ops:hunter2@chat.test:8065/hooks/hunter2?token=hunter2", "none of them a webhook at", None),
        ("https://ops:hunter2@chat.test/hunter2/v1/alertmanager", "at https://chat.test, and ours is", None),
        ("http://chat.test:hunter2/v1/alertmanager", "at an address that cannot be read, and ours is", None),
        ("http://ops:hunter2@[::1]:8421/v1/alertmanage", "none of them a webhook at", "http://[::1]:8421"),
        ("<hunter2>", "whose address is not shown (hidden)", None),
        ("hunter2", "none of them a webhook at", None),
    ],
)
def test_somebody_elses_webhook_is_told_by_its_host_alone(url: str, told: str, near: str | None) -> None:
    """Its path, query and login are how one is let in there."""
    found = hooked(tree(url=url).replace("http://other.test/hook", url))
    assert "hunter2" not in found.model_dump_json()
    assert told in found.reason
    assert found.nearest == near


def test_a_receiver_on_all_addresses_is_reached_by_any_name() -> None:
    everywhere = Receiver(host="0.0.0.0")  # noqa: S104 - nothing is bound
    assert hooked(tree(url="http://steadyhand.test:8420/v1/alertmanager"), everywhere).state is CheckState.OK


@pytest.mark.parametrize(
    "text",
    ["", "[]", "route: 1", "a: &a [1]\nb: *a", "route: {receiver: x}\nreceivers: [", "!!python/object:os.system x"],
)
def test_what_is_no_configuration_is_refused(text: str) -> None:
    """Rule 8: nor does an alias make a document of gigabytes."""
    with pytest.raises(UnexpectedAnswer, match="no configuration"):
        configuration(text)


@pytest.mark.parametrize("matcher", ["x", "team=~(", "a" * 3000])
def test_a_matcher_that_is_none_is_refused(matcher: str) -> None:
    text = f"route: {{receiver: x, matchers: ['{matcher}']}}\nreceivers: []"
    with pytest.raises(UnexpectedAnswer, match="understood"):
        judged(configuration(text), Receiver(), CRITICAL)
