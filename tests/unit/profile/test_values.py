"""What a key may hold: the hard rules, with their messages."""

from pathlib import Path

import pytest

from steadyhand.profile import load_profile
from tests.unit.profile.files import problem_of, profile_file

ADA, ADA_AGAIN = 'people.ada = { totp = { env = "A" } }\n', 'people." Ada" = { totp = { env = "B" } }\n'


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        ("[documents]\nsummary = 'notes.md'", "documents.summary", "{date}"),
        ("[documents]\nsummary = '../{date}.md'", "documents.summary", "inside documents.root"),
        ("[documents]\nsummary = 'a/../../{date}.md'", "documents.summary", "inside documents.root"),
        ("[documents]\nsummary = '/etc/{date}.md'", "documents.summary", "inside documents.root"),
        ("[documents]\nsummary = '{date}/'", "documents.summary", "inside documents.root"),
        ("[orchestrator.routes]\ntask = '/tasks'", "orchestrator.routes.task", "{task_id}"),
        ("[orchestrator.routes]\nhealth = 'health'", "orchestrator.routes.health", 'begins with one "/"'),
        ("[orchestrator.routes]\nhealth = '//host/x'", "orchestrator.routes.health", 'begins with one "/"'),
        ('[orchestrator.routes]\nhealth = "/x\\r\\ny"', "orchestrator.routes.health", 'begins with one "/"'),
        ("[prometheus]\nurl = 'prometheus:9090'", "prometheus.url", "such as http://host:8000"),
        ("[prometheus]\nurl = 'http://'", "prometheus.url", "such as http://host:8000"),
        ("[prometheus]\nurl = 'http://h:99999'", "prometheus.url", "is no address: Port out of range"),
        ("[prometheus]\nurl = 'http://h:0'", "prometheus.url", "such as http://host:8000"),
        ("[prometheus]\nurl = 'http://a b'", "prometheus.url", "such as http://host:8000"),
        ("[alertmanager]\nurl = 'file:///etc/passwd'", "alertmanager.url", "such as http://host:8000"),
        ("[prefect]\napi_url = 'localhost'", "prefect.api_url", "such as http://host:8000"),
        ("[environments.staging]\nurl = 'https://u@h'", "environments.staging.url", "by reference only"),
        ("[prometheus]\nplanner_failures = 'up or vector(1)'", "prometheus.planner_failures", "Prometheus metric"),
        ("[prometheus]\nservice_label = 'a:b'", "prometheus.service_label", "Prometheus label"),
        ("[alertmanager]\nteam_label = '9x'", "alertmanager.team_label", "Prometheus label"),
        ("[prometheus.tool_latency]\nexpression = 'x'", "prometheus.tool_latency.expression", "{selector}"),
        ("[chat]\ndefault_channel = 'ops'", "chat.default_channel", '"#ops-memory"'),
        ("[chat.team_channels]\na = '# a'", "chat.team_channels.a", '"#ops-memory"'),
        ("[chat.channels]\nops = []", "chat.channels.ops", '"#ops-memory"'),
        (f"[approvals]\n{ADA}{ADA_AGAIN}", 'approvals.people." Ada"', "the same name as 'ada'"),
        ('[approvals]\npeople."" = { totp = { env = "A" } }', 'approvals.people.""', "must be a person's name"),
        ("[receiver]\ntoken = { }", "receiver.token", "exactly one of"),
        ("[receiver]\ntoken = { env = 'A', file = 'b' }", "receiver.token", "exactly one of"),
        (
            "[orchestrator]\nservice_token = { kind = 'header', header = 'X: y', secret = { env = 'A' } }",
            "orchestrator.service_token.header",
            "pattern",
        ),
        (
            "[environments.production]\napproval = 'policy'",
            "environments.production.approval",
            "production is approved by a person",
        ),
        ("[mitigation]\npoll_seconds = 0", "mitigation.poll_seconds", "greater than 0"),
    ],
)
def test_a_value_that_cannot_work_is_refused_with_its_line(tmp_path: Path, text: str, key: str, said: str) -> None:
    problem = problem_of(tmp_path, f"commander = 'x'\n{text}\n")
    assert problem.key == key
    assert said in problem.message
    assert problem.line in {3, 4}


@pytest.mark.parametrize(
    "text",
    [
        "[prometheus]\nurl = 'https://[::1]:9090/sub/path/'",
        "[prometheus]\nplanner_failures = 'job:planner:total'",
        "[orchestrator.routes]\ntask = '/v2/tasks/{task_id}/detail?x=1'",
        "[documents]\nsummary = '{date}.md'",
        "[documents]\nsummary = 'a..b/{date}/incident.md'",
        "[chat.channels]\n'#ops' = [{ env = 'A' }]",
    ],
)
def test_what_is_unusual_and_works_is_taken(tmp_path: Path, text: str) -> None:
    assert load_profile(profile_file(tmp_path, text))
