"""A Jenkins and a GitHub that answer as documented, on real sockets."""

import asyncio
import json
from collections.abc import Mapping

from pydantic import JsonValue

from tests.contract.target.strange import Answering, reply

REPOSITORY = "/repos/acme/orchestrator"


def json_by_path(answers: Mapping[str, JsonValue], headers: Mapping[str, str] | None = None) -> Answering:
    """JSON for these paths, whatever their query; 404 for all others."""

    async def answer(target: str, writer: asyncio.StreamWriter) -> None:
        path = target.partition("?")[0]
        found = reply(200, json.dumps(answers[path]), headers=headers) if path in answers else reply(404, "{}")
        await found(target, writer)

    return answer


def jobs(*names: str) -> dict[str, JsonValue]:
    """Jenkins' listing."""
    listed: list[JsonValue] = [
        {"_class": "hudson.model.FreeStyleProject", "name": name, "fullName": name} for name in names
    ]
    return {"/api/json": {"jobs": listed}}


def workflow(name: str, commit: str = "") -> dict[str, JsonValue]:
    """GitHub's repository with one workflow, and a green run of it for this commit."""
    file: dict[str, JsonValue] = {"id": 7, "name": name, "path": ".github/workflows/hardening.yml", "state": "active"}
    run: dict[str, JsonValue] = {
        "id": 70, "run_number": 3, "status": "completed", "conclusion": "success", "head_sha": commit,
        "created_at": "2026-11-23T03:00:00Z",
    }  # fmt: skip
    done: list[JsonValue] = [
        {"id": number, "name": job, "status": "completed", "conclusion": "success"}
        for number, job in enumerate(("lint", "contract (3.11)", "e2e"))
    ]
    return {
        REPOSITORY: {"full_name": "acme/orchestrator"},
        f"{REPOSITORY}/actions/workflows": {"total_count": 1, "workflows": [file]},
        f"{REPOSITORY}/actions/workflows/7/runs": {"total_count": 1, "workflow_runs": [run]},
        f"{REPOSITORY}/actions/runs/70/jobs": {"total_count": len(done), "jobs": done},
    }
