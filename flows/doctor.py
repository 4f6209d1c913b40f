"""The doctor: where runbook and reality disagree, told before any incident."""

from prefect import flow

from tasks.examine import make_examination, remember_drift, tell_of_drift


@flow(name="doctor", persist_result=False)
async def visit() -> str:
    """Examine every environment, and tell the default channel of drift that appeared or went.

    Runs on a schedule; changes nothing, and leaves the test suites out. Returns ok, drift or unknown.
    """
    examination = await make_examination()
    await remember_drift(await tell_of_drift(examination))
    return examination.state
