"""Whether every secret that the profile names is there, tokens are accepted, and somebody can say yes (D6, T1, P2)."""

import asyncio
from collections.abc import Iterator, Mapping
from functools import partial

import httpx
import pyotp
from pydantic import BaseModel

from steadyhand.clients.exchange import NotAdmitted
from steadyhand.clients.orchestrator import OrchestratorClient
from steadyhand.doctor.checkup import Area, Check, Seen, drift, ok, unknown
from steadyhand.doctor.ground import Ground, profile_line
from steadyhand.domain.incident import Environment
from steadyhand.errors import ConfigurationError, PermanentError, UnexpectedAnswer
from steadyhand.profile import Person, Profile, SecretRef

_REQUIREMENTS = {"approvals": "P2", "chat": "C1", "receiver": "T1", "jenkins": "F5", "github": "D7", "logs": "D2"}


def checks(profile: Profile) -> tuple[Check, ...]:
    """One check for each secret, whichever environment it is of, and one for the receiver's token."""
    return (
        *(
            Check(area=Area.TOKENS, name=name, requirement=_requirement(name), look=partial(_there, ref))
            for name, ref in secrets_of(profile)
            if not name.endswith("previous_token")  # on its way out, and often gone already
        ),
        Check(area=Area.TOKENS, name="receiver", requirement="T1", look=partial(_receiver, profile)),
    )


def checks_within(ground: Ground) -> tuple[Check, ...]:
    """The service token (D6), and who may say yes (P2), in one environment."""
    check = partial(Check, area=Area.TOKENS, environment=ground.name)
    return (
        check(name="service_token", requirement="D6", look=partial(_accepted, ground)),
        check(name="approvers", requirement="P2", look=partial(_approvers, ground.profile, ground.name)),
    )


def secrets_of(value: object, path: str = "") -> Iterator[tuple[str, SecretRef]]:
    """Every reference to a secret in the profile, with its key."""
    if isinstance(value, SecretRef):
        yield path, value
        return
    items: Iterator[tuple[object, object]] = iter(())
    if isinstance(value, BaseModel):
        items = ((name, getattr(value, name)) for name in type(value).model_fields)
    elif isinstance(value, Mapping):
        items = iter(value.items())
    elif isinstance(value, tuple):
        items = ((number, one) for number, one in enumerate(value))
    for name, below in items:
        yield from secrets_of(below, f"{path}.{name}" if path else str(name))


def _requirement(name: str) -> str:
    return next((line for part, line in _REQUIREMENTS.items() if part in name.split(".")), "D6")


async def _there(reference: SecretRef) -> Seen:
    try:
        await asyncio.to_thread(reference.resolve)
    except ConfigurationError as error:
        away = isinstance(error.__cause__, httpx.TransportError)
        return unknown(str(error)) if away else drift(str(error))
    return ok("it is there")


async def _receiver(profile: Profile) -> Seen:
    address = profile.receiver.address
    if profile.receiver.token is None:
        return ok(f"none is named for {address}: `steadyhand up` makes one; started alone, the receiver refuses to run")
    return await _there(profile.receiver.token)


async def _accepted(ground: Ground) -> Seen:
    settings = ground.profile.orchestrator
    async with OrchestratorClient(ground.environment.url, settings) as orchestrator:
        try:
            adapters = await orchestrator.tool_diagnostics()
        except UnexpectedAnswer as error:
            if isinstance(error.__cause__, NotAdmitted):
                return drift(str(error))
            raise
    shown = "with the service token" if settings.service_token else "without a service token"
    return ok(f"{settings.routes.tool_diagnostics} answers {shown} and tells of {len(adapters)} adapters")


async def _approvers(profile: Profile, name: Environment) -> Seen:
    """Without anybody, nothing can be approved, and so nothing is changed."""
    if profile.environment(name).approval == "policy":
        return ok("plans are approved here by policy")
    able = [who for who, person in sorted(profile.approvals.people.items()) if name in person.environments]
    if not able:
        remedy = profile_line("approvals.people.NAME.totp", {"file": "/etc/steadyhand/NAME.totp"})
        return drift("nobody may say yes here: no change can be approved", remedy=remedy)
    broken = [who for who in able if not await asyncio.to_thread(_has_codes, profile.approvals.people[who])]
    if len(broken) == len(able):
        return drift(f"nobody can say yes here: {', '.join(broken)} has no usable base32 secret")
    return ok(f"{', '.join(who for who in able if who not in broken)} may say yes here")


def _has_codes(person: Person) -> bool:
    try:
        pyotp.TOTP(person.totp.resolve().get_secret_value()).now()
    except (PermanentError, ValueError):
        return False
    return True
