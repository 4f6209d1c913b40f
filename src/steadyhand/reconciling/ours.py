"""Which alerts are ours: those that Alertmanager's own routing brings to us. Pure."""

from collections.abc import Callable, Collection, Mapping

from steadyhand.clients.alertmanager_routing import Configuration, configuration
from steadyhand.domain.incident import Environment
from steadyhand.errors import UnexpectedAnswer
from steadyhand.profile import Profile
from steadyhand.reconciling.asking import Answer

IsOurs = Callable[[Mapping[str, str]], bool]
_Routing = tuple[Configuration, tuple[str, ...]]


def understood(answers: Collection[Answer]) -> tuple[_Routing, ...]:
    """The routing of each that told it and that can be understood, with our names there. Slow for long ones."""
    found = []
    for answer in answers:
        try:
            found.append((configuration(answer.config), answer.peer.receivers))
        except UnexpectedAnswer:
            continue
    return tuple(found)


def ours(profile: Profile, routings: Collection[_Routing], services: Collection[str]) -> IsOurs:
    """Whether an alert with these labels is ours.

    Where no Alertmanager can be asked, one is that says itself where it belongs: a known environment, and a service
    that had an incident before, or is the default one.
    """
    if routings:
        return lambda labels: any(_is_routed(labels, routing) for routing in routings)
    familiar = {*services, profile.intake.default_service}
    environments = {*(name.value for name in Environment), *profile.intake.environment_names}
    names = profile.prometheus
    return lambda labels: (
        labels.get(names.environment_label) in environments and labels.get(names.service_label) in familiar
    )


def _is_routed(labels: Mapping[str, str], routing: _Routing) -> bool:
    found, receivers = routing
    try:
        return not set(found.route.receivers(labels)).isdisjoint(receivers)
    except UnexpectedAnswer:
        return False
