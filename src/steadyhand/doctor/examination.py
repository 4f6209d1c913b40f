"""All checks of all environments, and what they come to."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from itertools import chain

from pydantic import computed_field

from steadyhand.doctor import (
    alerts,
    chat,
    deployer,
    documents,
    github,
    jenkins,
    logs,
    metrics,
    routes,
    suites,
    tokens,
)
from steadyhand.doctor.checkup import Area, Check, Checked, CheckState, made
from steadyhand.doctor.ground import ground
from steadyhand.domain.incident import Environment
from steadyhand.domain.record import Record
from steadyhand.profile import Profile

_EVERYWHERE = (tokens.checks, documents.checks, chat.checks)
_WITHIN = (
    routes.checks,
    metrics.checks,
    alerts.checks,
    logs.checks,
    jenkins.checks,
    github.checks,
    deployer.checks,
    suites.checks,
    tokens.checks_within,
)
_EXIT_CODES = {CheckState.OK: 0, CheckState.DRIFT: 1, CheckState.UNKNOWN: 2}
Report = Callable[[str], None]


class Examination(Record):
    """Everything that was checked, always in the same order: by area, environment, and as its file lists it."""

    checks: tuple[Checked, ...]

    @computed_field  # type: ignore[prop-decorator]
    @property
    def state(self) -> CheckState:
        """Drift if there is any; unknown if only that is left."""
        found = {check.state for check in self.checks}
        return next((s for s in (CheckState.DRIFT, CheckState.UNKNOWN) if s in found), CheckState.OK)

    @property
    def exit_code(self) -> int:
        """0 all ok, 1 drift, 2 no drift but something unknown."""
        return _EXIT_CODES[self.state]

    def count(self, state: CheckState) -> int:
        """How many checks ended so."""
        return sum(check.state is state for check in self.checks)


def environments_of(profile: Profile) -> tuple[Environment, ...]:
    """Those that the profile gives a url; all of them when it gives none."""
    named = [name for name in Environment if name in profile.environments]
    with_url = [name for name in named if "url" in profile.environments[name].model_fields_set]
    return tuple(with_url or named)


async def examine(
    profile: Profile, environments: Iterable[Environment], *, quick: bool, report: Report = lambda _: None
) -> Examination:
    """Every check was made once, side by side, heavy ones one at a time; `report` heard of each as it began.

    Nothing was changed. `quick` leaves the suites out.
    """
    grounds = [ground(profile, name, quick=quick) for name in environments]
    within = (checks(each) for checks in _WITHIN for each in grounds)
    found = list(chain(*(checks(profile) for checks in _EVERYWHERE), *within))
    one_at_a_time = asyncio.Lock()

    async def one(check: Check) -> Checked:
        async with one_at_a_time if check.heavy else nullcontext():
            report(f"{check.area}: {check.name}{f' ({check.environment})' if check.environment else ''}")
            return await made(check)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(check)) for check in found]
    done = [task.result() for task in tasks]
    order = {area: place for place, area in enumerate(Area)}
    return Examination(checks=tuple(sorted(done, key=lambda checked: order[checked.area])))
