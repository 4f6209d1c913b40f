"""Whether Jenkins has the backup's job, and whether the last good backup is young now (F5)."""

from functools import partial

from steadyhand.clients import quoting
from steadyhand.clients.jenkins import backup, job_names
from steadyhand.doctor.checkup import Area, Check, Seen, answered, drift, ok, unknown
from steadyhand.doctor.ground import Ground
from steadyhand.doctor.nearest import nearest
from steadyhand.errors import UnexpectedAnswer
from steadyhand.probes import last_backup
from steadyhand.profile import Jenkins


def checks(ground: Ground) -> tuple[Check, ...]:
    """The job exists, and its last good backup is young now."""
    check = partial(Check, area=Area.JENKINS, requirement="F5", environment=ground.name)
    return (
        check(name="job", look=partial(_look, ground)),
        check(name="backup is young", look=partial(_young, ground)),
    )


def nearest_job(wanted: str, names: tuple[str, ...]) -> str | None:
    """The job of this name in another folder, or else the one whose name is most like it."""
    leaf = wanted.rpartition("/")[2].casefold()
    moved = sorted(name for name in names if name.rpartition("/")[2].casefold() == leaf)
    return moved[0] if moved else nearest(wanted, names)


async def _look(ground: Ground) -> Seen:
    settings = ground.profile.jenkins
    if settings.url is None:
        return unknown("no Jenkins is configured: set jenkins.url")
    shown, names = quoting.address(settings.url), await job_names(settings)
    if settings.job.strip("/") in names or await _is_deeper(settings):
        return ok(f"{shown} has the job {settings.job}")
    near = nearest_job(settings.job, names)
    remedy = ground.line("jenkins", "job", near) if near else None
    told = f"{shown} shows us {len(names)} jobs, and no {settings.job!r} among them"
    return drift(told, nearest=near, remedy=remedy)


async def _is_deeper(settings: Jenkins) -> bool:
    """Jobs are listed four folders deep; one that is further down answers when it is asked for."""
    try:
        await backup(settings)
    except UnexpectedAnswer:
        return False
    return True


async def _young(ground: Ground) -> Seen:
    return answered(await last_backup.PROBE.collect(ground.case))
