"""Whether the orchestrator's suites are there, and green now (F3, D3, E1).

A suite that is red before any incident proves nothing in one.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from steadyhand.clients.suites import checkout_of
from steadyhand.doctor.checkup import Area, Check, Seen, drift, ok, unknown
from steadyhand.doctor.ground import Ground
from steadyhand.doctor.nearest import nearest_path
from steadyhand.errors import ConfigurationError
from steadyhand.probes.suite_run import run_for, seconds_for, told
from steadyhand.profile import Suite

_SUITES = {"regression": "F3", "planner_contract": "D3"}
_FILES_LOOKED_AT = 5000


def checks(ground: Ground) -> tuple[Check, ...]:
    """The checkouts, and of each suite its files and its result."""
    check = partial(Check, area=Area.SUITES, environment=ground.name)
    found = [
        check(name="checkout", requirement="F3", look=partial(_checkout, ground)),
        check(name="checkout_before", requirement="M1", look=partial(_checkout_before, ground)),
    ]
    for key, requirement in _SUITES.items():
        suite: Suite = getattr(ground.profile.suites, key)
        found += [
            check(name=f"{key} files", requirement=requirement, look=partial(_files, ground, key, suite)),
            check(
                name=f"{key} is green",
                requirement=requirement,
                look=partial(_green, ground, suite),
                timeout_seconds=seconds_for(suite),
                heavy=not ground.quick,
            ),
        ]
    return tuple(found)


def missing(arguments: Sequence[str], checkout: Path) -> str | None:
    """The first argument that is the path of nothing in this checkout, or None."""
    paths = (one for one in arguments if not one.startswith("-") and ("/" in one or one.endswith(".py")))
    return next((one for one in paths if not (checkout / one.partition("::")[0]).exists()), None)


def tests_of(checkout: Path) -> list[str]:
    """The files and directories of tests in it, as arguments, no more than a few thousand."""
    found: set[str] = set()
    for number, path in enumerate(checkout.rglob("test_*.py")):
        if number >= _FILES_LOOKED_AT:
            break
        relative = path.relative_to(checkout)
        found.update((relative.as_posix(), relative.parent.as_posix()))
    return sorted(found - {"."})


async def _checkout(ground: Ground) -> Seen:
    return await _of_release(ground, (await ground.deployment.get()).release)


async def _checkout_before(ground: Ground) -> Seen:
    good = (await ground.deployment.get()).last_known_good
    return await _of_release(ground, good) if good else unknown("no release is known good but the current one")


async def _of_release(ground: Ground, release: str) -> Seen:
    try:
        path = checkout_of(ground.environment.checkout, release)
    except ConfigurationError as error:
        return drift(str(error)) if ground.environment.checkout else unknown(str(error))
    return ok(f"{path} holds release {release}")


async def _files(ground: Ground, key: str, suite: Suite) -> Seen:
    checkout = checkout_of(ground.environment.checkout, (await ground.deployment.get()).release)
    try:
        gone = missing(suite.arguments, checkout)
    except OSError as error:
        raise ConfigurationError(f"cannot look into {checkout}: {error.strerror}") from error
    if gone is None:
        return ok(f"{' '.join(suite.arguments)} is in {checkout}")
    real = nearest_path(gone, await asyncio.to_thread(tests_of, checkout))
    arguments = tuple(real if one == gone else one for one in suite.arguments)
    remedy = ground.line("suites", f"{key}.arguments", arguments) if real else None
    return drift(f"there is no {gone} in {checkout}", nearest=real, remedy=remedy)


async def _green(ground: Ground, suite: Suite) -> Seen:
    if ground.quick:
        return unknown("not run: left out of a quick examination")
    deployed = await ground.deployment.get()
    result = await run_for(ground.case, suite, deployed.release, deployed)
    if result.green:
        return ok(told(result, deployed.release))
    return drift(f"{told(result, deployed.release)}: red before any incident, so it would prove nothing in one")
