"""No alert of the tools team should be active for this environment and service (D5)."""

from steadyhand.clients.alertmanager import active_alerts
from steadyhand.domain.evidence import Answer, Branch, Verdict
from steadyhand.probes.probe import Case, Probe

_SHOWN = 10


async def _collect(case: Case) -> Answer:
    settings = case.profile.alertmanager
    alerts = await active_alerts(settings, {settings.team_label: settings.tools_team, **case.labels})
    names = sorted({a.name for a in alerts})
    if not alerts:
        return Answer(verdict=Verdict.OK, summary=f"no active alert of team {settings.tools_team}", facts={"active": 0})
    return Answer(
        verdict=Verdict.BAD,
        summary=f"{len(alerts)} active alerts of team {settings.tools_team}: {', '.join(names[:_SHOWN])}",
        facts={"active": len(alerts), "names": list(names[:_SHOWN])},
    )


PROBE = Probe(
    name="active_alerts", requirement="D5", branch=Branch.TOOLS, question=__doc__, collect=_collect, timeout_seconds=20
)
