"""The doctor at orchestrators for which nothing of the runbook is true: it says so, and always comes to an end."""

import time
from pathlib import Path

import pytest

from steadyhand.doctor.checkup import Area, CheckState
from steadyhand.doctor.examination import Examination, examine
from steadyhand.domain.incident import Environment
from steadyhand.profile import Alertmanager, EnvironmentProfile, Jenkins, Orchestrator, Profile, Prometheus, Routes
from steadyhand.stack import monitoring
from steadyhand.stack.ports import LOOPBACK, free_port
from steadyhand.stack.service import Group
from tests.contract.target.strange import Answering, by_path, drip, endless, never, reply, strange

from .conftest import RULES, scraped
from .served import foreign, serving

TARGET_AREAS = (Area.ROUTES, Area.METRICS, Area.ALERTS)
HTML = reply(200, "<!doctype html><title>Welcome to nginx!</title>" + "\x1b[2J[red]", "text/html")
STRANGE: dict[str, Answering] = {
    "404": reply(404, '{"detail": "Not Found"}'),
    "html": HTML,
    "500": reply(500, "boom"),
    "401": reply(401, "who are you"),
    "redirect": reply(302, "", headers={"Location": "http://elsewhere.test/"}),
    "empty": reply(200, ""),
    "null": reply(200, "null"),
    "numbers": reply(200, "[1, 2]"),
    "deep": reply(200, "[" * 20_000),
    "not utf-8": reply(200, b"\xff\xfe\x00{"),
    "compressed": reply(200, b"x", headers={"Content-Encoding": "gzip"}),
    "never": never,
    "drips": drip,
    "endless": endless,
}


def profile_for(url: str, monitoring_url: str, state: Path, *, seconds: float = 5) -> Profile:
    return Profile(
        state_dir=state,
        environments={Environment.PRODUCTION: EnvironmentProfile(url=url)},
        orchestrator=Orchestrator(timeout_seconds=seconds, max_answer_bytes=50_000),
        prometheus=Prometheus(url=monitoring_url, timeout_seconds=seconds),
        alertmanager=Alertmanager(url=monitoring_url, timeout_seconds=seconds),
        jenkins=Jenkins(url=monitoring_url, timeout_seconds=seconds, max_answer_bytes=50_000),
    )


async def looked_at(profile: Profile) -> Examination:
    return await examine(profile, (Environment.PRODUCTION,), quick=True)


def states(examination: Examination, area: Area) -> dict[str, CheckState]:
    return {check.name: check.state for check in examination.checks if check.area is area}


@pytest.mark.parametrize("oddity", STRANGE)
async def test_nothing_is_ok_at_a_server_that_is_none_of_what_it_should_be(oddity: str, tmp_path: Path) -> None:
    """Rule 4: and nothing is raised, whatever it answers."""
    async with strange(STRANGE[oddity]) as server:
        began = time.monotonic()
        found = await looked_at(profile_for(server.url, server.url, tmp_path, seconds=0.5))
        assert server.bodies == [b""] * len(server.bodies)
    assert time.monotonic() - began < 10
    for area in (*TARGET_AREAS, Area.JENKINS):
        assert CheckState.OK not in states(found, area).values()
    assert found.exit_code in (1, 2)
    assert all(check.reason.isprintable() for check in found.checks)
    assert list(tmp_path.iterdir()) == []


async def test_a_server_that_knows_no_route_is_drift_in_all_but_the_task_that_nobody_could_ask_for(
    tmp_path: Path,
) -> None:
    async with strange(STRANGE["404"]) as server:
        found = await looked_at(profile_for(server.url, f"http://{LOOPBACK}:{free_port()}", tmp_path))
    routes = states(found, Area.ROUTES)
    assert (routes.pop("task"), routes.pop("is healthy")) == (CheckState.UNKNOWN, CheckState.UNKNOWN)
    assert set(routes.values()) == {CheckState.DRIFT}


async def test_where_nothing_answers_everything_asked_is_unknown_with_the_reason(tmp_path: Path) -> None:
    """Rule 4."""
    nowhere = f"http://{LOOPBACK}:{free_port()}"
    found = await looked_at(profile_for(nowhere, nowhere, tmp_path))
    for check in found.checks:
        if check.area in (*TARGET_AREAS, Area.JENKINS):
            assert (check.state, "GET" in check.reason or "OPTIONS" in check.reason or "Jenkins" in check.reason) == (
                CheckState.UNKNOWN,
                True,
            )


async def test_another_orchestrators_names_are_told_as_the_nearest_and_nothing_of_it_is_changed(tmp_path: Path) -> None:
    port = free_port()
    async with serving(foreign()) as other, Group(restart=False, report=print) as group:
        target = other.url.removeprefix("http://")
        await group.start(
            monitoring.prometheus(
                tmp_path / "prometheus", port=port, alertmanager_port=free_port(), target=target, rules=RULES
            )
        )
        await scraped(f"http://{LOOPBACK}:{port}", "planner_contract_failures_total")
        found = await looked_at(profile_for(other.url, f"http://{LOOPBACK}:{port}", tmp_path / "state"))
        assert other.methods <= {"GET", "HEAD", "OPTIONS"}
    seen = {check.name: check for check in found.checks if check.area in (Area.ROUTES, Area.METRICS)}
    assert {name: check.nearest for name, check in seen.items() if check.state is CheckState.DRIFT} == {
        "health": "/healthz",
        "recent_failures": "/v2/tasks",
        "task": "/v2/tasks/{id}",
        "task_queue": "/v2/queue",
        "tool_diagnostics": "/v2/tools/diagnosis",
        "assign_review": "/v2/review/assign",
        "planner_failures": "planner_contract_failures_total",
        "tasks": "orchestrator_jobs_total",
        "task_completion": "orchestrator_jobs_total",
        "tool_latency": "tools_latency_secs_bucket",
        "scrape_interval": "1 s",
    }
    assert seen["planner_failures"].remedy == 'prometheus.planner_failures = "planner_contract_failures_total"'
    assert seen["task"].remedy == 'orchestrator.routes.task = "/v2/tasks/{task_id}"'


async def test_a_page_of_json_where_a_document_should_be_is_no_document(tmp_path: Path) -> None:
    """Then asking alone decides."""
    answers = by_path(
        {
            "/openapi.json": reply(200, '{"paths": {}}'),
            "/api/v1/health": reply(200, '{"status": "ok"}'),
            "/api/v1/tasks?status=failed&limit=10": reply(200, '[{"task_id": "../../x y"}]'),
        }
    )
    async with strange(answers) as server:
        found = await looked_at(profile_for(server.url, server.url, tmp_path))
        assert "/api/v1/tasks/..%2F..%2Fx%20y" in server.asked
    assert states(found, Area.ROUTES)["health"] is CheckState.OK
    assert states(found, Area.ROUTES)["task_queue"] is CheckState.DRIFT


@pytest.mark.parametrize("status", [200, 401, 403, 404, 500])
async def test_a_server_that_repeats_the_service_token_is_quoted_without_it(status: int, tmp_path: Path) -> None:
    """D6: whatever its status, by the route's check and by the token's."""
    (tmp_path / "token").write_text("hunter2-hunter2")
    echo = reply(status, '{"refused": "Bearer hunter2-hunter2"}')
    async with strange(by_path({Routes().tool_diagnostics: echo})) as server:
        profile = profile_for(server.url, server.url, tmp_path / "state")
        table = {"kind": "bearer", "secret": {"file": str(tmp_path / "token")}}
        orchestrator = Orchestrator.model_validate({**profile.orchestrator.model_dump(), "service_token": table})
        found = await looked_at(profile.model_copy(update={"orchestrator": orchestrator}))
    diagnostics = next(check for check in found.checks if check.name == "tool_diagnostics")
    assert diagnostics.state is not CheckState.OK
    assert "hunter2" not in found.model_dump_json()
