"""The doctor's visit, and telling what has changed since the last one."""

from prefect import get_run_logger, task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE

from steadyhand.clients.chat import ChatClient
from steadyhand.doctor.change import Standing, change, message
from steadyhand.doctor.checkup import Checked, CheckState
from steadyhand.doctor.examination import Examination, environments_of, examine
from steadyhand.doctor.memory import recalled, remember
from steadyhand.domain.record import utc_now
from steadyhand.errors import SteadyhandError
from steadyhand.profile import load_profile
from steadyhand.telling import escaped
from tasks.opened import is_last_try

_ARTIFACT = "doctor"
_MARK = {CheckState.OK: "ok", CheckState.DRIFT: "**DRIFT**", CheckState.UNKNOWN: "_unknown_"}


@task(name="examine", cache_policy=NO_CACHE)
async def make_examination() -> Examination:
    """Every check but running the suites, over all environments, also shown as an artifact. Nothing was changed."""
    profile = load_profile()
    examination = await examine(profile, environments_of(profile), quick=True)
    await acreate_markdown_artifact(
        markdown=_table(examination), key=_ARTIFACT, description="Where runbook and reality disagree"
    )
    return examination


@task(name="tell of drift", retries=2, retry_delay_seconds=[1, 5], cache_policy=NO_CACHE)
async def tell_of_drift(examination: Examination) -> Standing:
    """The default channel knows of drift that came or went since it was last told. Returns what it has been told of.

    What a dead chat did not take is told at the next visit, and nothing fails (rule 7).
    """
    profile = load_profile()
    before = recalled(profile.state_dir)
    found = change(before, examination.checks)
    if not found.is_something:
        return found.standing
    try:
        chat = ChatClient(profile.chat, profile.state_dir)
        await chat.say(profile.chat.default_channel, message(found), utc_now())
    except SteadyhandError as error:
        if not is_last_try():
            raise
        get_run_logger().warning("the doctor could not tell of drift: %s", error)
        return before
    return found.standing


@task(name="remember drift", retries=2, retry_delay_seconds=[1, 5], cache_policy=NO_CACHE)
async def remember_drift(standing: Standing) -> None:
    """What was told of is not told again."""
    remember(load_profile().state_dir, standing)


def _table(examination: Examination) -> str:
    rows = "\n".join(_row(check) for check in examination.checks)
    return (
        f"**{examination.state}**\n\n| state | line | what | where | reason | nearest | write |\n|{'---|' * 7}\n{rows}"
    )


def _row(check: Checked) -> str:
    cells = (
        check.requirement,
        f"{check.area}: {escaped(check.name)}",
        check.environment or "all",
        *(escaped(text or "") for text in (check.reason, check.nearest, check.remedy)),
    )
    return f"| {_MARK[check.state]} | {' | '.join(cells)} |"
