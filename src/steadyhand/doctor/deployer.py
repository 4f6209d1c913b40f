"""Whether the deployer can read what is deployed, knows the runbook's variables, and would take its values (M1-M3)."""

from collections.abc import Container
from functools import partial

from steadyhand.clients.deployers import deployer_of
from steadyhand.doctor.checkup import Area, Check, Seen, drift, ok, unknown
from steadyhand.doctor.ground import Ground
from steadyhand.doctor.nearest import nearest
from steadyhand.domain.deployment import Deployment
from steadyhand.errors import ChangeRefused
from steadyhand.mitigations import REGISTRY
from steadyhand.mitigations.mitigation import Mitigation

_SECONDS = 90.0
_VARIABLES = {"planner_variable": "M2", "scheduler_variable": "M3"}


def checks(ground: Ground) -> tuple[Check, ...]:
    """What is deployed, where one could go back to, the variables, and each change of the runbook."""
    check = partial(Check, area=Area.DEPLOYER, environment=ground.name, timeout_seconds=_SECONDS)
    variables = [check(name=key, requirement=line, look=partial(_set, ground, key)) for key, line in _VARIABLES.items()]
    changes = [
        check(name=f"would take {one.name}", requirement=one.requirement, look=partial(_would_take, ground, one))
        for one in REGISTRY.values()
    ]
    return (
        check(name="state", requirement="M1", look=partial(_readable, ground)),
        check(name="known_good_release", requirement="M1", look=partial(_known_good, ground)),
        *variables,
        *changes,
    )


def judged_variable(name: str, deployed: Deployment, *, others: Container[str]) -> tuple[Seen, str | None]:
    """Whether the variable is deployed, and which one is most like it: none of the `others` that have a use already."""
    if name in deployed.environment:
        return ok(f"{name} is deployed as {deployed.environment[name]!r}"), None
    near = nearest(name, (one for one in (*deployed.environment, *deployed.other_variables) if one not in others))
    if near is None:
        return unknown(
            f"{name} is not set here now, and nothing like it: whether the target reads it is not told"
        ), None
    return drift(f"{name} is not deployed", nearest=near), near


async def _readable(ground: Ground) -> Seen:
    deployed = await ground.deployment.get()
    told = f"release {deployed.release} with {len(deployed.environment)} variables is deployed"
    return ok(told) if deployed.healthy else drift(f"{told}, and the deployer says that it is not healthy")


async def _known_good(ground: Ground) -> Seen:
    deployed = await ground.deployment.get()
    good = deployed.last_known_good
    return (
        ok(f"{good} is the last known good release before it") if good else drift("there is no release to go back to")
    )


async def _set(ground: Ground, key: str) -> Seen:
    name: str = getattr(ground.profile.orchestrator, key)
    others = [getattr(ground.profile.orchestrator, other) for other in _VARIABLES if other != key]
    seen, near = judged_variable(name, await ground.deployment.get(), others=others)
    return seen.model_copy(update={"remedy": ground.line("orchestrator", key, near)}) if near else seen


async def _would_take(ground: Ground, mitigation: Mitigation) -> Seen:
    deployed = await ground.deployment.get()
    wished = mitigation.desired(deployed, ground.profile)
    if wished is None:
        return unknown(f"{mitigation.requirement} has no state to go to here")
    if wished == deployed.desired:
        return ok("it is deployed like that already")
    try:
        told = await deployer_of(ground.profile, ground.name).check(wished)
    except ChangeRefused as error:
        return drift(f"the target would not take it: {error}: {error.last_words}")
    return ok("the target says that it would take it") if told else unknown("the deployer cannot tell without doing it")
