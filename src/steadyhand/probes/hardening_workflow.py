"""Lint, contract and e2e should have succeeded for the deployed commit (D7)."""

import re
from collections.abc import Iterable

from pydantic import JsonValue

from steadyhand.clients.github import Job, WorkflowRun, latest_run
from steadyhand.clients.orchestrator import OrchestratorClient
from steadyhand.domain.evidence import Answer, Branch, Verdict
from steadyhand.errors import SteadyhandError, TransientError
from steadyhand.probes.probe import Case, Probe
from steadyhand.probes.suite_run import deployed

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SUCCESS = "success"
_NEVER_BEGAN = "startup_failure"
_FAILED = frozenset({"failure", "timed_out", _NEVER_BEGAN})
_SHOWN_JOBS = 50
_SHOWN_NAME = 100


async def _collect(case: Case) -> Answer:
    settings = case.profile.github
    if settings.repository is None:
        return _unknown("no GitHub repository is configured: set github.repository")
    commit = await deployed_commit(case)
    if not commit:
        return _unknown("neither the deployer nor the orchestrator's health says which commit is deployed")
    if not _COMMIT.fullmatch(commit):
        return _unknown(f"{commit[:_SHOWN_NAME]!r} is no whole commit id, and GitHub finds runs by nothing less")
    return judged(await latest_run(settings, commit), settings.jobs, commit)


async def deployed_commit(case: Case) -> str:
    """The deployed commit, as the deployer tells it, or else the orchestrator's health; "" when neither does.

    Raises what the deployer raised when it may pass and the health does not help, and what asking the health raises.
    """
    trouble: SteadyhandError | None = None
    try:
        if commit := (await deployed(case)).commit:
            return commit.lower()
    except SteadyhandError as error:
        trouble = error
    async with OrchestratorClient(case.environment.url, case.profile.orchestrator) as orchestrator:
        commit = (await orchestrator.health()).commit
    if not commit and isinstance(trouble, TransientError):
        raise trouble
    return commit.lower()


def judged(run: WorkflowRun | None, wanted_jobs: Iterable[str], commit: str) -> Answer:
    """What the latest run for this commit means: bad when a wanted job failed, ok only when all of them succeeded."""
    if run is None:
        return _unknown(f"GitHub knows no run of the workflow for commit {commit[:12]}", {"commit": commit})
    found = {wanted: matching(run.jobs, wanted) for wanted in wanted_jobs}
    jobs = tuple(dict.fromkeys(job for many in found.values() for job in many))
    amiss = [f"{job.name[:_SHOWN_NAME]}: {job.outcome}" for job in jobs if job.outcome != _SUCCESS]
    amiss += [f"{wanted}: there is no such job" for wanted, many in found.items() if not many]
    if run.conclusion == _NEVER_BEGAN:
        verdict, told = Verdict.BAD, f"the workflow itself: {_NEVER_BEGAN}"
    elif not amiss:
        verdict, told = Verdict.OK, f"{', '.join(found)} succeeded"
    else:
        failed = any(job.outcome in _FAILED for job in jobs)
        verdict, told = Verdict.BAD if failed else Verdict.UNKNOWN, "; ".join(amiss)
    attempt = f", attempt {run.attempt}" if run.attempt > 1 else ""
    summary = f"commit {commit[:12]}{attempt}: {told}"
    return Answer(verdict=verdict, summary=summary, facts=_facts(run, jobs, commit))


def _facts(run: WorkflowRun, jobs: Iterable[Job], commit: str) -> dict[str, JsonValue]:
    shown = sorted(jobs, key=lambda job: job.outcome == _SUCCESS)[:_SHOWN_JOBS]
    return {
        "commit": commit,
        "run": run.url,
        "attempt": run.attempt,
        "status": run.status,
        "conclusion": run.conclusion,
        # Of jobs that share a name, the one that did not succeed is shown.
        "jobs": {job.name[:_SHOWN_NAME]: job.outcome for job in reversed(shown)},
    }


def matching(jobs: Iterable[Job], wanted: str) -> tuple[Job, ...]:
    """The jobs that are called so, or else all whose name begins so: `e2e (3.11)`.

    A job of a reusable workflow, `build / lint`, goes by the part after the slash, too.
    """
    name = wanted.casefold()
    named = [(job, {job.name.casefold(), job.name.rsplit(" / ", 1)[-1].casefold()}) for job in jobs]
    exactly = tuple(job for job, names in named if name in names)
    return exactly or tuple(job for job, names in named if any(n.startswith(name) for n in names))


def _unknown(summary: str, facts: dict[str, JsonValue] | None = None) -> Answer:
    return Answer(verdict=Verdict.UNKNOWN, summary=summary, facts=facts or {})


PROBE = Probe(
    name="hardening_workflow",
    requirement="D7",
    branch=Branch.REGRESSION,
    question=__doc__,
    collect=_collect,
    timeout_seconds=60,
)
