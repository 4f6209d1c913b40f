"""The alert rules, and Alertmanager's status and routing, against what the receiver and D5 rely on."""

from functools import partial

from steadyhand.clients import quoting
from steadyhand.clients.alertmanager_routing import configuration
from steadyhand.clients.alertmanager_status import Status, status_of
from steadyhand.doctor import monitoring, rules, webhook
from steadyhand.doctor.checkup import Area, Check, Seen, ok, unknown
from steadyhand.doctor.ground import Ground
from steadyhand.doctor.monitoring import Rule
from steadyhand.doctor.once import Once

_RUNNING = ("ready", "disabled")


def checks(ground: Ground) -> tuple[Check, ...]:
    """Two checks of the rules, one of Alertmanager's state, and one of the way of each team's alerts to us."""
    found, status = Once(partial(_rules, ground)), Once(partial(_status, ground))
    check = partial(Check, area=Area.ALERTS, environment=ground.name)
    teams = dict.fromkeys((ground.profile.alertmanager.tools_team, ground.profile.intake.default_team))
    return (
        check(name="rules_of_tools_team", requirement="D5", look=partial(_team, ground, found)),
        check(name="labels_of_rules", requirement="T1", look=partial(_key, ground, found)),
        check(name="alertmanager", requirement="D5", look=partial(_state, ground, status)),
        *(
            check(name=f"webhook for {team}", requirement="T1", look=partial(_webhook, ground, status, team))
            for team in teams
        ),
    )


async def _team(ground: Ground, found: Once[tuple[Rule, ...]]) -> Seen:
    return rules.judged_team(await found.get(), ground.profile.alertmanager, partial(ground.line, "alertmanager"))


async def _key(ground: Ground, found: Once[tuple[Rule, ...]]) -> Seen:
    """Only the rules of the runbook's teams: another service's are no concern of ours."""
    label, profile = ground.profile.alertmanager.team_label, ground.profile
    teams = {profile.alertmanager.tools_team, profile.intake.default_team, *profile.chat.team_channels}
    every = await found.get()
    ours = [rule for rule in every if rule.labels.get(label) in teams]
    return rules.judged_key(ours or every, ground.labels)


async def _state(ground: Ground, status: Once[Status]) -> Seen:
    found = await status.get()
    url = quoting.address(ground.profile.alertmanager.url)
    told = f"{url} is Alertmanager {found.version.version}, cluster {found.cluster.status}"
    return ok(told) if found.cluster.status in _RUNNING else unknown(told)


async def _webhook(ground: Ground, status: Once[Status], team: str) -> Seen:
    found = await status.get()
    labels = {ground.profile.alertmanager.team_label: team, **ground.labels, "severity": "critical"}
    return webhook.judged(configuration(found.config.original), ground.profile.receiver, labels)


async def _rules(ground: Ground) -> tuple[Rule, ...]:
    return await monitoring.alert_rules(ground.profile.prometheus)


async def _status(ground: Ground) -> Status:
    settings = ground.profile.alertmanager
    return await status_of(settings.url, seconds=settings.timeout_seconds)
