"""Whether GitHub has the repository, the workflow and its jobs, and what our tokens may do there (D7, M1-M3)."""

from functools import partial

from steadyhand.clients.github import NotThere, configured_workflow, latest_run, token_scopes, workflow_names
from steadyhand.doctor.checkup import Area, Check, Seen, answered, drift, ok, unknown
from steadyhand.doctor.ground import Ground
from steadyhand.doctor.nearest import nearest
from steadyhand.errors import UnexpectedAnswer
from steadyhand.probes import hardening_workflow
from steadyhand.probes.hardening_workflow import deployed_commit, matching
from steadyhand.profile import GitHub, GitHubDeployer, SecretRef

_FILES = (".yml", ".yaml")
_MAY_WRITE = frozenset({"repo", "public_repo"})


def checks(ground: Ground) -> tuple[Check, ...]:
    """The workflow, its jobs and the token; with a deployer of this kind its token, too."""
    check = partial(Check, area=Area.GITHUB, requirement="D7", environment=ground.name)
    found = [
        check(name="workflow", look=partial(_workflow, ground)),
        check(name="jobs", look=partial(_jobs, ground)),
        check(name="jobs are green", look=partial(_green, ground)),
        check(name="token_scopes", look=partial(_scopes, ground)),
    ]
    if isinstance(ground.environment.deployer, GitHubDeployer):
        look = partial(_deployer_scopes, ground.environment.deployer)
        found.append(check(name="deployer_token_scopes", requirement="M1", look=look))
    return tuple(found)


def judged_scopes(scopes: tuple[str, ...] | None, token: SecretRef | None, *, writes: bool) -> Seen:
    """Whether a token that GitHub let in may do what it is for."""
    if token is None:
        return ok("it is asked without a token, and answers")
    if scopes is None:
        return unknown("the token is let in, but GitHub does not tell what a token of its kind may do")
    told = f"the token's scopes are {', '.join(scopes) or 'none'}"
    if writes and not _MAY_WRITE & set(scopes):
        return drift(f"{told}: it cannot start a workflow, which takes `repo`")
    return ok(told)


async def _workflow(ground: Ground) -> Seen:
    settings = ground.profile.github
    if settings.repository is None:
        return unknown("no GitHub repository is configured: set github.repository")
    try:
        names = await workflow_names(settings)
    except NotThere as error:
        return drift(str(error))
    if settings.workflow.casefold() in {name.casefold() for name in names} or await _is_a_file(settings):
        return ok(f"{settings.repository} has the workflow {settings.workflow}")
    near = nearest(settings.workflow, names)
    remedy = ground.line("github", "workflow", near) if near else None
    told = f"{settings.repository} has {len(names)} workflows, and no {settings.workflow!r} among them"
    return drift(told, nearest=near, remedy=remedy)


async def _is_a_file(settings: GitHub) -> bool:
    if not settings.workflow.endswith(_FILES):
        return False
    try:
        await configured_workflow(settings)
    except UnexpectedAnswer:
        return False
    return True


async def _jobs(ground: Ground) -> Seen:
    settings = ground.profile.github
    if settings.repository is None:
        return unknown("no GitHub repository is configured: set github.repository")
    commit = await deployed_commit(ground.case)
    run = await latest_run(settings, commit) if commit else None
    if run is None:
        return unknown(f"no run of the workflow for the deployed commit {commit[:12] or '(not told)'}")
    gone = [wanted for wanted in settings.jobs if not matching(run.jobs, wanted)]
    if not gone:
        return ok(f"its run for {commit[:12]} has the jobs {', '.join(settings.jobs)}")
    near = nearest(gone[0], (job.name for job in run.jobs))
    jobs = tuple(near if one == gone[0] else one for one in settings.jobs)
    remedy = ground.line("github", "jobs", jobs) if near else None
    return drift(f"its run for {commit[:12]} has no job {', '.join(gone)}", nearest=near, remedy=remedy)


async def _green(ground: Ground) -> Seen:
    return answered(await hardening_workflow.PROBE.collect(ground.case))


async def _scopes(ground: Ground) -> Seen:
    settings = ground.profile.github
    if settings.repository is None:
        return unknown("no GitHub repository is configured: set github.repository")
    return judged_scopes(await token_scopes(settings), settings.token, writes=False)


async def _deployer_scopes(deployer: GitHubDeployer) -> Seen:
    asked = GitHub(
        repository=deployer.repository,
        api_url=deployer.api_url,
        token=deployer.token,
        timeout_seconds=deployer.request_timeout_seconds,
    )
    return judged_scopes(await token_scopes(asked), deployer.token, writes=True)
