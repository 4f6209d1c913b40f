"""Whether every channel of the runbook has an address that Apprise accepts (F1, C1). Nothing is sent."""

import asyncio
from functools import partial

import apprise

from steadyhand.doctor.checkup import Area, Check, Seen, drift, ok
from steadyhand.doctor.nearest import nearest
from steadyhand.profile import Profile, SecretRef


def checks(profile: Profile) -> tuple[Check, ...]:
    """One check for each channel that messages may go to."""
    names = dict.fromkeys((profile.chat.default_channel, *profile.chat.team_channels.values()))
    return tuple(
        Check(area=Area.CHAT, name=name, requirement="C1", look=partial(_look, profile, name)) for name in names
    )


async def _look(profile: Profile, name: str) -> Seen:
    addresses = profile.chat.channels.get(name, ())
    if addresses:
        valid = [await asyncio.to_thread(_accepted, address) for address in addresses]
        if all(valid):
            return ok(f"Apprise accepts its {len(valid)} addresses; nothing was sent")
        return drift(f"Apprise does not accept address {valid.index(False) + 1} of {len(valid)}")
    near = nearest(name, profile.chat.channels)
    if near is None:
        return ok("no address is named: messages go to the log and the file in the state directory only")
    return drift(f"no address is named for it, but for {near}", nearest=near)


def _accepted(address: SecretRef) -> bool:
    return bool(apprise.Apprise().add(address.resolve().get_secret_value()))
